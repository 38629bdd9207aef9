"""Real clients through the whole chain: clients.py SMTP_PORT POP3_PORT HOUSE.

Prints TAP.  Each body goes out through each client and is compared, byte for
byte, with what stands in the Maildir and with what POP3 gives back.
"""
import glob, os, poplib, smtplib, subprocess, sys

smtp_port, pop3_port, house = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
n = 0
USER, PASSWORD = "roam@local.example", "roam-secret"
HEAD = b"From: a@remote.example\nTo: roam@local.example\nSubject: x\n\n"


def ok(good, name, why=""):
    global n
    n += 1
    print(f"{'' if good else 'not '}ok {n} - {name}", flush=True)
    if not good:
        print(f"# {why}")


BODIES = {
    "plain": b"hello\n",
    "dots": b".\n..\n.leading\n\n.\n",
    "8-bit": "gr\u00fc\u00dfe \u20ac\n".encode() + b"\xff\xfe latin\n",
    "binary, no NUL": bytes(i for i in range(1, 256) if i not in (10, 13)) * 3 + b"\n",
    "lines of 998": (b"x" * 998 + b"\n") * 3,
    "lines of 100 000": (b"y" * 100000 + b"\n") * 2,
    "empty lines": b"\n\n\n\n",
    "10 MB": (b"0123456789abcdef" * 4 + b"\n") * 161320,
}


def delivered(maildir):
    """The one message that is there, without the headers that we add."""
    files = glob.glob(f"{house}/{maildir}/new/*")
    if len(files) != 1:
        return None
    with open(files[0], "rb") as f:
        data = f.read()
    os.unlink(files[0])
    while data.startswith((b"Return-Path:", b"Delivered-To:", b"Received:", b" ", b"\t")):
        data = data[data.index(b"\n") + 1:]
    return data


def crlf(data):
    return data.replace(b"\n", b"\r\n")


def write(name, data):
    with open(name, "wb") as f:
        f.write(data)
    return name


