"""postern-tlsd: what a client sees, and what the application learns."""
import hashlib
from tlsd import *

os.mkdir("certs")
os.mkdir("certs/folder.example")
CERT = {}


def put(name, file, *args):
    CERT[name] = c, k = make(name, *args)
    write(file, c + k)


put("default-rsa", "certs/default.rsa.pem", RSA)
put("default-ec", "certs/default.ecdsa.pem")
put("one", "certs/one.example.pem")
put("wild", "certs/*.wild.example.pem")
CERT["folder"] = c, k = make("folder")
write("certs/folder.example/fullchain.pem", c)
write("certs/folder.example/privkey.pem", k)
write("certs/README", b"certbot puts one there\n")
BY_DER = {der(c): name for name, (c, k) in CERT.items()}

d = Daemon()
front = Front(d)


def peer(tls):
    return BY_DER.get(tls.getpeercert(True))


def s_client(*argv, data=b""):
    return subprocess.run(("openssl", "s_client", "-connect", f"127.0.0.1:{front.port}") + argv, input=data,
                          capture_output=True, timeout=LIMIT)


# --- protocols ---
for v in "tls1", "tls1_1":
    r = s_client("-" + v, "-cipher", "DEFAULT@SECLEVEL=0")
    ok(r.returncode != 0 and b"no peer certificate available" in r.stdout, f"-{v} is refused", r.stdout)
ok(d.awaits("^postern-tlsd: handshake session=s.1 ip=127.0.0.1 refused=unsupported-protocol$", 2), "and logged", d.log())
for v, name in (V12, "TLSv1.2"), (V13, "TLSv1.3"):
    tls = front.connect(context(v))
    ok(says(tls) and tls.version() == name, f"{name}", tls.version())
    f = front.facts(tls)
    ok(f and f["SSL_PROTOCOL"] == name and f["SSL_CIPHER"] == tls.cipher()[0], f"{name}: its facts", f)
    ok(("POSTERN_TLS_EXPORTER" in f) == (v == V13), f"{name}: an exporter only in 1.3", f)
    ok(f["POSTERN_TLS_ENDPOINT"] == hashlib.sha256(tls.getpeercert(True)).hexdigest(), f"{name}: the end point", f)
    ok(not {"SSL_TLS_SNI_SERVERNAME", "SSL_CLIENT_S_DN", "POSTERN_CERT_SHA256"} & set(f), f"{name}: nothing that is not known", f)
    tls.close()
for c in "aNULL", "eNULL", "kRSA", "PSK":
    ctx = context(V12)
    try:
        ctx.set_ciphers(c + ":@SECLEVEL=0")
    except ssl.SSLError:
        skip(f"no {c}", "unknown here")
        continue
    ok(fails(lambda: front.connect(ctx)), f"no {c}")
r = s_client("-tls1_3", "-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32")
s = list(front.sessions.values())[-1]
f = until(lambda: s.facts) or {}
ok(f"Keying material: {f.get('POSTERN_TLS_EXPORTER', '').upper()}\n".encode() in r.stdout, "both sides export the same", (f, r.stdout))

# --- which certificate ---
for kind, cipher in ("rsa", "ECDHE-RSA-AES128-GCM-SHA256"), ("ec", "ECDHE-ECDSA-AES128-GCM-SHA256"):
    tls = front.connect(context(V12, cipher))
    ok(peer(tls) == f"default-{kind}", f"1.2, only {kind}", peer(tls))
    tls.close()
for kind, sig in ("rsa", "rsa_pss_rsae_sha256"), ("ec", "ecdsa_secp256r1_sha256"):
    r = s_client("-tls1_3", "-sigalgs", sig)
    ok(f"CN = default-{kind}".encode() in r.stdout, f"1.3, only {kind}", r.stdout)
r = s_client("-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256", "-servername", "one.example")
ok(b"no peer certificate" in r.stdout, "a name without an RSA key fails for who knows only RSA", r.stdout)
for sni, want in (("one.example", "one"), ("ONE.example", "one"), ("folder.example", "folder"),
                  ("a.wild.example", "wild"), ("wild.example", "default-ec"), ("a.b.wild.example", "default-ec"),
                  ("unknown.example", "default-ec"), ("default", "default-ec"), ("default.ecdsa", "default-ec"),
                  (None, "default-ec")):
    tls = front.connect(name=sni)
    ok(peer(tls) == want, f"SNI {sni}: {want}", peer(tls))
    f = front.facts(tls)
    ok(f.get("SSL_TLS_SNI_SERVERNAME", "").lower() == (sni or "").lower(), f"SNI {sni}: in the facts", f)
    tls.close()

