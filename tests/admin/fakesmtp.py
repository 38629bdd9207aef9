"""An SMTP server that makes one chosen mistake: fakesmtp.py MISTAKE.

It prints its port, serves connections one after the other until it is killed,
and is closed but for the mistake.  Its users are postmaster@mx.test and
nobody else; with catchall, everybody @mx.test.
"""
import base64, re, socket, sys

mistake = sys.argv[1]


def judge(arg):
    """The answer to RCPT TO: and what follows."""
    m = re.fullmatch(rb"TO:\s*<([^<>]*)>.*", arg, re.S)
    path = m.group(1) if m else arg[3:].strip()
    if mistake == "open":
        return b"250 ok"
    if mistake == "busy":
        return b"450 later"
    if mistake == "route" and path.startswith(b"@"):
        return b"250 ok"
    if mistake == "nul":
        path = path.split(b"\0")[0]
    if b"\0" in path:
        return b"501 syntax"
    local, at, domain = path.rpartition(b"@")
    if mistake == "suffix" and re.fullmatch(rb".+mx\.test", domain):
        return b"250 ok"
    if mistake == "nodots" and domain == b"example.org.":
        return b"250 ok"
    if domain.lower() != b"mx.test":
        return b"553 not here"
    if mistake == "percent" and b"%" in local:
        return b"250 ok"
    if mistake == "bang" and b"!" in local:
        return b"250 ok"
    if mistake == "catchall" or local == b"postmaster":
        return b"250 ok"
    return b"550 no such user"


def serve(c):
    f, trusted = b"", False
    if mistake == "silent":
        return c.recv(1000)
    if mistake == "http":
        return c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    if mistake == "full":
        return c.sendall(b"421 too many\r\n")
    if mistake == "proxy":
        c.settimeout(0.01)
        try:
            f = c.recv(4096)
        except TimeoutError:
            pass
        c.settimeout(None)
        if f.startswith(b"PROXY"):
            f, trusted = f.partition(b"\r\n")[2], True
    c.sendall(b"220 mx.test ESMTP\r\n")
    sender = False
    want = None  # the mechanism that waits for an answer
    while True:
        while b"\n" not in f:
            more = c.recv(65536)
            if not more:
                return
            f += more
        line, _, f = f.partition(b"\n")
        lines = [line.rstrip(b"\r")]
        if mistake == "cr":
            lines = lines[0].split(b"\r")
        for line in lines:
            verb, _, arg = line.partition(b" ")
            verb = verb.upper()
            if want:
                want = None
                good = mistake == "auth" and line != b"*"
                trusted |= good
                c.sendall(b"235 ok\r\n" if good else b"535 no\r\n")
            elif verb in (b"EHLO", b"HELO"):
                c.sendall(b"250-mx.test\r\n250 AUTH PLAIN\r\n")
            elif verb == b"MAIL":
                sender = True
                c.sendall(b"250 ok\r\n")
            elif verb == b"RCPT":
                trust = trusted or (mistake == "nosender" and not sender)
                c.sendall((b"250 ok" if trust else judge(arg) if sender
                           else b"503 MAIL first") + b"\r\n")
            elif verb == b"RSET":
                sender = False
                c.sendall(b"250 ok\r\n")
            elif verb == b"AUTH" and b" " not in arg:
                want = arg
                c.sendall(b"334 \r\n")
            elif verb == b"AUTH":
                user = base64.b64decode(arg.split()[1] + b"====").split(b"\0")
                trusted |= mistake == "anyone" and len(user) == 3 and len(user[1]) == 12
                c.sendall(b"235 ok\r\n" if trusted else b"535 no\r\n")
            elif verb == b"XCLIENT" and mistake == "xclient":
                trusted = True
                c.sendall(b"220 mx.test ESMTP\r\n")
            elif verb == b"QUIT":
                return c.sendall(b"221 bye\r\n")
            else:
                c.sendall(b"500 what\r\n")


s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(50)
print(s.getsockname()[1], flush=True)
while True:
    c, _ = s.accept()
    try:
        serve(c)
    except OSError:
        pass
    c.close()
