#!/usr/bin/env python3
"""Real clients, every port, every mechanism that a client can:

    tls-clients.py ENV [CLIENT...]     against the running home of that file
    tls-clients.py --rival [CLIENT...] against a Postfix and a Dovecot of our own

In the current directory, which must be empty.  Prints TAP.  What a client sends
is compared, byte for byte, with what stands in the Maildir, and what it fetches
with what was put there.  The second form proves the drivers: what fails there
is not our fault.
"""
import base64, os, poplib, re, shutil, signal, smtplib, ssl, subprocess, sys, tempfile

sys.dont_write_bytecode = True
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TESTS + "/lib")
import rivals
from home import BODY, HEAD, Home, crlf, done, ok, run, skip, take, write

HOST = "127.0.0.1"
HERE = os.getcwd()
FROM = "alice@local.example"
LATIN = "gr\u00fc\u00dfe \u20ac\n".encode() + b"\xff\xfe latin\n"


# --- sending: what to say to a client to send data to home.USER1 by that port,
# with that mechanism or, if it is None, without AUTH

def curl(h, port, tls, mechanism, data):
    scheme = "smtps" if tls == "implicit" else "smtp"
    argv = ["curl", "-sS", "--ssl-reqd", "--cacert", h.CERT, f"{scheme}://{HOST}:{port}",
            "--mail-from", FROM, "--mail-rcpt", h.USER1, "-T", write("mail", crlf(data))]
    if mechanism:
        argv += ["--login-options", "AUTH=" + mechanism, "--user", f"{h.USER1}:{h.PASSWORD1}"]
    run(argv)


def swaks(h, port, tls, mechanism, data):
    write("mail", crlf(data).replace(b"\r\n.", b"\r\n..") + b".\r\n")
    argv = ["swaks", "--no-data-fixup", "-n", "--server", HOST, "--port", str(port), "-f", FROM,
            "-t", h.USER1, "--data", "@mail", "--tls-verify", "--tls-ca-path", h.CERT,
            "--tls-on-connect" if tls == "implicit" else "--tls"]
    if mechanism:
        argv += ["--auth", mechanism, "--auth-user", h.USER1, "--auth-password", h.PASSWORD1]
    run(argv)


def msmtp(h, port, tls, mechanism, data):
    write("msmtprc", f"""account default
host {HOST}
port {port}
from {FROM}
tls on
tls_starttls {"off" if tls == "implicit" else "on"}
tls_trust_file {h.CERT}
set_date_header off
set_msgid_header off
auth {mechanism.lower() if mechanism else "off"}
user {h.USER1}
password {h.PASSWORD1}
""")
    run(["msmtp", "-C", "msmtprc", h.USER1], data)


def mutt(h, port, tls, mechanism, data):
    """It makes its own header: only the body is ours."""
    user = h.USER1.replace("@", "%40") + "@" if mechanism else ""
    write("muttrc", f"""set smtp_url="{"smtps" if tls == "implicit" else "smtp"}://{user}{HOST}:{port}/"
set smtp_pass="{h.PASSWORD1}"
set smtp_authenticators="{mechanism or ''}"
set from="{FROM}" use_from=yes use_envelope_from=yes copy=no record=""
set ssl_starttls=yes ssl_force_tls=yes ssl_usesystemcerts=no
set certificate_file="{h.CERT}" ssl_verify_host=yes
set charset=utf-8 tmpdir="{HERE}" folder="{HERE}" spoolfile="{HERE}/mbox"
""")
    run(["mutt", "-n", "-F", "muttrc", "-s", "x", "--", h.USER1], data[len(HEAD):],
        env=dict(os.environ, HOME=HERE, TERM="dumb"))


