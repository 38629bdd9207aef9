"""postern-tlsd: how it starts, reloads, survives and ends."""
import fcntl, struct, termios
from tlsd import *

USAGE = ("usage: postern-tlsd [ -q ] [ -u user ] [ -g group ] [ -r root ] [ -d fd ] [ -m mode ] [ -c sessions ]"
         " [ -H handshakes ] [ -n connections ] [ -t seconds ] [ -w seconds ] [ -T seconds ] [ -k seconds ] [ -v clients.pem ]"
         " socket directory")
WHO = ("-u", str(NOBODY), "-g", str(NOBODY)) if ROOT else ()

os.mkdir("certs")
A, B, OTHER = make("a"), make("b"), make("other")
FILE = write("certs/default.pem", A[0] + A[1])


# --- what is refused at the start ---
def refused(name, code, message, *argv):
    r = subprocess.run((PROG,) + argv, capture_output=True, timeout=LIMIT)
    want = (code, b"", (message + "\n").encode())
    ok((r.returncode, r.stdout, r.stderr) == want, name, (r.returncode, r.stdout, r.stderr))


def fatal(name, code, message, *argv):
    refused(name, code, "postern-tlsd: fatal: " + message, *argv)


refused("no arguments", 100, "postern-tlsd: " + USAGE)
refused("one", 100, "postern-tlsd: " + USAGE, "s")
refused("three", 100, "postern-tlsd: " + USAGE, "s", "certs", "x")
refused("an unknown option", 100, "postern-tlsd: " + USAGE, "-z", "s", "certs")
for o, low, high in ("c", 1, 65535), ("H", 1, 65535), ("n", 1, 1000000), ("t", 1, 86400), ("w", 1, 86400), ("T", 0, 86400), ("k", 1, 86400), ("d", 3, 65535):
    for v in "x", "", "5x", "-1", str(low - 1), str(high + 1):
        fatal(f"-{o} {v}", 100, f"-{o}: not a number from {low} to {high}: {v}", f"-{o}", v, "s", "certs")
fatal("-d, not open", 100, "-d: file descriptor not open: 99", "-d", "99", "s", "certs")
for v in "8", "1000", "x", "":
    fatal(f"-m {v}", 100, f"-m: not a mode: {v}", "-m", v, "s", "certs")
fatal("-u, nobody's name", 100, "no such user: nobody-has-this-name", "-u", "nobody-has-this-name", "s", "certs")
if ROOT:
    fatal("root without -u", 100, "root must not speak TLS: -u is needed", "s", "certs")
    fatal("root as root", 100, "root must not speak TLS: -u is needed", "-u", "0", "-g", "0", "s", "certs")
    fatal("-r, not there", 111, "unable to open nowhere: No such file or directory", *WHO, "-r", "nowhere", "s", "certs")
else:
    fatal("-r without root", 100, "-r needs root", "-r", ".", "s", "certs")
fatal("no directory", 100, "nowhere: No such file or directory", *WHO, "s", "nowhere")
fatal("a file", 100, FILE + ": Not a directory", *WHO, "s", FILE)
fatal("no place for the socket", 111, ("unable to make a directory beside no/s" if ROOT else "unable to listen at no/s") +
      ": No such file or directory", *WHO, "no/s", "certs")
fatal("-v, not there", 100, "nowhere: No such file or directory", *WHO, "-v", "nowhere", "s", "certs")
write("x", b"no certificate\n")
fatal("-v, not one", 100, "x: no certificate", *WHO, "-v", "x", "s", "certs")

