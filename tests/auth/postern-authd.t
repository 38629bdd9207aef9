#!/bin/sh
# Program test of postern-authd: its lines, byte by byte, as its own server and
# under another one; options; what it does about users, keys, checkers.
. "$TESTS/lib/t.sh"

usage='postern-authd: usage: postern-authd [ -p ] [ -m mechanisms ] [ -T keyfile ] [ -G store ] [ -H host ] [ -u user ] [ -g group ] [ -s socket [ -d fd ] [ -c connections ] [ -N hashes ] ] users.cdb | -x [ -O order ] checker...'
all='PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SCRAM-SHA-256-PLUS EXTERNAL'
say() { printf "$(printf %s "$1" | sed 's/\\0/\\000/g')"; }
b64() { say "$1" | base64 -w 0; }
right=$(b64 '\0tim\0pw') wrong=$(b64 '\0tim\0px')
hello=$(printf 'VERSION\t1\t1\nCPID\t42\n.')
hello=${hello%.}
tab=$(printf '\t')

# --- users: every kind of secret of the password "pw" ---
printf 'pw\n' | postern-passwd add -n 1 -u 1000 -g 1000 -d /usr model
hash=$(sed -n 's/^model:\([^:]*\):.*/\1/p' users)
cram=d3b327e40131add8092e3cb400c690fb8c4c989cd9d0f4ebd9644e4aa7b64cfa
scram=$(python3 - <<-'EOF'
	import base64, hashlib, hmac
	s = bytes(range(16)); b = lambda x: base64.b64encode(x).decode()
	k = hashlib.pbkdf2_hmac("sha256", b"pw", s, 10000)
	m = lambda t: hmac.new(k, t, "sha256").digest()
	print("10000", b(s), b(hashlib.sha256(m(b"Client Key")).digest()),
	      b(m(b"Server Key")), sep=",")
EOF
)
cat >users <<-EOF
	tim:$hash:1000:1000::/usr::cram_md5=$cram scram_sha_256=$scram
	off:$hash:1000:1000::/usr::cram_md5=$cram scram_sha_256=$scram nologin
	hash:$hash:1000:1000::/usr::
	clear:{PLAIN}pw:1000:1000::/usr::
EOF
postern-passwd compile users users.cdb mailboxes.cdb 2>/dev/null || exit 1

authd() { # authd OPTION...: a server on the socket "s"; waits until it is ready
	rm -f ready
	mkfifo ready
	postern-authd -s s -d 3 "$@" 3>ready 2>>log &
	server=$!
	servers="${servers-} $server"
	trap 'kill -KILL $servers 2>/dev/null' EXIT
	read -r _ <ready
}
talk() { # talk LINES OPTION...: one connection on standard input and output;
	 # leaves out (without the greeting), err and rc
	printf '%s' "$hello$1" >lines
	shift
	# it ends when its input does
	run postern-authd "$@" <lines
	sed -i '1,/^DONE$/d' out
}

# --- the command line ---
for args in '' '-z users.cdb' 'users.cdb more' '-x'; do
	run postern-authd $args
	is "usage: '$args'" 100 '' "$usage"
done
run postern-authd -m 'PLAIN SCRAM' users.cdb
is 'a mechanism that is none' 100 '' 'postern-authd: fatal: -m: not a mechanism: SCRAM'
run postern-authd -m '' users.cdb
is 'no mechanism' 100 '' 'postern-authd: fatal: -m: no mechanism'
run postern-authd -m SCRAM-SHA-256 -x true
is 'a checker cannot do SCRAM' 100 '' \
	'postern-authd: fatal: -m: a checker knows PLAIN, LOGIN and CRAM-MD5 only'
run postern-authd -O both -x true
is '-O' 100 '' 'postern-authd: fatal: -O: neither response nor challenge: both'
run postern-authd -c 0 users.cdb
is '-c' 100 '' 'postern-authd: fatal: -c: not a number that it takes: 0'
run postern-authd -N x users.cdb
is '-N' 100 '' 'postern-authd: fatal: -N: not a number that it takes: x'

# --- on descriptors 0 and 1 ---
run postern-authd users.cdb </dev/null
sed -i -E 's/^(SPID\t|COOKIE\t).*/\1#/' out
is 'the greeting; the client says nothing' 0 "$(printf '%s\n' "VERSION${tab}1${tab}1" \
	"MECH${tab}PLAIN${tab}plaintext" "MECH${tab}LOGIN${tab}plaintext" \
	"MECH${tab}SCRAM-SHA-256${tab}mutual-auth" "SPID${tab}#" "CUID${tab}1" \
	"COOKIE${tab}#" DONE)" ''
