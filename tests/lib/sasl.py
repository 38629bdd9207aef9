"""sasl - the client's side of SASL mechanisms, for tests.

client(NAME, USER, PASSWORD) is a generator of messages, as bytes: it gives the
initial response, or None if the server speaks first; what is sent into it are
the server's challenges.  A server that cannot prove itself (SCRAM, DIGEST-MD5)
is an AssertionError.
"""
import base64
import hashlib
import hmac
import os
import re


def plain(user, password):
    yield b"\0" + user + b"\0" + password


def login(user, password):
    yield None
    yield user
    yield password


def cram_md5(user, password):
    challenge = yield None
    yield user + b" " + hmac.new(password, challenge, "md5").hexdigest().encode()


def digest_md5(user, password):
    """RFC 2831, qop=auth."""
    challenge = yield None
    got = dict(re.findall(rb'([\w-]+)="?([^",]*)"?', challenge))
    realm, nonce = got.get(b"realm", b""), got[b"nonce"]
    cnonce, uri = os.urandom(8).hex().encode(), b"smtp/localhost"
    h = lambda s: hashlib.md5(s).digest()
    x = lambda s: hashlib.md5(s).hexdigest().encode()
    a1 = x(h(user + b":" + realm + b":" + password) + b":" + nonce + b":"
           + cnonce)
    proof = lambda a2: x(a1 + b":" + nonce + b":00000001:" + cnonce
                         + b":auth:" + x(a2))
    final = yield (b'username="%s",realm="%s",nonce="%s",cnonce="%s",'
                   b'nc=00000001,qop=auth,digest-uri="%s",response=%s' % (
                       user, realm, nonce, cnonce, uri,
                       proof(b"AUTHENTICATE:" + uri)))
    assert final == b"rspauth=" + proof(b":" + uri), final
    yield b""


def scram(user, password, hash, gs2=b"n,,", binding=b""):
    """RFC 5802.  gs2 and binding are for the -PLUS kinds."""
    nonce = os.urandom(12).hex().encode()
    bare = b"n=" + user.replace(b"=", b"=3D").replace(b",", b"=2C") + b",r=" + nonce
    first = yield gs2 + bare
    got = dict(p.split(b"=", 1) for p in first.split(b","))
    assert got[b"r"].startswith(nonce) and len(got[b"r"]) > len(nonce), first
    salted = hashlib.pbkdf2_hmac(hash, password, base64.b64decode(got[b"s"]),
                                 int(got[b"i"]))
    mac = lambda key, s: hmac.new(key, s, hash).digest()
    key = mac(salted, b"Client Key")
    final = b"c=" + base64.b64encode(gs2 + binding) + b",r=" + got[b"r"]
    signed = bare + b"," + first + b"," + final
    signature = mac(hashlib.new(hash, key).digest(), signed)
    proof = bytes(a ^ b for a, b in zip(key, signature))
    last = yield final + b",p=" + base64.b64encode(proof)
    want = mac(mac(salted, b"Server Key"), signed)
    assert last == b"v=" + base64.b64encode(want), last
    yield b""


MECHANISMS = {
    "PLAIN": plain,
    "LOGIN": login,
    "CRAM-MD5": cram_md5,
    "DIGEST-MD5": digest_md5,
    "SCRAM-SHA-1": lambda u, p: scram(u, p, "sha1"),
    "SCRAM-SHA-256": lambda u, p: scram(u, p, "sha256"),
}


def client(name, user, password):
    return MECHANISMS[name](user.encode(), password.encode())
