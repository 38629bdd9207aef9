#!/bin/sh
# Program test of postern-tcpserver: options, environment, rules, limits,
# sockets.  tests/compat/tcpserver.t has what it shares with 0.88.
. "$TESTS/lib/t.sh"

p=postern-tcpserver
me=$(id -u)

# ask SOURCE [BYTES]: connect, send, print all that comes.
cat >ask.py <<'EOF'
import socket, sys
port, source = int(sys.argv[1]), sys.argv[2]
peer = "::1" if ":" in source else "127.0.0.1"
s = socket.create_connection((peer, port), 20, (source, 0))
s.settimeout(20)
try:
    if len(sys.argv) > 3:
        s.sendall(sys.argv[3].encode("latin-1").decode("unicode_escape").encode("latin-1"))
        s.shutdown(socket.SHUT_WR)
    sys.stdout.buffer.write(s.makefile("rb").read())
except ConnectionResetError:
    print("reset")
EOF
ask() { run python3 ask.py "$port" "$@"; }
# hold NAME SOURCE: connect, wait for one line, and stay until NAME is removed.
cat >hold.py <<'EOF'
import os, socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20, (sys.argv[3], 0))
s.settimeout(20)
line = s.makefile("rb").readline()
open(sys.argv[2], "wb").write(line)
while os.path.exists(sys.argv[2]): time.sleep(0.01)
EOF
hold() {
	python3 hold.py "$port" "$1" "$2" &
	held=$!
	await . "$1"
}
let_go() { rm -f "$1"; wait $held; }
rules() { tcprules "$1" r.tmp; }
cr=$(printf '\r')

# --- what is refused at the start ---
refused() {	# refused NAME EXIT MESSAGE OPTIONS...
	about=$1 code=$2 message=$3
	shift 3
	run timeout 10 $p "$@"
	is "$about" "$code" '' "$p: fatal: $message"
}
refused '-c 0' 100 '-c: not a number from 1 to 65535: 0' -c 0 0 0 true
refused '-c abc' 100 '-c: not a number from 1 to 65535: abc' -c abc 0 0 true
refused '-c 5x' 100 '-c: not a number from 1 to 65535: 5x' -c 5x 0 0 true
refused '-t -1' 100 '-t: not a number from 1 to 86400: -1' -t -1 0 0 true
refused '-b 0' 100 '-b: not a number from 1 to 65535: 0' -b 0 0 0 true
refused '-T x' 100 '-T: not a number from 0 to 86400: x' -T x 0 0 true
refused '-C x' 100 '-C: not a number from 0 to 65535: x' -C x 0 0 true
refused '-N x' 100 '-N: not a number from 1 to 65535: x' -N x 0 0 true
refused '-N 99' 100 '-N: file descriptor not open' -N 99 0 0 true
for v in 5 5/ /5 0/5 5/0 5/x x/5 5/86401 -1/5; do
	refused "-j $v" 100 "-j: not COUNT/SECONDS: $v" -j $v 0 0 true
done
for v in 10.0.0.1/8 10/8 x 256.0.0.0/8 10.0.0.0/33 ''; do
	refused "-y $v" 100 "-y: not an address or a network: $v" -y "$v" 0 0 true
done
refused 'port 99999' 100 'not a port number: 99999' 127.0.0.1 99999 true
refused '-a without port' 100 '-a: not HOST:PORT: 127.0.0.1' -a 127.0.0.1 127.0.0.1 0 true
refused '-u no-such-user' 100 'no such user: no-such-user' -u no-such-user 0 0 true
refused '-g no-such-group' 100 'no such group: no-such-group' -g no-such-group 0 0 true
refused '-u 7x' 100 'no such user: 7x' -u 7x 0 0 true
refused '-u without group' 100 'no account has this id, so give a group too: 4000000001' -u 4000000001 0 0 true
refused '-f 0, no socket' 100 'descriptor 0 is no listening TCP socket: not a socket' -f 0 0 0 true
run timeout 10 $p -U 0 0 true
is '-U without UID' 100 '' "$p: fatal: UID not set"

# --- environment and descriptors ---
serve env RELAYCLIENT=evil SMTPAUTHUSER=evil TCPREMOTEINFO=evil POSTERN_RULE=evil \
	POSTERN_TLS=evil POSTERN_CERT_SHA256=evil SSL_PROTOCOL=evil SSLREADFD=9 \
	sh -c 'exec "$@" 9</dev/null' - \
	$p -1 127.0.0.1 0 sh -c 'env; for f in /proc/$$/fd/*; do echo "fd ${f##*/}"; done'