# --- other protocols ---
ctx = context()
ctx.set_alpn_protocols(["h2", "http/1.1"])
why = fails(lambda: front.connect(ctx))
ok(why and "no application protocol" in why, "a browser is refused", why)
ctx.set_alpn_protocols(["pop3"])
tls = front.connect(ctx)
ok(says(tls), "a mail client that names its protocol is not")
tls.close()

# --- resumption, always in another worker ---
for v, name in (V12, "1.2"), (V13, "1.3"):
    ctx = context(v)
    tls = front.connect(ctx, "one.example")
    says(tls)
    first, old = front.facts(tls), tls.session
    ok(not tls.session_reused, f"{name}: the first is new")
    tls.close()
    tls = front.connect(ctx, "one.example", old)
    says(tls)
    again = front.facts(tls)
    ok(tls.session_reused, f"{name}: the second is resumed")
    ok(again["POSTERN_TLS_ENDPOINT"] == first["POSTERN_TLS_ENDPOINT"], f"{name}: with the end point that it had", again)
    ok(v == V12 or again["POSTERN_TLS_EXPORTER"] != first["POSTERN_TLS_EXPORTER"], f"{name}: and an exporter of its own")
    tls.close()
    ok(d.awaits(f"^postern-tlsd: tls session=s.1 ip=127.0.0.1 protocol=TLSv{name} cipher=\\S+ sni=one.example resumed=yes$"),
       f"{name}: logged", d.log())

# --- what is no TLS ---
r = s_client("-tls1_2", data=b"R\nafter\n")
ok(b"RENEGOTIATING" in r.stdout + r.stderr and b"no renegotiation" in r.stderr, "renegotiation is refused", r.stderr)
raw = front.raw()
raw.sendall(b"EHLO plain.example\r\n" * 20)
got = ends(raw)
ok(got in (b"", b"<reset>") or got[:1] == b"\x15", "plain text ends the connection", got)
ok(d.awaits("handshake session=s.1 ip=127.0.0.1 refused=wrong-version-number$"), "and is logged", d.log())
raw.close()
raw = front.raw()
raw.close()
ok(d.awaits("handshake session=s.1 ip=127.0.0.1 refused=(closed|unexpected-eof-while-reading)$"), "a client that goes away is logged", d.log())

# --- one direction ends before the other ---
def half(app_ends_first):
    def app(s):
        if app_ends_first:
            s.data.sendall(b"head")
            s.data.shutdown(socket.SHUT_WR)
            s.got = ends(s.data)
        else:
            s.got = ends(s.data)
            s.data.sendall(b"tail")
        s.data.close()
    return app


for v in V12, V13:
    front.app = half(True)
    tls = front.connect(context(v))
    s = front.session(tls)
    ok(ends(tls) == b"head", f"{v.name}: the application ends first")
    tls.sendall(b"still heard")
    tls.close()
    s.ended.wait(LIMIT)
    ok(s.got == b"still heard", f"{v.name}: and still hears", s.got)

    front.app = half(False)
    raw = front.raw()
    i, o = ssl.MemoryBIO(), ssl.MemoryBIO()
    obj = context(v).wrap_bio(i, o)

    def turn(what, *args):
        while True:
            try:
                r = what(*args)
                raw.sendall(o.read())
                return r
            except ssl.SSLWantReadError:
                raw.sendall(o.read())
                if what == obj.unwrap:
                    return None
                piece = raw.recv(65536)
                i.write(piece) if piece else i.write_eof()
    turn(obj.do_handshake)
    turn(obj.write, b"all of it")
    turn(obj.unwrap)
    got = b""
    why = ""
    try:
        while piece := turn(obj.read, 100):
            got += piece
    except ssl.SSLZeroReturnError:
        why = "close_notify"
    except ssl.SSLError as e:
        why = str(e)
    s = front.session(raw)
    s.ended.wait(LIMIT)
    ok(s.got == b"all of it", f"{v.name}: the client ends first", s.got)
    ok(got == b"tail", f"{v.name}: and still hears", (got, why))
    raw.close()


full = threading.Event()


def last_words(s):
    s.data.recv(1)
    full.wait(LIMIT)
    s.data.sendall(b"221 bye\r\n")
    s.data.close()


def fill(tls):
    """Write until nobody takes any more; what was written."""
    tls.setblocking(False)
    sent = 0
    while sent < 64 << 20:
        try:
            sent += tls.send(b"x" * 65536)
        except (ssl.SSLWantWriteError, BlockingIOError):
            if not select.select([], [tls], [], 1)[1]:
                break
    tls.setblocking(True)
    return sent


front.app = last_words
for v in V12, V13:
    full.clear()
    ctx = context(v)
    ctx.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    tls = front.connect(ctx)
    tls.suppress_ragged_eofs = False
    fill(tls)
    full.set()
    got = ends(tls)
    ok(got == b"221 bye\r\n", f"{v.name}: the last words come, and a close_notify, though nobody reads the rest", got)
    tls.close()
