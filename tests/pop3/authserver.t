#!/bin/sh
# postern-popup -a: an auth server judges.  Here it is a script, which speaks
# Dovecot's protocol and writes down what it is told; at the end, Dovecot.
. "$TESTS/lib/t.sh"

cat >authd.py <<'EOF'
"""authd.py SOCKET MECH...: an auth server.  What it does, the password says."""
import base64, hashlib, hmac, os, socket, sys, threading
MECHS = {"PLAIN": "plaintext", "LOGIN": "plaintext", "SCRAM-SHA-256": "mutual-auth",
         "SCRAM-SHA-256-PLUS": "mutual-auth", "EXTERNAL": "", "ANONYMOUS": "anonymous",
         "LONG": "", "GSSAPI": "private"}
told = open("told", "a", buffering=1)
b64 = lambda s: base64.b64encode(s).decode()
un64 = lambda s: base64.b64decode(s, validate=True)

def verdict(i, user, password):
    return {
        "right": f"OK\t{i}\tuser={user}@example.org\ttoken=TOKEN\n",
        "bare": f"OK\t{i}\tuser={user}\n",
        "temp": f"FAIL\t{i}\tuser={user}\ttemp\treason=not now\n",
        "nobody": f"FAIL\t{i}\n",
    }.get(password, f"FAIL\t{i}\tuser={user}\treason=no\n")

def scram(i, resp):
    """The server's side for the password pencil; a generator of CONT and the end."""
    mac = lambda k, s: hmac.new(k, s, "sha256").digest()
    resp = resp or (yield "")
    first = un64(resp).decode()
    bare = first.split(",", 2)[2]
    got = dict(x.split("=", 1) for x in bare.split(","))
    server = f"r={got['r']}SERVER,s={b64(b'salt')},i=4096"
    final = un64((yield b64(server.encode()))).decode()
    bare2, proof = final.rsplit(",p=", 1)
    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", b"salt", 4096)
    key = mac(salted, b"Client Key")
    auth = f"{bare},{server},{bare2}".encode()
    signature = mac(hashlib.sha256(key).digest(), auth)
    if bytes(a ^ b for a, b in zip(key, signature)) != un64(proof):
        return verdict(i, got["n"], "wrong")
    end = yield b64(b"v=" + b64(mac(mac(salted, b"Server Key"), auth)).encode())
    return verdict(i, got["n"], "wrong" if end else "right")

def plain(i, resp):
    resp = resp or (yield "")
    _, user, password = un64(resp).split(b"\0")
    if password == b"die":
        raise ConnectionError
    return verdict(i, user.decode(), password.decode())

def long(i, resp):
    answer = yield b64(b"x" * 9000)
    return verdict(i, "tim", "right" if un64(answer) == b"y" * 9000 else "wrong")

def serve(c):
    f = c.makefile("rw", newline="\n")
    f.write("VERSION\t1\t2\n" + "".join(f"MECH\t{m}\t{MECHS[m]}\n" for m in sys.argv[2:])
            + "SPID\t1\nCUID\t2\nCOOKIE\t00\nDONE\n")
    f.flush()
    going = {}
    for line in f:
        told.write(line)
        w = line.rstrip("\n").split("\t")
        if w[0] == "AUTH":
            resp = next((x[5:] for x in w if x.startswith("resp=")), None)
            how = {"PLAIN": plain, "LONG": long}.get(w[2], scram)
            going[w[1]], send = how(w[1], resp), None
        elif w[0] == "CONT":
            send = w[2]
        else:
            continue
        try:
            f.write(f"CONT\t{w[1]}\t{going[w[1]].send(send)}\n")
        except StopIteration as end:
            f.write(end.value)
        except ConnectionError:
            c.shutdown(socket.SHUT_RDWR)
            return
        f.flush()
    open("gone", "w").write("gone\n")

s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(8)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
EOF
authd() {	# authd SOCKET MECH...: leaves authd, its process
	mkfifo authd.ready
	python3 authd.py "$@" >authd.ready 2>authd.err &
	authd=$!
	servers="${servers-} $authd"
	trap 'kill -KILL $servers 2>/dev/null' EXIT
	read -r _ <authd.ready
	rm authd.ready
}
authd_end() {	# authd_end SOCKET
	kill -KILL "$authd"
	wait "$authd" 2>/dev/null
	rm -f "$1"
}