def run(argv, data=None):
    return subprocess.run(argv, input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def with_smtplib(data, rcpt):
    with smtplib.SMTP("127.0.0.1", smtp_port) as s:
        s.sendmail("a@remote.example", [rcpt], crlf(data), ["BODY=8BITMIME"])


def with_curl(data, rcpt):
    r = run(["curl", "-sS", f"smtp://127.0.0.1:{smtp_port}", "--mail-from", "a@remote.example",
             "--mail-rcpt", rcpt, "-T", write("mail", crlf(data))])
    if r.returncode:
        raise RuntimeError(r.stdout)


def with_swaks(data, rcpt):
    write("mail", crlf(data).replace(b"\r\n.", b"\r\n..") + b".\r\n")
    r = run(["swaks", "--no-data-fixup", "-n", "--server", "127.0.0.1", "--port", str(smtp_port), "-f", "a@remote.example",
             "-t", rcpt, "--data", "@mail"])
    if r.returncode:
        raise RuntimeError(r.stdout)


def with_msmtp(data, rcpt):
    r = run(["msmtp", "--set-date-header=off", "--set-msgid-header=off", "--host=127.0.0.1", f"--port={smtp_port}", "-f", "a@remote.example", rcpt], data)
    if r.returncode:
        raise RuntimeError(r.stdout)


CLIENTS = {"smtplib": with_smtplib, "curl": with_curl, "swaks": with_swaks, "msmtp": with_msmtp}
# What a client does to a body before anything of ours sees it.
UNFAIR = {("swaks", "8-bit"), ("swaks", "binary, no NUL"), ("msmtp", "lines of 100 000")}


def bodies():
    for client, send in CLIENTS.items():
        for name, body in BODIES.items():
            if (client, name) in UNFAIR:
                continue
            try:
                send(HEAD + body, USER)
                got = delivered("roam/Maildir")
                ok(got == HEAD + body, f"{client}, {name}: arrives as sent",
                   f"{len(HEAD + body)} bytes sent, {None if got is None else len(got)} arrived")
            except Exception as e:
                ok(False, f"{client}, {name}: arrives as sent", repr(e)[:500])


def refused(rcpt, source="127.0.0.1", login=None):
    with smtplib.SMTP("127.0.0.1", smtp_port, source_address=(source, 0)) as s:
        s.ehlo()
        if login:
            s.login(*login)
        s.mail("a@remote.example")
        return s.rcpt(rcpt)


def relaying():
    foreign = "x@elsewhere.example"
    code, text = refused(foreign)
    ok(code == 553 and text.startswith(b"5.7.1"), "a foreign recipient is refused", (code, text))
    code, text = refused("nobody@local.example")
    ok(code == 550 and text.startswith(b"5.1.1"), "an unknown local one is refused", (code, text))
    ok(refused("team@local.example")[0] == 250, "an alias is accepted")
    ok(refused(foreign, login=(USER, PASSWORD))[0] == 250, "after AUTH it is accepted")
    try:
        refused(foreign, login=(USER, "wrong"))
        ok(False, "a wrong password is refused")
    except smtplib.SMTPAuthenticationError as e:
        ok(e.smtp_code == 535, "a wrong password is refused", e)
    ok(refused(foreign, "127.0.0.3")[0] == 250, "by a rule it is accepted")
    try:
        refused(foreign, "127.0.0.4")
        ok(False, "a denied address has no connection")
    except (smtplib.SMTPServerDisconnected, ConnectionError, smtplib.SMTPConnectError) as e:
        ok(True, "a denied address has no connection")
    ok(refused(foreign, "127.0.0.2")[0] == 553, "an address without a grant is refused")
    pop3("127.0.0.2")
    ok(refused(foreign, "127.0.0.2")[0] == 250, "after it read its mail it is accepted")
    ok(refused(foreign, "127.0.0.22")[0] == 553, "its neighbour is not")
    run(["postern-grants", house + "/grants", "revoke-user", USER])
    ok(refused(foreign, "127.0.0.2")[0] == 553, "revoked, it is refused")


def pop3(source):
    import socket
    real = socket.create_connection
    poplib.socket.create_connection = lambda a, t=None: real(a, source_address=(source, 0))
    p = poplib.POP3("127.0.0.1", pop3_port)
    poplib.socket.create_connection = real
    p.user(USER)
    p.pass_(PASSWORD)
    return p


def reading():
    for name in ("dots", "8-bit", "empty lines", "10 MB"):
        with_smtplib(HEAD + BODIES[name], USER)
    p = pop3("127.0.0.1")
    count, size = p.stat()
    ok(count == 4, "POP3 sees all messages", count)
    sizes = [int(x.split()[1]) for x in p.list()[1]]
    ok(sum(sizes) == size, "LIST adds up to STAT")
    for i, name in enumerate(("dots", "8-bit", "empty lines", "10 MB"), 1):
        lines = p.retr(i)[1]
        data = b"".join(x + b"\n" for x in lines)
        ok(data.endswith(HEAD + BODIES[name]), f"RETR, {name}: as it was sent")
        ok(len(crlf(data)) == sizes[i - 1], f"LIST, {name}: what RETR gives", (len(crlf(data)), sizes[i - 1]))
    p.dele(2)
    p.close()
    p = pop3("127.0.0.1")
    ok(p.stat()[0] == 4, "a dropped connection deletes nothing")
    p.dele(1), p.dele(2), p.dele(3), p.dele(4)
    p.quit()
    p = pop3("127.0.0.1")
    ok(p.stat()[0] == 0, "QUIT deletes")
    p.quit()
    with_smtplib(HEAD + BODIES["dots"], USER)
    r = run(["curl", "-sS", "-u", f"{USER}:{PASSWORD}", f"pop3://127.0.0.1:{pop3_port}/1"])
    ok(r.stdout.endswith(crlf(HEAD + BODIES["dots"])), "curl reads it too", r.stdout[-300:])
    p = pop3("127.0.0.1")
    p.dele(1)
    p.quit()


bodies()
relaying()
reading()
print(f"1..{n}")
