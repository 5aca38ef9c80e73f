"""Commands about certificates that cannot be done: each says why, and nothing is changed by it."""

import re

import pytest

from test_tls import cli, pem

CONF = """
global
    stats socket fd@${{cli}} level admin
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind fd@${{fe}} ssl crt-list {list} ca-file {ca} crl-file {crl} verify optional
    http-request return status 204
backend be
    server s1 127.0.0.1:1 ssl verify none crt {client} disabled
"""


@pytest.fixture
def store(world):
    """Says commands, in which $CERT, $LIST, $CA, $CRL, $CLIENT are paths and $OTHER is a certificate."""
    names = {"CERT": pem("server"), "CA": pem("ca"), "CRL": pem("crl"), "CLIENT": pem("client")}
    names["LIST"] = world.file("list", f"{names['CERT']} one.test\n{names['CERT']} [alpn http/1.1] two.test\n")
    proxy = world.proxy(CONF.format(list=names["LIST"], ca=names["CA"], crl=names["CRL"], client=names["CLIENT"]),
                        listeners=("fe", "cli"))
    with open(pem("other"), encoding="ascii") as file:
        names["OTHER"] = file.read()

    def say(command):
        return cli(world, proxy, fill(command, names))

    say.names = names
    return say


def fill(text, names):
    return re.sub(r"\$([A-Z]+)", lambda found: names[found[1]], text)


LOOKS = ["show ssl cert", "show ssl cert $CERT", "show ssl crt-list", "show ssl crt-list -n $LIST", "show ssl ca-file $CA",
         "show ssl crl-file $CRL"]
UNKNOWN = "Unknown command"

WRONG = [
    # command, what the answer holds
    ("set ssl", UNKNOWN),
    ("set ssl cert", "expects a filename and a certificate as a payload"),
    ("set ssl cert $CERT", "expects a filename and a certificate as a payload"),
    ("set ssl cert nosuch <<\nOTHER\n", "Can't replace a certificate which is not referenced by the configuration!"),
    ("set ssl cert $CERT <<\nrubbish\n", "unable to load certificate from file '$CERT'.\nCan't load the payload"),
    ("set ssl cert $CERT.key <<\nrubbish\n", "unable to load private key from file '$CERT'.\nCan't load the payload"),
    ("set ssl cert $CERT.issuer <<\nrubbish\n", "Can't load the payload\nCan't update $CERT.issuer!"),
    ("set ssl cert $CERT.sctl <<\nrubbish\n", "Can't load the payload\nCan't update $CERT.sctl!"),
    ("set ssl cert $CERT.ocsp <<\n****\n", "Error reading OCSP response in base64 format"),
    ("set ssl cert $CERT.nosuch <<\nOTHER\n", "Can't replace a certificate which is not referenced"),
    ("commit ssl cert", "expects a filename"),
    ("commit ssl cert nosuch", "No ongoing transaction! !\nCan't commit nosuch!"),
    ("commit ssl cert $CERT", "No ongoing transaction! !\nCan't commit $CERT!"),
    ("abort ssl cert", "expects a filename"),
    ("abort ssl cert $CERT", "No ongoing transaction!"),
    ("new ssl cert", "expects a filename"),
    ("new ssl cert $CERT", "Certificate '$CERT' already exists!"),
    ("del ssl cert", "expects a certificate name"),
    ("del ssl cert nosuch", "certificate 'nosuch' doesn't exist!"),
    ("del ssl cert $CERT", "certificate '$CERT' in use, can't be deleted!"),
    ("del ssl cert $CLIENT", "certificate '$CLIENT' in use, can't be deleted!"),
    ("show ssl cert nosuch", "Can't display the certificate: Not found"),
    ("show ssl cert *", "Can't display the certificate: Not found"),
    ("show ssl cert *$CERT", "Can't display the certificate: Not found"),
    ("show ssl ca-file nosuch", "Can't display the CA file : Not found!"),
    ("show ssl ca-file $CA:0", "wrong CA index after colons in '$CA:0'!"),
    ("show ssl ca-file $CA:x", "wrong CA index after colons in '$CA:x'!"),
    ("set ssl ca-file", "expects a filename and CAs as a payload"),
    ("set ssl ca-file nosuch <<\nOTHER\n", "Can't replace a CA file which is not referenced by the configuration!"),
    ("set ssl ca-file $CA", "expects a filename and CAs as a payload"),
    ("set ssl ca-file $CA <<\nrubbish\n", "Invalid payload\nCan't update $CA!"),
    ("commit ssl ca-file", "expects a filename"),
    ("commit ssl ca-file $CA", "No ongoing transaction! !\nCan't commit $CA!"),
    ("abort ssl ca-file", "expects a filename"),
    ("abort ssl ca-file $CA", "No ongoing transaction!"),
    ("new ssl ca-file", "expects a filename"),
    ("new ssl ca-file $CA", "CA file '$CA' already exists!"),
    ("del ssl ca-file", "expects a CA file name"),
    ("del ssl ca-file nosuch", "CA file 'nosuch' doesn't exist!"),
    ("del ssl ca-file $CA", "CA file '$CA' in use, can't be deleted!"),
    ("set ssl crl-file", "expects a filename and CRLs as a payload"),
    ("set ssl crl-file $CRL <<\nrubbish\n", "Invalid payload\nCan't update $CRL!"),
    ("commit ssl crl-file $CRL", "No ongoing transaction! !\nCan't commit $CRL!"),
    ("abort ssl crl-file $CRL", "No ongoing transaction!"),
    ("new ssl crl-file $CRL", "CRL file '$CRL' already exists!"),
    ("del ssl crl-file $CRL", "CRL file '$CRL' in use, can't be deleted!"),
    ("show ssl crl-file nosuch", "Can't display the CRL file : Not found!"),
    ("show ssl crt-list nosuch", "didn't find the specified filename"),
    ("show ssl crt-list -n", "'show ssl crt-list -n' expects a filename or a directory"),
    ("add ssl crt-list", "expects a filename and a certificate name"),
    ("add ssl crt-list $LIST", "expects a filename and a certificate name"),
    ("add ssl crt-list nosuch $CERT", "crt-list 'nosuch' does not exist!"),
    ("add ssl crt-list $LIST nosuch", "certificate 'nosuch' does not exist!"),
    ("add ssl crt-list $LIST <<\n\n", "only one line of payload is supported!"),
    ("add ssl crt-list $LIST <<\nCERT a.test\nCERT b.test\n", "only one line of payload is supported!"),
    ("add ssl crt-list $LIST <<\n#$CERT\n", "certificate '#$CERT' does not exist!"),
    ("add ssl crt-list $LIST <<\nCERT [nosuch] a.test\n", "parsing [CLI:1]: unknown ssl keyword nosuch"),
    ("add ssl crt-list $LIST <<\nCERT [alpn] a.test\n", "parsing [CLI:1]: ssl args out of '[]' for alpn"),
    ("add ssl crt-list $LIST <<\nCERT alpn http/1.1] a.test\n", "parsing [CLI:1]: missing '['"),
    ("add ssl crt-list $LIST <<\nCERT [alpn http/1.1] [a.test]\n", "parsing [CLI:1]: too many '['"),
    ("del ssl crt-list", "expects a filename and a certificate name"),
    ("del ssl crt-list $LIST", "expects a filename and a certificate name"),
    ("del ssl crt-list nosuch $CERT", "crt-list 'nosuch' does not exist!"),
    ("del ssl crt-list $LIST nosuch", "certificate 'nosuch' does not exist!"),
    ("del ssl crt-list $LIST $CERT", "in several entries, please specify a line number preceded by colons (1, 2)!"),
    ("del ssl crt-list $LIST $CERT:9", "the line number is incorrect"),
    ("del ssl crt-list $LIST $CERT:x", "wrong line number after colons in '$CERT:x'!"),
    ("del ssl crt-list $LIST $CERT:1", "used as default certificate by the following frontends:\n\t- "),
    ("show ssl ocsp-response nosuch", "Certificate ID"),
    ("set ssl ocsp-response", "expects response in base64 encoding"),
    ("set ssl ocsp-response ****", "received invalid base64 encoded response"),
    ("set ssl ocsp-response YWJj", "Unable to parse OCSP response"),
    ("set ssl tls-key", "expects a filename and the new TLS key in base64 encoding"),
    ("set ssl tls-key nosuch YWJj", "unable to locate referenced filename"),
]