def python(h, port, tls, mechanism, data):
    context = ssl.create_default_context(cafile=h.CERT)
    if tls == "implicit":
        s = smtplib.SMTP_SSL(HOST, port, context=context, timeout=60)
    else:
        s = smtplib.SMTP(HOST, port, timeout=60)
        s.starttls(context=context)
    with s:
        s.ehlo()
        if mechanism:
            if mechanism not in s.esmtp_features["auth"].split():
                raise RuntimeError("not offered: " + s.esmtp_features["auth"])
            s.esmtp_features["auth"] = mechanism
            s.login(h.USER1, h.PASSWORD1)
        s.sendmail(FROM, [h.USER1], crlf(data), ["BODY=8BITMIME"])


NODE = """
const fs = require('fs'), nodemailer = require('nodemailer');
const [host, port, secure, ca, method, user, pass] = process.argv.slice(2);
const t = nodemailer.createTransport({
  host, port: +port, secure: secure === 'implicit', requireTLS: true,
  tls: { ca: fs.readFileSync(ca) }, authMethod: method || undefined,
  auth: method ? { user, pass } : undefined });
t.sendMail({ envelope: { from: 'alice@local.example', to: user }, raw: fs.readFileSync('mail') })
  .then(() => process.exit(0), e => { console.error(e); process.exit(1); });
"""


def nodemailer(h, port, tls, mechanism, data):
    write("mail", data)
    write("send.js", NODE)
    run(["node", "send.js", HOST, str(port), tls, h.CERT, mechanism or "", h.USER1, h.PASSWORD1])


class Wire:
    """A dialogue by way of openssl s_client."""

    def __init__(self, h, port, tls, protocol, version="-tls1_3"):
        argv = ["openssl", "s_client", "-quiet", "-ign_eof", version, "-connect", f"{HOST}:{port}",
                "-CAfile", h.CERT, "-verify_return_error", "-verify_ip", HOST]
        if tls != "implicit":
            argv += ["-starttls", protocol]
        self.p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL)

    def reply(self, want):
        while True:
            line = self.p.stdout.readline()
            if not line.startswith(want.encode()):
                if re.match(rb"\d\d\d-", line):
                    continue
                self.p.kill()
                raise RuntimeError(f"not {want}: {line!r}")
            if line[3:4] != b"-":
                return line

    def say(self, data, want):
        self.p.stdin.write(data if isinstance(data, bytes) else data.encode() + b"\r\n")
        self.p.stdin.flush()
        return self.reply(want)

    def close(self):
        self.p.stdin.close()
        self.p.wait()


def s_client(h, port, tls, mechanism, data, version="-tls1_3"):
    w = Wire(h, port, tls, "smtp", version)
    if tls == "implicit":
        w.reply("220")
    w.say("EHLO client.example", "250")
    if mechanism:
        w.say("AUTH PLAIN " + base64.b64encode(f"\0{h.USER1}\0{h.PASSWORD1}".encode()).decode(), "235")
    w.say(f"MAIL FROM:<{FROM}>", "250")
    w.say(f"RCPT TO:<{h.USER1}>", "250")
    w.say("DATA", "354")
    w.say(crlf(data).replace(b"\r\n.", b"\r\n..") + b".\r\n", "250")
    w.say("QUIT", "221")
    w.close()


def s_client_12(*a):
    s_client(*a, version="-tls1_2")


CRAM = ["PLAIN", "LOGIN", "CRAM-MD5"]
SCRAM = CRAM + ["SCRAM-SHA-256"]
SENDERS = {
    "curl": (curl, CRAM, True),
    "swaks": (swaks, CRAM, False),  # reads its own arguments as text
    "msmtp": (msmtp, SCRAM, True),
    "mutt": (mutt, SCRAM, False),
    "python": (python, CRAM, True),
    "nodemailer": (nodemailer, CRAM, True),
    "s_client": (s_client, ["PLAIN"], True),
    "s_client TLS 1.2": (s_client_12, ["PLAIN"], True),
}


def has(client):
    if client != "nodemailer":
        return not client.startswith(("curl", "swaks", "msmtp", "mutt")) or shutil.which(client)
    # never a part of the suite: npm install it somewhere, and say where with
    # NODE_PATH
    return subprocess.run(["node", "-e", "require('nodemailer')"], stderr=subprocess.DEVNULL
                          ).returncode == 0 if shutil.which("node") else False


