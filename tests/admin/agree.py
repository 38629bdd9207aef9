"""Does postern-why say what a session would?

agree.py SEED CONFIGURATIONS CLIENTS: makes that many configurations by chance
(rules, control files, grants, names, users, run line), serves each with the real
chain, and compares for each client, an address with a sender and a recipient,
what the session was told and logged with what postern-why says.  The addresses
are those of 127.0.0.0/8, or any, IPv6 too, that a PROXY header says.
Prints the number of cases and a line for each that does not agree.
"""
import base64, ipaddress, json, os, random, re, socket, struct, subprocess, sys, time
from concurrent.futures import ThreadPoolExecutor

A, B, C = "a" * 64, "b" * 64, "c" * 64
CHECKER = """#!/bin/sh
# user and password from descriptor 3; the users who may are in ./good
user=$(tr '\\0' '\\n' <&3 | head -n 1 | tr A-Z a-z)
grep -qxF "$user" good || exit 1
exec "$@"
"""


def cdb(path, items):
    """The format is Bernstein's: 256 tables, records, slots."""
    def hashed(key):
        h = 5381
        for c in key:
            h = (h * 33 & 0xffffffff) ^ c
        return h
    body, tables = bytearray(2048), [[] for _ in range(256)]
    for k, v in items:
        h = hashed(k)
        tables[h & 255].append((h, len(body)))
        body += struct.pack("<II", len(k), len(v)) + k + v
    for i, t in enumerate(tables):
        n = len(t) * 2
        struct.pack_into("<II", body, i * 8, len(body), n)
        slots = [(0, 0)] * n
        for h, pos in t:
            j = (h >> 8) % n
            while slots[j][1]:
                j = (j + 1) % n
            slots[j] = (h, pos)
        for s in slots:
            body += struct.pack("<II", *s)
    with open(path, "wb") as f:
        f.write(body)


def put(path, text):
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())


def network(ip, bits):
    """The one that the address is in; the address itself if it is all of it."""
    net = ipaddress.ip_network((ip, bits), strict=False)
    return str(net if bits < net.max_prefixlen else net.network_address)