ok(until(lambda: not d.workers()), "and no worker is left")

# --- many bytes ---
SIZE = 6 << 20
BYTES = hashlib.shake_256(b"there").digest(SIZE), hashlib.shake_256(b"back").digest(SIZE)


def pump(sock, out, piece, tls=None):
    """Write out and read to the end, both at once, with small reads."""
    sock.setblocking(False)
    h, pos, total, ended = hashlib.sha256(), 0, 0, False
    while pos < len(out) or total < SIZE:
        moved = False
        try:
            if pos < len(out):
                k = sock.send(out[pos:pos + 50000])
                pos, moved = pos + k, moved or k > 0
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        try:
            if total < SIZE:
                got = sock.recv(piece)
                if not got:
                    break
                h.update(got)
                total, moved = total + len(got), True
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        if not moved:
            select.select([sock], [sock] if pos < len(out) else [], [], LIMIT)
    sock.setblocking(True)
    return total, h.hexdigest()


for v, app_piece, client_piece in (V13, 65536, 65536), (V12, 65536, 65536), (V13, 700, 65536), (V13, 65536, 700):
    def both(s):
        s.data.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, app_piece * 4)
        s.got = pump(s.data, BYTES[1], app_piece)
        s.data.close()
    front.app = both
    tls = front.connect(context(v))
    s = front.session(tls)
    got = pump(tls, BYTES[0], client_piece)
    s.ended.wait(LIMIT)
    ok(got == (SIZE, hashlib.sha256(BYTES[1]).hexdigest()), f"{v.name}: 6 MB to the client, reads of {client_piece}", got)
    ok(s.got == (SIZE, hashlib.sha256(BYTES[0]).hexdigest()), f"{v.name}: 6 MB from it, reads of {app_piece}", s.got)
    tls.close()

gate = threading.Event()


def late(s):
    gate.wait(LIMIT)
    s.got = hashlib.sha256(ends(s.data)).hexdigest()
    s.data.close()


front.app = late
tls = front.connect()
s = front.session(tls)
tls.setblocking(False)
sent = b""
while len(sent) < 64 << 20:
    try:
        k = tls.send(BYTES[0][:65536])
        sent += BYTES[0][:k]
    except (ssl.SSLWantWriteError, BlockingIOError):
        if not select.select([], [tls], [], 1)[1]:
            break
ok(len(sent) < 64 << 20, "who does not read stops who writes", len(sent))
tls.setblocking(True)
gate.set()
# what was refused is tried again, as OpenSSL wants it
k = tls.send(BYTES[0][:65536])
sent += BYTES[0][:k]
tls.shutdown(socket.SHUT_WR)
s.ended.wait(LIMIT)
ok(s.got == hashlib.sha256(sent).hexdigest(), "and loses nothing", len(sent))
tls.close()

# --- y: who wants no facts ---
front.app, front.byte = echo, b"y"
tls = front.connect()
s = front.session(tls)
ok(says(tls) and s.facts is None, "y: TLS, and no answer", s.facts)
tls.close()

# --- certificates of clients ---
good_ca, other_ca = make_ca("good CA"), make_ca("other CA")
write("clients.pem", good_ca[0])
d = Daemon("-v", "clients.pem")
front = Front(d)
CLIENT = {
    "good": make("relay.example", ca=good_ca),
    "self-signed": make("relay.example"),
    "of another CA": make("relay.example", ca=other_ca),
    "expired": make("relay.example", ca=good_ca, days="-1"),
}
for v in V12, V13:
    for kind, cert in {"none": None, **CLIENT}.items():
        ctx, old = context(v, cert=cert), None
        for how in "new", "resumed":
            tls = front.connect(ctx, session=old)
            ok(says(tls) and tls.session_reused == (how == "resumed"), f"{v.name}, {how}: a client with a certificate {kind}")
            f = front.facts(tls)
            want = kind == "good" and hashlib.sha256(der(cert[0])).hexdigest() or None
            ok(f.get("POSTERN_CERT_SHA256") == want and f.get("SSL_CLIENT_S_DN") == (want and "CN=relay.example"),
               f"{v.name}, {how}: what is told of it", f)
            old = tls.session
            tls.close()
ok(d.lines("cert=CN=relay.example$") == 4 and d.lines(" cert-refused=certificate-has-expired$") == 4 and
   d.lines(" cert-refused=self-signed-certificate$") == 4, "all logged", d.log())
ctx = context(cert=CLIENT["good"])
tls = front.connect(ctx)
says(tls)
old = tls.session
tls.close()
write("clients.pem", other_ca[0])
d.reload()
tls = front.connect(ctx, session=old)
ok(says(tls) and not tls.session_reused and "POSTERN_CERT_SHA256" not in front.facts(tls),
   "a session is not resumed when other clients are trusted")
tls.close()
d.stop()
done()
