"""State files: how servers stood before a restart."""

import pytest

from conftest import DEFAULTS
from test_management import ask, stat
from test_resolvers import A, SRV, dns, record, service, until  # noqa: F401

HEAD = ("1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
        "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state "
        "srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port "
        "srv_check_addr srv_agent_addr srv_agent_port\n")


def start(world, servers, text=None, load="global", globals_="", backend="", **more):
    path = world.file("states/be", text) if text is not None else "/nowhere/be"
    folder = path[:-len("/be")]
    return world.proxy(f"""
global
    stats socket fd@${{cli}} level admin
    {globals_ or f"server-state-file {path}"}
{DEFAULTS}
    load-server-state-from-file {load}
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    {backend.format(folder=folder)}
    {servers}
""".replace("{folder}", folder), listeners=("fe", "cli"), **more)


def states(world, proxy):
    """{server: its columns}"""
    lines = ask(world, proxy, "show servers state be").splitlines()[2:]
    return {line.split(" ")[3]: line.split(" ") for line in lines if line}


def line(name, state=2, admin=0, weight="10", initial=10, since=7, port=8001, rest="- 0 0 - - 0", check=0, health=2, addr="127.0.0.1",
         host="-", status=1, id_=3, backend="be"):
    return (f"{id_} {backend} 1 {name} {addr} {state} {admin} {weight} {initial} {since} {status} 0 {health} {check} 0 0 0 "
            f"{host} {port} {rest}\n")


def test_what_one_writes_the_next_takes_up(world):
    servers = """
    server s1 127.0.0.1:8001 weight 10
    server s2 127.0.0.1:8002 check inter 1h
    server s3 127.0.0.1:8003 disabled
    server s4 127.0.0.1:8004
    server s5 127.0.0.1:8005 track s2
    server s6 127.0.0.1:8006"""
    first = start(world, servers)
    ask(world, first, "set server be/s1 weight 50%; set server be/s2 health down; set server be/s3 state ready; "
        "set server be/s4 state maint; set server be/s6 state drain; set server be/s1 addr 127.0.0.1 port 77")
    world.sleep(1.1)
    written = ask(world, first, "show servers state").rstrip("\n") + "\n"
    second = start(world, servers, written)
    rows = states(world, second)
    assert rows["s1"][5:9] == ["2", "0", "5", "10"] and rows["s1"][18] == "77"
    assert rows["s2"][5] == "0" and rows["s5"][5] == "0"
    assert rows["s3"][5:7] == ["2", "4"]
    assert rows["s4"][5:7] == ["0", "1"]
    assert rows["s6"][5:7] == ["2", "8"]
    assert int(rows["s4"][9]) >= 1
    assert stat(world, second, "be", "s5")["status"] == "DOWN"
    assert stat(world, second, "be", "s6")["status"] == "DRAIN"
    assert "Server be/s2 is DOWN, changed from server-state after a reload." in second.output()


def test_the_configuration_goes_before_the_file_where_it_changed(world):
    proxy = start(world, """
    server s1 127.0.0.1:8001 weight 20
    server s2 127.0.0.1:8001 weight 10 disabled
    server s3 127.0.0.1:8001 weight 10 check inter 1h
    server s4 127.0.0.1:8001 weight 10
    server s5 127.0.0.1:8001 weight 10
    """, HEAD + line("s1", weight=5) + line("s2") + line("s3", state=0, admin=5, check=14) + line("s4", admin=8, initial=0, weight=0)
                  + line("s5", admin=8, weight=0))
    rows = states(world, proxy)
    assert rows["s1"][7:9] == ["20", "20"]
    assert rows["s2"][5:7] == ["0", "5"]
    assert rows["s3"][6] == "0"
    assert rows["s4"][6:8] == ["0", "10"]  # it drained for its weight of 0 alone
    assert rows["s5"][6:8] == ["8", "0"]


@pytest.mark.only("runtime", "sim", reason="HAProxy leaves it down for good")
def test_a_server_that_nobody_checks_is_not_left_down(world):
    proxy = start(world, "server s1 127.0.0.1:8001 weight 10", HEAD + line("s1", state=0, admin=5, check=8))
    assert states(world, proxy)["s1"][5:7] == ["2", "0"]


def test_checks_that_were_off_stay_off(world):
    proxy = start(world, "server s1 127.0.0.1:8001 weight 10 check inter 1h", HEAD + line("s1", check=2))
    assert states(world, proxy)["s1"][13] == "2"
    assert stat(world, proxy, "be", "s1")["status"] == "no check"


def test_addresses_of_checks_and_agents(world):
    proxy = start(world, "server s1 127.0.0.1:8001 weight 10 check inter 1h agent-check agent-port 5 agent-inter 1h",
                  HEAD + line("s1", check=6, rest="- 0 99 127.0.0.3 127.0.0.4 98"))
    assert states(world, proxy)["s1"][21:] == ["99", "127.0.0.3", "127.0.0.4", "98"]