os.mkdir("bad")
fatal("an empty directory", 100, "bad: no certificate", *WHO, "s", "bad")
DAMAGED = A[0].replace(b"MII", b"NII", 1)
WEAK = make("weak", ("rsa:1024",))
openssl("ec", "-aes128", "-passout", "pass:x", "-out", "locked.key", data=A[1])
BAD = {
    "empty": (b"", "empty"),
    "garbage": (b"garbage\n", "no certificate"),
    "a damaged certificate": (DAMAGED + A[1], "a certificate is damaged"),
    "no key": (A[0], "no key"),
    "no certificate": (A[1], "no certificate"),
    "another's key": (A[0] + B[1], "the key is not that of the first certificate"),
    "a damaged key": (A[0] + A[1].replace(b"\nM", b"\nN", 1), "the key is damaged"),
    "a weak key": (WEAK[0] + WEAK[1], "ee key too small"),
    "a key with a passphrase": (A[0] + read("locked.key"), "the key has a passphrase"),
}
for name, (data, why) in BAD.items():
    write("bad/default.pem", data)
    fatal("the first certificate: " + name, 100, "bad/default.pem: " + why, *WHO, "s", "bad")
write("bad/default.pem", A[0] + A[1])
write("bad/default.rsa.pem", B[0] + B[1])
fatal("two keys of a type", 100, "bad/default.rsa.pem: a second key of its type for this name", *WHO, "s", "bad")
os.unlink("bad/default.rsa.pem")
write("bad/not a name.pem", B[0] + B[1])
fatal("a file that is no name", 100, "bad/not a name.pem: not a host name", *WHO, "s", "bad")
os.unlink("bad/not a name.pem")
os.mkdir("bad/folder.example")
fatal("a folder without certificate", 100, "bad/folder.example/fullchain.pem: No such file or directory", *WHO, "s", "bad")
write("bad/folder.example/fullchain.pem", B[0])
fatal("a folder without key", 100, "bad/folder.example/privkey.pem: No such file or directory", *WHO, "s", "bad")
os.mkfifo("bad/fifo.pem")
fatal("a FIFO", 100, "bad/fifo.pem: not a regular file", *WHO, "s", "bad")
ok(not os.path.exists("s") and not children(os.getpid()), "neither socket nor process is left behind", children(os.getpid()))

# --- one that runs ---
d = Daemon("-t", "20")
ok(os.stat(d.socket).st_mode & 0o7777 == 0o666, "anybody may connect")
fatal("a second one", 111, f"unable to listen at {d.socket}: Address already in use", *WHO, d.socket, "certs")
front = Front(d)
ok(d.log() == "postern-tlsd: certs default=default\n", "what it says at the start", d.log())


def peer(tls):
    return {der(A[0]): "A", der(B[0]): "B"}.get(tls.getpeercert(True))


def sees(want):
    """Does a new client see it?"""
    tls = front.connect()
    r = peer(tls) == want and says(tls)
    tls.close()
    return r


# --- who it is ---
for who in "master", "worker":
    tls = front.connect()
    says(tls)
    pid = d.master() if who == "master" else d.workers()[0]
    ok(status(pid, "Seccomp") == ["2"] and status(pid, "NoNewPrivs") == ["1"], f"{who}: system calls are filtered")
    if ROOT:
        ok(status(pid, "Uid") == [str(NOBODY)] * 4 and status(pid, "Gid") == [str(NOBODY)] * 4, f"{who}: another user")
        ok(status(pid, "Groups") in ([], [str(NOBODY)]), f"{who}: root's groups are gone", status(pid, "Groups"))
        ok(status(pid, "CapEff") == ["0" * 16] and status(pid, "CapPrm") == ["0" * 16], f"{who}: no capabilities")
        link = os.readlink(f"/proc/{pid}/root")
        ok(re.fullmatch(re.escape(os.getcwd() + "/" + d.socket) + r"\.\w{6} \(deleted\)", link), f"{who}: its root is nowhere", link)
        fds = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        ok(not [f for f in fds if "certs" in f or "deleted" in f], f"{who}: holds no directory", fds)
        spy = ("import sys, os\nos.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
               "for f in sys.argv[1:]:\n  try: open(f, 'rb').read(1); print('read', f)\n"
               "  except OSError: pass\n")
        os.chmod(".", 0o755)
        r = subprocess.run((sys.executable, "-c", spy, FILE, f"/proc/{pid}/mem", f"/proc/{pid}/environ", f"/proc/{pid}/maps",
                            f"/proc/{d.process.pid}/mem"), capture_output=True, timeout=LIMIT)
        ok(r.stdout == b"" and r.returncode == 0, f"{who}: its user can read neither the key nor its memory", r.stdout + r.stderr)
    else:
        skip(f"{who}: another user", "not root")
    tls.close()
