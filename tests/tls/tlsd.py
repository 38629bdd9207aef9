"""What the tests of postern-tlsd share: certificates, the daemon, and a
listener that plays postern-starttls and the application.  Prints TAP."""
import atexit, ctypes, os, re, resource, select, signal, socket, ssl, subprocess, sys, threading, time

ROOT = os.getuid() == 0
NOBODY = 65534
LIMIT = 30  # seconds: ends only what hangs
PROG = "postern-tlsd"
n = bad = 0
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans are ours


def ok(good, name, why=""):
    global n, bad
    n += 1
    print(f"{'' if good else 'not '}ok {n} - {name}", flush=True)
    if not good:
        bad += 1
        for line in str(why).splitlines():
            print("#   " + line, flush=True)


def skip(name, why):
    global n
    n += 1
    print(f"ok {n} - {name} # SKIP {why}", flush=True)


def done():
    print(f"1..{n}")
    sys.exit(1 if bad else 0)


def until(what):
    """Wait for what() to become true; its last value."""
    end = time.monotonic() + LIMIT
    while not (r := what()) and time.monotonic() < end:
        time.sleep(0.01)
    return r


# --- certificates ---

def openssl(*argv, data=None):
    r = subprocess.run(("openssl",) + argv, input=data, capture_output=True, timeout=LIMIT)
    if r.returncode:
        raise RuntimeError(f"openssl {argv}: {r.stderr.decode()}")
    return r.stdout


EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA = ("rsa:2048",)


def make(cn, kind=EC, ca=None, days="30"):
    """Certificate and key, PEM; self-signed without ca, a pair (cert, key)."""
    openssl("req", "-new", "-newkey", *kind, "-nodes", "-keyout", "k.tmp", "-out", "r.tmp", "-subj", "/CN=" + cn)
    if ca:
        write("ca.tmp", ca[0]), write("cak.tmp", ca[1])
        by = ("-CA", "ca.tmp", "-CAkey", "cak.tmp", "-set_serial", "7")
    else:
        by = ("-signkey", "k.tmp")
    openssl("x509", "-req", "-in", "r.tmp", "-days", days, "-out", "c.tmp", *by)
    return read("c.tmp"), read("k.tmp")


def make_ca(cn):
    openssl("req", "-x509", "-newkey", *EC, "-nodes", "-keyout", "k.tmp", "-out", "c.tmp", "-days", "30", "-subj", "/CN=" + cn)
    return read("c.tmp"), read("k.tmp")


def read(name):
    with open(name, "rb") as f:
        return f.read()


def write(name, data, mode=0o600):
    """Replaced as a whole, as who renews certificates should."""
    with open(name + ".new", "wb") as f:
        f.write(data)
    os.chmod(name + ".new", mode)
    os.rename(name + ".new", name)
    return name


def der(pem):
    return ssl.PEM_cert_to_DER_cert(pem.decode())


# --- the daemon ---

def children(pid):
    try:
        return [int(x) for x in read(f"/proc/{pid}/task/{pid}/children").split()]
    except FileNotFoundError:
        return []


def status(pid, key):
    for line in read(f"/proc/{pid}/status").decode().splitlines():
        if line.startswith(key + ":"):
            return line.split(":", 1)[1].split()
    return None


