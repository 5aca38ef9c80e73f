"""Chains of converters on random input: what HAProxy makes of them, the others make too. Each round asks both binaries
for the same chains in one request; without a reference on this machine there is nothing to compare with."""

import base64
import os
import shutil

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st

from conftest import DEFAULTS
from world import RealWorld

REFERENCE = shutil.which("haproxy")
ROUNDS = int(os.environ.get("CHAIN_ROUNDS", "3"))
CHAINS = 100  # a round

small = st.integers(-3, 9)
count = st.integers(0, 12)
sign = st.sampled_from(["", "0", "1"])
chars = st.sampled_from([".", "/", "_", "-", "a", "b"])


def call(name, *values):
    return st.tuples(*values).map(lambda v: f"{name}({','.join(str(x) for x in v)})")


# What takes and gives text or bytes, what gives a number, and what takes one.
TEXT = st.one_of(
    st.sampled_from(["lower", "upper", "hex", "base64", "b64dec", "url_dec", "ub64enc", "ub64dec", "sha1,hex", "url_enc",
                     "json", "json(utf8s)", "json(utf8p)", "host_only", "cut_crlf", "sha2,hex", "sha2(512),hex", "digest(md5),hex",
                     "ltrim(a)", "rtrim(b)", "concat(x)"]),
    call("bytes", count), call("bytes", count, st.integers(1, 12)),
    call("field", st.integers(1, 6), chars), call("field", st.integers(-5, -1), chars), call("field", st.integers(1, 4), chars, st.integers(0, 3)),
    call("regsub", st.sampled_from(["a", "b+", "[0-9]", "."]), st.sampled_from(["", "x", "yy"])),
    call("regsub", st.sampled_from(["a", "[A-Z]"]), st.just("q"), st.sampled_from(["g", "i", "gi"])),
    call("be2hex", st.just(":"), st.integers(1, 4)), call("be2dec", st.just(":"), st.integers(1, 4)),
    call("url_dec", sign),
)
TO_NUMBER = st.one_of(
    st.sampled_from(["length", "hex2i", "port_only", "xxh32", "crc32", "crc32c", "djb2", "sdbm", "wt6", "xxh64", "xxh3",
                     "strcmp(txn.word)"]),
    call("crc32", st.just(1)), call("djb2", st.just(1)), call("sdbm", st.just(1)), call("wt6", st.just(1)),
    call("xxh32", st.integers(0, 5)),
)
NUMBER = st.one_of(
    st.sampled_from(["neg", "cpl"]),
    # HAProxy 2.6 takes the sum of two negative numbers for an overflow: none is asked for.
    *(call(name, small) for name in ("mul", "div", "mod", "and", "or", "xor")), call("add", count),
)
# HAProxy 2.6 forgets that a sum of a boolean is a number, so these come last.
LAST = st.sampled_from(["not", "bool", "odd", "even", "htonl,hex"])
WORDS = st.text(st.sampled_from("abABz019 ._-/%+:=?"), min_size=0, max_size=24)
NUMBERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-300, 70000))


@st.composite
def chain(draw):
    """An expression behind `var(txn.word)` or `var(txn.number)`."""
    if draw(st.booleans()):
        steps = draw(st.lists(TEXT, min_size=1, max_size=3))
        if draw(st.booleans()):
            steps.append(draw(TO_NUMBER))
            steps += draw(st.lists(NUMBER, max_size=2))
        return ",".join(["var(txn.word)", *steps])
    last = [draw(LAST)] if draw(st.booleans()) else []
    return ",".join(["var(txn.number)", *draw(st.lists(NUMBER, min_size=1, max_size=4)), *last])


def values(world, word, number, chains):
    """What a world says of each chain: None without a value."""
    rules = "\n".join(f" http-request set-var(txn.v{i}) {text}" for i, text in enumerate(chains))
    found = "\n".join(f" http-request add-header seen {i} if {{ var(txn.v{i}) -m found }}" for i in range(len(chains)))
    body = "|".join(f"%[var(txn.v{i}),hex]" for i in range(len(chains)))
    proxy = world.proxy(f"""
{DEFAULTS}
frontend fe
 bind fd@${{fe}}
 http-request set-var(txn.word) req.fhdr(word),b64dec,concat()
 http-request set-var(txn.number) int({number})
{rules}
{found}
 http-request return status 200 content-type text/plain lf-string "%[req.hdrs,hex]|{body}"
""")
    client = world.connect(proxy.port())
    head, *got = client.request("/", headers=[("Word", base64.b64encode(word.encode()).decode())]).body.decode().split("|")
    seen = {line[6:] for line in bytes.fromhex(head).decode("latin1").split("\r\n") if line.startswith("seen: ")}
    proxy.close()
    world.open.remove(proxy)
    return [value if str(i) in seen else None for i, value in enumerate(got)]


@pytest.mark.only("runtime", reason="both binaries run here; the simulator's converters are the same objects")
@pytest.mark.skipif(not REFERENCE, reason="no haproxy to compare with")
def test_chains_agree(world):
    reference = RealWorld("haproxy", REFERENCE)
    compared = 0

    @seed(1)
    @settings(max_examples=ROUNDS, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(WORDS, NUMBERS, st.lists(chain(), min_size=CHAINS, max_size=CHAINS))
    def round_(word, number, chains):
        nonlocal compared
        wanted, got = values(reference, word, number, chains), values(world, word, number, chains)
        wrong = [f"{text}: {want} from HAProxy, {have} here" for text, want, have in zip(chains, wanted, got) if want != have]
        compared += len(chains)
        assert not wrong, f"{word!r}, {number}: " + "\n".join(wrong)

    try:
        round_()
    finally:
        reference.close()
    assert compared >= ROUNDS * CHAINS
    print(f"{compared} chains compared")