ask 127.0.0.1
check 'inherited rights are gone' sh -c '! grep -E "RELAY|AUTH|INFO|POSTERN_RULE|TLS|SSL|CERT" out'
check 'a session id' grep -Eq '^POSTERN_SESSION=[0-9a-f]+\.[0-9a-f]{8}$' out
check 'no names were looked up' sh -c '! grep HOST out'
check 'addresses' [ "$(grep -cxE "PROTO=TCP|TCP(LOCAL|REMOTE)IP=127.0.0.1|TCPLOCALPORT=$port" out)" = 4 ]
# 3 is the directory that the shell itself reads
check 'no descriptor leaks' [ "$(grep '^fd' out | tr '\n' ' ')" = 'fd 0 fd 1 fd 2 fd 3 ' ]
check 'and one warning says so' grep -Eqx \
	"$p: warning: removed from the environment .-k keeps them.:( RELAYCLIENT| SMTPAUTHUSER| POSTERN_TLS| POSTERN_CERT_SHA256| SSL_PROTOCOL){5}" server.log
stop

serve env RELAYCLIENT=meant SSL_CIPHER=meant $p -1k 127.0.0.1 0 env
ask 127.0.0.1
check '-k keeps them' [ "$(grep -cxE '(RELAYCLIENT|SSL_CIPHER)=meant' out)" = 2 ]
check '-k: no warning' [ ! -s server.log ]
stop

# --- rules ---
printf '%s\n' '127.0.0.2:deny,POSTERN_DENY="554 not you"' '127.0.0.3:deny' \
	'127.0.0.4:allow,RELAYCLIENT="@x",POSTERN_SESSION="evil"' '127.0.0.5:allow,MAXCONNIP="x"' \
	':allow,RELAYREASON="auth:evil"' | rules r.cdb
serve $p -1v -x r.cdb -B 'banner ' 127.0.0.1 0 sh -c 'echo "$RELAYCLIENT $RELAYREASON $POSTERN_RULE"'
ask 127.0.0.4
is 'a rule lets relay, and is named' 0 'banner @x rule:127.0.0.4 127.0.0.4' ''
ask 127.0.0.1
is 'the rule for all' 0 'banner  auth:evil ' ''
ask 127.0.0.2
is 'denied, with a text, and no banner' 0 "554 not you$cr" ''
ask 127.0.0.3
is 'denied, silently, and no banner' 0 '' ''
ask 127.0.0.5
is 'a rule that makes no sense refuses' 0 "421 4.3.0 temporarily unable to decide, try again later$cr" ''
check 'and the log says why' grep -qx "$p: warning: dropping connection, unable to use r.cdb: MAXCONNIP is not a number" server.log
check 'a session line names the rule' grep -Eq "^$p: accept session=[0-9a-f.]+ pid=[0-9]+ ip=127.0.0.4 rule=127.0.0.4$" server.log
printf ':deny\n' | rules r.cdb
kill -HUP "$server"
await "rules file=r.cdb" server.log
tries=0
until ask 127.0.0.4; [ ! -s out ] || [ $tries -gt 100 ]; do tries=$((tries + 1)); done
is 'HUP: the new rules' 0 '' ''
stop
check 'TERM: exit 0' [ "$rc" = 0 ]

# --- limits ---
printf '%s\n' '127.0.0.2:allow,MAXCONNIP="1",DIEMSG="450 full"' '127.0.0.3:allow,MAXCONNIP="0"' \
	':allow' | rules l.cdb
serve $p -1 -C 2 -x l.cdb 127.0.0.1 0 sh -c 'echo hi; read x; :'
hold a 127.0.0.1
hold_a=$held
hold b 127.0.0.1
ask 127.0.0.1
is 'a third connection from one address' 0 "421 4.7.0 too many connections from your address$cr" ''
await 'limit session=' server.log
check 'is in the log' grep -Eq "^$p: limit session=[0-9a-f.]+ ip=127.0.0.1 count=3 max=2$" server.log
ask 127.0.0.9 x
is 'another address is not concerned' 0 hi ''
let_go b
tries=0
until ask 127.0.0.1 x; [ "$(cat out)" = hi ] || [ $tries -gt 100 ]; do tries=$((tries + 1)); done
is 'when one ends there is room again' 0 hi ''
hold c 127.0.0.2
ask 127.0.0.2
is "a rule's own limit and text" 0 "450 full$cr" ''
let_go c
held=$hold_a
let_go a
stop