class Daemon:
    count = 0

    def __init__(self, *options, certs="certs"):
        Daemon.count += 1
        self.socket, self.logfile = f"s{Daemon.count}", f"log{Daemon.count}"
        who = ("-u", str(NOBODY), "-g", str(NOBODY)) if ROOT else ()
        r, w = os.pipe()
        with open(self.logfile, "wb") as log:
            self.process = subprocess.Popen((PROG, "-d", str(w)) + who + options + (self.socket, certs),
                                            stderr=log, stdout=subprocess.DEVNULL, pass_fds=(w,))
        os.close(w)
        atexit.register(self.kill)
        ready = select.select([r], [], [], LIMIT)[0] and os.read(r, 9)
        os.close(r)
        if ready != b"\n":
            print("Bail out! the daemon did not start: " + self.log())
            sys.exit(1)

    def kill(self):
        """From the top, so that each in turn becomes our child, and is buried."""
        pids = [self.master()] + self.workers()
        self.process.kill()
        self.process.wait()
        for pid in filter(None, pids):
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass

    def master(self):
        kids = children(self.process.pid)
        return kids[0] if kids else None

    def workers(self):
        m = self.master()
        return children(m) if m else []

    def log(self):
        return read(self.logfile).decode()

    def lines(self, pattern):
        return len(re.findall(pattern, self.log(), re.M))

    def awaits(self, pattern, count=1):
        return until(lambda: self.lines(pattern) >= count)

    def does(self, sig, pattern):
        """Send a signal and wait for one more line like that."""
        before = self.lines(pattern)
        self.process.send_signal(sig)
        return self.awaits(pattern, before + 1)

    def reload(self):
        return self.does(signal.SIGHUP, "^postern-tlsd: (certs|warning: unable to use)")

    def stop(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        return self.wait()

    def wait(self):
        try:
            return self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            return "still there"


# --- postern-starttls and the application ---

def facts_of(answer):
    return dict(f.decode().split("=", 1) for f in answer[:-1].split(b"\0")[:-1])


class Session:
    """One connection, on the server's side."""

    def __init__(self, d, client, payload=b"s.1\x00127.0.0.1\x00"):
        self.facts, self.got, self.ended = None, b"", threading.Event()
        self.client = client
        self.data, far = socket.socketpair()
        self.control = socket.socket(socket.AF_UNIX)
        for s in self.data, self.control, client:
            s.settimeout(LIMIT)
        self.control.connect(d.socket)
        socket.send_fds(self.control, [payload], [client.fileno(), far.fileno()])
        far.close()

    def start(self, byte=b"Y"):
        """The answer: a dictionary, or None if TLS failed."""
        self.control.sendall(byte)
        answer = b""
        while not answer.endswith(b"\0\0"):
            try:
                piece = self.control.recv(65536)
            except ConnectionResetError:
                piece = b""
            if not piece:
                break
            answer += piece
        self.client.close()
        self.control.close()
        self.facts = facts_of(answer) if answer.endswith(b"\0\0") else None
        return self.facts

    def close(self):
        for s in self.data, self.control, self.client:
            s.close()


def echo(session):
    while piece := session.data.recv(65536):
        session.data.sendall(piece)
    session.data.close()


class Front:
    """Listens; each connection becomes private at once, then runs app."""

    def __init__(self, d, app=echo, byte=b"Y", payload=b"s.1\x00127.0.0.1\x00"):
        self.d, self.app, self.byte, self.payload = d, app, byte, payload
        self.sessions = {}
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, peer = self.listener.accept()
            threading.Thread(target=self.one, args=(client, peer[1]), daemon=True).start()

    def one(self, client, port):
        s = Session(self.d, client, self.payload)
        self.sessions[port] = s
        try:
            s.start(self.byte)
            if s.facts is not None or self.byte == b"y":
                self.app(s)
        except OSError as e:
            s.error = e
        s.ended.set()

    def raw(self):
        return socket.create_connection(("127.0.0.1", self.port), LIMIT)

    def session(self, client):
        port = client.getsockname()[1]
        return until(lambda: self.sessions.get(port))

    def connect(self, ctx=None, name=None, session=None):
        """A client with TLS; raises what the handshake raises."""
        raw = self.raw()
        try:
            return (ctx or context()).wrap_socket(raw, server_hostname=name, session=session)
        except Exception:
            raw.close()
            raise

    def facts(self, client):
        s = self.session(client)
        return until(lambda: s.facts)


def context(version=None, ciphers=None, cert=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    if version:
        c.minimum_version = c.maximum_version = version
    if ciphers:
        c.set_ciphers(ciphers)
    if cert:
        write("client.tmp", cert[0] + cert[1])
        c.load_cert_chain("client.tmp")
    return c


V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def says(tls, text=b"hello"):
    """Does it echo?"""
    tls.sendall(text)
    got = b""
    while len(got) < len(text):
        piece = tls.recv(65536)
        if not piece:
            break
        got += piece
    return got == text


def ends(sock):
    """All that still comes."""
    got = b""
    try:
        while piece := sock.recv(65536):
            got += piece
    except (ConnectionResetError, BrokenPipeError):
        got += b"<reset>"
    return got


def fails(what):
    """Does it raise an SSLError or lose its connection?"""
    try:
        what()
    except (ssl.SSLError, ConnectionError) as e:
        return str(e) or repr(e)
    return None