def send(h, name, port, tls, mechanism):
    driver, _, latin = SENDERS[name]
    data = HEAD + BODY + (LATIN if latin else b"")
    what = f"{name}, {port}{', ' + mechanism if mechanism else ''}: arrives as sent"
    try:
        driver(h, getattr(h, port.upper() + "_PORT"), tls, mechanism, data)
        got = take(h.MAILDIR1, h.WAIT)
        if name == "mutt" and got is not None:
            got = HEAD + got[got.index(b"\n\n") + 2:]
        ok(got == data, what, f"{len(data)} bytes sent, {None if got is None else len(got)} arrived")
    except Exception as e:
        ok(False, what, e)
        take(h.MAILDIR1)


def sending(h, name):
    send(h, name, "smtp", "starttls", None)
    for port, tls in (("submission", "starttls"), ("submissions", "implicit")):
        for m in SENDERS[name][1]:
            send(h, name, port, tls, m)


# --- Postfix as a client: a relay host with a password

def postfix(h):
    cases = [(port, wrap, m) for port, wrap in ((h.SUBMISSION_PORT, "no"), (h.SUBMISSIONS_PORT, "yes"))
             for m in SCRAM]
    services = "".join(f"""to{i} unix - - n - - smtp
  -o smtp_tls_wrappermode={wrap}
  -o smtp_sasl_mechanism_filter={m.lower()}
""" for i, (_, wrap, m) in enumerate(cases))
    nexthop = "".join(f"{{s{i}@local.example=to{i}:[{HOST}]:{port}}}, " for i, (port, _, _) in enumerate(cases))
    secret = "".join(f"{{[{HOST}]:{p}={h.USER1}:{h.PASSWORD1}}}, " for p in (h.SUBMISSION_PORT, h.SUBMISSIONS_PORT))
    p = rivals.Postfix("/var/tmp", f"""default_transport = smtp:
mydestination =
smtp_tls_security_level = encrypt
smtp_tls_CAfile = {h.CERT}
smtp_tls_loglevel = 1
smtp_sasl_auth_enable = yes
smtp_sasl_security_options = noanonymous
smtp_sasl_password_maps = inline:{{{secret.rstrip(', ')}}}
sender_dependent_default_transport_maps = inline:{{{nexthop.rstrip(', ')}}}
minimal_backoff_time = 1s
""", services=services)
    try:
        for i, (port, wrap, m) in enumerate(cases):
            what = f"Postfix, {'submissions' if wrap == 'yes' else 'submission'}, {m}: arrives as sent"
            with smtplib.SMTP(HOST, p.ports[0]) as s:
                s.sendmail(f"s{i}@local.example", [h.USER1], crlf(HEAD + BODY + LATIN), ["BODY=8BITMIME"])
            got = take(h.MAILDIR1, 30)
            ok(got == HEAD + BODY + LATIN, what, p.log()[-800:])
        ok("Untrusted TLS" not in p.log() and "Trusted TLS" in p.log(),
           "Postfix trusts the certificate", p.log()[-800:])
    finally:
        p.stop()


# --- gsasl: nothing but AUTH, and the only one with channel binding

def gsasl(h):
    if not shutil.which("gsasl"):
        return skip("gsasl", "not installed")
    for version, priority in (("TLS 1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.3"), ("TLS 1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.2")):
        for m in SCRAM + ["SCRAM-SHA-256-PLUS"]:
            what = f"gsasl, {version}, {m}"
            if m not in h.MECHANISMS:
                skip(what, "not there")
                continue
            if m.endswith("PLUS") and version == "TLS 1.2":
                skip(what, "it knows no binding there but tls-unique")
                continue
            try:
                out = run(["gsasl", "--smtp", f"--connect={HOST}:{h.SUBMISSION_PORT}", "--starttls",
                           f"--x509-ca-file={h.CERT}", f"--priority={priority}", "-m", m,
                           "-a", h.USER1, "-p", h.PASSWORD1] +
                          # with a binding at hand it takes nothing but -PLUS
                          ([] if m.endswith("PLUS") else ["--no-cb"]))
                ok(b"235" in out, what, out)
            except Exception as e:
                ok(False, what, e)