def test_the_last_address_of_a_name(world):
    text = HEAD + line("s1", addr="127.0.0.9", host="localhost", port=8001)
    proxy = start(world, "server s1 localhost:8001 weight 10", text)
    assert states(world, proxy)["s1"][4] == "127.0.0.9"
    proxy = start(world, "server s1 localhost:8001 weight 10 init-addr libc,last", text)
    assert states(world, proxy)["s1"][4] == "127.0.0.1"


def test_a_name_that_only_the_file_knows(world):
    servers = "server s1 nowhere.invalid:8001 weight 10"
    proxy = start(world, servers, HEAD + line("s1", addr="127.0.0.9", host="nowhere.invalid"))
    assert states(world, proxy)["s1"][4] == "127.0.0.9"
    proxy = start(world, servers, HEAD, check=False)
    assert proxy.wait() == 1
    assert "could not resolve address 'nowhere.invalid'" in proxy.output()


def test_tracking_inherits_what_the_file_says_of_the_other(world):
    proxy = start(world, "server s1 127.0.0.1:8001 weight 10 check inter 1h\nserver s2 127.0.0.1:8002 track s1",
                  HEAD + line("s1", state=0, admin=1))
    assert stat(world, proxy, "be", "s2")["status"] == "MAINT (via be/s1)"


def test_tracking_a_disabled_server(world):
    proxy = start(world, "server s1 127.0.0.1:8001 check inter 1h disabled\nserver s2 127.0.0.1:8002 track s1", HEAD)
    assert stat(world, proxy, "be", "s2")["status"] == "MAINT (via be/s1)"


@pytest.mark.parametrize("load, globals_, backend, weight", [
    ("local", "server-state-base {folder}", "", "5"),
    ("local", "server-state-base {folder}/", "server-state-file-name use-backend-name", "5"),
    ("local", "server-state-base /nowhere", "server-state-file-name {folder}/be", "5"),
    ("local", "server-state-base {folder}", "server-state-file-name be2", "10"),
    ("none", "server-state-file {folder}/be", "", "10"),
    ("none", "server-state-file {folder}/be", "load-server-state-from-file global", "5"),
    ("global", "server-state-base {folder}\n    server-state-file be", "", "5"),
    ("global", "server-state-base {folder}", "", "10"),
])
def test_where_files_are(world, load, globals_, backend, weight):
    proxy = start(world, "server s1 127.0.0.1:8001 weight 10", HEAD + line("s1", weight=5), load, globals_, backend)
    assert states(world, proxy)["s1"][7] == weight


@pytest.mark.parametrize("text, says", [
    ("", "global server state file"),
    ("2\n", "Can't get version of the global server state file"),
    ("x\n", "Can't get version of the global server state file"),
    ("1", "Can't get version of the global server state file"),
    (HEAD + "3 be 1 s1 127.0.0.1 2 0 5 10\n", "corrupted global server state file"),
    (HEAD + line("s1", weight=5).rstrip("\n"), "corrupted global server state file"),
    (HEAD + line("s1", state=4), "failed for server 'be/s1', invalid srv_op_state value '4'"),
    (HEAD + line("s1", weight=257, initial=300),
     "failed for server 'be/s1', invalid srv_uweight value '257', invalid srv_iweight value '300'"),
    (HEAD + line("s1", weight="x"), "invalid srv_uweight value 'x'"),
    (HEAD + line("s1", port=70000), "invalid srv_port value '70000'"),
    (HEAD + line("s1", admin=9), "invalid srv_admin_state value '9'"),
    (HEAD + line("s1", check=32), "invalid srv_check_state value '32'"),
    (None, "Can't open global server state file '/nowhere/be'"),
])
def test_what_makes_no_sense_is_said_and_passed_over(world, text, says):
    proxy = start(world, "server s1 127.0.0.1:8001 weight 10", text)
    assert says in proxy.output()
    assert states(world, proxy)["s1"][5:9] == ["2", "0", "10", "10"]


def test_lines_of_others_in_a_local_file(world):
    text = HEAD + line("gone") + line("s1", weight=4, id_=99) + line("s2", backend="other", id_=98, weight=3) + "# s1\n\n"
    proxy = start(world, "server s1 127.0.0.1:8001 weight 10\nserver s2 127.0.0.1:8001 weight 10", text, "local",
                  "server-state-base {folder}")
    said = proxy.output()
    assert "can't find server 'gone' in backend 'be'" in said
    assert "Proxy 'be': backend ID mismatch: from server state file: '99', from running config '3'" in said
    rows = states(world, proxy)
    assert rows["s1"][7] == "4" and rows["s2"][7] == "10"