class Configuration:
    def __init__(self, r, where):
        self.r, self.dir = r, where
        os.mkdir(where)
        os.mkdir(where + "/control")
        self.argv, self.env = [], {}
        self.proxied = self.some(.4)
        self.has_names = self.some(.7 if self.proxied else .3)
        self.bits6 = r.choice([None, 64, 128, 56, 48]) if self.proxied else None
        self.rules()
        self.control()
        self.users()
        self.grants()
        self.names()
        self.line()

    def some(self, p):
        return self.r.random() < p

    def variables(self):
        r = self.r
        return r.choice([
            "", "", 'RELAYCLIENT=""', 'RELAYCLIENT=""', 'RELAYCLIENT="@gw.example"',
            'RELAYCLIENT="",POSTERN_GATEWAY="ok"',
            'RELAYCLIENT=".gw.example"', 'RELAYCLIENT="no domain"',
            'RELAYCLIENT="",RELAYREASON="auth:root"', 'RELAYREASON="grant:x"',
            'RBLSMTPD="-listed"', 'RBLSMTPD="wait"', 'RBLSMTPD=""',
            'MAXCONNIP="1"', 'MAXCONNIP="0"', 'MAXCONNIP="1",DIEMSG="450 no"',
            'MAXCONNIP="1",RELAYCLIENT=""', 'SMTPAUTH="-"', 'SMTPAUTH="!"',
            'SMTPAUTH="cram"', 'SMTPAUTH="?"', 'POSTERN_PLAINAUTH="ok"',
            'POSTERN_PLAINAUTH="yes"', 'UCSPITLS="!"', 'DATABYTES="x"',
            'POSTERN_TLS="TLSv1.3"', f'POSTERN_TLS="x",POSTERN_CERT_SHA256="{A}"',
            f'POSTERN_TLS="x",POSTERN_CERT_SHA256="{A[1:]}"',
            'TCPREMOTEIP="127.1.1.1"', 'TCPREMOTEIP="no address"',
            'TCPREMOTEIP="2001:db8:1:1::9"', 'TCPLOCALIP="127.7.7.7"',
            'PROTO="SSL"'])

    def instruction(self):
        if self.some(.15):
            return self.r.choice(["deny", 'deny,POSTERN_DENY="553 go away"'])
        v = 'RELAYCLIENT=""' if self.proxied and self.some(.3) else self.variables()
        return "allow" + ("," + v if v else "")

    def any_address(self):
        r, o = self.r, lambda: self.r.randrange(4)
        return r.choice([
            lambda: f"2001:db8:{o()}:{o()}::{o()}", lambda: f"fd00:0:{o()}:{o()}::1",
            lambda: f"2001:db8:{o()}:{o()}::{o()}", lambda: f"2a00:{o()}::{o()}:0:5",
            lambda: r.choice(["::1", "fe80::1", "64:ff9b::c000:201"]),
            lambda: f"10.{o()}.{o()}.1", lambda: f"172.16.{o()}.{o()}",
            lambda: f"192.168.{o()}.{o()}", lambda: f"192.0.2.{o()}",
            lambda: f"203.0.113.{o()}", lambda: f"127.0.{o()}.{o()}"])()

    def any_key(self):
        r, ip = self.r, self.any_address()
        if ":" in ip:
            key = network(ip, r.choice([128, 128, 64, 64, 56, 48, 32, 16, 3, 0]))
            return r.choice([key, key, key.upper()])
        return r.choice([ip, ip[:ip.rindex(".") + 1],
                         network(ip, r.choice([32, 31, 24, 23, 16, 12]))])

    def addresses(self, n):
        """Of n clients, no two in a /64: the listener counts these as one."""
        if not self.proxied:
            return self.r.sample([f"127.{a}.{b}.{c}" for a in range(4)
                                  for b in range(4) for c in range(4)
                                  if 0 < a + b + c and (a, b, c) != (1, 1, 1)],
                                 min(n, 62))
        ips = {}
        while len(ips) < n:
            ip = self.any_address()
            ips[network(ip, 64 if ":" in ip else 32)] = str(ipaddress.ip_address(ip))
        return list(ips.values())

    def key(self):
        r, o = self.r, lambda: self.r.randrange(4)
        if self.proxied and self.some(.8):
            return self.any_key()
        return r.choice([
            lambda: f"127.{o()}.{o()}.{o()}", lambda: f"127.{o()}.{o()}.",
            lambda: f"127.{o()}.", lambda: "127.", lambda: "",
            lambda: f"127.{o() & 2}.0.0/15", lambda: f"127.{o()}.{o()}.0/24",
            lambda: f"127.{o()}.{o() & 2}.0/23", lambda: f"127.{o()}.{o()}.0/30",
            lambda: f"127.{o()}.0-{o()}.", lambda: "joe@127.", lambda: "=x.example",
            lambda: f"10.{o()}.0.0/16", lambda: "2001:db8::/32"])()

    def rules(self):
        if self.some(.03):
            return
        self.argv += ["-x", "rules.cdb"]
        if self.some(.04):
            cdb(self.dir + "/rules.cdb", self.r.choice([
                [(b"", b"+MAXCONNIP=many\0")], [(b"127.", b"?what\0"), (b"", b"")],
                [(b"", b"+nameless\0")], [(b"127.1.", b"+X=1"), (b"", b"")]]))
            return
        if self.some(.02):
            put(self.dir + "/rules.cdb", "no constant database")
            return
        if self.some(.03):
            return  # there is none
        lines = [f"{self.key()}:{self.instruction()}"
                 for _ in range(self.r.randrange(1, 30))]
        if self.has_names and self.some(.6):
            lines = [':allow,RELAYCLIENT=""'] + lines[:6]
        while lines:
            put(self.dir + "/rules", "\n".join(lines) + "\n")
            p = subprocess.run(["postern-tcprules", "-f", "rules", "rules.cdb",
                                "rules.tmp"], cwd=self.dir, text=True,
                               stdin=open(self.dir + "/rules"),
                               capture_output=True)
            if not p.returncode:
                return
            bad = {int(n) for n in re.findall(r"rules:(\d+)", p.stderr)}
            if not bad:
                sys.exit("postern-tcprules: " + p.stderr)
            lines = [l for i, l in enumerate(lines, 1) if i not in bad]
        self.argv = self.argv[:-2]

    def list(self, name, items, p=.7):
        if self.some(p):
            n = self.r.randrange(len(items) + 1)
            chosen = self.r.sample(items, n)
            put(f"{self.dir}/control/{name}", "# what\n\n" +
                "".join(i + "\n" for i in chosen))

    def control(self):
        put(self.dir + "/control/me", "mx.example\n")
        if self.some(.02):
            put(self.dir + "/control/me", "not a domain\n")
        self.list("rcpthosts", ["local.example", ".sub.example", "sub.example",
                                "LOUD.example", "mx.example", "pc.example"], .93)
        self.list("backupmx", ["backup.example", ".b.example", "local.example"])
        self.list("percenthack", ["pc.example", "local.example"], .4)
        self.list("badmailfrom", ["@bad.example", "one@x.example", "A@B.example"])
        self.list("localiphost", ["literal.example"], .3)
        self.list("relaycerts", [f"{A} partner", f"{B.upper()} other"], .8)
        if self.some(.5):
            cdb(self.dir + "/control/morercpthosts.cdb",
                [(b"more.example", b""), (b".m.example", b"")])
        elif self.some(.08):
            put(self.dir + "/control/morercpthosts.cdb", "damaged")
        if self.some(.03):
            put(self.dir + "/control/rcpthosts", "no domain here\n")
        if self.some(.03):
            put(self.dir + "/control/databytes", "many\n")
        if self.some(.03):
            put(self.dir + "/control/aliases", "no colon\n")
        elif self.some(.6):
            put(self.dir + "/control/aliases", "web@local.example: joe\n"
                "@more.example: joe\nWEB@sub.example: joe\n")

    def users(self):
        self.mailboxes = self.some(.8)
        users = {"joe": "", "ann@local.example": "", "off@local.example": "nologin",
                 "all@more.example": "", "j@mx.example": "", "x@literal.example": ""}
        cdb(self.dir + "/mailboxes.cdb",
            [(u.encode(), f"::::/home/{u}::{x}".encode()) for u, x in users.items()])
        good = [u for u, x in users.items() if not (x and self.mailboxes)]
        if not self.mailboxes:  # postern-why takes a password for right
            good.append("nobody")
        put(self.dir + "/good", "".join(u + "\n" for u in good))
        if self.mailboxes and self.some(.03):
            put(self.dir + "/mailboxes.cdb", "damaged")
        put(self.dir + "/checker", CHECKER)

    def grants(self):
        self.store = self.some(.8)
        if not self.store or self.some(.03):
            return  # not asked, or not there
        os.mkdir(self.dir + "/grants")
        subprocess.run(["postern-grants", "grants", "make"], cwd=self.dir,
                       check=True)
        now = int(time.time())
        for _ in range(40 if self.proxied else 20):
            o = [self.r.randrange(4) for _ in range(3)]
            ip = f"127.{o[0]}.{o[1]}.{o[2]}"
            if self.proxied:
                ip = self.any_address()
            if ":" in ip:
                ip = network(ip, self.r.choice([self.bits6 or 64] * 4 + [64, 128]))
            name = f"{self.dir}/grants/{ip.replace('/', '%2f')}"
            target = self.r.choice([
                f"1:{now - 10}:3600:joe", f"1:{now - 10}:3600:a%20b",
                f"1:{now - 9000}:600:joe", f"1:{now + 9000}:600:joe", "junk",
                f"1:{now - 10}:3600:ann@local.example"])
            if not os.path.lexists(name):
                os.symlink(target, name)

    def names(self):
        """Who shares an address.  By then postern-why finds the client, too."""
        if not self.has_names:
            return
        if self.some(.6):
            put(self.dir + "/control/maxnames",
                self.r.choice(["1\n", "2\n", "3\n", "15\n"] * 5 + ["16\n"]))
        if self.some(.03):
            return
        os.mkdir(self.dir + "/names")
        now = int(time.time())
        for _ in range(300 if self.proxied else 10):
            name = f"{self.dir}/names/{self.any_address()}"
            there = self.r.sample(["client.example", "b", "%5b10.0.0.1%5d", "c", "d", "="]
                                  + [f"host{i}" for i in range(12)],
                                  self.r.choice([1, 2, 3, 4, 16]))
            at = self.r.choice([now - 10] * 6 + [now - 80000, now - 90000, now + 9000])
            target = f"1:{at}:86400:" + "+".join(there)
            if not os.path.lexists(name):
                os.symlink(self.r.choice([target] * 12 + ["junk", target + "+"]), name)

    def line(self):
        self.per_ip = self.r.choice([None, None, 0, 1, 3])
        if self.per_ip is not None:
            self.argv += ["-C", str(self.per_ip)]
        self.keep = self.some(.15)
        if self.keep:
            self.argv.append("-k")
        for n, v, p in (("POSTERN_PLAINAUTH", "ok", .5), ("RELAYCLIENT", "", .1),
                        ("RELAYREASON", "cert:inherited", .1),
                        ("POSTERN_TLS", "TLSv1.3", .1), ("SMTPAUTH", "!", .05),
                        ("RBLSMTPD", "-from the run line", .03)):
            if self.some(p):
                self.env[n] = v
        self.proxy = ["-y", "127.0.0.1"] if self.proxied else []
        self.wire = self.r.choice([None, None, "tls", A, B, C])
        self.missing_allowed = self.some(.2)
        if self.missing_allowed:
            self.argv.append("-X")

    def serve(self):
        chain = []
        if self.wire:
            chain += ["env", "-u", "UCSPITLS", "-u", "POSTERN_CERT_SHA256",
                      "POSTERN_TLS=TLS"]
            if self.wire != "tls":
                chain.append("POSTERN_CERT_SHA256=" + self.wire)
        if self.store:
            chain += ["postern-grant-check",
                      *(["-6", str(self.bits6)] if self.bits6 else []), "grants"]
        chain += ["postern-smtpd", "-C", "control"]
        if self.mailboxes:
            chain += ["-U", "mailboxes.cdb"]
        if self.has_names:
            chain += ["-N", "names"]
        chain += ["./checker", "true"]
        os.chmod(self.dir + "/checker", 0o755)
        self.log = open(self.dir + "/log", "wb")
        self.server = subprocess.Popen(
            ["postern-tcpserver", "-1Q", "-c", "400", *self.proxy, *self.argv, "0",
             "0", *chain],
            cwd=self.dir, stdout=subprocess.PIPE, stderr=self.log,
            env={"PATH": os.environ["PATH"], **self.env})
        self.port = int(self.server.stdout.readline())

    def why(self, c):
        argv = ["postern-why", "-j", "-C", "control", "-l", c["local"],
                "-n", str(c["count"])]
        if "-x" in self.argv:
            argv += ["-x", "rules.cdb"]
        argv += ["-X"] * self.missing_allowed + ["-k"] * self.keep
        if self.per_ip is not None:
            argv += ["-c", str(self.per_ip)]
        for n, v in self.env.items():
            argv += ["-e", f"{n}={v}"]
        if self.store:
            argv += ["-G", "grants"]
        if self.bits6:
            argv += ["-6", str(self.bits6)]
        if self.wire:
            argv += ["-T", self.wire]
        if self.mailboxes:
            argv += ["-U", "mailboxes.cdb"]
        if self.has_names:
            argv += ["-N", "names", "-H", c["helo"]]
        if c["user"]:
            argv += ["-u", c["user"]]
        if c["utf8"]:
            argv.append("-8")
        argv += ["-f", c["from"], c["said"], c["to"]]
        p = subprocess.run(argv, cwd=self.dir, capture_output=True)
        try:
            rows = [json.loads(l) for l in p.stdout.decode().splitlines()]
            d = rows[-1]
        except (ValueError, IndexError):
            return p.returncode, {"error": (p.stdout + p.stderr).decode()}, []
        return p.returncode, d, rows