# The next program: what it found, and then as it is told.
cat >next <<'EOF'
#!/bin/sh
{ tr '\0' '|' <&3; echo; } >found
exec 3<&-
echo "USER=$USER POPUP=$POSTERN_POPUP"
exit "$1"
EOF
chmod +x next

# A dialogue: $in is sent; a CR of the replies shows as $.
private=POSTERN_TLS=TLSv1.3
popup() {
	printf "$in" >in
	: >told
	rm -f found gone
	run env USER=root PROTO=TCP TCPREMOTEIP=192.0.2.7 TCPLOCALIP=192.0.2.1 \
		POSTERN_SESSION=s1 $private postern-popup -a s -d 0 "$@" <in
	tr '\r' '$' <out >replies
	mv replies out
}
log='postern-popup: auth session=s1 ip=192.0.2.7'
end='postern-popup: close session=s1 ip=192.0.2.7'
told() { await gone gone && grep -v '^VERSION\|^CPID' told | cmp -s - want; }
found() { [ "$(cat found)" = "$1" ]; }
in_out() { grep -q -e "$1" out; }
not_in_out() { ! grep -q -e "$1" out; }
ready='USER=tim@example.org POPUP=USER,SASL PLAIN LOGIN SCRAM-SHA-256 LONG,'
capa='TOP$
UIDL$
RESP-CODES$
AUTH-RESP-CODE$
PIPELINING$
EXPIRE NEVER$
IMPLEMENTATION postern$
.$'
now='-ERR [SYS/TEMP] unable to judge a login now$'
mailbox='-ERR [SYS/TEMP] unable to serve the mailbox now$'
wrong='-ERR [AUTH] wrong user name or password$'

authd s PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS EXTERNAL ANONYMOUS LONG GSSAPI

# --- what is offered
in='CAPA\r\nAUTH EXTERNAL\r\nAUTH ANONYMOUS =\r\nAUTH GSSAPI\r\nAUTH SCRAM-SHA-256-PLUS\r\n'
none='-ERR no such mechanism$'
popup x ./next 0
is 'its list, but never EXTERNAL, ANONYMOUS, nor -PLUS without a binding' 0 "+OK x\$
+OK\$
USER\$
SASL PLAIN LOGIN SCRAM-SHA-256 LONG\$
$capa
$none
$none
$none
$none" "$end end=eof"
binding=POSTERN_TLS_EXPORTER=$(printf %064d 7)
in='CAPA\r\n' private="$private $binding" popup x ./next 0
check 'and with one' \
	in_out '^SASL PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS LONG\$$'
tls='-ERR a password is accepted under TLS only$'
in='CAPA\r\nUSER tim\r\nPASS right\r\nAUTH PLAIN AHRpbQByaWdodA==\r\nAUTH LOGIN\r\n' \
	private=A=b popup x ./next 0
is 'on an open wire: no password' 0 "+OK x\$
+OK\$
SASL SCRAM-SHA-256 LONG\$
$capa
$tls
$tls
$tls
$tls" "$end end=eof"
in='CAPA\r\n' private=POSTERN_PLAINAUTH=ok popup x ./next 0
check 'unless that is meant' in_out '^SASL PLAIN LOGIN'

# --- its word
in='USER tim\r\nPASS right\r\n' popup x ./next 0
is 'USER and PASS: the next program runs' 0 "+OK x\$
+OK\$
$ready" "$log mechanism=user user=tim@example.org result=ok"
check 'it finds user and token' found 'tim@example.org|TOKEN||'
printf 'AUTH\t1\tPLAIN\tservice=pop3\tnologin\tsession=s1\tlip=192.0.2.1\trip=192.0.2.7\tsecured\tresp=AHRpbQByaWdodA==\n' >want
check 'the server was asked by PLAIN' told

in='AUTH PLAIN AHRpbQByaWdodA==\r\n' popup x ./next 0
is 'AUTH PLAIN' 0 "+OK x\$
$ready" "$log mechanism=PLAIN user=tim@example.org result=ok"
check 'the same' told
in='USER tim\r\nPASS bare\r\n' popup x ./next 0
check 'a server without tokens' found 'tim|||'

