#!/bin/sh
# Program test of postern-popup, with a checker that is a script.
. "$TESTS/lib/t.sh"

# What it got on descriptor 3 is in ./asked, a line for each field.
cat >check <<'EOF'
#!/bin/sh
tr '\0' '\n' <&3 >asked
exec 3<&-
{ read -r user; read -r secret; } <asked
case $secret in
right) exec "$@" ;;
trouble) exit 111 ;;
crash) kill -KILL $$ ;;
*) exit 1 ;;
esac
EOF
chmod +x check

# A dialogue: $in is sent and then the half of the connection closed; a CR of
# the replies shows as $.
plain=POSTERN_PLAINAUTH=ok
popup() {
	printf "$in" >in
	run env PROTO=TCP TCPREMOTEIP=192.0.2.7 POSTERN_SESSION=s1 $plain \
		postern-popup -d 0 "$@" <in
	tr '\r' '$' <out >replies
	mv replies out
}
log='postern-popup: auth session=s1 ip=192.0.2.7'
end='postern-popup: close session=s1 ip=192.0.2.7'
asked() { printf "$1" | cmp -s - asked; }

in='QUIT\r\n' popup mx.example ./check cat
is 'QUIT' 0 '+OK mx.example$
+OK$' "$end end=quit"

in='USER joe\r\nPASS right\r\nSTAT\r\nQUIT\r\n' popup mx.example ./check cat
is 'after the login the next program reads on where the login ended' 0 \
'+OK mx.example$
+OK$
STAT$
QUIT$' "$log mechanism=user user=joe result=ok"
check 'the checker got user and password' asked 'joe\nright\n\n'

in='AUTH PLAIN AGpvZQByaWdodA==\r\nSTAT\r\n' popup mx.example ./check cat
is 'AUTH PLAIN with an initial response' 0 '+OK mx.example$
STAT$' "$log mechanism=PLAIN user=joe result=ok"

in='AUTH LOGIN\r\nam9l\r\ncmlnaHQ=\r\nSTAT\r\n' popup mx.example ./check cat
is 'AUTH LOGIN' 0 '+OK mx.example$
+ VXNlcm5hbWU6$
+ UGFzc3dvcmQ6$
STAT$' "$log mechanism=LOGIN user=joe result=ok"

in='USER joe\r\nPASS a\r\nUSER joe\r\nPASS b\r\nUSER joe\r\nPASS c\r\nUSER joe\r\n' \
	popup mx.example ./check cat
is 'three wrong passwords end the session' 1 '+OK mx.example$
+OK$
-ERR [AUTH] wrong user name or password$
+OK$
-ERR [AUTH] wrong user name or password$
+OK$
-ERR [AUTH] too many attempts$' "$log mechanism=user user=joe result=wrong
$log mechanism=user user=joe result=wrong
$log mechanism=user user=joe result=wrong
$end end=refused"

in='USER joe\r\nPASS a\r\nUSER joe\r\nPASS right\r\n' popup -n 2 x ./check echo in
is 'a wrong and then the right one' 0 '+OK x$
+OK$
-ERR [AUTH] wrong user name or password$
+OK$
in' "$log mechanism=user user=joe result=wrong
$log mechanism=user user=joe result=ok"

in='USER joe\r\nPASS a\r\n' popup -n 1 x ./check echo in
is '-n: how many' 1 '+OK x$
+OK$
-ERR [AUTH] too many attempts$' "$log mechanism=user user=joe result=wrong
$end end=refused"

in='USER joe\r\nPASS a\r\n'
before=$(date +%s)
popup -d 1 -n 1 x ./check echo in
check '-d: a wrong password costs time' \
	[ "$(($(date +%s) - before))" -ge 1 ]

for secret in trouble crash; do
	case $secret in
	trouble) reason='exit\x20111' ;;
	crash) reason='signal\x209' ;;
	esac
	in="USER joe\r\nPASS $secret\r\nUSER joe\r\n" popup x ./check cat
	is "$secret in the checker is not a wrong password" 111 '+OK x$
+OK$
-ERR [SYS/TEMP] unable to serve the mailbox now$' \
		"$log mechanism=user user=joe result=failed reason=$reason
$end end=failed"
done

in='USER joe\r\nPASS right\r\n' popup x ./nonexistent cat
is 'a checker that cannot be run' 111 '+OK x$
+OK$
-ERR [SYS/TEMP] unable to serve the mailbox now$' \
	"$log mechanism=user user=joe result=failed reason=No\\x20such\\x20file\\x20or\\x20directory
$end end=failed"

in='USER joe\r\nPASS right\r\n' popup -T 1 x ./check sleep 20
is '-T: a session that is too long is ended' 111 '+OK x$
+OK$
-ERR [SYS/TEMP] unable to serve the mailbox now$' \
	"$log mechanism=user user=joe result=failed reason=timeout
$end end=failed"