serve $p -1 -j 2/3600 127.0.0.1 0 echo hi
ask 127.0.0.1
ask 127.0.0.1
is 'two in an hour' 0 hi ''
ask 127.0.0.1
is 'are the most' 0 "421 4.7.0 you connect too often, try again later$cr" ''
ask 127.0.0.2
is 'for each address' 0 hi ''
stop

serve $p -1 -c 1 127.0.0.1 0 sh -c 'echo hi; read x; :'
hold a 127.0.0.1
python3 ask.py "$port" 127.0.0.2 x >late &
late=$!
let_go a
wait $late
check '-c 1: the second waits for the first' [ "$(cat late)" = hi ]
stop

serve $p -1 -m '-ERR busy' -j 1/3600 127.0.0.1 0 echo hi
ask 127.0.0.1
ask 127.0.0.1
is '-m: what a POP3 client understands' 0 "-ERR busy$cr" ''
stop

# --- sockets ---
if [ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6; then
	serve $p -1v :: 0 sh -c 'echo $TCPREMOTEIP $TCPLOCALIP'
	ask 127.0.0.1
	is '::, an IPv4 client' 0 '127.0.0.1 127.0.0.1' ''
	ask ::1
	is '::, an IPv6 client' 0 '::1 ::1' ''
	await 'ok .*\[::1\]' server.log
	check '::, the log' grep -Eq "^$p: ok [0-9]+ :\\[::1\\]:$port :\\[::1\\]::[0-9]+$" server.log
	stop
	serve $p -1 -C 1 ::1 0 sh -c 'echo $TCPREMOTEIP'
	ask ::1
	is '::1' 0 ::1 ''
	stop
fi
serve $p -1 127.0.0.1 0 true
other=$port
stop
serve $p -1 -a "127.0.0.1:$other" 127.0.0.1 0 sh -c 'echo $TCPLOCALPORT'
ask 127.0.0.1
is 'the first of two sockets' 0 "$port" ''
port=$other
ask 127.0.0.1
is 'the second' 0 "$other" ''
stop

cat >pass.py <<'EOF'
import os, socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(5)
to = int(sys.argv[1])
if s.fileno() != to: os.dup2(s.fileno(), to)
os.set_inheritable(to, True)
os.write(1, b"%d\n" % s.getsockname()[1])
if to == 3: os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[2], sys.argv[2:])
EOF
serve python3 pass.py 3 $p x y sh -c 'echo hi ${LISTEN_FDS-unset}'
ask 127.0.0.1
is 'a socket by LISTEN_FDS' 0 'hi unset' ''
stop
serve python3 pass.py 0 $p -f 0 x y echo hi
ask 127.0.0.1
is 'a socket on descriptor 0' 0 hi ''
stop

mkfifo ready
$p -N 4 127.0.0.1 0 true 4>ready 2>/dev/null &
servers="$servers $!"
run cat ready
is '-N: a newline, then the end' 0 '' ''
kill $!

# --- identity ---
if [ "$me" = 0 ]; then
	serve $p -1 -u nobody 127.0.0.1 0 id
	ask 127.0.0.1
	is '-u NAME: its id and its groups' 0 "$(setpriv --reuid nobody --regid nogroup --init-groups id)" ''
	stop
	serve $p -1 -u 4000000001 -g 4000000002 127.0.0.1 0 sh -c 'id -u; id -G'
	ask 127.0.0.1
	is 'numbers' 0 "4000000001
4000000002" ''
	stop
	serve env UID=65534 GID=4000000002 $p -1U 127.0.0.1 0 sh -c 'id -u; id -g'
	ask 127.0.0.1
	is '-U' 0 "65534
4000000002" ''
	stop
else
	run timeout 10 $p -u root 127.0.0.1 0 true
	is 'an ordinary user does not become root' 111 '' "$p: fatal: unable to set gid: permission denied"
fi
serve $p -1 -u "$me" -g "$(id -g)" 127.0.0.1 0 id -u
ask 127.0.0.1
is 'who one is already' 0 "$me" ''
stop

done_testing