if ROOT:
    os.mkdir("empty")
    e = Daemon("-r", "empty")
    ok(os.readlink(f"/proc/{e.master()}/root") == os.getcwd() + "/empty", "-r: the root that was given")
    ok(e.stop() == 0, "-r: ends")

# --- reload ---
tls = front.connect()
ok(says(tls) and peer(tls) == "A", "the first certificate")
write(FILE, B[0] + B[1])
ok(d.reload(), "HUP")
ok(says(tls), "a connection from before goes on")
ok(sees("B"), "the next sees the new certificate")
old = tls.session
tls.close()
for name, (data, why) in BAD.items():
    write(FILE, data)
    before = d.log()
    d.reload()
    ok(d.log() == before + f"postern-tlsd: warning: unable to use the certificates (the old ones stay): {FILE}: {why}\n",
       f"{name}: the log says which file and why", d.log()[len(before):])
    ok(sees("B"), f"{name}: the old certificate stays")
os.rename("certs", "away")
d.reload()
ok(d.lines(r"\(the old ones stay\): certs: No such file or directory$") == 1 and sees("B"), "a directory that goes away: likewise", d.log())
os.rename("away", "certs")
tls = front.connect()
says(tls)
count = d.lines("^postern-tlsd: certs ")
write(FILE, A[0] + A[1])
ok(d.awaits("^postern-tlsd: certs ", count + 1), "a file that changes is seen, without a signal")
ok(says(tls) and peer(tls) == "B", "a connection from before goes on")
tls.close()
ok(sees("A"), "the next sees the new certificate")
write(FILE, b"garbage\n")
ok(d.awaits(f"\\(the old ones stay\\): {FILE}: no certificate$", 2) and sees("A"), "a bad one is seen, too, and not used", d.log())
write(FILE, A[0] + A[1])
d.reload()

# --- reload in the middle of traffic ---
stop, lost, seen = threading.Event(), [], set()


def traffic():
    while not stop.is_set():
        try:
            c = front.connect()
            good = says(c, b"x" * 50000)
            seen.add(peer(c))
            c.close()
            if not good:
                lost.append("short")
        except Exception as e:
            lost.append(repr(e))


threads = [threading.Thread(target=traffic) for i in range(2)]
for t in threads:
    t.start()
for cert in (B, A) * 5:
    write(FILE, cert[0] + cert[1])
    d.reload()
stop.set()
for t in threads:
    t.join()
ok(not lost and seen == {"A", "B"}, "ten reloads in the middle of traffic lose no connection", (lost[:3], seen))

def plain(to=None):
    here, there = socket.socketpair()
    here.settimeout(LIMIT)
    s = Session(to or d, there)
    there.close()
    return here, s


# --- tickets ---
sessions = {}
for v in V12, V13:
    ctx = context(v)
    tls = front.connect(ctx)
    says(tls)
    sessions[v] = ctx, tls.session
    tls.close()


def resumes(v):
    ctx, session = sessions[v]
    tls = front.connect(ctx, session=session)
    r = says(tls) and tls.session_reused
    tls.close()
    return r


def rotate():
    return d.does(signal.SIGUSR1, "^postern-tlsd: tickets rotated=yes$")


d.reload()
ok(all(resumes(v) for v in sessions), "sessions are resumed after a reload")
rotate()
ok(all(resumes(v) for v in sessions), "and after new ticket keys")
master = d.master()
waiting = plain()[1]
tls = front.connect()
says(tls)
os.kill(master, signal.SIGKILL)
ok(d.awaits(f"^postern-tlsd: master pid={master} signal=9$"), "a master that dies is logged", d.log())
ok(sees("A") and d.master() != master, "there is another one")
ok(says(tls), "private connections go on without it")
ok(ends(waiting.control) in (b"", b"<reset>"), "plain ones lose the offer")
waiting.close()
tls.close()
ok(all(resumes(v) for v in sessions), "sessions are resumed by it")
write(FILE, b"garbage")
d.reload()
master = d.master()
os.kill(master, signal.SIGKILL)
ok(d.awaits(f"^postern-tlsd: master pid={master} signal=9$") and sees("A"), "another one gets the last good certificates")
write(FILE, A[0] + A[1])
d.reload()
for i in range(2):
    rotate()