in='USER tim\r\nPASS a\r\nUSER tim\r\nPASS nobody\r\nAUTH PLAIN\r\nAHRpbQBi\r\nNOOP\r\n'
popup x ./next 0
is 'wrong passwords are counted as ever' 1 "+OK x\$
+OK\$
$wrong
+OK\$
$wrong
+ \$
-ERR [AUTH] too many attempts\$" "$log mechanism=user user=tim result=wrong
$log mechanism=user user=tim result=wrong
$log mechanism=PLAIN user=tim result=wrong
$end end=refused"
check 'and nobody is let in' [ ! -e found ]
in='USER tim\r\nPASS a\r\n'
before=$(date +%s)
popup -d 1 -n 1 x ./next 0
check 'and cost time' [ "$(($(date +%s) - before))" -ge 1 ]

in='USER tim\r\nPASS temp\r\nUSER tim\r\nPASS right\r\n' popup x ./next 0
is 'not now is not wrong' 0 "+OK x\$
+OK\$
$now
+OK\$
$ready" "$log mechanism=user user=tim result=failed reason=not\\x20now
$log mechanism=user user=tim@example.org result=ok"

in='USER tim\r\nPASS die\r\nUSER tim\r\nPASS right\r\n' popup x ./next 0
is 'a connection that breaks: the next attempt has another' 0 "+OK x\$
+OK\$
$now
+OK\$
$ready" "$log mechanism=user user=tim result=failed reason=the\\x20server\\x20closed
$log mechanism=user user=tim@example.org result=ok"

for code in 1 100 111; do
	in='USER tim\r\nPASS right\r\nUSER tim\r\n' popup x ./next $code
	is "the next program exits $code: never a wrong password" 111 "+OK x\$
+OK\$
$ready
$mailbox" "$log mechanism=user user=tim@example.org result=failed reason=exit\\x20$code
$end end=failed"
done
in='USER tim\r\nPASS right\r\nUSER tim\r\n' popup x ./nonexistent
is 'one that is not there' 111 "+OK x\$
+OK\$
$mailbox" "$log mechanism=user user=tim@example.org result=failed reason=No\\x20such\\x20file\\x20or\\x20directory
$end end=failed"
in='USER tim\r\nPASS right\r\n' popup x ./next 99
is 'one that ended in silence' 0 "+OK x\$
+OK\$
$ready" "$log mechanism=user user=tim@example.org result=ok"

long=$(printf %0500d 0)
in="USER $long\r\nPASS right\r\n" popup x ./next 0
is 'a name that descriptor 3 has no room for is no wrong password' 111 "+OK x\$
+OK\$
$mailbox" "$log mechanism=user user=$long@example.org result=failed reason=too\\x20long
$end end=failed"

cat >fds.py <<'EOF'
import os
print([x for x in range(100) if os.path.exists("/proc/self/fd/%d" % x)])
EOF
in='USER tim\r\nPASS right\r\n' popup x python3 fds.py
tail -n 1 out >with
run python3 fds.py <in 3<in
check 'no descriptor but 3 is given' cmp -s out with
cat >wait <<'EOF'
#!/bin/sh
i=500
until [ -e gone ] || [ $((i -= 1)) = 0 ]; do sleep 0.02; done
echo $((i > 0))
EOF
chmod +x wait
in='USER tim\r\nPASS right\r\n' popup x ./wait
check 'nor is the server kept busy by a mailbox that is open' in_out '^1$'

# --- RFC 5034
in='AUTH SCRAM-SHA-256\r\n*\r\nAUTH SCRAM-SHA-256 =\r\n*\r\nAUTH LONG\r\n*\r\nQUIT\r\n'
head -c 9000 /dev/zero | tr '\0' x | base64 -w 0 >challenge
popup x ./next 0
sed "s,^+ $(cat challenge)\\\$\$,LONG," out >short
mv short out
is 'cancelled; a challenge of 12000 bytes' 0 '+OK x$
+ $
-ERR cancelled$
+ $
-ERR cancelled$
LONG
-ERR cancelled$
+OK$' "$end end=quit"
about="service=pop3\tnologin\tsession=s1\tlip=192.0.2.1\trip=192.0.2.7\tsecured"
printf "AUTH\t1\tSCRAM-SHA-256\t$about\nCANCEL\t1
AUTH\t2\tSCRAM-SHA-256\t$about\tresp=\nCANCEL\t2
AUTH\t3\tLONG\t$about\nCANCEL\t3\n" >want
check 'of which the server hears, and of "="' told

