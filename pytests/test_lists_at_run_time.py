"""Maps, ACL files and stick tables while traffic runs: what the management socket shows, changes and replaces."""

import re

import pytest

from conftest import DEFAULTS


class Command:
    """Commands on the management socket, and what the proxy says of a path through a map."""

    def __init__(self, world, proxy):
        self.world, self.proxy = world, proxy

    def __call__(self, text):
        client = self.world.connect(self.proxy.port("cli"))
        client.send(text.encode() + b"\n")
        return re.sub(r"0x[0-9a-f]+", "0x", client.recv_all().decode()).removesuffix("\n")

    def ask(self, path):
        client = self.world.connect(self.proxy.port())
        return client.request(path).header("x")


@pytest.fixture
def command(world):
    keys, numbers, nets = world.file("m.map", "/a 1\n/b 2\n# c\n/c\n"), world.file("n.map", "/a 5\n"), world.file("l.lst", "127.0.0.1\n")
    proxy = world.proxy(f"""
global
    stats socket fd@${{cli}} level admin
{DEFAULTS}
frontend fe
    bind fd@${{fe}}
    acl local src -f {nets}
    http-request set-var(txn.n) path,map_str_int({numbers},0)
    http-request set-var(txn.t) str(no)
    http-request set-var(txn.t) str(yes) if local
    http-request return status 200 hdr x "%[path,map({keys},none)] %[var(txn.n)] %[var(txn.t)]"
backend t
    stick-table type string size 10 store gpc0,conn_cnt
""", listeners=("fe", "cli"))
    made = Command(world, proxy)
    made.map, made.ints, made.acl = keys, numbers, nets
    return made


def test_a_map_is_shown_and_changed(command):
    assert command.ask("/a") == "1 5 yes"
    assert command(f"show map {command.map}") == "0x /a 1\n0x /b 2\n0x /c \n"
    assert command(f"add map {command.map} /d 4") == ""
    assert command(f"set map {command.map} /a 9") == ""
    assert command(f"del map {command.map} /b") == ""
    assert [command.ask(path) for path in ("/a", "/b", "/d")] == ["9 5 yes", "none 0 yes", "4 0 yes"]
    assert command(f"show map {command.map}") == "0x /a 9\n0x /c \n0x /d 4\n"


def test_a_version_replaces_all_at_once(command):
    assert command(f"prepare map {command.map}") == "New version created: 1\n"
    assert command(f"add map @1 {command.map} /new 7") == ""
    assert command.ask("/new") == "none 0 yes"
    assert command(f"show map @1 {command.map}") == "0x /new 7\n"
    assert command(f"commit map @2 {command.map}") == "Version number out of range.\n"
    assert command(f"commit map @1 {command.map}") == ""
    assert [command.ask(path) for path in ("/a", "/new")] == ["none 5 yes", "7 0 yes"]


def test_many_lines_at_once(command):
    assert command(f"add map {command.map} <<\n/x one two\n/y three\n") == ""
    assert command.ask("/x") == "one two 0 yes"
    assert command.ask("/y") == "three 0 yes"


def test_an_acl_is_changed(command):
    assert command(f"del acl {command.acl} 127.0.0.1") == ""
    assert command.ask("/") == "none 0 no"
    assert command(f"add acl {command.acl} 127.0.0.0/8") == ""
    assert command.ask("/") == "none 0 yes"
    assert command(f"get acl {command.acl} 127.9.9.9") == 'type=ip, case=sensitive, match=yes, idx=tree, pattern="127.0.0.0/8"\n'
    assert command(f"clear acl {command.acl}") == ""
    assert command.ask("/") == "none 0 no"


def test_look_ups(command):
    assert command(f"get map {command.map} /a") == 'type=str, case=sensitive, found=yes, idx=tree, key="/a", value="1", type="str"\n'
    assert command(f"get map {command.map} /zz") == "type=str, case=sensitive, found=no\n"


@pytest.mark.parametrize("text, says", [
    ("show map nope", "Unknown map identifier. Please use #<id> or <file>."),
    ("show acl #99", "Unknown ACL identifier. Please use #<id> or <file>."),
    ("get map", "Missing map identifier and/or key."),
    ("add map MAP /k", "'add map' expects three parameters (map identifier, key and value) or one parameter (map identifier) and a payload"),
    ("add acl ACL", "'add acl' expects two parameters: ACL identifier and pattern."),
    ("add acl ACL bad", "'bad' is not a valid IPv4 or IPv6 address."),
    ("add map INTS /k notint", "unable to parse 'notint'."),
    ("add map @9 MAP /k v", "Version number in the future, please use 'prepare map' before."),
    ("set map MAP /zz 9", "entry not found."),
    ("set map MAP /a", "'set map' expects three parameters: map identifier, key and value."),
    ("del map MAP /zz", "Key not found."),
    ("del map MAP #0x1000", "Key not found."),
    ("commit map MAP", "Missing version number."),
    ("clear map", "Missing map identifier."),
    ("show table nope", "No such table"),
    ("show table t data.foo eq 1", "Filter entry #1: Unknown data type"),
    ("show table t data.gpc0 zz 1", 'Filter entry #1: Require and operator among "eq", "ne", "le", "ge", "lt", "gt"'),
    ("show table t data.gpc0 eq", "Filter entry #1: Require a valid integer value to compare against"),
    ("show table t key", "Key value expected"),
    ("set table", "Required arguments: <table> key <key> [data.<store_data_type> <value>]*"),
    ("set table t key k data.foo 1", "Unknown data type"),
    ("set table t key k data.sess_cnt 1", "Data type not stored in this table"),
    ("set table t key k data.gpc0 x", "Require a valid integer value to store"),
])
def test_bad_commands(command, text, says):
    words = {"MAP": command.map, "ACL": command.acl, "INTS": command.ints}
    assert command(" ".join(words.get(word, word) for word in text.split())) == says + "\n"


def test_a_table_is_filled_filtered_and_cleared(command):
    for key, count in (("b", 2), ("a", 1), ("c", 3)):
        assert command(f"set table t key {key} data.gpc0 {count}") == ""
    entry = "0x: key={} use=0 exp=0 gpc0={} conn_cnt=0\n"

    def show(words=""):
        return command(f"show table t{words}").replace(" shard=0", "")
    head = "# table: t, type: string, size:10, used:{}\n"
    assert show() == head.format(3) + "".join(entry.format(k, n) for k, n in (("a", 1), ("b", 2), ("c", 3)))
    assert show(" data.gpc0 gt 1") == head.format(3) + entry.format("b", 2) + entry.format("c", 3)
    assert show(" key b") == head.format(3) + entry.format("b", 2)
    assert command("clear table t key b") == ""
    assert show() == head.format(2) + entry.format("a", 1) + entry.format("c", 3)
    assert command("clear table t") == ""
    assert show() == head.format(0)