ok(not any(resumes(v) for v in sessions), "after three rotations they are not")

# --- one worker dies ---
ok(until(lambda: not d.workers()), "workers without a connection end")
one = front.connect()
says(one)
victim = d.workers()[0]
two = front.connect()
ok(says(one) and says(two) and len(d.workers()) == 2, "a process for each at a time")
os.kill(victim, signal.SIGKILL)
ok(b"" == ends(one).replace(b"<reset>", b"") and says(two), "one that is killed harms one connection")
ok(d.awaits(f"^postern-tlsd: crash pid={victim} signal=9$"), "and is logged")
one.close()
two.close()
ok(until(lambda: not d.workers()), "no worker is left")


# --- plain sessions ---
before = ROOT and len(os.listdir(f"/proc/{d.master()}/fd"))
many = [plain() for i in range(200)]
ok(sees("A") and until(lambda: not d.workers()), "200 plain sessions: no process")
for here, s in many:
    s.close()
ok(all(here.recv(1) == b"" for here, s in many), "who goes away is forgotten, his connection closed")
for here, s in many:
    here.close()
if ROOT:
    ok(until(lambda: len(os.listdir(f"/proc/{d.master()}/fd")) == before), "and no descriptor is left")

# --- what is no handover ---
for name, payload, fds in (("no text", b"x", 2), ("too long", b"x" * 300 + b"\0\0", 2), ("no descriptors", b"\0\0", 0),
                           ("one", b"\0\0", 1), ("three", b"\0\0", 3)):
    before = d.lines("^postern-tlsd: handover refused=Protocol-error$")
    c = socket.socket(socket.AF_UNIX)
    c.settimeout(LIMIT)
    c.connect(d.socket)
    socket.send_fds(c, [payload], [0] * fds) if fds else c.send(payload)
    ok(ends(c) in (b"", b"<reset>") and d.awaits("^postern-tlsd: handover refused=Protocol-error$", before + 1), f"a bad handover: {name}")
    c.close()
here, s = plain()
s.control.sendall(b"z")
ok(ends(s.control) == b"", "a letter that is neither y nor Y ends the session")
ok(d.awaits("^postern-tlsd: control session=s.1 ip=127.0.0.1 refused=neither-y-nor-Y$"), "and is logged", d.log())
s.close()
ok(sees("A"), "all is well after that")

# --- out of descriptors ---
m = d.master()


def limit(what, soft):
    """Root may lack the right; its user has it."""
    code = (f"import os\nfrom resource import *\n"
            f"if {ROOT}: os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
            f"h = prlimit({m}, {what})[1]; prlimit({m}, {what}, ({soft}, h))")
    subprocess.run((sys.executable, "-c", code), check=True, timeout=LIMIT)


for what, name, line in (("RLIMIT_NOFILE", "descriptors", "accept=Too-many-open-files"),
                         ("RLIMIT_NPROC", "processes", "fork=Resource-temporarily-unavailable")):
    ok(until(lambda: not d.workers()), f"before we run out of {name}, nobody is there")
    limit(what, 3 if what == "RLIMIT_NOFILE" else 0)
    here, s = plain()
    t = threading.Thread(target=s.start, daemon=True)
    t.start()
    ok(d.awaits(f"^postern-tlsd: exhausted {line}$"), f"out of {name}: it says so", d.log())
    limit(what, "h")
    tls = context().wrap_socket(here)
    t.join(LIMIT)
    ok(s.facts and d.master() == m, "and serves who waited as soon as there are some")
    ok(d.lines(f"^postern-tlsd: exhausted {line}$") == 1, "said once", d.log())
    tls.close()
    s.close()

