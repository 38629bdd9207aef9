#!/bin/sh
# Real clients against the whole POP3 chain, under Debian's tcpserver: python's
# poplib and curl.
. "$TESTS/lib/t.sh"

if ! [ -x /usr/bin/tcpserver ]; then
	echo '1..0 # skip no tcpserver'
	exit 0
fi

# Judges like a checkpassword program that has the secrets: a password, APOP
# or CRAM-MD5; then runs the rest of the line.
cat >check <<'EOF'
#!/usr/bin/python3 -I
import hashlib, hmac, os, sys
user, secret, extra = os.read(3, 512).split(b"\0")[:3]
os.close(3)
good = [b"tanstaaf"] if not extra else [
    hashlib.md5(extra + b"tanstaaf").hexdigest().encode(),
    hmac.new(b"tanstaaf", extra, "md5").hexdigest().encode()]
if user != b"mrose" or secret not in good:
    sys.exit(1)
os.environ["USER"] = user.decode()
os.execvp(sys.argv[1], sys.argv[1:])
EOF
chmod +x check

cat >fill.py <<'EOF'
import os, random
random.seed(1)
for d in ("box", "box/new", "box/cur", "box/tmp"):
    os.makedirs(d, exist_ok=True)
head = b"From: a@example.org\nSubject: x\n\n"
bodies = {
    "1.plain": b"text\n",
    "2.dots": b".\n..\n.a\n...\n\n.\n",
    "3.eight": bytes(range(0x80, 0x100)) + b"\n\xff\xfe\n",
    "4.long": b"x" * 300000 + b"\n",
    "5.noend": b"no newline at the end",
    "6.crlf": b"a\r\nb\r\n",
    "7.binary": bytes(b for b in random.randbytes(200000) if b not in b"\r\0"),
    "8.big": (b"0123456789" * 7 + b"\n") * 150000,
}
for name, body in bodies.items():
    with open(f"box/new/{name}", "wb") as f:
        f.write(head + body)
EOF
python3 fill.py
cp -r box before

serve env POSTERN_PLAINAUTH=ok /usr/bin/tcpserver -1 -HRl0 127.0.0.1 0 \
	postern-popup -A -m 'plain login cram-md5' -d 0 mx.example \
	./check postern-pop3d box
export port

cat >lib.py <<'EOF'
import os, poplib
port = int(os.environ["port"])
def connect():
    return poplib.POP3("127.0.0.1", port, timeout=30)
def wire(path):                    # what a client must get
    data = open(path, "rb").read().replace(b"\r\n", b"\n")
    if not data.endswith(b"\n"):
        data += b"\n"
    return data.replace(b"\n", b"\r\n")
EOF

run python3 - <<'EOF'
from lib import *
p = connect()
p.user("mrose"); p.pass_("tanstaaf")
names = sorted(os.listdir("before/new"))
count, total = p.stat()
assert count == len(names) and total == sum(len(wire("before/new/" + n)) for n in names)
assert [x.split()[1].decode() for x in p.uidl()[1]] == names
sizes = [int(x.split()[1]) for x in p.list()[1]]
poplib._MAXLINE = 1 << 20
for i, n in enumerate(names, 1):
    want = wire("before/new/" + n)
    lines = p.retr(i)[1]
    assert b"".join(l + b"\r\n" for l in lines) == want, n
    assert sizes[i - 1] == len(want), n
    assert p.top(i, 0)[1] == [b"From: a@example.org", b"Subject: x", b""], n
assert len(p.top(8, 5)[1]) == 8
assert "UIDL" in p.capa() and p.capa()["SASL"] == ["PLAIN", "LOGIN", "CRAM-MD5"]
p.noop(); p.dele(1); p.rset()
p.quit()
assert sorted(os.listdir("box/cur")) == [n + ":2," for n in names]
EOF
is 'poplib: every message, byte for byte' 0 '' ''

run python3 - <<'EOF'
from lib import *
p = connect()
p.apop("mrose", "tanstaaf")
p.quit()
for tries in range(2):
    p = connect()
    try:
        p.apop("mrose", "wrong")
        raise SystemExit("accepted")
    except poplib.error_proto as e:
        assert b"[AUTH]" in e.args[0], e
    p.close()
EOF
is 'poplib: APOP' 0 '' ''

run python3 - <<'EOF'
from lib import *
p = connect()
# all at once, the login among them
p.sock.sendall(b"CAPA\r\nUSER mrose\r\nPASS tanstaaf\r\nSTAT\r\nLIST 1\r\nNOOP\r\n"
               b"RETR 1\r\nQUIT\r\n")
data = p.file.read()
assert data.count(b"+OK") == 8 and b"-ERR" not in data, data
EOF
is 'pipelined over the login' 0 '' ''

run python3 - <<'EOF'
from lib import *
a, b = connect(), connect()
for p in (a, b):
    p.user("mrose"); p.pass_("tanstaaf")
    assert p.stat()[0] == 8
a.dele(1); a.dele(2)
b.dele(2); b.dele(3)
a.quit()
assert len(b.list()[1]) == 6          # its own view
b.quit()
p = connect()
p.user("mrose"); p.pass_("tanstaaf")
assert [x.split()[1] for x in p.uidl()[1]] == [b"4.long", b"5.noend", b"6.crlf", b"7.binary", b"8.big"]
p.quit()
EOF
is 'two sessions at once' 0 '' ''

run python3 - <<'EOF'
from lib import *
p = connect()
p.user("mrose"); p.pass_("tanstaaf")
p.dele(1)
p.sock.sendall(b"RETR 5\r\n")
p.file.readline()
p.close()                             # in the middle of a big message
p = connect()
p.user("mrose"); p.pass_("tanstaaf")
assert p.stat()[0] == 5
p.quit()
EOF
is 'a connection that drops in the middle of a message' 0 '' ''

for auth in PLAIN LOGIN CRAM-MD5 +APOP '*'; do
	run curl -sS --max-time 30 --login-options "AUTH=$auth" \
		-u mrose:tanstaaf "pop3://127.0.0.1:$port/"
	check "curl: $auth" [ "$(wc -l <out)" = 5 ]
	run curl -sS --max-time 30 --login-options "AUTH=$auth" \
		-u mrose:wrong "pop3://127.0.0.1:$port/"
	check "curl: $auth, wrong password" [ "$rc" = 67 ]
done
run curl -sS --max-time 30 -u mrose:tanstaaf "pop3://127.0.0.1:$port/5"
check 'curl: the big one' sh -c 'sed "s/\r$//" out | cmp - before/new/8.big'

check 'no password in the log' sh -c '! grep -qi tanstaaf server.log'
check 'each login in the log' grep -q \
	'^postern-popup: auth session=[0-9a-f.]* ip=127.0.0.1 mechanism=CRAM-MD5 user=mrose result=ok' \
	server.log

done_testing
