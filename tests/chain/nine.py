"""The stranger of nine.t: nine.py PORT HOUSE [GATEWAY].  Prints TAP."""
import base64, glob, os, re, socket, subprocess, sys, time

port, house, gateway = int(sys.argv[1]), sys.argv[2], sys.argv[3]
USER, PASSWORD = "roam@local.example", "roam-secret"
STRANGER = "127.0.0.9"
SENDER = "home@local.example"  # who knows nothing of it
NINE = [f"victim{i}@place{i}.example" for i in range(1, 10)]
TOKEN = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
n = 0


def ok(good, name, why=""):
    global n
    n += 1
    print(f"{'' if good else 'not '}ok {n} - {name}", flush=True)
    if not good:
        print(f"# {why!r}")


class Client:
    def __init__(self, source=STRANGER, proxy=None):
        self.s = socket.create_connection(("127.0.0.1", port), 60, (source, 0))
        self.f = self.s.makefile("rb")
        if proxy:
            self.s.sendall(f"PROXY TCP4 {proxy} 192.0.2.9 4 25\r\n".encode())
        self.reply()
        self.say("EHLO stranger.example")

    def reply(self):
        while True:
            line = self.f.readline().decode().rstrip()
            if line[3:4] != "-":
                return line

    def say(self, line):
        self.s.sendall(line.encode() + b"\r\n")
        return self.reply()

    def codes(self, lines):
        return " ".join(self.say(x)[:3] for x in lines)

    def rest(self):
        """What still comes until the end."""
        return self.f.read()

    def quit(self):
        self.say("QUIT")
        self.rest()


def log_size():
    return os.path.getsize(f"{house}/server.log")


def log_since(start, last):
    """The log from there on, once it holds a line that matches last."""
    for _ in range(3000):
        with open(f"{house}/server.log") as f:
            f.seek(start)
            text = f.read()
        if re.search(last, text, re.M) and text.endswith("\n"):
            return text.splitlines()
        time.sleep(0.01)
    return []


def grep(pattern, lines):
    return [x for x in lines if re.search(pattern, x)]


def field(line, key):
    m = re.search(rf" {key}=(\S*)", line)
    return m and m.group(1)


def messages():
    return glob.glob(f"{house}/outside/new/*") + glob.glob(f"{house}/*/Maildir/new/*")


def take():
    """All messages that were delivered, and they are gone."""
    found = []
    for name in messages():
        with open(name) as f:
            found.append(f.read())
        os.unlink(name)
    return found


def queue_env():
    try:
        with open(f"{house}/queue.env") as f:
            return dict(x.rstrip("\n").split("=", 1) for x in f)
    except FileNotFoundError:
        return {}


def received(message):
    """Our Received field, unfolded."""
    m = re.search(r"^Received: (.*(?:\n[ \t].*)*)", message, re.M)
    return " ".join(m.group(1).split()) if m else ""


def forget():
    take()
    if os.path.exists(f"{house}/queue.env"):
        os.unlink(f"{house}/queue.env")


def account(verb):
    subprocess.run(["postern-passwd", "-f", f"{house}/users", verb, USER], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["postern-passwd", "compile", f"{house}/users", f"{house}/users.cdb", f"{house}/mailboxes.cdb"],
                   check=True, stdout=subprocess.DEVNULL)


MAIL = f"MAIL FROM:<{SENDER}>"
RCPTS = [f"RCPT TO:<{x}>" for x in NINE]


def rcpt_lines(lines, relay, code, more=""):
    """Exactly one line for each of the nine, in order, of one session."""
    got = grep(r"^postern-smtpd: rcpt ", lines)
    session = field(got[0], "session") if got else "none"
    accept = grep(rf"^postern-tcpserver: accept session={re.escape(session)} .* ip={STRANGER}( |$)", lines)
    want = [
        f"postern-smtpd: rcpt session={session} ip={STRANGER} from={SENDER} to={x} relay={relay} code={code}{more}"
        for x in NINE
    ]
    return got == want and len(accept) == 1, got


def without_password():
    forget()
    start = log_size()
    c = Client()
    ok(c.say(MAIL)[:3] == "250", "MAIL FROM somebody else")
    replies = [c.say(x) for x in RCPTS]
    ok(replies == ["553 5.7.1 sorry, that domain isn't in my list of allowed rcpthosts"] * 9, "nine times no", replies)
    ok(c.say("DATA")[:3] == "503", "no DATA")
    c.quit()
    lines = log_since(start, r"^postern-tcpserver: end ")
    good, got = rcpt_lines(lines, "none", 553, " why=rcpthosts")
    ok(good, "nine lines", got)
    ok(not grep("postern-smtpd: queued|result=ok", lines) and not messages() and not queue_env(),
       "nothing queued, no queue program started", lines)
    ok(len(grep(r"postern-smtpd: end .*why=quit messages=0", lines)) == 1, "and the end", lines)


