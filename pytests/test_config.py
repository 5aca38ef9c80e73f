"""Reading configurations: exit codes, messages that name file, line and word, conditions, variables, several files."""

import pytest

GOOD = """
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind 127.0.0.1:1
    default_backend be
backend be
    server s1 127.0.0.1:2
"""

ON_ITS_PORT = GOOD.replace("127.0.0.1:1", "fd@${fe}")


def check(world, conf, env=None, args=()):
    """(exit code, all that was said)."""
    code, out, err = world.run(["-c", *args], conf, env)
    return code, out + err


def test_a_good_file(world):
    code, said = check(world, GOOD)
    assert code == 0
    assert "Configuration file is valid" in said


def test_a_warning_does_not_fail(world):
    """A proxy without its timeouts is warned about, and starts."""
    code, said = check(world, GOOD.replace("timeout client 5s", ""))
    assert code == 0
    assert "[WARNING]" in said and "timeout" in said


# What is wrong, the line that says so (inside the backend), words that the message must have.
WRONG = [
    ("an unknown keyword", "nonsense here", ["nonsense"]),
    ("an unknown balance", "balance sideways", ["balance"]),
    ("a bad time", "timeout server 5x", ["timeout"]),
    ("a missing time", "timeout server", ["timeout server"]),
    ("a server without an address", "server s2", ["server"]),
    ("a server with a bad port", "server s2 127.0.0.1:99999", ["server"]),
    ("an unknown server word", "server s2 127.0.0.1:3 sideways", ["sideways"]),
    ("a weight that is too big", "server s2 127.0.0.1:3 weight 300", ["weight"]),
    ("an unknown action", "http-request dance", ["dance"]),
    ("an unknown fetch", "http-request deny if { sideways 3 }", ["sideways"]),
    ("an unknown converter", "http-request set-header X %[path,sideways]", ["sideways"]),
    ("an argument of the wrong type", "http-request set-header X %[path,bytes(a)]", ["bytes"]),
    ("an argument too many", "http-request set-header X %[path,upper(1)]", ["upper"]),
    ("a missing brace", "http-request deny if { path /x", ["}"]),
    ("an unknown acl", "http-request deny if nobody", ["nobody"]),
    ("a bad regular expression", "http-request deny if { path -m reg ( }", ["("]),
    ("a bad address", "http-request deny if { src 1.2.3.4.5 }", ["1.2.3.4.5"]),
    ("a bad match method", "http-request deny if { path -m sideways x }", ["sideways"]),
    ("a bad status", "http-request deny deny_status abc", ["status"]),
    ("a bad variable scope", "http-request set-var(nope.x) int(1)", ["nope"]),
    ("a request fetch in a response", "http-response set-header X %[path]", ["path"]),
    ("a bad redirect code", "http-request redirect location / code 200", ["code"]),
    ("an option that does not exist", "option sideways", ["sideways"]),
    ("an errorfile that does not exist", "errorfile 503 /nonexistent/page", ["/nonexistent/page"]),
    ("an errorfile for an odd status", "errorfile 299 /dev/null", ["299"]),
    ("an unfinished quote", 'http-request set-header X "abc', ["quot"]),
    ("a map that does not exist", "http-request set-header X %[path,map(/nonexistent/map)]", ["/nonexistent/map"]),
]