DOMAINS = ["local.example", "Local.Example", "local.example.", "a.sub.example",
           "sub.example", "loud.EXAMPLE", "mx.example", "more.example",
           "x.m.example", "m.example", "backup.example", "q.b.example",
           "far.example", "far.example", "pc.example", "xlocal.example",
           "[127.0.0.1]", "[127.7.7.7]", "[IPv6:::ffff:127.0.0.1]", "[IPv6:::1]",
           "[192.0.2.25]", "[IPv6:2001:db8::25]", "[IPv6:2001:DB8:0:0:0::25]",
           "[127.0.0.1", "-x.example", "a..b", "b\u00fccher.example", "local_.example"]
LOCALS = ["joe", "ann", "ANN", "off", "all", "web", "j", "x", "nobody", "postmaster",
          '"j oe"', '"j\\oe"', '"a@b"', "a%far.example", "far.example!a", "a.b",
          ".a", "a.", "", '"', "j\u00f6rg", "x" * 64, "y" * 65, '":x"', '"joe"']


def recipient(r):
    to = r.choice(LOCALS) + "@" + r.choice(DOMAINS)
    k = r.random()
    if k < .05:
        to = r.choice(["<postmaster>", "<Postmaster>", "<joe>", "<>", "", " ", "<",
                       "<joe@far.example", "joe@far.example>", "<a@b>x"])
    elif k < .10:
        to = f"<@one.example,@two.example:{to}>"
    elif k < .14:
        to = f"<{to}>" + r.choice([" NOTIFY=NEVER", " X", " ", "  \t", " =", "X=1"])
    elif k < .5:
        to = f"<{to}>"
    to = to.encode()
    if r.random() < .12 and to:
        b = bytearray(to)
        b[r.randrange(len(b))] = r.choice([c for c in range(1, 256)
                                           if c not in (10, 13)])
        to = bytes(b)
    return to