talk "AUTH${tab}1${tab}PLAIN${tab}resp=$right
AUTH${tab}2${tab}PLAIN${tab}resp=$wrong
" users.cdb
is 'a user, right and wrong' 0 "OK${tab}1${tab}user=tim
FAIL${tab}2${tab}user=tim" 'postern-authd: auth user=tim mechanism=PLAIN result=ok
postern-authd: auth user=tim mechanism=PLAIN result=wrong reason=secret'
talk "FOO
" users.cdb
is 'who breaks the rules' 1 '' 'postern-authd: closed reason=an\x20unknown\x20command'
clear=$(b64 '\0clear\0pw')
talk "AUTH${tab}1${tab}PLAIN${tab}resp=$clear
" users.cdb
is 'a {PLAIN} secret is not used' 0 "FAIL${tab}1${tab}user=clear" \
	'postern-authd: auth user=clear mechanism=PLAIN result=wrong reason=secret'
talk "AUTH${tab}1${tab}PLAIN${tab}resp=$clear
" -p users.cdb
is 'but with -p' 0 "OK${tab}1${tab}user=clear" \
	'postern-authd: auth user=clear mechanism=PLAIN result=ok'

temp="FAIL${tab}1${tab}user=tim${tab}temp${tab}reason=Temporary failure, try again later"
failed='postern-authd: auth user=tim mechanism=PLAIN result=failed reason'
ask="AUTH${tab}1${tab}PLAIN${tab}resp=$right
"
talk "$ask" none.cdb
is 'no users file' 0 "$temp" "$failed=open\\x20none.cdb:\\x20No\\x20such\\x20file\\x20or\\x20directory"
cp users.cdb open.cdb
chmod 644 open.cdb
talk "$ask" open.cdb
is 'one that others may read' 0 "$temp" \
	"$failed=trust\\x20open.cdb:\\x20others\\x20may\\x20read\\x20or\\x20write\\x20it"
: >empty.cdb
chmod 600 empty.cdb
talk "$ask" empty.cdb
is 'one that is damaged' 0 "$temp" "$failed=read\\x20empty.cdb:\\x20Protocol\\x20error"

# --- its own server ---
authd -m "$all" users.cdb
mode=$(stat -c '%a %F' s)
check 'the socket is for everybody' [ "$mode" = '666 socket' ]
python3 "$TESTS/auth/postern-authd.py" "$PWD/s" "$PWD/log" >py.out 2>err || :
cp py.out out
while read -r result; do
	case $result in
	'ok '*) check "${result#ok [0-9]* - }" true ;;
	'not ok '*) check "${result#not ok [0-9]* - }" false ;;
	esac
done <py.out
check 'the client came to its end' grep -q '^1\.\.' py.out
mock=$(sed -n 's/^# mock //p' py.out)

client() { # client PYTHON: with a as a connection; leaves out, err and rc
	run python3 -c "
import os, sys
sys.path.insert(0, os.environ['TESTS'] + '/lib')
from authd import Authd
with Authd('s') as a:
    $1"
}
salt='a.begin("SCRAM-SHA-256", "resp=bixhPW5vYm9keSxuPW5vYm9keSxyPWFiYw=="); import base64; print(base64.b64decode(a.answer()[5:]).decode()[30:])'
client "$salt"
is 'the salt of nobody' 0 "$mock" ''

postern-authd -s s -d 3 -m PLAIN users.cdb 3>ready2 2>>log2 &
second=$!
servers="$servers $second"
await . ready2
client 'print(a.greeting[1:3])'
is 'a second server takes the socket over in one step' 0 \
	"['MECH\\tPLAIN\\tplaintext', 'SPID\\t$second']" ''
kill $second
wait $second
is 'SIGTERM ends it' 0 "$(cat out)" ''
stop
check 'and the first' [ "$rc" = 0 ]

# --- restart: a dead server's socket, the same salts, a new users file ---
authd users.cdb
client "$salt"
is 'the salt of nobody outlives a restart' 0 "$mock" ''
cat >wait.py <<-'EOF'
	import os, sys
	sys.path.insert(0, os.environ["TESTS"] + "/lib")
	from authd import Authd
	with Authd("s") as a:
	    print(a.auth("PLAIN", "new", "pw"), flush=True)
	    sys.stdin.readline()
	    print(a.auth("PLAIN", "new", "pw"), flush=True)