def test_what_cannot_be_done_is_said_and_changes_nothing(store):
    before = [store(look) for look in LOOKS]
    failed = []
    for command, answer in WRONG:
        said = store(command)
        expected = fill(answer, store.names)
        if expected not in said:
            failed.append((command, expected, said[:200]))
    assert not failed, "\n".join(map(repr, failed))
    assert [store(look) for look in LOOKS] == before


def test_a_certificate_of_a_deleted_server_may_go(store):
    assert "in use" in store("del ssl cert $CLIENT")
    assert "Server deleted." in store("del server be/s1")
    assert "Status: Unused" in store("show ssl cert $CLIENT")
    assert "deleted!" in store("del ssl cert $CLIENT")
    assert "Not found" in store("show ssl cert $CLIENT")


@pytest.mark.only("runtime", "sim", reason="HAProxy has the command since 3.0")
def test_a_dump_can_be_read_again(store):
    dump = store("dump ssl cert $CERT")
    with open(store.names["CERT"], encoding="ascii") as file:
        leaf = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", file.read(), re.S)[0]
    assert leaf in dump and dump.startswith("-----BEGIN PRIVATE KEY-----")
    before = store("show ssl cert $CERT")
    assert "Transaction created" in store("set ssl cert $CERT <<\n" + dump.strip() + "\n")
    assert store("dump ssl cert *$CERT") == dump
    assert "Success!" in store("commit ssl cert $CERT")
    assert store("show ssl cert $CERT") == before
    assert "expects a filename" in store("dump ssl cert")
    assert "Not found" in store("dump ssl cert nosuch")
    assert "Not found" in store("dump ssl cert *$CERT")