def sender(r):
    return r.choice(["<>", "<a@far.example>", "<A@bad.EXAMPLE>", "<one@x.example>",
                     "a@b.example", "<two@x.example>", "<joe>", "<j\u00f6@x.example>",
                     "<\"a b\"@x.example>", "<a@b@c>", "<a@[127.0.0.1]>"]
                    if r.random() < .5 else ["<a@far.example>"]).encode()


def spelled(r, ip):
    """As a proxy, or somebody who asks, may write it."""
    if ":" in ip:
        return r.choice([ip, ip, ip.upper(), ipaddress.ip_address(ip).exploded])
    return r.choice([ip] * 5 + ["::ffff:" + ip])


def client(r, ip, proxied):
    said = spelled(r, ip) if proxied else ip
    there = "2001:db8::25" if ":" in said else "192.0.2.25"
    return {"ip": ip, "said": said, "local": there if proxied else "127.0.0.1",
            "proxied": proxied, "from": sender(r),
            "to": b"<a@far.example>" if proxied and r.random() < .4 else recipient(r),
            "helo": r.choice(["client.example"] * 3 + ["CLIENT.example.", "b", "B.",
                              "[10.0.0.1]", "x" * 40, "b\u00fc", "a+b"]),
            "utf8": r.random() < .3, "count": r.choice([1, 1, 1, 1, 2]),
            "user": r.choice(["joe", "Joe", "ann@local.example"] * 7 +
                             ["off@local.example", "nobody"])
            if r.random() < .3 else None}