EOF
mkfifo go
python3 wait.py <go >new.out 2>&1 &
waiting=$!
servers="$servers $waiting"
exec 4>go
await FAIL new.out
echo "new:$hash:1000:1000::/usr::" >>users
postern-passwd compile users users.cdb mailboxes.cdb 2>/dev/null
echo >&4
wait $waiting
exec 4>&-
cp new.out out
check 'a connection sees the users file of today' \
	[ "$(cat new.out)" = "FAIL${tab}user=new
OK${tab}user=new" ]
kill -HUP "$server"
check 'SIGHUP looks whether all can be read' \
	await 'postern-authd: info: reload: what attempts need can be read' log
chmod 644 users.cdb
kill -HUP "$server"
check 'and says if not' await \
	'postern-authd: warning: unable to trust users.cdb: others may read or write it' log
stop KILL
run postern-authd -s s users.cdb
is 'no start without a good users file' 111 '' \
	'postern-authd: warning: unable to trust users.cdb: others may read or write it'
chmod 600 users.cdb
echo file >not-a-socket
run postern-authd -s not-a-socket users.cdb
is 'a file is not replaced by a socket' 111 '' \
	'postern-authd: fatal: unable to bind not-a-socket: File exists'

# --- the token ---
run postern-authd -s s -T key users.cdb
is 'a key that is not there' 111 '' \
	'postern-authd: warning: unable to read key: No such file or directory'
head -c 32 /dev/zero >key
chmod 600 key
authd -T key users.cdb
client 'import hmac, hashlib, time
    before = int(time.time())
    ok, user, token = a.auth("PLAIN", "TIM", "pw", "service=pop3").split("\t")
    name, expires, mac = token[len("token="):].split(":")
    good = hmac.new(bytes(32), (expires + ":tim").encode(), "sha256").hexdigest()
    left = int(expires, 16) - before
    print(ok, user, name, mac == good, 30 <= left <= 90)
    print(a.auth("PLAIN", "tim", "pw", "service=smtp"))
    print(a.auth("PLAIN", "tim", "px", "service=pop3"))
    print(a.auth("PLAIN", "tim", "pw"))'
is 'a token for who opens mailboxes, and for nobody else' 0 \
	"OK user=tim postern-token True True
OK${tab}user=tim
FAIL${tab}user=tim
OK${tab}user=tim" ''
client "$salt"
salted=$(cat out)
stop
printf 'pw\n' | postern-passwd -f users2 add -n 1 -u 1000 -g 1000 -d /usr model
hash2=$(sed -n 's/^model:\([^:]*\):.*/\1/p' users2)
sed -i "s|:{CRYPT}[^:]*:|:$hash2:|" users
postern-passwd compile users users.cdb mailboxes.cdb 2>/dev/null
authd -T key users.cdb
client "$salt"
is 'with a key the salts depend on no user' 0 "$salted" ''
check 'and are others' [ "$salted" != "$mock" ]
stop

# --- a checker ---
cat >checker <<-'EOF'
	#!/bin/sh
	# user pw is right for tim; knows CRAM-MD5 responses by their form
	tr '\000' '\n' <&3 >fields.$$
	mv fields.$$ fields
	{ read -r user; read -r secret; read -r extra; } <fields
	case $user:$secret:$extra in
	tim:pw:) exec "$@" ;;
	tim:????????????????????????????????:'<'*'>') exec "$@" ;;
	tim:'<'*'>':????????????????????????????????) exec "$@" ;;
	gone:*) exit 111 ;;
	esac
	exit 1
EOF
chmod +x checker
authd -x ./checker sh -c 'echo "$TCPREMOTEIP $POSTERN_SESSION" >seen'
client 'print(a.greeting[1:-4])
    print(a.auth("PLAIN", "tim", "pw", "rip=192.0.2.7", "session=s.1"))
    print(a.auth("LOGIN", "tim", "pw", "rip=192.0.2.7", "session=s.1"))
    print(a.auth("PLAIN", "tim", "px"))
    print(a.auth("PLAIN", "TIM", "pw"))
    print(a.auth("PLAIN", "gone", "pw"))
    print(a.auth("PLAIN", "tim", "x" * 600))'
is 'a checker is asked' 0 \
	"['MECH\\tPLAIN\\tplaintext', 'MECH\\tLOGIN\\tplaintext']
