#!/usr/bin/env python3
"""What a home promises of TLS and AUTH beyond that mail gets through:
tls-service.py ENV, in an empty directory.  Prints TAP.
"""
import base64, glob, os, poplib, re, smtplib, socket, ssl, subprocess, sys, threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + "/lib")
from home import Home, await_true, done, files, ok, run, skip, take, write

h = Home(sys.argv[1])
HOST = "127.0.0.1"
CONTEXT = ssl.create_default_context(cafile=h.CERT)
PLAIN = base64.b64encode(f"\0{h.USER1}\0{h.PASSWORD1}".encode()).decode()
YOU = "you@else.example"
SPLIT = os.path.isdir(h.STATE + "/service/login")


def smtp(port, tls=True, context=CONTEXT):
    """A session, greeted."""
    if port == h.SUBMISSIONS_PORT:
        s = smtplib.SMTP_SSL(HOST, port, "client.example", context=context, timeout=60)
    else:
        s = smtplib.SMTP(HOST, port, "client.example", timeout=60)
        s.ehlo()
        if tls:
            s.starttls(context=context)
    s.ehlo()
    return s


def auth(s):
    return set(s.esmtp_features.get("auth", "").split())


def logged(service, pattern):
    def look():
        with open(f"{h.LOGS}/{service}/current", errors="replace") as f:
            return re.search(pattern, f.read())
    return ok(await_true(look), f"the log of {service} says so: {pattern}")


