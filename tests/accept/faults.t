#!/bin/sh
# What goes wrong around postern-tcpserver, and how it lives on; how it ends.
. "$TESTS/lib/t.sh"

p=postern-tcpserver
cr=$(printf '\r')
undecided="421 4.3.0 temporarily unable to decide, try again later$cr"
resources="421 4.3.2 out of resources, try again later$cr"
other='-u 4000000001 -g 4000000001'
[ "$(id -u)" = 0 ] || other=

cat >ask.py <<'EOF'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20, (sys.argv[2], 0))
s.settimeout(40)
print(s.makefile(newline="").read(), end="")
EOF
ask() { run python3 ask.py "$port" 127.0.0.1; }
hup() {	# and until it has been looked at
	: >server.log
	kill -HUP "$server"
	await "$1" server.log
}

# --- rules ---
serve $p -1v -x r.cdb 127.0.0.1 0 echo hi
ask
is 'rules are missing: nobody gets in' 0 "$undecided" ''
check 'and the log says so at the start' grep -qx \
	"$p: warning: unable to read r.cdb: file does not exist; every client is refused" server.log
echo '127.0.0.1:allow' | tcprules r.cdb r.tmp
hup 'rules file=r.cdb'
ask
is 'they come: he does' 0 hi ''
for damage in 'truncated' 'empty' 'nonsense' 'removed' 'a directory'; do
	case $damage in
	truncated) head -c 2050 r.cdb >x && cat x >r.cdb ;;
	empty) : >r.cdb ;;
	nonsense) head -c 3000 /dev/urandom >r.cdb ;;
	removed) rm r.cdb ;;
	*) mkdir r.cdb ;;
	esac
	hup 'unable to read r.cdb: .*; the last good rules stay in force'
	ask
	is "then the file is $damage: the last good rules decide" 0 hi ''
done
rmdir r.cdb
echo '127.0.0.1:deny' | tcprules r.cdb r.tmp
hup 'rules file=r.cdb'
ask
is 'and the next good ones' 0 '' ''
echo '127.0.0.1:allow' | tcprules r.cdb r.tmp
tries=0
until ask; [ -s out ] || [ $tries -gt 1000 ]; do tries=$((tries + 1)) && sleep 0.02; done
is 'a new file is found without a signal' 0 hi ''
stop

head -c 2050 r.cdb >short.cdb
serve $p -1 -X -x short.cdb 127.0.0.1 0 echo hi
ask
is '-X: damaged is not missing' 0 "$undecided" ''
stop
if [ -n "$other" ]; then
	cp r.cdb secret.cdb
	chmod 0 secret.cdb
	# shellcheck disable=SC2086
	serve $p -1 -X -x "$PWD/secret.cdb" $other 127.0.0.1 0 echo hi
	ask
	is '-X: unreadable is not missing' 0 "$undecided" ''
	check 'the log' grep -q 'unable to read .*secret.cdb: access denied' server.log
	stop
fi

# --- descriptors: the limit is the first number that is free ---
serve $p -1 127.0.0.1 0 sh -c 'echo hi'
ask # it has come to rest
free=0
while [ -e "/proc/$server/fd/$free" ]; do free=$((free + 1)); done
prlimit --pid "$server" --nofile=$free:
ask
is 'no descriptor left: an answer all the same' 0 "$resources" ''
check 'the log' grep -qx "$p: warning: unable to accept a connection: process cannot open more files" server.log
ask
ask
cpu() { cut -d ' ' -f 14,15 "/proc/$server/stat" | tr ' ' +; }
before=$(($(cpu)))
python3 -c "
import socket
s = [socket.create_connection(('127.0.0.1', $port)) for i in range(4)]
for c in s: c.recv(100)"
check 'it does not spin' [ $(($(cpu) - before)) -lt 50 ]
check 'and says so once' [ "$(wc -l <server.log)" = 1 ]
prlimit --pid "$server" --nofile=64:
tries=0
until ask; [ "$(cat out)" = hi ] || [ $tries -gt 100 ]; do tries=$((tries + 1)); done
is 'descriptors are back: so is the service' 0 hi ''
stop

