"""What postern-authd says, byte by byte.  Prints TAP; see postern-authd.t.

    python3 postern-authd.py SOCKET LOG
"""
import base64
import os
import re
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.environ["TESTS"] + "/lib")
import sasl
from authd import Authd

number = failures = 0
TEMP = "FAIL\t{}temp\treason=Temporary failure, try again later"


def ok(good, name, *what):
    global number, failures
    number += 1
    failures += not good
    print(("" if good else "not ") + f"ok {number} - {name}")
    if not good:
        print("#", *map(repr, what))


def equal(got, want, name):
    ok(got == want, name, got, want)


def logged(name, user, what):
    """The last line about that user; it is written before the answer."""
    with open(LOG) as f:
        last = [l for l in f if f"user={user} " in l][-1].rstrip("\n")
    equal(last, what, name)


def closes(hello, text, name, why):
    with Authd(SOCKET, hello) as a:
        a.send(text)
        a.s.shutdown(socket.SHUT_WR)
        rest = b""
        try:
            rest = a.f.read()
        except ConnectionResetError:
            pass  # what it did not read makes that of the end of file
    for _ in range(500):  # the line is written after the connection ends
        with open(LOG) as f:
            last = f.read().splitlines()[-1]
        if last == f"postern-authd: closed reason={why}":
            break
        time.sleep(0.02)
    ok(rest == b"" and last == f"postern-authd: closed reason={why}", name,
       rest, last)


def greeting():
    with Authd(SOCKET) as a, Authd(SOCKET) as b:
        fixed = [re.sub(r"^(SPID\t)\d+$|^(CUID\t)\d+$|^(COOKIE\t)[0-9a-f]{32}$",
                        r"\1\2\3#", l) for l in a.greeting]
        equal(fixed, ["VERSION\t1\t1", "MECH\tPLAIN\tplaintext",
                      "MECH\tLOGIN\tplaintext",
                      "MECH\tCRAM-MD5\tdictionary\tactive",
                      "MECH\tSCRAM-SHA-256\tmutual-auth",
                      "MECH\tSCRAM-SHA-256-PLUS\tmutual-auth",
                      "MECH\tEXTERNAL", "SPID\t#", "CUID\t#", "COOKIE\t#",
                      "DONE"], "the greeting is Dovecot's")
        ok(a.greeting[-2] != b.greeting[-2] and a.greeting[-3] != b.greeting[-3],
           "each connection has its number and cookie", a.greeting, b.greeting)


def mechanisms():
    with Authd(SOCKET) as a:
        for m in "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256":
            equal(a.auth(m, "tim", "pw"), "OK\tuser=tim", f"{m}: right")
            equal(a.auth(m, "TIM", "pw"), "OK\tuser=tim", f"{m}: letter case")
            bad = lambda user: a.auth(m, user, "px")
            equal(bad("tim"), "FAIL\tuser=tim", f"{m}: wrong")
            equal(bad("nobody"), "FAIL\tuser=nobody", f"{m}: unknown")
            equal(a.auth(m, "off", "pw"), "FAIL\tuser=off", f"{m}: disabled")
        equal(a.auth("plain", "tim", "pw", client=sasl.plain(b"tim", b"pw")),
              "OK\tuser=tim", "a mechanism in lower case")
        equal(a.auth("SCRAM-SHA-256", "tim", "pw", "final-resp-ok"),
              "OK\tuser=tim", "SCRAM's last message with the success")
        equal(a.auth("PLAIN", "hash", "pw"), "OK\tuser=hash", "a hash alone")
        equal(a.auth("SCRAM-SHA-256", "hash", "pw"), "FAIL\tuser=hash",
              "does not answer SCRAM")
        a.begin("DIGEST-MD5")
        equal(a.answer(), TEMP.format(""), "a mechanism that we do not have")
        a.begin("PLAIN", "resp=!")
        equal(a.answer(), "FAIL", "not base64")