def with_password():
    """The account's password is known to the stranger."""
    forget()
    start = log_size()
    c, busy, idle = Client(), Client(), Client()
    ok(c.codes([f"AUTH PLAIN {TOKEN}", MAIL] + RCPTS + ["DATA"]) == "235" + " 250" * 10 + " 354", "the password opens it")
    ok(c.say("Subject: x\r\n\r\nx\r\n.")[:3] == "250", "a message to nine")
    ok(busy.codes([f"AUTH PLAIN {TOKEN}", MAIL, RCPTS[0]]) == "235 250 250", "a second session has begun one")
    ok(idle.codes([f"AUTH PLAIN {TOKEN}", "NOOP"]) == "235 250", "a third waits")
    lines = log_since(start, r"^postern-smtpd: queued ")
    session = field(grep("queued", lines)[0], "session")
    mine = [x for x in lines if f"session={session}" in x]
    good, got = rcpt_lines(mine, f"auth:{USER}", 250)
    ok(good, "nine lines name user, address and reason", got)
    ok(len(grep(rf"^postern-smtpd: auth .* ip={STRANGER} user={USER} mechanism=PLAIN result=ok$", mine)) == 1,
       "who logged in whence", mine)
    ok(len(grep(rf"queued .* ip={STRANGER} from={SENDER} rcpts=9 .* relay=auth:{USER} ", mine)) == 1, "queued", mine)
    env = queue_env()
    ok((env.get("RELAYREASON"), env.get("SMTPAUTHUSER"), env.get("TCPREMOTEIP"), env.get("POSTERN_SESSION")) ==
       (f"auth:{USER}", USER, STRANGER, session), "the queue program knows", env)
    found = take()
    head = received(found[0]) if found else ""
    ok(found and all(received(x) == head for x in found) and STRANGER in head and USER in head and
       f"with ESMTPA (relay auth:{USER})" in head and session in head, "so does every reader of Received", head)
    forget()
    start = log_size()

    account("disable")
    said = "421 4.7.0 this account may not send any more"
    ok(c.say(MAIL) == said and c.rest() == b"", "disabled: the session ends at the next MAIL")
    ok(busy.say(RCPTS[1]) == said and busy.rest() == b"", "and at the next RCPT")
    ok(idle.say("BDAT 5 LAST") == said and idle.rest() == b"", "and at BDAT")
    lines = log_since(start, r"(?s)(^postern-tcpserver: end .*){3}")
    ok(len(grep(rf"^postern-smtpd: auth .* ip={STRANGER} user={USER} mechanism=PLAIN result=revoked ", lines)) == 3 and
       len(grep(r"^postern-smtpd: end .* why=revoked ", lines)) == 3, "the log says why", lines)
    c = Client()
    ok(c.codes([f"AUTH PLAIN {TOKEN}", MAIL] + RCPTS) == "535 250" + " 553" * 9, "and the password is none any more")
    c.quit()
    ok(not messages() and not queue_env(), "nothing was queued", queue_env())
    account("enable")
    c = Client()
    ok(c.codes([f"AUTH PLAIN {TOKEN}", MAIL, RCPTS[0], "RSET"]) == "235 250 250 250", "enabled again")
    account("enable")
    ok(c.codes([MAIL, RCPTS[0], "RSET"]) == "250 250 250", "a file that was replaced takes nobody's right")
    os.rename(f"{house}/mailboxes.cdb", f"{house}/away")
    ok(c.say(MAIL) == "421 4.3.0 unable to read controls" and c.rest() == b"", "who cannot be looked up does not send")
    os.rename(f"{house}/away", f"{house}/mailboxes.cdb")


def travels(name, reason, to, code=250, chunks=False, **how):
    """One message by one right: the same reason in every place."""
    auth = how.pop("auth", None)
    forget()
    start = log_size()
    c = Client(**how)
    if auth:
        c.say(f"AUTH PLAIN {auth}")
    ok(c.codes([MAIL, f"RCPT TO:<{to}>"]) == f"250 {code}", f"{name}: RCPT")
    if code == 250:
        last = c.say("BDAT 17 LAST\r\nSubject: x\r\n\r\nx") if chunks else \
            c.codes(["DATA"]) and c.say("Subject: x\r\n\r\nx\r\n.")
        ok(last[:3] == "250", f"{name}: the message", last)
    c.quit()
    lines = log_since(start, r"^postern-tcpserver: end ")
    ok([field(x, "relay") for x in grep("postern-smtpd: rcpt ", lines)] == [reason], f"{name}: the log's rcpt", lines)
    if code != 250:
        ok(not messages() and not queue_env(), f"{name}: nothing is queued")
        return lines
    ok([field(x, "relay") for x in grep("postern-smtpd: queued ", lines)] == [reason], f"{name}: the log's queued", lines)
    heads = [received(x) for x in take()]
    ok(len(heads) == 1 and f"(relay {reason})" in heads[0], f"{name}: Received", heads)
    env = queue_env()
    ok(env.get("RELAYREASON") == reason, f"{name}: RELAYREASON", env)
    return lines


def reasons():
    abroad = NINE[0]
    travels("local", "local", USER)
    travels("auth", f"auth:{USER}", abroad, auth=TOKEN)
    travels("auth, BDAT", f"auth:{USER}", abroad, auth=TOKEN, chunks=True)
    travels("grant", f"grant:{SENDER}", abroad, source="127.0.0.5")
    travels("rule", "rule:127.0.0.3", abroad, source="127.0.0.3")
    travels("backup", "backup", "joe@backup.example")
    travels("none", "none", abroad, code=553)
    if gateway:
        lines = travels("gateway", "suppressed:gateway", abroad, code=553, source="127.0.0.8", proxy=gateway)
        ok(len(grep(rf"^postern-tcpserver: accept .* ip={re.escape(gateway)} .* relay=suppressed:gateway$", lines)) == 1,
           "gateway: the listener's line", lines)


without_password()
with_password()
reasons()
print(f"1..{n}")