# --- fetching

def pop_curl(h, port, tls, mechanism):
    scheme = "pop3s" if tls == "implicit" else "pop3"
    return run(["curl", "-sS", "--ssl-reqd", "--cacert", h.CERT, "--login-options",
                "AUTH=" + mechanism, "--user", f"{h.USER1}:{h.PASSWORD1}", f"{scheme}://{HOST}:{port}/1"])


def pop_python(h, port, tls, mechanism):
    context = ssl.create_default_context(cafile=h.CERT)
    if tls == "implicit":
        p = poplib.POP3_SSL(HOST, port, context=context, timeout=60)
    else:
        p = poplib.POP3(HOST, port, timeout=60)
        p.stls(context)
    p.user(h.USER1)
    p.pass_(h.PASSWORD1)
    data = b"".join(x + b"\r\n" for x in p.retr(1)[1])
    p.quit()
    return data


def pop_mpop(h, port, tls, mechanism):
    os.makedirs("got/new"), os.makedirs("got/cur"), os.makedirs("got/tmp")
    try:
        write("mpoprc", f"""account default
host {HOST}
port {port}
tls on
tls_starttls {"off" if tls == "implicit" else "on"}
tls_trust_file {h.CERT}
auth {mechanism.lower()}
user {h.USER1}
password {h.PASSWORD1}
delivery maildir {HERE}/got
uidls_file {HERE}/uidls
keep on
received_header off
""")
        run(["mpop", "-C", "mpoprc", "-q"])
        return crlf(take("got") or b"")
    finally:
        shutil.rmtree("got")
        if os.path.exists("uidls"):
            os.unlink("uidls")


def pop_s_client(h, port, tls, mechanism):
    w = Wire(h, port, tls, "pop3")
    if tls == "implicit":
        w.reply("+OK")
    w.say("USER " + h.USER1, "+OK")
    w.say("PASS " + h.PASSWORD1, "+OK")
    w.say("RETR 1", "+OK")
    data = b""
    while True:
        line = w.p.stdout.readline()
        if line in (b".\r\n", b""):
            break
        data += line[1:] if line.startswith(b".") else line
    w.say("QUIT", "+OK")
    w.close()
    return data


READERS = {
    "curl": (pop_curl, CRAM),
    "python": (pop_python, ["USER"]),
    "mpop": (pop_mpop, ["USER"] + SCRAM),
    "s_client": (pop_s_client, ["USER"]),
}


def reading(h, name):
    driver, mechanisms = READERS[name]
    if name in ("curl", "mpop") and not shutil.which(name):
        return skip(f"{name}, POP3", "not installed")
    for port, tls in (("pop3", "starttls"), ("pop3s", "implicit")):
        for m in mechanisms:
            what = f"{name}, {port}, {m}: fetched as it was sent"
            try:
                data = driver(h, getattr(h, port.upper() + "_PORT"), tls, m)
                want = crlf(HEAD + BODY + LATIN)
                ok(data.endswith(want), what, f"{len(want)} bytes are there, {len(data)} came")
            except Exception as e:
                ok(False, what, e)


def read_all(h, names):
    """One message, for all to fetch."""
    python(h, h.SMTP_PORT, "starttls", None, HEAD + BODY + LATIN)
    for name in READERS:
        if name in names:
            reading(h, name)
    p = poplib.POP3_SSL(HOST, h.POP3S_PORT, context=ssl.create_default_context(cafile=h.CERT))
    p.user(h.USER1), p.pass_(h.PASSWORD1)
    p.dele(1), p.quit()
    ok(poplib_count(h) == 0, "and deleted over TLS")