def smtp_offers():
    s = smtp(h.SMTP_PORT, tls=False)
    ok("starttls" in s.esmtp_features, "smtp offers STARTTLS")
    ok(not auth(s) & {"PLAIN", "LOGIN"}, "and no password before it", auth(s))
    ok(not [m for m in auth(s) if m.endswith("-PLUS")], "nor a binding to what is not there", auth(s))
    code, text = s.docmd("AUTH", "PLAIN " + PLAIN)
    ok(code in (503, 504, 530, 538), "nor accepts one", (code, text))
    s.starttls(context=CONTEXT)
    ok(s.docmd("MAIL", "FROM:<a@remote.example>")[0] == 503, "after STARTTLS, EHLO is due again")
    s.ehlo()
    ok("starttls" not in s.esmtp_features, "and does not offer STARTTLS")
    ok(auth(s) >= {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"},
       "but every mechanism", auth(s))
    ok(not auth(s) & {"EXTERNAL", "ANONYMOUS"}, "with a user behind it", auth(s))
    ok(s.docmd("STARTTLS")[0] == 503, "TLS in TLS is refused")
    s.mail("a@remote.example")
    ok(s.rcpt(YOU)[0] == 553, "TLS alone is no right to relay")
    s.quit()


def submission_refuses():
    s = smtp(h.SUBMISSION_PORT, tls=False)
    ok(not auth(s) & {"PLAIN", "LOGIN"}, "submission: no password before TLS", auth(s))
    for line in ("MAIL FROM:<a@remote.example>", "AUTH PLAIN " + PLAIN):
        code, text = s.docmd(line)
        ok(code == 530, f"submission: {line.split()[0]} before TLS: 530", (code, text))
    s.close()
    for name, port in (("submission", h.SUBMISSION_PORT), ("submissions", h.SUBMISSIONS_PORT)):
        s = smtp(port)
        code, text = s.mail("a@remote.example")
        ok(code == 530 and text.startswith(b"5.7.0"), f"{name}: MAIL before AUTH: 530", (code, text))
        s.login(h.USER1, h.PASSWORD1)
        s.mail(h.USER1)
        ok(s.rcpt(YOU)[0] == 250, f"{name}: after AUTH it is accepted")
        s.quit()
    s = socket.create_connection((HOST, h.SUBMISSIONS_PORT), 60)
    s.sendall(b"EHLO client.example\r\n")
    ok(b"250" not in read_all(s), "submissions: nothing without TLS")


def read_all(s):
    data = b""
    try:
        while True:
            more = s.recv(4096)
            if not more:
                return data
            data += more
    except OSError:
        return data


def traces():
    s = smtp(h.SUBMISSION_PORT)
    s.login(h.USER1, h.PASSWORD1)
    s.sendmail(h.USER1, [h.USER1], "Subject: trace\r\n\r\nx\r\n")
    s.quit()
    found = files(h.MAILDIR1)
    with open(found[0]) as f:
        text = f.read()
    ok(re.search(r"with ESMTPSA\b", text), "Received says ESMTPSA", text)
    ok(f"auth:{h.USER1}" in text or "relay local" in text, "and who", text)
    os.unlink(found[0])
    logged("submission", f"to={h.USER1} .*code=250")


def injected():
    """What came in clear text before the handshake is not heard after it."""
    s = socket.create_connection((HOST, h.SMTP_PORT), 60)
    f = s.makefile("rb")
    f.readline()
    s.sendall(b"EHLO client.example\r\n")
    while f.readline()[3:4] == b"-":
        pass
    s.sendall(b"STARTTLS\r\nMAIL FROM:<evil@remote.example>\r\n")
    if not f.readline().startswith(b"220"):
        return ok(True, "commands behind STARTTLS: refused")
    try:
        t = CONTEXT.wrap_socket(s, server_hostname=HOST)
    except (ssl.SSLError, OSError):
        return ok(True, "commands behind STARTTLS: no handshake")
    t.sendall(b"NOOP\r\n")
    line = t.makefile("rb").readline()
    ok(line.startswith(b"250") and b"sender" not in line and b"2.1.0" not in line,
       "commands behind STARTTLS are not heard in TLS", line)


def pop3_offers():
    p = poplib.POP3(HOST, h.POP3_PORT, timeout=60)
    capa = p.capa()
    ok("STLS" in capa, "pop3 offers STLS", capa)
    ok("USER" not in capa and not set(capa.get("SASL", [])) & {"PLAIN", "LOGIN"},
       "and no password before it", capa)
    try:
        p.user(h.USER1), p.pass_(h.PASSWORD1)
        ok(False, "nor accepts one")
    except poplib.error_proto:
        ok(True, "nor accepts one")
    p.stls(CONTEXT)
    capa = p.capa()
    ok("STLS" not in capa and "USER" in capa, "after STLS it is the other way round", capa)
    ok(set(capa.get("SASL", [])) >= {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"}, "with every mechanism", capa)
    p.user(h.USER1), p.pass_(h.PASSWORD1)
    ok("STLS" not in p.capa(), "nor is STLS offered after the login")
    p.quit()
    p = poplib.POP3_SSL(HOST, h.POP3S_PORT, context=CONTEXT, timeout=60)
    ok("STLS" not in p.capa(), "pop3s does not offer STLS")
    p.quit()


def wrong():
    s = smtp(h.SUBMISSION_PORT)
    code, text = s.docmd("AUTH", "PLAIN " + base64.b64encode(f"\0{h.USER1}\0wrong".encode()).decode())
    ok(code == 535 and text.startswith(b"5.7.8"), "a wrong password: 535", (code, text))
    s.login(h.USER1, h.PASSWORD1)
    ok(True, "then the right one")
    s.quit()
    p = poplib.POP3_SSL(HOST, h.POP3S_PORT, context=CONTEXT, timeout=60)
    try:
        p.user(h.USER1), p.pass_("postern-token:00000000:" + 64 * "0")
        ok(False, "a token that nobody made opens no mailbox")
    except poplib.error_proto as e:
        ok(b"[AUTH]" in e.args[0], "a token that nobody made opens no mailbox", e)
    p.close()


# --- processes

def children(pid):
    out = []
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(stat) as f:
                if int(f.read().rsplit(")", 1)[1].split()[1]) == pid:
                    out.append(int(stat.split("/")[2]))
        except OSError:
            pass
    return out


def keeper():
    return int(run(["s6-svstat", "-o", "pid", h.STATE + "/service/tlsd"]))


def workers():
    return {w for master in children(keeper()) for w in children(master)}


def service(verb, name):
    """Down, or up and ready."""
    if verb == "down":
        run(["s6-svc", "-wD", "-d", f"{h.STATE}/service/{name}"])
    else:
        run(["s6-svc", "-wU", "-u", f"{h.STATE}/service/{name}"])


def killed():
    s = smtp(h.SMTP_PORT)
    # ours is one of them; the others wait for work
    some = workers()
    ok(some, "a session in TLS has a process of its own", some)
    s.mail("a@remote.example")
    s.rcpt(h.USER1)
    s.docmd("DATA")
    s.send("Subject: half\r\n\r\n" + "half a message\r\n" * 10000)
    for pid in some:
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass  # it had waited long enough
    try:
        s.send(b"the rest\r\n.\r\n")
        code = s.getreply()[0]
    except (smtplib.SMTPServerDisconnected, OSError):
        code = None
    ok(code != 250, "killed in the middle of a message: no 250", code)
    logged("smtp", "postern-smtpd: end .* why=eof messages=0 ")
    logged("tlsd", "postern-tlsd: crash .*signal=9")
    ok(not files(h.MAILDIR1), "and nothing is delivered")
    s = smtp(h.SMTP_PORT)
    s.sendmail("a@remote.example", [h.USER1], "Subject: next\r\n\r\nx\r\n")
    s.quit()
    ok(take(h.MAILDIR1), "the next session does not notice")


def cut():
    """The client's TLS ends before the message does."""
    for how in ("close_notify", "reset"):
        s = smtp(h.SMTP_PORT)
        s.mail("a@remote.example")
        s.rcpt(h.USER1)
        s.docmd("DATA")
        s.send("Subject: half\r\n\r\nhalf\r\n")
        if how == "close_notify":
            try:
                s.sock.unwrap()
            except OSError:
                pass
        else:
            s.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.close()
    ok(await_true(lambda: not workers()), "connections cut: their processes end")
    ok(not files(h.MAILDIR1), "and nothing is delivered")


# --- a certificate is renewed while people talk

def make_cert(name, key):
    run(["openssl", "req", "-x509", "-nodes", "-newkey", *key, "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", name + ".key", "-out", name + ".crt"])
    out = b""
    for end in (".crt", ".key"):
        with open(name + end, "rb") as f:
            out += f.read()
    return out


def renewed():
    old = ssl_cert(smtp(h.SMTP_PORT))
    new = {"rsa": make_cert("rsa", ["rsa:2048"]),
           "ecdsa": make_cert("ecdsa", ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])}
    both = ssl.create_default_context(cafile=h.CERT)
    for name in new:
        both.load_verify_locations(name + ".crt")
    stay = smtp(h.SMTP_PORT)
    stay.mail("a@remote.example")
    stay.rcpt(h.USER1)
    stay.docmd("DATA")
    stay.send("Subject: long\r\n\r\nfirst half\r\n")

    errors, seen, stop = [], [], threading.Event()

    def traffic():
        while not stop.is_set():
            try:
                s = smtp(h.SMTP_PORT, context=both)
                seen.append(ssl_cert(s))
                s.quit()
            except Exception as e:
                errors.append(e)

    t = threading.Thread(target=traffic)
    t.start()
    for name, pem in new.items():
        write(h.STATE + "/tls/new", pem)
        os.replace(h.STATE + "/tls/new", f"{h.CERTS}/default.{name}.pem")
    ok(await_true(lambda: seen and seen[-1] != old), "a renewed certificate is shown, without a restart")
    stop.set()
    t.join()
    s = smtp(h.SMTP_PORT, context=both)
    ok(ssl_cert(s) != old, "from then on")
    s.quit()
    ok(not errors, f"no connection of {len(seen)} is lost", errors)
    stay.send("second half\r\n.\r\n")
    ok(stay.getreply()[0] == 250, "nor is one that had begun")
    stay.quit()
    got = take(h.MAILDIR1)
    ok(got and got.endswith(b"\nfirst half\nsecond half\n"), "its message is whole", got)
    with open(h.CERT, "wb") as f:
        for name in new:
            with open(name + ".crt", "rb") as c:
                f.write(c.read())
    CONTEXT.load_verify_locations(h.CERT)


def ssl_cert(s):
    return s.sock.getpeercert(binary_form=True)


# --- what is not there

def without_tlsd():
    service("down", "tlsd")
    s = smtp(h.SMTP_PORT, tls=False)
    ok("starttls" not in s.esmtp_features, "without tlsd: smtp offers no STARTTLS")
    ok(not auth(s) & {"PLAIN", "LOGIN"}, "nor a password", auth(s))
    s.sendmail("a@remote.example", [h.USER1], "Subject: x\r\n\r\nx\r\n")
    s.quit()
    ok(take(h.MAILDIR1), "but takes mail")
    s = smtp(h.SUBMISSION_PORT, tls=False)
    ok(s.mail(h.USER1)[0] == 530, "submission does not")
    s.close()
    p = poplib.POP3(HOST, h.POP3_PORT, timeout=60)
    ok("STLS" not in p.capa(), "pop3 offers no STLS")
    p.quit()
    for port in (h.SUBMISSIONS_PORT, h.POP3S_PORT):
        s = socket.create_connection((HOST, port), 60)
        s.sendall(b"QUIT\r\n")
        ok(not read_all(s), "and who wants TLS at once gets no answer")
    service("up", "tlsd")
    smtp(h.SMTP_PORT).quit()
    ok(True, "with tlsd, all is well again")


def without_authd():
    s = smtp(h.SUBMISSION_PORT)
    service("down", "authd")
    code, text = s.docmd("AUTH", "PLAIN " + PLAIN)
    ok(code == 454, "without authd: AUTH is 454", (code, text))
    p = poplib.POP3_SSL(HOST, h.POP3S_PORT, context=CONTEXT, timeout=60)
    try:
        p.user(h.USER1), p.pass_(h.PASSWORD1)
        ok(False, "POP3: [SYS/TEMP]")
    except poplib.error_proto as e:
        ok(b"[SYS/TEMP]" in e.args[0], "POP3: [SYS/TEMP]", e)
    p.close()
    service("up", "authd")
    code, text = s.docmd("AUTH", "PLAIN " + PLAIN)
    ok(code == 235, "with authd, the same session goes on", (code, text))
    s.quit()


# --- who can read what

def open_files():
    found = set()
    for fd in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            found.add(os.readlink(fd))
        except OSError:
            pass
    return found


def secrets():
    keys = glob.glob(h.CERTS + "/*.pem")
    ok(len(keys) == 2, "two keys", keys)
    ok(not {os.path.realpath(k) for k in keys} & open_files(), "nobody keeps a key file open")
    if not SPLIT:
        return skip("a user for each task", "not root")
    for user, uid in (("gate", 60801), ("mail", 60802), ("auth", 60803), ("log", 60804), ("tls", 60805)):
        def can(*argv):
            return not subprocess.run(["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *argv],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL).returncode
        ok(not any(can("cat", k) for k in keys), f"{user} can read no key")
        ok(can("cat", h.TOKEN_KEY) == (user == "auth"), f"{user}: the key of tokens")
        ok(can("cat", h.USERS_CDB) == (user == "auth"), f"{user}: passwords")
        ok(can("ls", h.GUESSES) == (user == "auth"), f"{user}: guesses")
        for d in "grants", "names":
            there = f"{h.STATE}/{d}/.new.test"
            ok(can("ls", f"{h.STATE}/{d}") == (user in ("gate", "mail")), f"{user}: {d}")
            ok(can("sh", "-c", f"ln -s x {there} && rm {there}") == (user == "mail"), f"{user}: a record of {d}")
        for d in ("tlsd", "authd", "queue", "names", "login"):
            owner = {"authd": "auth", "queue": "mail", "names": "mail"}.get(d)
            ok(can("test", "-e", f"{h.STATE}/run/{d}/s") == (user in ("gate", owner)), f"{user}: run/{d}")
    for pid in children(keeper()):
        with open(f"/proc/{pid}/status") as f:
            status = dict(re.findall(r"^(\w+):\s*(.*)$", f.read(), re.M))
        ok(status["Uid"].split() == ["60805"] * 4 and status["Gid"].split() == ["60805"] * 4 and
           status["Groups"].split() in ([], ["60805"]), "who speaks TLS is tls", status)
        ok(status["CapEff"] == status["CapPrm"] == 16 * "0", "without a capability", status)
        ok(status["Seccomp"] == "2", "under seccomp", status)
        ok(os.readlink(f"/proc/{pid}/root") == os.path.realpath(h.STATE + "/tls/empty"), "in an empty root")
        ok(os.stat(f"/proc/{pid}/mem").st_uid == 0, "whose memory is not for tls")


def main():
    run([h.BIN + "/postern-grants", h.GRANTS, "revoke-all"])
    smtp_offers()
    submission_refuses()
    pop3_offers()
    traces()
    injected()
    wrong()
    killed()
    cut()
    renewed()
    without_tlsd()
    without_authd()
    secrets()


main()
sys.exit(done())