def initial():
    """Without an initial response the server asks with an empty challenge."""
    def late(c):
        first = next(c)
        challenge = yield None
        assert challenge == b""
        challenge = yield first
        while True:
            try:
                challenge = yield c.send(challenge)
            except StopIteration:
                return

    with Authd(SOCKET) as a:
        for m in "PLAIN", "SCRAM-SHA-256":
            c = late(sasl.client(m, "tim", "pw"))
            equal(a.auth(m, 0, 0, client=c), "OK\tuser=tim",
                  f"{m} without an initial response")
        a.begin("LOGIN", "resp=" + base64.b64encode(b"tim").decode())
        equal(a.answer(), "CONT\tUGFzc3dvcmQ6", "LOGIN with one")
        a.send(f"CONT\t{a.id}\tcHc=\n")
        equal(a.answer(), "OK\tuser=tim", "ends as without")


def bindings():
    exporter, endpoint = bytes(range(32)), b"\xff" * 32
    facts = "tls-exporter=" + exporter.hex(), "tls-server-end-point=" + endpoint.hex()
    plus = lambda gs2, data: sasl.scram(b"tim", b"pw", "sha256", gs2, data)
    m = "SCRAM-SHA-256-PLUS"
    with Authd(SOCKET) as a:
        for kind, data in (b"tls-exporter", exporter), (b"tls-server-end-point", endpoint):
            gs2 = b"p=" + kind + b",,"
            name = kind.decode()
            equal(a.auth(m, 0, 0, *facts, client=plus(gs2, data)),
                  "OK\tuser=tim", f"-PLUS with {name}")
            equal(a.auth(m, 0, 0, *facts, client=plus(gs2, data[::-1] + b"x")),
                  "FAIL\tuser=tim", f"another channel's {name}")
            equal(a.auth(m, 0, 0, client=plus(gs2, data)), TEMP.format(""),
                  f"{name} of no channel")
            equal(a.auth("SCRAM-SHA-256", 0, 0, *facts, client=plus(gs2, data)),
                  "FAIL", f"{name} without -PLUS")
        y = lambda: sasl.scram(b"tim", b"pw", "sha256", b"y,,")
        equal(a.auth("SCRAM-SHA-256", 0, 0, *facts, client=y()), "FAIL",
              "who was told that there is no -PLUS was told so by somebody else")
        equal(a.auth("SCRAM-SHA-256", 0, 0, client=y()), "OK\tuser=tim",
              "without a channel there is none")


def external():
    cert = "valid-client-cert", "cert_username=Tim"
    with Authd(SOCKET) as a:
        for resp, want in ("", "OK\tuser=tim"), ("=", "OK\tuser=tim"), \
                (base64.b64encode(b"tim").decode(), "OK\tuser=tim"), \
                (base64.b64encode(b"hash").decode(), "FAIL\tuser=tim"):
            a.begin("EXTERNAL", *cert, "resp=" + resp)
            equal(a.answer(), want, f"EXTERNAL, response '{resp}'")
        a.begin("EXTERNAL", *cert)
        equal(a.answer(), "CONT\t", "EXTERNAL without a response")
        a.send(f"CONT\t{a.id}\t\n")
        equal(a.answer(), "OK\tuser=tim", "which then comes")
        for name in "off", "nobody":
            a.begin("EXTERNAL", "valid-client-cert", "cert_username=" + name, "resp=")
            equal(a.answer(), "FAIL\tuser=" + name, f"EXTERNAL: {name}")
        a.begin("EXTERNAL", "cert_username=tim", "resp=")
        equal(a.answer(), "FAIL", "a certificate that is not valid")
        a.begin("EXTERNAL", "valid-client-cert", "resp=")
        equal(a.answer(), "FAIL", "or names nobody")


def scram_salts():
    """What the server says to somebody of that name; its random part aside."""
    def salt(name):
        with Authd(SOCKET) as a:
            a.begin("SCRAM-SHA-256", "resp=" + base64.b64encode(
                b"n,,n=" + name + b",r=abc").decode())
            said = base64.b64decode(a.answer().split("\t")[1])
            return re.sub(rb"^r=abc[^,]{24},", b"", said)

    real, mock = salt(b"tim"), salt(b"nobody")
    ok(re.fullmatch(rb"s=[A-Za-z0-9+/]{22}==,i=10000", real) and real == salt(b"TIM"),
       "the salt of a user", real)
    ok(re.fullmatch(rb"s=[A-Za-z0-9+/]{22}==,i=10000", mock), "nobody has one, too", mock)
    ok(mock == salt(b"NoBody") and mock != salt(b"nobody2") and mock != real,
       "always the same")
    ok(salt(b"hash") != real and salt(b"hash") == salt(b"HASH"),
       "and so has who has no secret of that kind")
    print("# mock " + mock.decode())