# --- processes ---
# shellcheck disable=SC2086
serve prlimit --nproc=0:1000 $p -1 $other 127.0.0.1 0 echo hi
ask
is 'no process: an answer' 0 "$resources" ''
check 'the log' grep -Eqx "$p: warning: dropping connection, unable to (fork|run echo): temporary failure" server.log
${other:+setpriv --reuid 4000000001 --regid 4000000001 --clear-groups} \
	prlimit --pid "$server" --nproc=1000:
ask
is 'processes are back: so is the service' 0 hi ''
stop

serve $p -1v 127.0.0.1 0 ./prog
ask
is 'no program: an answer' 0 "$resources" ''
await 'end .* status 28416' server.log
check 'the log' grep -qx "$p: warning: dropping connection, unable to run ./prog: file does not exist" server.log
printf '#!/bin/sh\necho hi\n' >prog
chmod +x prog
ask
is 'it comes' 0 hi ''
stop

# --- many, and the count is right afterwards ---
serve $p -1v -c 20 -C 20 127.0.0.1 0 /bin/true
run "$HELPERS/connload" "$port" 500 40
check '500 connections, more at once than -c' [ "$rc" = 0 ]
await_last() {
	tries=500
	until tail -n 1 server.log | grep -q "$1" || [ $tries = 0 ]; do
		tries=$((tries - 1)) && sleep 0.02
	done
}
await_last 'status: 0/20'
check 'none is left' [ "$(tail -n 1 server.log)" = "$p: status: 0/20" ]
check 'each began and ended' [ "$(grep -c ' end ' server.log)" = "$(grep -c ' pid .* from' server.log)" ]
check 'no more than -c at once' sh -c "! grep -E 'status: (2[1-9]|[3-9].)/' server.log"
stop

# --- the end ---
cat >stay.py <<'EOF'
# Stay connected until the file is there; then send a line, print the answer.
import os, socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.settimeout(20)
s.makefile("rb").readline()
open("connected", "w").close()
while not os.path.exists("go"): time.sleep(0.01)
try:
    s.sendall(b"x\n")
    print(s.makefile().read(), end="")
except OSError: pass
EOF
stay() {
	rm -f connected go
	python3 stay.py "$port" >stay &
	stay=$!
	until [ -e connected ]; do sleep 0.02; done
}
serve $p -1v 127.0.0.1 0 sh -c 'echo; read x; echo done'
stay
kill -TERM "$server"
await 'drain children=1' server.log
ask
check 'TERM: nobody new' grep -q ConnectionRefused err
touch go
wait $stay
rc=0
wait "$server" || rc=$?
check 'who is there finishes' [ "$(cat stay)" = done ]
check 'then it ends with 0' [ "$rc" = 0 ]

serve $p -1v -T 1 127.0.0.1 0 sh -c 'trap "echo ended; exit" TERM; echo; read x'
stay
stop
check 'at the deadline it ends' [ "$rc" = 0 ]
touch go
wait $stay
check 'and so does the program' sh -c '! [ "$(cat stay)" = done ]'

serve $p -1v 127.0.0.1 0 sh -c 'echo; read x; echo done'
stay
kill -INT "$server"
await 'drain children=1' server.log
stop
check 'a second signal ends it at once' [ "$rc" = 0 ]
touch go
wait $stay
check 'and leaves the program alone' [ "$(cat stay)" = done ]

serve $p -1vT0 127.0.0.1 0 sh -c 'echo; read x; echo done'
stay
stop
check '-T 0: at once' [ "$rc" = 0 ]
touch go
wait $stay
check '-T 0: the program lives on' [ "$(cat stay)" = done ]
done_testing