OK${tab}user=tim
OK${tab}user=tim
FAIL${tab}user=tim
FAIL${tab}user=TIM
FAIL${tab}user=gone${tab}temp${tab}reason=Temporary failure, try again later
FAIL${tab}user=tim" ''
check 'and knows who is there' [ "$(cat seen)" = '192.0.2.7 s.1' ]
check 'its failure is logged' grep -q -F \
	'auth user=gone mechanism=PLAIN result=failed reason=exit\x20111' log
stop
for order in response challenge; do
	authd -m CRAM-MD5 -O $order -x ./checker true
	client 'print(a.auth("CRAM-MD5", "tim", "pw"))'
	is "CRAM-MD5, -O $order" 0 "OK${tab}user=tim" ''
	second=$(sed -n '2p' fields)
	case $order:$second in response:'<'* | challenge:[!'<']*) false ;; esac
	check 'in that order' [ $? = 0 ]
	stop
done
run postern-authd -s s -x true
is 'a checker that accepts everything' 100 '' \
	'postern-authd: fatal: true accepts a password that nobody has'
authd -x sh -c 'exit 111'
check 'one that cannot judge now' await \
	'postern-authd: warning: sh cannot judge: exit 111' log
stop

# --- who guesses ---
mkdir -m 700 guesses
authd -G guesses users.cdb
client 'import time
    def ask(password, user, *more):
        return a.auth("PLAIN", user, password, "rip=192.0.2.7", *more)
    begun = time.monotonic()
    print(ask("px", "tim"))
    print(time.monotonic() - begun >= 1)
    print(ask("pw", "tim"))
    print(ask("px", "tim", "no-penalty"))'
is 'a failure waits' 0 "FAIL${tab}user=tim
True
OK${tab}user=tim
FAIL${tab}user=tim" ''
check 'it is counted, and who was right has a mark' \
	[ "$(cd guesses && echo *)" = 'from=192.0.2.7 new pair=192.0.2.7+tim user=tim' ]
rm guesses/*
ln -s 1:$(date +%s):3600:20 guesses/from=192.0.2.9
for m in PLAIN SCRAM-SHA-256; do
	client "print(a.auth('$m', 'tim', 'pw', 'rip=192.0.2.9'))
    print(a.auth('$m', 'tim', 'pw', 'rip=192.0.2.10'))
    print(a.auth('$m', 'tim', 'pw', 'rip=192.0.2.9', 'no-penalty'))"
	is "who failed too often is refused: $m" 0 \
		"FAIL${tab}user=tim${tab}temp${tab}reason=Too many failed logins, try again later
OK${tab}user=tim
OK${tab}user=tim" ''
	check 'and that is logged' grep -q -F \
		"ip=192.0.2.9 user=tim mechanism=$m result=refused reason=guessing" log
done
rm -r guesses
client 'print(a.auth("PLAIN", "tim", "pw", "rip=192.0.2.9"))'
is 'a store that is gone refuses nobody' 0 "OK${tab}user=tim" ''
check 'and is missed' grep -q '^postern-authd: warning: unable to count in guesses: ' log
stop

# --- many ---
authd -c 3 -N 1 users.cdb
client 'import threading
    got = []
    def one():
        with Authd("s") as b:
            got.append(b.auth("PLAIN", "tim", "pw"))
    all = [threading.Thread(target=one) for _ in range(20)]
    for t in all: t.start()
    for t in all: t.join()
    print(len(got), set(got))'
is 'more clients than may be there at once' 0 "20 {'OK\\tuser=tim'}" ''
stop

# --- another identity ---
if [ "$(id -u)" = 0 ]; then
	chmod 755 .
	chown 0:54321 users.cdb
	chmod 640 users.cdb
	authd -u 54321 -g 54321 users.cdb
	client 'print(a.auth("PLAIN", "tim", "pw"))
    import struct, socket
    print(*struct.unpack("3i", a.s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1:])
    print(open(f"/proc/{a.greeting[-4][5:]}/status").read().split("Groups:")[1].split("\n")[0].strip())'
	is 'as somebody else' 0 "OK${tab}user=tim
0 0
54321" ''
	check 'all ids are his' [ "$(sed -n 's/^[UG]id:\t//p' /proc/"$server"/status |
		sort -u)" = "$(printf '54321\t54321\t54321\t54321')" ]
	stop
else
	echo '# SKIP -u and -g need root'
fi

# --- what a log must not hold ---
cat log log2 >err
check 'no secret in the log' [ "$(grep -c -e px -e "$right" -e 'pw' log)" = 0 ]
done_testing