def many_at_once():
    with Authd(SOCKET) as a:
        for i in 1, 2, 3:
            a.send(f"AUTH\t{i}\tLOGIN\n")
        a.send("CANCEL\t2\nCONT\t3\tdGlt\nCONT\t1\tdGlt\nCONT\t1\tcHg=\nCONT\t3\tcHc=\n"
               "AUTH\t2\tPLAIN\tresp=AHRpbQBwdw==\n")
        equal([a.line() for _ in range(8)],
              [f"CONT\t{i}\tVXNlcm5hbWU6" for i in (1, 2, 3)] +
              ["CONT\t3\tUGFzc3dvcmQ6", "CONT\t1\tUGFzc3dvcmQ6",
               "FAIL\t1\tuser=tim", "OK\t3\tuser=tim", "OK\t2\tuser=tim"],
              "three at once, one of them cancelled")
        a.send("CONT\t9\t\n")
        equal(a.line(), "FAIL\t9\ttemp\treason=Temporary failure, try again later",
              "an answer that nobody waits for")


def parameters():
    with Authd(SOCKET) as a:
        equal(a.auth("PLAIN", "tim", "pw", "service=smtp", "session=6921a3f2.1b",
                     "rip=192.0.2.7", "lip=192.0.2.1", "lport=587", "secured",
                     "nologin", "no-penalty", "forward_x=y", "what"),
              "OK\tuser=tim", "parameters that we know, and others")
        logged("the log: all that is known", "tim", "postern-authd: auth session=6921a3f2.1b ip=192.0.2.7 "
                   "user=tim mechanism=PLAIN service=smtp result=ok")
        a.auth("CRAM-MD5", "nobody", "pw", "service=pop3", "rip=2001:db8::1")
        logged("a user who is unknown", "nobody", "postern-authd: auth ip=2001:db8::1 user=nobody "
                   "mechanism=CRAM-MD5 service=pop3 result=wrong reason=unknown")
        a.auth("LOGIN", "no\nbody", "pw", "rip=x\001ny")
        logged("bytes that are escaped", "no\\x0abody", "postern-authd: auth ip=x\\x0ay user=no\\x0abody "
                   "mechanism=LOGIN result=wrong reason=unknown")
        equal(a.auth("PLAIN", "x\ty", "p"), "FAIL\tuser=x\001ty",
              "a name with a tab in it")
        a.auth("PLAIN", "tim", "x" * 600)
        logged("a long password", "tim", "postern-authd: auth user=tim mechanism=PLAIN "
                   "result=wrong reason=too-long")


def rules():
    hello = "VERSION\t1\t1\nCPID\t42\n"
    closes("", "CPID\t1\n", "no VERSION", "no\\x20VERSION")
    closes("", "VERSION\t2\t0\n", "version 2", "a\\x20version\\x20other\\x20than\\x201")
    closes("", "VERSION\t1\t1\nAUTH\t1\tPLAIN\n", "no CPID", "no\\x20CPID")
    closes(hello, "EHLO x\r\n", "another protocol", "an\\x20unknown\\x20command")
    closes(hello, "\x16\x03\x01\0\0\n", "garbage", "an\\x20unknown\\x20command")
    closes(hello, "x" * 16384, "a line without an end", "line\\x20too\\x20long")
    closes(hello, "AUTH\t1\tLOGIN" + "\tx" * 70 + "\n", "many words",
           "too\\x20many\\x20words")
    with Authd(SOCKET, hello) as a:
        line = "AUTH\t1\tPLAIN\t{}resp=AHRpbQBwdw==\n"
        a.send(line.format("x" * (16384 - len(line) + 1) + "\t"))
        equal(a.line(), "OK\t1\tuser=tim", "the longest line")


SOCKET, LOG = sys.argv[1:]
greeting()
mechanisms()
initial()
bindings()
external()
scram_salts()
many_at_once()
parameters()
rules()
print(f"1..{number}")
sys.exit(failures > 0)