malformed='-ERR malformed answer$'
in='AUTH SCRAM-SHA-256 biw\r\nAUTH SCRAM-SHA-256 ==\r\nAUTH SCRAM-SHA-256 \r\nAUTH LONG\r\n=\r\n'
in="${in}AUTH LONG\r\neQ= =\r\nAUTH PLAIN\r\nYR==\r\nQUIT\r\n" popup x ./next 0
grep -v '^+ ' out >short
mv short out
is 'what is not base64 is not passed on' 0 "+OK x\$
$malformed
$malformed
$malformed
$malformed
$malformed
$malformed
+OK\$" "$end end=quit"
check 'and when all was said' await gone gone
check 'only taken back' \
	[ "$(sed 's/\t.*//' told | uniq -c | tr -s ' \n' ' ')" = \
	' 1 VERSION 1 CPID 1 AUTH 1 CANCEL 1 AUTH 1 CANCEL 1 AUTH 1 CANCEL ' ]

answer=$(head -c 9000 /dev/zero | tr '\0' y | base64 -w 0)
in="AUTH LONG\r\n$answer\r\n" popup x ./next 0
check 'an answer of 12000 bytes' in_out '^USER=tim@example.org '
in="AUTH LONG\r\n$answer$answer\r\nQUIT\r\n" popup x ./next 0
check 'not one that is longer' in_out '^-ERR the line is too long'
check 'and the session goes on' [ "$(tail -n 1 out)" = '+OK$' ]

cat >scram.py <<'EOF'
import base64, os, subprocess, sys
sys.path.insert(0, os.environ["TESTS"] + "/lib")
sys.dont_write_bytecode = True
import sasl
mech, user, password, initial = sys.argv[1:5]
p = subprocess.Popen(["postern-popup", "-a", "s", "-d", "0", "x"] + sys.argv[5:],
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)
def say(s):
    p.stdin.write(s + b"\r\n")
    p.stdin.flush()
def hear():
    return p.stdout.readline().rstrip(b"\r\n")
assert hear() == b"+OK x"
client = sasl.client(mech, user, password)
first = next(client)
if initial == "initial" and first is not None:
    say(b"AUTH " + mech.encode() + b" " + base64.b64encode(first))
else:
    say(b"AUTH " + mech.encode())
    if first is not None:
        assert hear() == b"+ "
        say(base64.b64encode(first))
while (got := hear()).startswith(b"+ "):
    say(base64.b64encode(client.send(base64.b64decode(got[2:])) or b""))
print(got.decode())
if got[:1] == b"-":
    say(b"QUIT")
p.stdin.close()
sys.stdout.write(p.stdout.read().decode().replace("\r", "$"))
sys.exit(p.wait())
EOF
scram() {	# scram MECHANISM USER PASSWORD initial|none PROG...
	run env POSTERN_SESSION=s1 $private python3 scram.py "$@"
}
for how in initial none; do
	private= scram SCRAM-SHA-256 tim pencil $how ./next 0
	is "SCRAM, $how" 0 'USER=tim@example.org POPUP=SASL SCRAM-SHA-256 LONG,' \
		'postern-popup: auth session=s1 ip=unknown mechanism=SCRAM-SHA-256 user=tim@example.org result=ok'
	private= scram SCRAM-SHA-256 tim pen $how ./next 0
	is "SCRAM, $how, wrong" 0 '-ERR [AUTH] wrong user name or password
+OK$' 'postern-popup: auth session=s1 ip=unknown mechanism=SCRAM-SHA-256 user=tim result=wrong
postern-popup: close session=s1 ip=unknown end=quit'
done

# --- the server comes and goes
authd_end s
trouble='postern-popup: trouble session=s1 ip=192.0.2.7 server=s reason='
trouble=${trouble}unable\\x20to\\x20connect:\\x20No\\x20such\\x20file\\x20or\\x20directory
in='CAPA\r\nUSER tim\r\nAUTH PLAIN\r\nPASS a\r\nQUIT\r\n' popup x ./next 0
is 'no server: nothing is offered, and it is not the password' 111 "+OK x\$
+OK\$
$capa
$now
$now
$now" "$trouble
$trouble
$trouble
$trouble
$end end=failed"