def poplib_count(h):
    p = poplib.POP3_SSL(HOST, h.POP3S_PORT, context=ssl.create_default_context(cafile=h.CERT))
    p.user(h.USER1), p.pass_(h.PASSWORD1)
    count = p.stat()[0]
    p.quit()
    return count


# --- the rival

class Rival:
    """A Postfix and a Dovecot with the same names as a home."""

    def __init__(self):
        # not here, where perhaps nobody else may come
        self.base = tempfile.mkdtemp(prefix="rival", dir="/var/tmp")
        os.chmod(self.base, 0o755)
        self.CERT = self.base + "/cert.pem"
        pem = []
        for kind, key in (("rsa", "rsa:2048"), ("ecdsa", "ec -pkeyopt ec_paramgen_curve:prime256v1")):
            run(["openssl", "req", "-x509", "-nodes", "-newkey", *key.split(), "-subj", "/CN=localhost",
                 "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "key", "-out", "cert"])
            run(["sh", "-c", f"cat key cert >{self.base}/{kind}.pem; cat cert >>{self.CERT}; rm cert key"])
            pem.append(f"{self.base}/{kind}.pem")
        mail = self.base + "/alice"
        self.MAILDIR1 = mail + "/Maildir"
        for d in ("new", "cur", "tmp"):
            os.makedirs(f"{self.MAILDIR1}/{d}")
        for path, _, _ in os.walk(mail):
            os.chown(path, 65534, 65534)
        self.USER1, self.PASSWORD1, self.WAIT = "alice@local.example", "alice-secret", 30
        self.MECHANISMS = SCRAM
        self.dovecot = rivals.Dovecot(self.base, f"{self.USER1}:{{PLAIN}}{self.PASSWORD1}:65534:65534::{mail}::\n", pem)
        try:
            self.postfix = self.start_postfix(pem)
        except BaseException:
            self.dovecot.stop()
            raise
        self.SMTP_PORT, self.SUBMISSION_PORT, self.SUBMISSIONS_PORT = self.postfix.ports
        self.POP3_PORT, self.POP3S_PORT = self.dovecot.pop3, self.dovecot.pop3s

    def start_postfix(self, pem):
        return rivals.Postfix(self.base, f"""mydestination =
virtual_mailbox_domains = local.example
virtual_mailbox_base = {self.base}
virtual_mailbox_maps = static:alice/Maildir/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_transport = virtual:
virtual_mailbox_limit = 0
smtpd_tls_chain_files = {", ".join(pem[::-1])}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {self.dovecot.auth}
smtpd_sasl_security_options = noanonymous
""", listeners=("-o smtpd_sasl_auth_enable=no", "-o smtpd_sasl_auth_enable=yes -o smtpd_tls_security_level=encrypt",
                "-o smtpd_sasl_auth_enable=yes -o smtpd_tls_wrappermode=yes"))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    rival = sys.argv[1] == "--rival"
    if rival and rivals.missing():
        return skip("a Postfix and a Dovecot", rivals.missing())
    h = Rival() if rival else Home(sys.argv[1])
    if not rival:
        h.WAIT, h.MECHANISMS = 0, SCRAM + ["SCRAM-SHA-256-PLUS"]
    names = sys.argv[2:] or list(SENDERS) + list(READERS) + ["postfix", "gsasl"]
    try:
        for name in SENDERS:
            if name in names and not has(name):
                skip(name, "not installed")
            elif name in names:
                sending(h, name)
        if "postfix" in names and rivals.missing():
            skip("Postfix as a client", rivals.missing())
        elif "postfix" in names:
            postfix(h)
        if "gsasl" in names:
            gsasl(h)
        if not rival or h.dovecot.has_pop3:
            read_all(h, names)
    finally:
        for r in rivals.running[:]:
            r.stop()
        if rival:
            shutil.rmtree(h.base)


main()
sys.exit(done())
