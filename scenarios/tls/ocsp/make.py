#!/usr/bin/env python3
"""Makes what lies beside it: an authority, two certificates of it, and what a responder may say of them.

Responses end in .der; their windows are told in UTC. The simulated clock begins at 2027-01-01.
"""

import datetime
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

HERE = os.path.dirname(os.path.abspath(__file__))
BEGIN, END = datetime.datetime(2020, 1, 1), datetime.datetime(2049, 1, 1)
RESPONDER = "http://127.0.0.1:8888/ocsp"
PEM = serialization.Encoding.PEM


def name(common):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Lockstep"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


def certificate(common, serial, issuer, issuer_key, extensions):
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(name(issuer), name(common), key.public_key(), serial, BEGIN, END)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return builder.sign(issuer_key or key, hashes.SHA256()), key


def authority(common):
    return certificate(common, 1, common, None, [x509.BasicConstraints(True, None)])


def leaf(common, serial, issuer_key, responder=RESPONDER):
    where = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder))
    return certificate(common, serial, "OCSP CA", issuer_key,
                       [x509.SubjectAlternativeName([x509.DNSName(common)]), x509.AuthorityInformationAccess([where])])


def write(file, *parts):
    with open(os.path.join(HERE, file), "wb") as out:
        for part in parts:
            if isinstance(part, (bytes, bytearray)):
                out.write(part)
            elif hasattr(part, "private_bytes"):
                out.write(part.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
            else:
                out.write(part.public_bytes(PEM))


def response(file, about, by, begin, end, revoked=False, signer=None):
    status = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=about, issuer=CA, algorithm=hashes.SHA1(), cert_status=status, this_update=begin, next_update=end,
        revocation_time=BEGIN if revoked else None, revocation_reason=None,
    ).responder_id(ocsp.OCSPResponderEncoding.NAME, by[0])
    if signer:
        builder = builder.certificates([by[0]])
    write(file, builder.sign(by[1], hashes.SHA256()).public_bytes(serialization.Encoding.DER))


def day(hour, minute=0):
    return datetime.datetime(2027, 1, 1) + datetime.timedelta(hours=hour, minutes=minute)


CA, CA_KEY = authority("OCSP CA")
FALSE = authority("OCSP CA")
SIGNER = certificate("Responder", 9, "OCSP CA", CA_KEY, [x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])])
SERVER, SERVER_KEY = leaf("server.test", 0x1001, CA_KEY)
OTHER, OTHER_KEY = leaf("other.test", 0x1002, CA_KEY)
NAMED, NAMED_KEY = leaf("named.test", 0x1003, CA_KEY, "http://ocsp.lan:8888")
BY_CA = (CA, CA_KEY)

write("ca.pem", CA)
write("server.pem", SERVER, CA, SERVER_KEY)
write("bare.pem", SERVER, SERVER_KEY)
write("other.pem", OTHER, CA, OTHER_KEY)
write("named.pem", NAMED, CA, NAMED_KEY)
response("named.der", NAMED, BY_CA, BEGIN, END)
response("good.der", SERVER, BY_CA, BEGIN, END)
response("revoked.der", SERVER, BY_CA, BEGIN, END, revoked=True)
response("other.der", OTHER, BY_CA, BEGIN, END)
response("delegated.der", SERVER, SIGNER, BEGIN, END, signer=True)
response("forged.der", SERVER, FALSE, BEGIN, END)
response("expired.der", SERVER, BY_CA, BEGIN, datetime.datetime(2021, 1, 1))
response("future.der", SERVER, BY_CA, datetime.datetime(2048, 1, 1), END)
response("endless.der", SERVER, BY_CA, BEGIN, None)
response("until-01h30.der", SERVER, BY_CA, day(-1), day(1, 30))
response("until-04h00.der", SERVER, BY_CA, day(1), day(4))
write("try_later.der", ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
      .public_bytes(serialization.Encoding.DER))
