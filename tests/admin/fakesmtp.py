"""An SMTP server that makes one chosen mistake: fakesmtp.py MISTAKE.

It prints its port, serves connections one after the other until it is killed,
and is closed but for the mistake.  Its users are postmaster@mx.test and
nobody else; with catchall, everybody @mx.test.

It takes messages; ENDS are mistakes about where one ends.
"""
import base64, re, socket, sys

mistake = sys.argv[1]

# what such a server takes for an end of data, beside the true one
ENDS = {
    "lf-lf": rb"(?<!\r)\n\.\n",
    "lf-crlf": rb"(?<!\r)\n\.\r\n",
    "crlf-lf": rb"\r\n\.\n",
    "bare-cr": rb"\r\n?\.\r\n?",
    "lf-cr": rb"(?<!\r)\n\.\r(?!\n)",
    "cr-lf": rb"\r\.\n",
    "lfcr": rb"\n\r\.\n\r",
    "drops-cr": rb"\n\r*\.\r*\n",
    "goes-on": rb"\n\.\n",
    "str-splitlines": rb"(?:[\v\f]|\xc2\x85|\xe2\x80\xa8)\."
                      rb"(?:[\v\f]|\xc2\x85|\xe2\x80\xa8)",
    "latin-1": rb"(?<!\xc2)\x85\.\x85",
    "seven-bits": rb"[\r\x8d][\n\x8a]\.[\r\x8d][\n\x8a]",
    "nul-lines": rb"\0\.\0",
    "drops-nul": rb"\r\0*\n\0*\.\0*\r\0*\n",
    "c-strings": rb"\r\n\.\0[^\r\n]*\r\n",
    "strips": rb"\r\n[ \t]*\.[ \t]*\r\n",
    "drops-bom": rb"\r\n(?:\xef\xbb\xbf)?\.\r\n",
    "unstuffs-first": rb"\r\n\.?\.\r\n",
    "cuts-999": rb"\r\n([^\r\n]{999})+\.\r\n",
    "cuts-1022": rb"\r\n([^\r\n]{1022})+\.\r\n",
    "cuts-2048": rb"\r\n([^\r\n]{2048})+\.\r\n",
    "cuts-4095": rb"\r\n([^\r\n]{4095})+\.\r\n",
    "cuts-8191": rb"\r\n([^\r\n]{8191})+\.\r\n",
}
END = re.compile(b"|".join([rb"\r\n\.\r\n"] + [ENDS[m] for m in ENDS if m == mistake]))


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


def more(c):
    """What the client sends next."""
    got = c.recv(65536)
    if not got:
        raise EOFError
    return got


def data(c, f):
    """Take the message that f begins; what is behind it."""
    if mistake == "no-data":
        c.sendall(b"554 no message\r\n")
        return f
    c.sendall(b"354 go\r\n")
    if mistake == "hangs-up":
        raise EOFError
    if mistake in ("refuses-at-once", "says-good-bye"):
        c.recv(100)
        c.sendall(b"550 no such message\r\n")
        if mistake == "says-good-bye":
            c.sendall(b"421 bye\r\n")
        raise EOFError  # and the rest is never read
    f = b"\r\n" + f
    while not (m := END.search(f)):
        f += more(c)
    if mistake == "goes-on" and m[0] == b"\n.\n":
        c.sendall(b"451 bare LF\r\n")
    else:
        c.sendall(b"250 taken\r\n")
    if mistake == "forgets-quit":
        raise EOFError
    return f[m.end():]


def chunk(c, f, size, good):
    """Take the chunk that f begins; what is behind it."""
    while len(f) < size:
        f += more(c)
    c.sendall(b"250 taken\r\n" if good else b"503 RCPT first\r\n")
    if mistake == "bdat-refuses" and not good:
        return f
    if mistake == "bdat-dots" and good:
        m = re.search(rb"\r?\n\.\r?\n", f[:size])
        size = m.end() if m else size
    return f[size:]


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
    sender = rcpt = False
    want = None  # the mechanism that waits for an answer
    while True:
        while b"\n" not in f:
            f += more(c)
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
                c.sendall(b"250-mx.test\r\n" +
                          b"250-chunking\r\n" * mistake.startswith("bdat") +
                          b"250 AUTH PLAIN\r\n")
            elif verb == b"MAIL":
                sender = True
                c.sendall(b"250 ok\r\n")
            elif verb == b"RCPT":
                trust = trusted or (mistake == "nosender" and not sender)
                answer = (b"250 ok" if trust else judge(arg) if sender
                          else b"503 MAIL first")
                rcpt = answer[:1] == b"2"
                c.sendall(answer + b"\r\n")
            elif verb == b"DATA" and rcpt:
                f = data(c, f)
                sender = rcpt = False
            elif verb == b"BDAT" and mistake.startswith("bdat"):
                f = chunk(c, f, int(arg.split()[0]), rcpt)
                sender = rcpt = False
            elif verb == b"RSET":
                sender = rcpt = False
                c.sendall(b"250 ok\r\n")
            elif verb == b"NOOP":
                c.sendall(b"250 nothing done\r\n")
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
            elif verb == b"QUIT" and mistake == "chatters":
                while True:
                    c.sendall(b"250 and more\r\n")
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
    except (EOFError, OSError):
        pass
    c.close()