# --- the end ---
tls = front.connect()
says(tls)
here, s = plain()
ok(sees("A"), "before the end")
d.process.send_signal(signal.SIGTERM)
ok(d.awaits("^postern-tlsd: drain seconds=60$") and not os.path.exists(d.socket), "TERM: nobody can come any more")
ok(says(tls), "who is there goes on")
t = threading.Thread(target=s.start, daemon=True)
t.start()
tls2 = context().wrap_socket(here)
t.join(LIMIT)
ok(s.facts, "and may still make his connection private")
ok(d.process.poll() is None, "it waits for them")
tls.close()
tls2.close()
s.close()
ok(d.wait() == 0, "and ends with 0 when they have gone")

# --- one worker for many ---
def only(d):
    """The one worker that there is, or soon will be."""
    w = until(lambda: len(w := d.workers()) == 1 and w)
    return w[0] if w else d.workers()


def serves(front):
    """Who serves a new connection, from its begin to its end."""
    tls = front.connect()
    r = says(tls) and only(front.d)
    tls.close()
    return r


def unread(s):
    return struct.unpack("i", fcntl.ioctl(s.control, termios.TIOCOUTQ, b"\0\0\0\0"))[0]


def accepted():
    """A plain session that has its place: where there is one place, nobody else has one."""
    here, s = plain()
    until(lambda: not unread(s))
    return here, s


def is_dead(pid):
    """Is it a process that only waits for being buried?"""
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rsplit(")", 1)[1].split()[0] == "Z"


def fds(pid):
    return sorted(os.readlink(f"/proc/{pid}/fd/{fd}").split(":")[0] for fd in os.listdir(f"/proc/{pid}/fd"))


# -c 1: the next is accepted when the one before has gone altogether
d = Daemon("-c", "1", "-n", "3", "-q")
front = Front(d)
pids = [serves(front) for i in range(7)]
ok(len(set(pids[:3])) == len(set(pids[3:6])) == 1 and len(set(pids)) == 3, "-n 3: three by each", pids)
ok(d.log() == "postern-tlsd: certs default=default\n", "and nothing to say of it", d.log())
raw = front.raw()
raw.sendall(b"EHLO x\r\nEHLO x\r\n")
ends(raw)
raw.close()
ok(serves(front) == pids[6] and serves(front) not in pids, "a handshake that fails counts, and harms nobody")
ok(d.stop() == 0, "-n: ends")
d = Daemon("-c", "1", "-n", "1", "-q")
front = Front(d)
pids = [serves(front) for i in range(3)]
ok(len(set(pids)) == 3, "-n 1: a process for each", pids)
ok(d.stop() == 0, "-n 1: ends")

d = Daemon("-c", "1")
front = Front(d)
pid = serves(front)
ok(serves(front) == pid, "one serves the next, too")
tls = front.connect()
ok(says(tls) and only(d) == pid, "and the next")
write(FILE, B[0] + B[1])
d.reload()
ok(says(tls) and d.workers() == [pid], "certificates: who has a connection goes on")
tls.close()
second = serves(front)
ok(second != pid and sees("B"), "but serves no other")
write(FILE, A[0] + A[1])
d.reload()
third = serves(front)
ok(third != second and sees("A"), "certificates: who has none ends")
rotate()
ok(serves(front) != third, "ticket keys: likewise")
pid = serves(front)
here, s = accepted()
os.kill(pid, signal.SIGKILL)
ok(d.awaits(f"^postern-tlsd: crash pid={pid} signal=9$"), "one that dies without a connection is logged")
here.close()
s.close()
second = serves(front)
ok(second != pid, "and not chosen")
m = d.master()
os.kill(m, signal.SIGSTOP)
os.kill(second, signal.SIGKILL)
until(lambda: is_dead(second))  # before that it could still be given something
here, s = plain()
s.control.sendall(b"Y")
os.kill(m, signal.SIGCONT)
tls = context().wrap_socket(here)
ok(tls.version() and until(lambda: second not in d.workers()), "nor if it died a moment ago")
tls.close()
s.close()
pid = serves(front)
here, s = accepted()
os.kill(pid, signal.SIGSTOP)
s.control.sendall(b"Y")
until(lambda: not unread(s))
d.reload()  # when it is done, so is what was asked before
os.kill(pid, signal.SIGKILL)
ok(ends(here) in (b"", b"<reset>"), "one that dies before it took what it was given: the connection ends")
ok(ends(s.control) in (b"", b"<reset>"), "and the application knows")
s.close()
here.close()
ok(d.awaits(f"^postern-tlsd: crash pid={pid} signal=9$") and serves(front) != pid, "the next is served")
if ROOT:
    pid, counts = serves(front), []
    for i in range(20):
        here, s = accepted()
        counts.append((fds(m), fds(pid)))
        here.close()
        s.close()
        serves(front)
    ok(all(c == counts[0] for c in counts), "after 20 neither it nor the master has one descriptor more", (counts[0], counts[-1]))
    ok(len(counts[0][1]) == 6 and counts[0][1].count("socket") == 1, "a worker without a connection has its pair, and nothing of one", counts[0])