long=$(printf %0500d 0)
in="USER joe\r\nPASS 12345678$long\r\n" popup x ./check cat
is 'more than a checker takes: like a wrong password' 0 '+OK x$
+OK$
-ERR [AUTH] wrong user name or password$' "$log mechanism=user user=joe result=too-long
$end end=eof"

in='USER a\001\033\r\nPASS secretive\r\n' popup x ./check cat
is 'the log is escaped and has no password' 0 '+OK x$
+OK$
-ERR [AUTH] wrong user name or password$' \
	"$log mechanism=user user=a\\x01\\x1b result=wrong
$end end=eof"

in='USER joe\r\nPASS right\r\n' popup x ./check sh -c 'exit 99'
is 'a mailbox session that timed out ended in silence' 0 '+OK x$
+OK$' "$log mechanism=user user=joe result=ok"

in='USER joe\r\nPASS right\r\n' popup -A -m "cram-md5 plain" x ./check \
	sh -c 'echo "$POSTERN_SESSION;$POSTERN_POPUP"'
check 'what the next programs are told' grep -q '^s1;USER,SASL PLAIN CRAM-MD5,$' out

in='USER joe\r\nPASS right\r\n'
printf "$in" >in
run env POSTERN_PLAINAUTH=ok postern-popup x ./check \
	sh -c 'echo "$POSTERN_SESSION" >id' <in
check 'without a session from the listener: one of its own, for all' \
	grep -q "session=$(cat id) ip=unknown .*result=ok" err

# when a password may cross the wire
capa='TOP$
UIDL$
RESP-CODES$
AUTH-RESP-CODE$
PIPELINING$
EXPIRE NEVER$
IMPLEMENTATION postern$
.$'
for plain in POSTERN_PLAINAUTH= POSTERN_TLS= PROTO=TCP; do
	in='CAPA\r\nUSER joe\r\nPASS right\r\nAUTH PLAIN AGpvZQByaWdodA==\r\n'
	popup x ./check cat
	is "$plain: no password" 0 "+OK x\$
+OK\$
$capa
-ERR a password is accepted under TLS only\$
-ERR a password is accepted under TLS only\$
-ERR a password is accepted under TLS only\$" "$end end=eof"
done
for plain in POSTERN_PLAINAUTH=ok POSTERN_TLS=TLSv1.3; do
	in='CAPA\r\n' popup x ./check cat
	is "$plain: a password" 0 "+OK x\$
+OK\$
USER\$
SASL PLAIN LOGIN\$
$capa" "$end end=eof"
done
printf 'CAPA\r\n' >in
run env PROTO=SSL postern-popup x ./check cat <in
check 'PROTO=SSL: a password' grep -q '^SASL PLAIN LOGIN' out
plain=POSTERN_PLAINAUTH=ok

in='QUIT\r\n'
unfit='-ERR [SYS/PERM] the server is not configured$'
plain=POSTERN_PLAINAUTH=yes
popup x ./check cat
plain=POSTERN_PLAINAUTH=ok
is 'POSTERN_PLAINAUTH=yes: neither' 100 "$unfit" \
	'postern-popup: fatal: POSTERN_PLAINAUTH is not ok: yes'
popup -p x /bin/true cat
is '-p: a checker that accepts anything' 100 "$unfit" \
	'postern-popup: fatal: the checker accepts any password: /bin/true'
popup -p x sh -c 'exit 111' cat
is '-p: one that cannot say' 111 '-ERR [SYS/TEMP] nobody can log in now$' \
	'postern-popup: fatal: the checker cannot be proved: exit 111'
popup -p x ./check cat
is '-p: one that does not' 0 '+OK x$
+OK$' "$end end=quit"

# TLS that is not there, or not to be believed; the rest is in stls.t
plain='POSTERN_PLAINAUTH=ok USER=root UCSPITLS= SSLCTLFD=0 SSLREADFD=0 SSLWRITEFD=0'
in='STLS\r\nUSER joe\r\nPASS right\r\n' popup x ./check \
	sh -c 'echo ${USER-nobody} ${UCSPITLS-} ${SSLCTLFD-} ${SSLREADFD-} ${SSLWRITEFD-}'
is 'descriptors that are none: no STLS; nothing of them, nor USER, is handed on' 0 \
	'+OK x$