def path(p):
    return p if p[:1] == b"<" else b"<" + p + b">"


class Session:
    def __init__(self, port, c):
        ip = "127.0.0.1" if c["proxied"] else c["ip"]
        self.s = socket.create_connection(("127.0.0.1", port), 60, (ip, 0))
        if c["proxied"]:
            family = 6 if ":" in c["said"] else 4
            self.s.sendall(b"PROXY TCP%d %s %s 4711 25\r\n" % (
                family, c["said"].encode(), c["local"].encode()))
        self.f = self.s.makefile("rb")

    def reply(self):
        try:
            while True:
                line = self.f.readline()
                if line[3:4] != b"-":
                    return line.rstrip(b"\r\n").decode("latin-1")
        except ConnectionResetError:
            return ""

    def say(self, line):
        try:
            self.s.sendall(line + b"\r\n")
        except OSError:
            return ""
        return self.reply()

    def close(self):
        self.f.close()
        self.s.close()


def neighbour(c):
    """Somebody whom the listener counts as the same."""
    if ":" not in c["ip"] or len(c["from"]) % 2:
        return c
    ip = str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(c["ip"])) ^ 0x10000))
    return {**c, "ip": ip, "said": ip}


def session(port, c):
    """verb, reply"""
    first = None
    if c["count"] == 2:
        other = neighbour(c)
        first = Session(port, other)
        r = first.reply()
        if r[:3] != "220":
            first.close()
            c.update(other, count=1)
            return "CONNECT", r
    s = Session(port, c)
    try:
        r = s.reply()
        if r[:3] != "220":
            return "CONNECT", r
        s.say(b"EHLO " + c["helo"].encode())
        if c["user"]:
            s.say(b"AUTH PLAIN " + base64.b64encode(
                b"\0" + c["user"].encode() + b"\0pw"))
        r = s.say(b"MAIL FROM:" + path(c["from"]) + b" SMTPUTF8" * c["utf8"])
        if r[:3] != "250":
            return "MAIL", r
        r = s.say(b"RCPT TO:" + path(c["to"]))
        s.say(b"QUIT")
        s.reply()
        return "RCPT", r
    finally:
        s.close()
        if first:
            first.close()