@pytest.mark.parametrize("line, words", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_wrong_is_said_where_it_is(world, line, words):
    conf = GOOD + "    " + line + "\n"
    number = conf.count("\n")
    code, said = check(world, conf)
    assert code == 1
    complaint = "\n".join(row for row in said.splitlines() if f"run.cfg:{number}]" in row or f"run.cfg:{number}'" in row)
    assert complaint, said
    for word in words:
        assert word in complaint


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6.12 reads these as 0 without a word")
@pytest.mark.parametrize("line, word", [("retries many", "retries"), ("server s2 127.0.0.1:3 weight", "weight")])
def test_a_number_that_is_none(world, line, word):
    code, said = check(world, GOOD + "    " + line + "\n")
    assert code == 1
    assert f"run.cfg:{GOOD.count(chr(10)) + 1}]" in said and word in said


def test_all_errors_are_told_not_just_the_first(world):
    conf = GOOD + "    nonsense1\n    timeout server 5x\n    nonsense2 x\n"
    code, said = check(world, conf)
    assert code == 1
    first = GOOD.count("\n") + 1
    assert f"run.cfg:{first}]" in said and f"run.cfg:{first + 1}]" in said and f"run.cfg:{first + 2}]" in said
    assert "nonsense1" in said and "nonsense2" in said


@pytest.mark.parametrize("typo, meant", [
    ("timeout clent 5s", "client"),
    ("opton httplog", "option"),
    ("blance roundrobin", "balance"),
    ("servr s2 127.0.0.1:3", "server"),
    ("http-reqest deny", "http-request"),
])
def test_a_typo_gets_the_word_that_was_meant(world, typo, meant):
    code, said = check(world, GOOD + "    " + typo + "\n")
    assert code == 1
    assert f"'{meant}'" in said


def test_an_unknown_default_backend(world):
    code, said = check(world, GOOD.replace("default_backend be", "default_backend nobody"))
    assert code == 1
    assert "nobody" in said


def test_two_servers_of_one_name_are_refused(world):
    code, said = check(world, GOOD + "    server s1 127.0.0.1:3\n")
    assert code == 1
    assert "s1" in said


def test_two_backends_of_one_name_are_refused(world):
    code, said = check(world, GOOD + "backend be\n")
    assert code == 1
    assert "'be'" in said


def test_a_word_outside_of_any_section(world):
    code, said = check(world, "mode http\n")
    assert code == 1
    assert "run.cfg:1]" in said and "mode" in said


def test_an_unknown_section(world):
    code, said = check(world, "sideways x\n")
    assert code == 1
    assert "sideways" in said


def test_a_file_that_does_not_exist(world):
    code, out, err = world.run(["-c", "-f", "/nonexistent.cfg"])
    assert code == 1
    assert "/nonexistent.cfg" in out + err


def test_an_empty_file_has_nothing_to_do(world):
    assert check(world, "")[0] != 0


def test_sections_may_span_several_files(world):
    one = world.file("one.cfg", GOOD)
    two = world.file("two.cfg", "backend other\n    server s 127.0.0.1:3\n")
    code, out, err = world.run(["-c", "-f", one, "-f", two])
    assert code == 0, out + err
    bad = world.file("bad.cfg", "backend third\n    nonsense\n")
    code, out, err = world.run(["-c", "-f", one, "-f", bad])
    assert code == 1
    assert "bad.cfg:2]" in out + err and "one.cfg:" not in out + err


def test_files_behind_two_dashes(world):
    one = world.file("one.cfg", GOOD)
    two = world.file("two.cfg", "backend other\n    server s 127.0.0.1:3\n")
    assert world.run(["-c", "--", one, two])[0] == 0


def test_a_folder_is_read_in_order(world):
    """Every *.cfg in it, by name; other files are left alone."""
    path = world.file("conf.d/10-first.cfg", GOOD)
    world.file("conf.d/20-second.cfg", "backend other\n    server s 127.0.0.1:3\n")
    world.file("conf.d/readme.txt", "no configuration at all\n")
    code, out, err = world.run(["-c", "-f", path.rsplit("/", 1)[0]])
    assert code == 0, out + err
    world.file("conf.d/30-third.cfg", "nonsense\n")
    code, out, err = world.run(["-c", "-f", path.rsplit("/", 1)[0]])
    assert code == 1
    assert "30-third.cfg:1]" in out + err


def test_defaults_of_another_file_do_not_leak_by_name(world):
    """`from` picks named defaults; a proxy without it takes the last ones before it."""
    conf = """
defaults one
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
defaults two from one
    mode tcp
frontend h from one
    bind 127.0.0.1:1
    http-request deny
frontend t
    bind 127.0.0.1:2
    tcp-request content reject
"""
    code, said = check(world, conf)
    assert code == 0, said
    code, said = check(world, conf.replace("frontend h from one", "frontend h from nobody"))
    assert code == 1
    assert "nobody" in said


def test_mode_of_named_defaults_holds(world):
    conf = """
defaults web
    mode http
    timeout client 5s
    errorfile 403 {page}
defaults plain
    mode http
    timeout client 5s
frontend fe from web
    bind fd@${{fe}}
    http-request deny
frontend fe2 from plain
    bind fd@${{fe2}}
    http-request deny
"""
    page = world.file("page", "HTTP/1.0 403 Mine\r\nContent-Length: 4\r\n\r\nmine")
    proxy = world.proxy(conf.format(page=page), listeners=("fe", "fe2"))
    assert world.connect(proxy.port("fe")).request().body == b"mine"
    assert b"403 Forbidden" in world.connect(proxy.port("fe2")).request().body


@pytest.mark.parametrize("written, value", [
    ('"$GREETING"', "hello there"),
    ('"${GREETING}"', "hello there"),
    ('"x${GREETING}y"', "xhello therey"),
    ("'$GREETING'", "$GREETING"),
    ('"\\$GREETING"', "$GREETING"),
    ("$GREETING", "$GREETING"),
    ('"<$UNSET>"', "<>"),
    ('"${UNSET-fallback}"', "fallback"),
    ('"${GREETING-fallback}"', "hello there"),
])
def test_environment(world, written, value):
    proxy = world.proxy(f"""
defaults
    mode http
    timeout client 5s
frontend fe
    bind fd@${{fe}}
    http-request return status 200 content-type text/plain string {written}
""", env={"GREETING": "hello there"})
    assert world.connect(proxy.port()).request().body.decode() == value


def test_setenv_and_presetenv(world):
    proxy = world.proxy("""
global
    setenv A one
    presetenv A two
    presetenv B three
    setenv C gone
    unsetenv C
defaults
    mode http
    timeout client 5s
frontend fe
    bind fd@${fe}
    http-request return status 200 content-type text/plain string "$A.$B.$C."
""")
    assert world.connect(proxy.port()).request().body == b"one.three.."


@pytest.mark.parametrize("condition, holds", [
    ("1", True),
    ("0", False),
    ("", False),
    ("!0", True),
    ("defined(HERE)", True),
    ("defined(NOWHERE)", False),
    ('streq("$HERE",yes)', True),
    ('streq("$HERE",no)', False),
    ('strneq("$HERE",no)', True),
    ("version_atleast(2.4)", True),
    ("version_atleast(99.1)", False),
    ("version_before(99.1)", True),
    ("feature(LUA)", True),
    ("feature(SIDEWAYS)", False),
    ("defined(HERE) && defined(NOWHERE)", False),
    ("defined(HERE) || defined(NOWHERE)", True),
    ("(0 || 1) && 1", True),
    ("!(1 && 0)", True),
])
def test_conditions(world, condition, holds):
    """`.if` in a file and -cc on the command line agree."""
    conf = GOOD + f".if {condition}\n    nonsense-then\n.else\n    nonsense-else\n.endif\n"
    code, said = check(world, conf, env={"HERE": "yes"})
    assert code == 1
    assert ("nonsense-then" in said) == holds and ("nonsense-else" in said) == (not holds)
    if condition:
        code, _, _ = world.run(["-cc", condition.replace('"$HERE"', "yes")], env={"HERE": "yes"})
        assert code == (0 if holds else 1)


def test_elif_and_nesting(world):
    conf = GOOD + """
.if 0
    nonsense1
.elif 1
.if 0
    nonsense2
.else
    retries 3
.endif
.elif 1
    nonsense3
.else
    nonsense4
.endif
"""
    code, said = check(world, conf)
    assert code == 0, said


@pytest.mark.parametrize("text", [".if 1\n", ".endif\n", ".else\n", ".if 1\n.else\n.else\n.endif\n", ".if sideways(1)\n.endif\n"],
                         ids=["unclosed", "endif alone", "else alone", "else twice", "unknown predicate"])
def test_bad_conditions(world, text):
    assert check(world, GOOD + text)[0] == 1


def test_messages_of_ones_own(world):
    code, said = check(world, GOOD + ".notice \"take note\"\n.warning \"take care\"\n")
    assert code == 0
    assert "take note" in said and "take care" in said
    code, said = check(world, GOOD + ".alert \"no further\"\n")
    assert code == 1
    assert "no further" in said


def test_comments_quotes_and_escapes(world):
    proxy = world.proxy("""
# a comment
defaults # another
    mode http
    timeout client 5s
frontend fe
    bind fd@${fe} # one more
    http-request return status 200 content-type text/plain string a\\ b\\#c'd "e'"f'g" # the last
""")
    assert world.connect(proxy.port()).request().body == b"a b#cd \"ef'g"


@pytest.mark.parametrize("rules", [
    "http-request set-var(txn.a) path, upper, bytes(0,3)",
    "http-request set-var(txn.a) path, upper,bytes(0,3) if { req.body, hex -m str 4142 } || TRUE",
    "http-request set-var(txn.a) str(/AB) if { req.body, hex, lower -m str 4142 }",
    "http-request set-var(txn.a) str(/AB) if { path, /abc }",  # a pattern: text has its usual method
])
def test_an_expression_goes_on_behind_a_comma(world, rules):
    proxy = world.proxy(f"""
defaults
    mode http
    timeout client 5s
frontend fe
    bind fd@${{fe}}
    option http-buffer-request
    {rules}
    http-request return status 200 content-type text/plain lf-string "%[var(txn.a)]"
""")
    assert world.connect(proxy.port()).request("/abc", "POST", body=b"AB").body == b"/AB"


def test_a_macro_of_defaults_and_anonymous_listen(world):
    proxy = world.proxy("""
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
listen fe
    bind fd@${fe}
    http-request return status 204
""")
    assert world.connect(proxy.port()).request().status == 204


@pytest.mark.parametrize("written", ["5s", "5000", "5000ms", "1m", "2h", "1d", "100us"])
def test_times(world, written):
    assert check(world, GOOD.replace("timeout client 5s", "timeout client " + written))[0] == 0


def test_crlf_is_no_part_of_a_word(world):
    code, said = check(world, GOOD.replace("\n", "\r\n"))
    assert code == 0, said


def test_the_last_line_needs_an_end(world):
    """HAProxy refuses a file whose last line was cut."""
    code, said = check(world, GOOD + "    retries 3")
    assert code == 1
    assert "run.cfg" in said


def test_a_very_long_line(world):
    value = "a" * 9000
    proxy = world.proxy(f"""
defaults
    mode http
    timeout client 5s
frontend fe
    bind fd@${{fe}}
    http-request return status 200 content-type text/plain string {value}
""")
    assert world.connect(proxy.port()).request().body.decode() == value


def test_too_many_words_are_refused(world):
    code, said = check(world, GOOD + "    http-request deny if" + " { path /x }" * 40 + "\n")
    assert code == 1
    assert f"run.cfg:{GOOD.count(chr(10)) + 1}]" in said


def test_nothing_is_bound_by_a_check(world, origin):
    """-c with an address that is in use says nothing about it."""
    code, said = check(world, GOOD.replace("127.0.0.1:1", origin.addr))
    assert code == 0, said
