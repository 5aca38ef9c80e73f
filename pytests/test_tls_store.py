"""crt-store sections: certificates of named files, under names of their own."""

import pytest

from test_tls import TlsConn, cli, context, name_of, pem

pytestmark = pytest.mark.only("runtime", "sim", reason="HAProxy has crt-store since 3.0")

CONF = """
global
    stats socket fd@${{cli}} level admin
{stores}
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind fd@${{fe}} ssl {bind}
    http-request return status 204
{behind}
"""


@pytest.fixture
def files(world):
    """The certificate of `server` cut into pieces: $DIR/one.crt and $DIR/keys/one.key."""
    with open(pem("server"), encoding="ascii") as file:
        text = file.read()
    at = next(i for i in (text.find("-----BEGIN EC PRIVATE"), text.find("-----BEGIN PRIVATE")) if i >= 0)
    end = text.index("-----END", at)
    end = text.index("\n", end) + 1
    return {"crt": world.file("one.crt", text[:at] + text[end:]), "secret": world.file("one.secret", text[at:end])}


def start(world, files, bind, stores, behind=""):
    stores = stores.replace("CRT", files["crt"]).replace("SECRET", files["secret"])
    return world.proxy(CONF.format(stores=stores, bind=bind.replace("CRT", files["crt"]), behind=behind), listeners=("fe", "cli"))


@pytest.mark.parametrize("bind, stores", [
    ("crt CRT", "crt-store\n load crt CRT key SECRET"),
    ("crt @/one", "crt-store\n load crt CRT key SECRET alias one"),
    ("crt @web/one", "crt-store web\n load alias one key SECRET crt CRT"),
    ("crt @web/CRT", "crt-store web\n load crt CRT key SECRET"),
    ("crt @web/one crt @/two", f"crt-store web\n load crt CRT key SECRET alias one\ncrt-store\n load crt {pem('other')} alias two ocsp-update off"),
])
def test_a_bind_finds_it_by_its_name(world, files, bind, stores):
    proxy = start(world, files, bind, stores)
    assert name_of(TlsConn(world.connect(proxy.port()), context(), "server.test")) == "server.test"


def test_bases_are_the_section_s_own(world, files):
    folder, name = files["crt"].rsplit("/", 1)
    secret = files["secret"].rsplit("/", 1)[1]
    proxy = start(world, files, f"crt @web/{name}", f"crt-store web\n crt-base {folder}\n key-base {folder}\n load crt {name} key {secret}")
    assert name_of(TlsConn(world.connect(proxy.port()), context(), "server.test")) == "server.test"


def test_it_is_changed_under_its_name(world, files):
    proxy = start(world, files, "crt @web/one", "crt-store web\n load crt CRT key SECRET alias one")
    assert "@web/one\n" in cli(world, proxy, "show ssl cert")
    with open(pem("other"), encoding="ascii") as file:
        assert "Transaction created" in cli(world, proxy, f"set ssl cert @web/one <<\n{file.read()}\n")
    assert "Success!" in cli(world, proxy, "commit ssl cert @web/one")
    made = context()
    made.check_hostname = False
    assert name_of(TlsConn(world.connect(proxy.port()), made, "x.test")) == "other.test"


@pytest.mark.parametrize("line, named", [
    ("load", "mandatory 'crt' parameter not found"),
    ("load alias one", "mandatory 'crt' parameter not found"),
    ("load crt", "'crt' expects an argument"),
    ("load crt CRT nosuch x", "unknown keyword 'nosuch'"),
    ("load crt /nosuch.pem", "unable to stat SSL certificate from file '/nosuch.pem'"),
    ("load crt CRT", "No Private Key found"),
    ("load crt CRT key /nosuch", "unable to stat SSL certificate from file '/nosuch'"),
    ("load crt CRT key CRT", "No Private Key found in 'CRT'"),
    (f"load crt CRT key {pem('other')}", "inconsistencies between private key and certificate loaded"),
    (f"load crt CRT key SECRET issuer {pem('crl')}", "unable to load certificate from file"),
    ("load crt CRT key SECRET sctl CRT", "unable to load a list of signed certificate timestamps"),
    ("load crt CRT key SECRET alias a\n load crt CRT key SECRET alias a", "certificate '@web/a' is already loaded at"),
])
def test_what_cannot_be_loaded_is_said(world, files, line, named):
    text = f"crt-store web\n {line}\n".replace("CRT", files["crt"]).replace("SECRET", files["secret"])
    code, out, err = world.run(["-c"], text + "listen l\n    mode http\n    bind 127.0.0.1:1\n")
    assert code == 1 and named.replace("CRT", files["crt"]) in out + err


def test_a_file_that_a_bind_read_by_itself_is_no_store_s(world):
    code, out, err = world.run(["-c"], f"""
listen l
    mode http
    bind 127.0.0.1:1 ssl crt {pem('server')}
crt-store
    load crt {pem('server')}
""")
    assert code == 1 and "is already used by 'bind 127.0.0.1:1' at" in out + err


@pytest.mark.parametrize("mode, lines, fits", [
    ("", ["", "[ocsp-update on] a.test"], False),
    ("", ["[ocsp-update on]", ""], False),
    ("", ["[ocsp-update off]", ""], True),
    ("", ["[ocsp-update on]", "[ocsp-update on] a.test"], True),
    ("ocsp-update.mode on", ["", "[ocsp-update off] a.test"], False),
    ("ocsp-update.mode on", ["", "[ocsp-update on] a.test"], True),
    ("ocsp-update.mode maybe", ["", ""], False),
    ("", ["[ocsp-update maybe]", ""], False),
])
def test_all_who_use_one_agree_on_ocsp_update(world, mode, lines, fits):
    path = world.file("list", "".join(f"{pem('server')} {line}\n" for line in lines))
    code, out, err = world.run(["-c"], f"""
global
    {mode}
listen l
    mode http
    bind 127.0.0.1:1 ssl crt-list {path}
""")
    assert code == (0 if fits else 1), out + err
    assert fits or "ocsp-update" in out + err