def logged(config):
    """By address: relay and why of its RCPT."""
    config.log.close()
    rows = {}
    for line in open(config.dir + "/log", "rb").read().decode().splitlines():
        m = re.match(r"postern-smtpd: rcpt .*? ip=(\S+) .* relay=(\S*) code=\d+"
                     r"(?: why=(\S+))?$", line)
        if m:
            rows[m[1]] = (m[2], m[3])
    return rows


def escaped(s):
    return "".join(c if "!" <= c <= "~" and c != "\\" else f"\\x{ord(c):02x}"
                   for c in s)


def compare(c, told, row, why):
    code, d, rows = why
    verb, reply = told
    if "mailboxes" in d.get("doubt", "") and c["user"]:
        return None if code == 111 and d["outcome"] == "unknown" else "doubt"
    if d.get("verb") != verb or d.get("reply") != reply:
        return "reply"
    want = {"accepted": 0, "refused": 1, "unknown": 111}[d["outcome"]]
    if code != want or (d["outcome"] == "accepted") != (reply[:3] == "250"):
        return "exit code"
    if d["outcome"] == "accepted" and verb != "RCPT":
        return "verb"
    if verb == "RCPT" and (escaped(d["relay"]), d.get("why")) != row:
        return "reason"
    return None


def main():
    seed, configurations, clients = map(int, sys.argv[1:])
    print("seed", seed)
    r, cases, bad, tally = random.Random(seed), 0, 0, {}
    pool = ThreadPoolExecutor(24)
    for i in range(configurations):
        config = Configuration(r, f"c{i}")
        config.serve()
        try:
            todo = [client(r, ip, config.proxied) for ip in config.addresses(clients)]
            told = list(pool.map(lambda c: session(config.port, c), todo))
        finally:
            config.server.kill()
            config.server.wait()
        why = list(pool.map(config.why, todo))
        rows = logged(config)
        for c, t, w in zip(todo, told, why):
            cases += 1
            row = rows.get(c["ip"])
            fault = compare(c, t, row, w)
            # a rule may change the name that the log has for him
            if fault == "reason" and any("TCPREMOTEIP=" in x.get("text", "")
                                         for x in w[2]):
                fault = None
            key = t[1][:9] + " " + str(w[1].get("relay")).split(":")[0]
            tally[key] = tally.get(key, 0) + 1
            if fault:
                bad += 1
                print("#", fault, config.dir, c, "session:", t, row, "why:", w[:2])
    for k in sorted(tally):
        print(f"# {tally[k]:5} {k}")
    print(f"{cases} cases, {bad} disagree")
    return bad > 0


sys.exit(main())
