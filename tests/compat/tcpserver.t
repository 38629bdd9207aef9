#!/bin/sh
# Ours, called tcpserver, and Debian's ucspi-tcp 0.88, asked the same questions
# side by side: environment, log lines, exit codes, fatal messages.  What ours
# does otherwise on purpose is asserted in tests/accept.
. "$TESTS/lib/t.sh"

theirs=/usr/bin/tcpserver
mkdir ours
ln -s "$TOP/command/postern-tcpserver" ours/tcpserver

cat >rules <<'EOF'
127.0.0.1:allow,X="1",TCPREMOTEPORT="9",RELAYCLIENT="@relay"
127.0.0.2:deny
127.0.0.3:deny,X="1"
127.0.0.4:allow,PATH="/nowhere"
127.0.1.:allow,Y="prefix"
=localhost:allow,X="name"
127.:allow,X="",X="twice"
EOF
tcprules r.cdb r.tmp <rules
head -c 2000 r.cdb >damaged.cdb

cat >client <<'EOF'
import socket, sys
for source in sys.argv[2:]:
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10, (source, 0))
    sys.stdout.buffer.write(s.makefile("rb").read())
EOF

# Numbers of processes, ports and descriptors become words.  A client that is
# denied has no process with us: then its lines are the deny line alone.
words() {
	sed -E -e "s/\\b$port\\b/LPORT/g" -e 's/(pid|ok|deny|end) [0-9]+/\1 PID/' \
		-e 's/:[0-9]+$/:RPORT/' -e 's/^TCPREMOTEPORT=[0-9]{2,}/TCPREMOTEPORT=RPORT/' \
		-e '/^POSTERN_/d' -e '/^RELAYREASON=/d' -e '/^tcpserver: rules file=/d' \
		-e '/^tcpserver: warning: unable to read .*refused$/d'
}
# The end of one program and the start of the next may be told in any order:
# each client comes when the one before is done with.
ask() {	# ask SERVER OUT SOURCES -- OPTIONS PROGRAM...
	who=$1 to=$2 sources=$3
	shift 4
	serve env -i PATH="$PATH" INHERITED=1 TCPREMOTEINFO=old TCPREMOTEHOST=old \
		"$who" -1v "$@"
	ends=0
	for source in $sources; do
		python3 client "$port" "$source" >>"$to.raw" || :
		ends=$((ends + 1))
		case $who:$source in
		ours*:127.0.0.[23]) await "deny.*:$source:" server.log ;;
		*) await_count "status: 0/" $((ends + 1)) ;;
		esac
	done
	stop
	words <"$to.raw" >"$to"
	words <server.log >"$to.log"
	rm -f "$to.raw"
}
await_count() {
	tries=500
	until [ "$(grep -c "$1" server.log)" -ge "$2" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 0
		sleep 0.02
	done
}
both() {	# both NAME SOURCES -- OPTIONS PROGRAM...
	about=$1
	shift
	ask ours/tcpserver our "$@"
	ask "$theirs" their "$@"
	: >out
	diff their our >err 2>&1 || cat their our >out
	check "$about: what the program sees" [ ! -s err ]
	diff their.log our.log >err 2>&1 || cat their.log our.log >out
	check "$about: the log" [ ! -s err ]
}

both 'no rules' '127.0.0.1 127.0.0.9' -- -HRl0 127.0.0.1 0 sh -c 'env | sort; exit 7'
both 'rules' '127.0.0.1 127.0.1.9 127.0.0.4 127.9.9.9' -- -HRl0 -x r.cdb 127.0.0.1 0 sh -c '/usr/bin/env | /usr/bin/sort'
both 'the name of this side' 127.0.0.1 -- -HRl 'odd: name%' -x r.cdb 0 0 sh -c 'env | sort'
both 'a signal' 127.0.0.1 -- -HRl0 127.0.0.1 0 sh -c 'kill -KILL $$'
both 'a program that is not there' 127.0.0.1 -- -HRl0 127.0.0.1 0 no-such-program
both 'a program that is a directory' 127.0.0.1 -- -HRl0 127.0.0.1 0 /
both '-X without a file' 127.0.0.1 -- -HRl0 -Xx nowhere.cdb 127.0.0.1 0 echo hi
both '-B' 127.0.0.1 -- -HRl0 -B 'banner ' 127.0.0.1 0 echo hi
both '-Q' 127.0.0.1 -- -HRl0Q 127.0.0.1 0 echo hi
both '-q' 127.0.0.1 -- -HRl0q 127.0.0.1 0 no-such-program
both '-c' 127.0.0.1 -- -HRl0 -c 7 127.0.0.1 0 echo hi

# Denied: the same verdict line, the same silence, but no process with us.
for s in 127.0.0.2 127.0.0.3; do
	ask ours/tcpserver our "$s" -- -HRl0 -x r.cdb 127.0.0.1 0 echo hi
	ask "$theirs" their "$s" -- -HRl0 -x r.cdb 127.0.0.1 0 echo hi
	: >out
	diff their our >err 2>&1
	check "denied, $s: silence" [ ! -s our ] && check 'both' [ ! -s err ]
	grep deny their.log >t
	grep deny our.log >o
	diff t o >err 2>&1
	check "denied, $s: the log" [ ! -s err ]
	check "denied, $s: no process" [ "$(grep -c 'pid\|end' our.log)" = 0 ]
done

# No usable rules: the same warning; 0.88 closes silently, and so does tcpserver.
for f in nowhere.cdb; do
	ask ours/tcpserver our 127.0.0.3 -- -HRl0 -x $f 127.0.0.1 0 echo hi
	ask "$theirs" their 127.0.0.3 -- -HRl0 -x $f 127.0.0.1 0 echo hi
	: >out
	cat their our >err
	check "$f: nobody gets in" [ ! -s err ]
	grep dropping their.log >t
	grep dropping our.log >o
	diff t o >err 2>&1
	check "$f: the log" [ ! -s err ]
done

# Exit codes and messages.  The usage line of ours names our options too.
refused() {	# refused NAME OPTIONS...: neither starts
	about=$1
	shift
	run timeout 10 "$theirs" "$@"
	want=$rc
	sed 's/usage: .*/usage/' err >want.err
	run timeout 10 ours/tcpserver "$@"
	sed 's/usage: .*/usage/' err >got.err
	check "$about" sh -c "[ $rc = $want ] && cmp want.err got.err"
}
refused 'no arguments'
refused 'no program' 0 0
refused 'an unknown option' -Z 0 0 true
refused 'an option without its value' -c
refused 'an unknown port' 127.0.0.1 no-such-port true
refused 'a port and more' 127.0.0.1 25x true
refused 'an address that is not ours' 192.0.2.1 0 true
refused 'a name without an address' no-such-host.invalid 0 true
serve "$theirs" -1HRl0 127.0.0.1 0 true
refused 'an address that is in use' 127.0.0.1 "$port" true

# TERM ends both at once, exit 0, and leaves the children alone.
for t in "$theirs" ours/tcpserver; do
	serve "$t" -1vHRl0 127.0.0.1 0 sh -c 'read x; echo $x >said'
	cat >long <<-EOF
	import os, socket
	s = socket.create_connection(("127.0.0.1", $port))
	open("connected", "w").close()
	while not os.path.exists("stopped"): pass
	s.sendall(b"alive\n")
	s.makefile("rb").read()
	EOF
	rm -f stopped connected said
	python3 long &
	await 'ok ' server.log
	stop
	check "$t: TERM ends it" [ "$rc" = 0 ]
	touch stopped
	wait $!
	check "$t: its child lives on" grep -q alive said
done

done_testing