pid = serves(front)
ok(until(lambda: not d.workers()) and d.lines(f"pid={pid} ") == 0, "after some seconds it ends, without a word")
pid = serves(front)
os.kill(m, signal.SIGKILL)
ok(until(lambda: not os.path.exists(f"/proc/{pid}")), "without its master, too")
ok(serves(front) != pid, "the next master has its own")
pid = serves(front)
ok(d.stop() == 0 and not os.path.exists(f"/proc/{pid}"), "TERM: it ends at once")


# --- what is left of one for the next ---
def remembers(pid, *texts):
    """Which of them are in its memory?"""
    found = set()
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            where, mode = line.split()[:2]
            if "w" not in mode:
                continue
            a, b = (int(x, 16) for x in where.split("-"))
            mem.seek(a)
            data = mem.read(b - a)
            found.update(t for t in texts if t in data)
    return found


d = Daemon("-c", "1", certs="certs")
front = Front(d, payload=b"session-of-one\x00address-of-one\x00")
TEXTS = b"said-by-the-client", b"SAID-BY-THE-OTHER", b"session-of-one", b"address-of-one", b"name-of-one.example"
front.app = lambda s: (s.data.recv(65536), s.data.sendall(TEXTS[1]), s.data.recv(65536), s.data.close())
for version in V12, V13:
    front.payload = b"\0\0"
    pid = front.connect(context(version))
    pid.close()
    front.payload = b"session-of-one\x00address-of-one\x00"
    tls = front.connect(context(version), "name-of-one.example")
    tls.sendall(TEXTS[0])
    tls.recv(65536)
    pid = only(d)
    try:
        during = remembers(pid, *TEXTS)
    except PermissionError:
        skip("what is left", "its memory may not be read")
        tls.close()
        continue
    tls.close()
    ok(set(TEXTS[:3]) <= during, "it has what is said, while it is said", during)
    here, s = accepted()
    left = remembers(pid, *TEXTS)
    ok(not left and d.workers() == [pid], "and nothing of it when it is free", left)
    here.close()
    s.close()
ok(d.stop() == 0, "ends")

# --- limits and deadlines ---
d = Daemon("-H", "1", "-q")
front = Front(d)
slow, held = front.raw(), []
ok(until(lambda: len(d.workers()) == 1), "-H 1: one is in the handshake")
t = threading.Thread(target=lambda: held.append(front.connect()), daemon=True)
t.start()
until(lambda: len(front.sessions) == 2)
for i in range(2):
    d.reload()
ok(len(d.workers()) == 1 and not held, "-H 1: another waits")
slow = context().wrap_socket(slow)
t.join(LIMIT)
ok(held and says(held[0]) and says(slow) and len(d.workers()) == 2, "-H 1: until the first is through, not until its end")
slow.close()
held[0].close()
ok(d.stop() == 0, "-H: ends")