-ERR no such command here$
+OK$
nobody' "postern-popup: tls session=s1 ip=192.0.2.7 reason=SSLCTLFD\\x20is\\x20not\\x20an\\x20open\\x20descriptor
$log mechanism=user user=joe result=ok"
plain='POSTERN_PLAINAUTH=ok UCSPITLS=! SSLCTLFD=0'
in='STLS\r\nUSER joe\r\nPASS right\r\nQUIT\r\n' popup -A x ./check cat
is 'required all the same' 0 '+OK x$
-ERR [SYS/TEMP] no TLS now$
-ERR STLS first$
-ERR STLS first$
+OK$' "postern-popup: tls session=s1 ip=192.0.2.7 reason=SSLCTLFD\\x20is\\x20not\\x20an\\x20open\\x20descriptor
$end end=quit"
plain='POSTERN_TLS=TLSv1.3 UCSPITLS=!'
in='USER joe\r\nPASS right\r\n' popup x ./check sh -c 'echo $POSTERN_TLS'
is 'required, and there from the beginning' 0 '+OK x$
+OK$
TLSv1.3' "$log mechanism=user user=joe result=ok"
plain='POSTERN_TLS=TLSv1.3 SSL_PROTOCOL=TLSv1.3 SSL_CIPHER=X'
in='QUIT\r\n' popup x ./check cat
is 'what is known of it is in the log' 0 '+OK x$
+OK$' "postern-popup: tls session=s1 ip=192.0.2.7 protocol=TLSv1.3 cipher=X
$end end=quit"
plain='POSTERN_TLS=TLSv1.3 POSTERN_CERT_SHA256=x'
in='QUIT\r\n' popup x ./check cat
is 'damaged facts: no service' 100 "$unfit" \
	'postern-popup: fatal: damaged facts of TLS in the environment'
plain='A=b POSTERN_CERT_SHA256=x'
in='QUIT\r\n' popup x ./check cat
is 'which in clear are none' 0 '+OK x$
+OK$' "$end end=quit"
plain=POSTERN_PLAINAUTH=ok

# APOP and CRAM-MD5: the checker's third field
cat >talk.py <<'EOF'
import base64, hashlib, hmac, subprocess, sys
kind, order = sys.argv[1], sys.argv[2:]
p = subprocess.Popen(["postern-popup", "-d", "0", "-A", "-m", "cram-md5", *order, "x",
                      "./check", "cat"], stdin=subprocess.PIPE,
                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
def say(s):
    p.stdin.write(s + b"\r\n")
    p.stdin.flush()
stamp = p.stdout.readline().split()[-1]
if kind == "apop":
    digest = hashlib.md5(stamp + b"tanstaaf").hexdigest()
    say(b"APOP mrose " + digest.encode())
else:
    say(b"AUTH CRAM-MD5")
    stamp = base64.b64decode(p.stdout.readline().split()[1])
    digest = hmac.new(b"tanstaaf", stamp, "md5").hexdigest()
    say(base64.b64encode(b"mrose " + digest.encode()))
p.stdout.readline()
fields = open("asked", "rb").read().split(b"\n")
want = [b"mrose", digest.encode(), stamp, b""]
if kind == "cram" and order:
    want[1:3] = [want[2], want[1]]
assert fields == want, (fields, want)
assert stamp.startswith(b"<") and stamp.endswith(b"@x>") and len(stamp) <= 40
p.stdin.close()
p.wait()
EOF
run python3 talk.py apop
is 'APOP: user, digest, timestamp' 0 '' ''
run python3 talk.py cram
is 'CRAM-MD5: user, response, challenge' 0 '' ''
run python3 talk.py cram -O challenge
is '-O challenge: user, challenge, response' 0 '' ''
run python3 talk.py apop -O challenge
is 'which is not for APOP' 0 '' ''

# deadlines
mkfifo silence
exec 9<>silence
run env POSTERN_SESSION=s1 postern-popup -t 1 x ./check cat <&9
tr '\r' '$' <out >replies
mv replies out
is '-t: no login in time, and nothing is said' 99 '+OK x$' \
	'postern-popup: close session=s1 ip=unknown end=timeout'
exec 9<&-

mkfifo drip
(
	i=0
	while [ $i -lt 40 ] && printf 'NOOP\r\n'; do
		i=$((i + 1))
		sleep 0.1
	done
) >drip 2>/dev/null &
run env POSTERN_SESSION=s1 postern-popup -t 1 x ./check cat <drip
is '-t: for the whole login, not for a line' 99 "$(cat out)" \
	'postern-popup: close session=s1 ip=unknown end=timeout'

in='USER joe\nPASS right\n' popup x ./check cat
is 'a bare newline' 1 '+OK x$
-ERR a line must end with CR LF$' "$end end=bare-newline"

usage='postern-popup: usage: postern-popup [ -A ] [ -p ] [ -m mechanisms ] '
usage="$usage[ -O response|challenge ] [ -a socket ] [ -n attempts ] "
usage="$usage[ -d seconds ] [ -t seconds ] [ -T seconds ] host prog..."
run postern-popup
is 'no arguments' 100 '' "$usage"
run postern-popup x
is 'no checker' 100 '' "$usage"
run postern-popup -n 3x x ./check
is 'a number that is none' 100 '' "$usage"
run postern-popup -O both x ./check
is 'an unknown order' 100 '' "$usage"
run postern-popup -m 'plain gssapi' x ./check
is 'an unknown mechanism' 100 '' \
	'postern-popup: fatal: unknown mechanism: gssapi'
run postern-popup '<a>' ./check
is 'a host that would look like a timestamp' 100 '' \
	'postern-popup: fatal: not a host name: <a>'

done_testing