mkfifo line
exec 9<>line
env POSTERN_SESSION=s1 POSTERN_TLS=x postern-popup -a s -d 0 -n 4 x ./next 0 \
	<line >got 2>err 9<&- &
session=$!
servers="${servers-} $session"
check 'a session without a server' await '^+OK x' got
printf 'USER tim\r\n' >&9
check 'cannot log in' await '^-ERR .SYS/TEMP' got
authd s PLAIN
printf 'USER tim\r\nPASS x\r\n' >&9
check 'can, when there is one' await '^-ERR .AUTH. wrong' got
authd_end s
printf 'CAPA\r\n' >&9
check 'what was known is offered when it is gone' await '^SASL PLAIN' got
authd s PLAIN
printf 'USER tim\r\nPASS right\r\n' >&9
check 'and good when it is back' await '^USER=tim@example.org' got
rc=0
wait "$session" || rc=$?
check 'all in one session' [ "$rc" = 0 ]
exec 9<&-

for option in -A -p '-m plain' '-O response'; do
	run postern-popup -a s $option x ./next
	check "$option is not for -a" [ "$rc:$(cut -c 1-21 err)" = \
		'100:postern-popup: usage:' ]
done

# --- whose mailbox
if [ "$(id -u)" = 0 ]; then for_others; uid=12345; else uid=$(id -u); fi
for user in tim off; do
	mkdir -p home/$user/Maildir/cur home/$user/Maildir/new home/$user/Maildir/tmp
	printf 'Subject: for %s\n\n' $user >home/$user/Maildir/new/1
	echo "$user@example.org::$uid:$uid::$PWD/home/$user::"
done >users
sed -i '/^off/s/$/nologin/' users
[ "$uid" = "$(id -u)" ] || { chown -R $uid:$uid home && chmod 755 .; }
chmod 600 users
postern-passwd compile users users.cdb mailboxes.cdb 2>/dev/null
mail() { popup x postern-mailbox mailboxes.cdb postern-pop3d Maildir; }
in='USER Tim\r\nPASS right\r\nRETR 1\r\nQUIT\r\n' mail
check 'postern-mailbox: the mailbox of whom the server named' \
	in_out '^Subject: for tim'
in='USER off\r\nPASS right\r\nRETR 1\r\n' mail
check 'not that of a disabled user' [ "$rc:$(tail -n 1 out)" = "111:$mailbox" ]
in='USER eve\r\nPASS right\r\nRETR 1\r\n' mail
check 'nor of somebody unknown' [ "$rc:$(tail -n 1 out)" = "111:$mailbox" ]
printf 'USER tim@example.org\r\nPASS right\r\nRETR 1\r\nQUIT\r\n' >in
run env USER=tim@example.org $private \
	postern-popup x postern-mailbox mailboxes.cdb postern-pop3d Maildir <in
check 'where nobody judged it opens none, whoever USER was' \
	grep -q '^postern-mailbox: fatal: USER is not set$' err
check 'for anybody' not_in_out Subject

# --- Dovecot
. "$TESTS/lib/dovecot.sh"
if dovecot_there; then
	mkdir d
	echo 'tim@example.org:{PLAIN}pencil' >d/users
	dovecot d
	authd_end s
	ln -s d/run/auth-client s
	in='USER tim@example.org\r\nPASS pencil\r\nRETR 1\r\nQUIT\r\n' mail
	check 'Dovecot: USER and PASS' in_out '^Subject: for tim'
	in='USER tim@example.org\r\nPASS pen\r\nUSER eve\r\nPASS pencil\r\nQUIT\r\n' mail
	is 'Dovecot: wrong' 0 "+OK x\$
+OK\$
$wrong
+OK\$
$wrong
+OK\$" "$log mechanism=user user=tim@example.org result=wrong
$log mechanism=user user=eve result=wrong
$end end=quit"
	for mech in PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-256; do
		for how in initial none; do
			scram $mech tim@example.org pencil $how ./next 0
			check "Dovecot: $mech, $how" in_out '^USER=tim@example.org '
		done
	done
	dovecot_stop d
else
	check '# SKIP no dovecot' true
fi

done_testing