@pytest.mark.parametrize("words, says", [
    ("server-state-base", "'server-state-base' expects one argument: a directory path."),
    ("server-state-file", "a file path."),
])
def test_words_of_the_global_section(world, words, says):
    code, out, err = world.run(["-c"], f"global\n    {words}\n")
    assert code == 1 and "run.cfg:2] : " in out + err and says in out + err


@pytest.mark.parametrize("words, says", [
    ("load-server-state-from-file sometimes",
     "'load-server-state-from-file' expects 'global', 'local' or 'none'. Got 'sometimes'"),
    ("load-server-state-from-file", "'load-server-state-from-file' expects 'global', 'local' or 'none'. Got ''"),
    ("server-state-file-name a b", "'server-state-file-name' cannot handle unexpected argument 'b'"),
])
def test_words_of_a_backend(world, words, says):
    code, out, err = world.run(["-c"], f"backend b\n    {words}\n")
    assert code == 1 and "run.cfg:2] : " in out + err and says in out + err


NAMES = """
global
    stats socket fd@${{cli}} level admin
    server-state-file {path}
resolvers dns
    nameserver ns {dns}
    timeout resolve 50ms
    timeout retry 50ms
    hold valid 50ms
    hold nx 10s
    hold timeout 10s
    hold obsolete 10s
{DEFAULTS}
    load-server-state-from-file global
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    server s1 one.example.org:8001 resolvers dns resolve-prefer ipv4 init-addr last,127.0.0.1
    server-template t 1 _http._tcp.example.org resolvers dns resolve-prefer ipv4 init-addr last,none
    server s3 127.0.0.1:8001
"""


def named(world, dns, text="1\n", first="one.example.org"):
    conf = NAMES.format(path=world.file("states", text), dns=dns.addr, DEFAULTS=DEFAULTS).replace("one.example.org:", first + ":")
    return world.proxy(conf, listeners=("fe", "cli"))


real_names = pytest.mark.only("runtime", "haproxy", reason="the nameserver here is a thread on real sockets")


@real_names
@pytest.mark.parametrize("words, says", [
    ("be/s1 fqdn", "set server <b>/<s> fqdn requires a FQDN."),
    ("be/s3 fqdn a.example.org", "set server <b>/<s> fqdn failed because no resolution is configured."),
    ("be/t1 fqdn a.example.org", "set server <b>/<s> fqdn failed because SRV resolution is configured."),
    ("be/s1 fqdn one.example.org", "no need to change the FDQN by 'stats socket command'"),
    ("be/s1 fqdn a/b", "invalid fqdn 'a/b' by 'stats socket command'"),
    ("be/s1 fqdn " + "a..b", "could not update be/s1 FQDN by 'stats socket command'"),
    ("be/s1 fqdn a.example.org", "be/s1 changed its FQDN from one.example.org to a.example.org by 'stats socket command'"),
])
def test_answers_to_a_new_name(world, dns, words, says):
    assert says in ask(world, named(world, dns), "set server " + words)


@pytest.mark.only("runtime", reason="HAProxy says too late that it was changed; the nameserver is a thread on real sockets")
def test_a_name_given_by_hand(world, dns):
    dns.zone = {("one.example.org", A): [bytes([127, 0, 0, 2])], ("two.example.org", A): [bytes([127, 0, 0, 3])]}
    proxy = named(world, dns)
    assert until(lambda: states(world, proxy)["s1"][4] == "127.0.0.2")
    ask(world, proxy, "set server be/s1 fqdn two.example.org")
    assert until(lambda: states(world, proxy)["s1"][4] == "127.0.0.3")
    row = states(world, proxy)["s1"]
    assert row[17] == "two.example.org" and int(row[6]) & 64
    written = ask(world, proxy, "show servers state").rstrip("\n") + "\n"
    dns.silent = True
    row = states(world, named(world, dns, written))["s1"]
    assert row[4] == "127.0.0.3" and row[17] == "two.example.org" and int(row[6]) & 64
    row = states(world, named(world, dns, written, "two.example.org"))["s1"]
    assert row[4] == "127.0.0.3" and row[17] == "two.example.org" and not int(row[6]) & 64


@real_names
def test_a_target_of_a_service_stays_with_its_server(world, dns):
    dns.zone = {("_http._tcp.example.org", SRV): [service(0, 256, 8009, "one.example.org")],
                ("one.example.org", A): [bytes([127, 0, 0, 2])]}
    dns.additional = [record("one.example.org", A, bytes([127, 0, 0, 2]))]
    proxy = named(world, dns)
    assert until(lambda: states(world, proxy)["t1"][4] == "127.0.0.2")
    written = ask(world, proxy, "show servers state").rstrip("\n") + "\n"
    dns.silent = True
    row = states(world, named(world, dns, written))["t1"]
    assert row[4:7] == ["127.0.0.2", "2", "0"]
    assert row[17:20] == ["one.example.org", "8009", "_http._tcp.example.org"]
