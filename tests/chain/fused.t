#!/bin/sh
# Chain test: the listener that forks its programs from itself.
. "$TESTS/lib/t.sh"
. "$TESTS/chain/house.sh"

make_house
cat >deliver <<-EOF
	#!/bin/sh
	cat >/dev/null <&0
	cat >/dev/null <&1
EOF
chmod +x deliver

name_of() { tr '\0' ' ' <"/proc/$1/cmdline"; }
child() { sed -n 's/^postern-tcpserver: pid \([0-9]*\) .*/\1/p' server.log | tail -n 1; }
hold() {	# open a session that waits, until the greeting is there
	mkfifo "line$1"
	python3 -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.recv(512)
print("there", flush=True)
s.recv(512)' "$port" >"line$1" &
	servers="$servers $!"	# to be ended with the server
	read -r said <"line$1"
}

# The listener inherits a descriptor far from the others.
cat >far.py <<'EOF'
import os, sys
os.dup2(os.open("/dev/null", os.O_RDONLY), 300)
os.execvp(sys.argv[1], sys.argv[1:])
EOF

# shellcheck disable=SC2046
serve python3 far.py postern-tcpserver -v -1 -c 200 -C 200 -x rules.cdb 127.0.0.1 0 $(smtp_words)

cat >load.py <<'EOF'
import socket, sys, threading

def sessions():
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
            s.sendall(b"QUIT\r\n")
            while s.recv(512):
                pass

threads = [threading.Thread(target=sessions) for _ in range(16)]
[t.start() for t in threads], [t.join() for t in threads]
EOF
run timeout 120 python3 load.py "$port"
is 'sixteen hundred sessions, sixteen at a time' 0 '' ''
ends() { [ "$(grep -c '^postern-tcpserver: end' server.log)" -ge 1600 ]; }
tries=500
until ends || [ $tries = 0 ]; do
	tries=$((tries - 1))
	sleep 0.02
done
check 'no process is left behind' ends

hold 1
same_command() { [ "$(name_of "$1")" = "$(name_of "$2")" ]; }
check 'a program is called in a fork of the listener' \
	same_command "$server" "$(child)"
fds() { ls "/proc/$1/fd" | tr '\n' ' '; }
check 'with the connection, the log, and no other descriptor' \
	[ "$(fds "$(child)")" = '0 1 2 ' ]
kill -SEGV "$(child)"
check 'a crash is told' await '^postern-tcpserver: crash pid=[0-9]* start=exec$' server.log
hold 2
executed() { case $(name_of "$1") in postern-grant-check\ *) ;; *) false ;; esac; }
check 'then programs are executed, each with addresses of its own' executed "$(child)"
kill -HUP "$server"
kill "$(child)"
hold 3
check 'until SIGHUP' same_command "$server" "$(child)"

done_testing