d = Daemon("-H", "1", "-c", "3", "-t", "20", "-q")
front = Front(d)
slow = front.raw()
ok(until(lambda: len(d.workers()) == 1), "-H 1: one is in the handshake")
here, s = plain()
t = threading.Thread(target=s.start, daemon=True)
t.start()
tls = threading.Thread(target=lambda: setattr(s, "tls", context().wrap_socket(here)), daemon=True)
tls.start()
third = plain()
fourth = plain()
fourth[1].control.sendall(b"Y")
ok(len(d.workers()) == 1 and not s.facts, "-H 1: another waits his turn")
slow.close()
t.join(LIMIT)
tls.join(LIMIT)
ok(s.facts, "-H 1: which comes")
t = threading.Thread(target=lambda: setattr(fourth[1], "tls", context().wrap_socket(fourth[0])), daemon=True)
t.start()
t.join(LIMIT)
ok(hasattr(fourth[1], "tls"), "-c 3: who came when all places were taken is served later")
ok(d.log() in ("postern-tlsd: certs default=default\n" + x for x in
               ("", "postern-tlsd: handshake session=s.1 ip=127.0.0.1 refused=closed\n",
                "postern-tlsd: handshake session=s.1 ip=127.0.0.1 refused=unexpected-eof-while-reading\n")), "-q: nothing but what is wrong", d.log())
s.tls.close()
fourth[1].tls.close()
for x in s, third[1], fourth[1]:
    x.close()
ok(d.stop() == 0, "-H, -c: ends")

d = Daemon("-c", "2")
front = Front(d)
tls = front.connect()
says(tls)
second, third = plain(), plain()


for i in range(2):
    d.reload()
ok(not unread(second[1]) and unread(third[1]), "-c 2: a private and a plain one; the third is not accepted")
tls.close()
ok(until(lambda: not unread(third[1])), "-c 2: until one has gone")
for here, s in second, third:
    here.close()
    s.close()
ok(d.stop() == 0, "-c: ends")

d = Daemon("-t", "1", "-m", "600", "-k", "1")
ok(os.stat(d.socket).st_mode & 0o7777 == 0o600, "-m")
front = Front(d)
raw = front.raw()
ok(ends(raw) == b"" and d.awaits("^postern-tlsd: handshake session=s.1 ip=127.0.0.1 refused=timeout$"), "-t: a handshake has a deadline", d.log())
ok(front.session(raw).ended.wait(LIMIT) and front.session(raw).facts is None, "-t: the application is told, by the end of file")
ok(d.stop() == 0, "-t: ends")

d = Daemon("-w", "1")
front = Front(d)
tls = front.connect()
s = front.session(tls)
ok(ends(tls) == b"" and s.ended.wait(LIMIT), "-w: without a byte it ends, on both sides")
ok(d.awaits("^postern-tlsd: idle session=s.1 ip=127.0.0.1 refused=timeout$"), "-w: and is logged", d.log())
ok(d.stop() == 0, "-w: ends")

d = Daemon("-T", "1")
front = Front(d)
tls = front.connect()
says(tls)
workers = d.workers()
ok(d.stop() == 0, "-T: it does not wait for ever")
ok(ends(tls) in (b"", b"<reset>"), "-T: who is left loses his connection")
ok(not os.path.exists(f"/proc/{workers[0]}"), "-T: and no process stays")
tls.close()

d = Daemon()
front = Front(d)
tls = front.connect()
says(tls)
d.does(signal.SIGTERM, "^postern-tlsd: drain ")
ok(d.stop() == 0, "a second TERM does not wait")
tls.close()

# --- the keeper dies ---
d = Daemon()
front = Front(d)
tls = front.connect()
says(tls)
m = d.master()
d.process.kill()
d.process.wait()
ok(says(tls), "without a keeper connections go on")
d2 = Daemon()
ok(d2.process.poll() is None, "another one can start")
tls.close()
ok(until(lambda: os.waitpid(m, os.WNOHANG)[0] == m), "and its master ends with the last of them")
d3 = subprocess.run((PROG,) + WHO + (d2.socket, "certs"), capture_output=True, timeout=LIMIT)
ok(d3.returncode == 111, "but not at the same socket", d3.stderr)
ok(d2.stop() == 0, "ends")

# --- a socket that nobody serves ---
u = socket.socket(socket.AF_UNIX)
u.bind(f"s{Daemon.count + 1}")
u.close()
d = Daemon()
front = Front(d)
ok(sees("A"), "a socket that was left behind is replaced")
ok(d.stop(signal.SIGINT) == 0, "INT ends it, too")
done()
