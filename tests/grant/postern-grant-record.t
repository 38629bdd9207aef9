#!/bin/sh
# Program test of postern-grant-record: its contract with its neighbours.
. "$TESTS/lib/t.sh"

usage='postern-grant-record: usage: postern-grant-record [ -q ] [ -t ttl ] [ -6 bits ] store prog...'
warning='postern-grant-record: warning: unable to record a grant in'
rec() {		# rec ADDRESS ARGUMENTS...: as postern-tcpserver would run it
	ip=$1
	shift
	run env PROTO=TCP TCPREMOTEIP="$ip" USER="$user" POSTERN_SESSION=s.1 \
		postern-grant-record "$@"
}
target() {	# target LINK: the record without its time
	readlink "$1" | sed 's/^1:[0-9]\{10\}:/1:TIME:/'
}
recorded() {	# recorded LINK TARGET
	[ "$(target "$1")" = "$2" ]
}
entries() {	# entries N: the store holds that many
	[ "$(find store -mindepth 1 | wc -l)" = "$1" ]
}
user=roam@example.org
mkdir -m 0700 store

before=$(date +%s)
rec 192.0.2.7 store echo next word
after=$(date +%s)
is 'recorded, and prog is run' 0 'next word' \
	'postern-grant-record: record session=s.1 ip=192.0.2.7 user=roam@example.org ttl=900'
check 'the record is a link' recorded store/192.0.2.7 1:TIME:900:roam@example.org
now=$(readlink store/192.0.2.7 | cut -d: -f2)
check 'with the time' [ "$before" -le "$now" -a "$now" -le "$after" ]
check 'and nothing beside it' entries 1

rec 192.0.2.7 -q -t 86400 store true
is '-q: silent' 0 '' ''
check '-t: time to live; the record is replaced' \
	recorded store/192.0.2.7 1:TIME:86400:roam@example.org
rec ::ffff:192.0.2.8 -q store true
check 'IPv4-mapped: the IPv4 address' \
	recorded store/192.0.2.8 1:TIME:900:roam@example.org
rec 2001:db8:0:1:2:3:4:5 store true
is 'IPv6' 0 '' \
	'postern-grant-record: record session=s.1 ip=2001:db8:0:1:2:3:4:5 user=roam@example.org ttl=900'
check 'by /64' \
	recorded store/2001:db8:0:1::%2f64 1:TIME:900:roam@example.org
rec 2001:db8::25 -q -6 128 store true
check '-6 128: the address' \
	recorded store/2001:db8::25 1:TIME:900:roam@example.org
user='a b/../%
x' rec 192.0.2.9 store true
is 'odd bytes in the name: escaped in the log' 0 '' \
	'postern-grant-record: record session=s.1 ip=192.0.2.9 user=a\x20b/../%\x0ax ttl=900'
check 'and in the record' \
	recorded store/192.0.2.9 1:TIME:900:a%20b%2f..%2f%25%0ax
check 'nothing else' entries 5

postern-grants many make-sharded
rec 192.0.2.7 -q many true
is 'a store with shards' 0 '' ''
check 'the record is in one of them' \
	recorded many/??/192.0.2.7 1:TIME:900:roam@example.org

# Dovecot's post-login script: IP and USER; 3 is its own and must survive.
run env IP=192.0.2.77 USER=roam POSTERN_SESSION=s.1 \
	sh -c 'postern-grant-record store sh -c "echo to dovecot >&3" 3>three'
is 'under Dovecot: the address from IP' 0 '' \
	'postern-grant-record: record session=s.1 ip=192.0.2.77 user=roam ttl=900'
check 'descriptor 3 is left alone' [ "$(cat three)" = 'to dovecot' ]
run env IP=192.0.2.78 PROTO=TCP USER=roam POSTERN_SESSION=s.1 \
	postern-grant-record store echo on
is 'IP counts only without PROTO' 0 on \
	"$warning store: no address: neither \${PROTO}REMOTEIP nor IP is set (session s.1)"

# What cannot be recorded fails no login.
for ip in 192.0.2 256.1.1.1 ../store/x '' fe80::1%eth0; do
	rec "$ip" store echo on
	is "'$ip' is no address: the login goes on" 0 on \
		"$warning store: the remote address is not an IP address (session s.1)"
done
run env -u USER PROTO=TCP TCPREMOTEIP=192.0.2.1 POSTERN_SESSION=s.1 \
	postern-grant-record store echo on
is 'no user: goes on' 0 on "$warning store: USER is not set (session s.1)"
POSTERN_GATEWAY=no rec 192.0.2.99 store echo on
is 'our own gateway: no grant for all behind it' 0 on \
	"$warning store: the client has the address of our own gateway (session s.1)"
check 'none is there' [ ! -L store/192.0.2.99 ]
POSTERN_GATEWAY=ok rec 192.0.2.99 store echo on
check 'unless it is said to be ok' [ -L store/192.0.2.99 ]
rm store/192.0.2.99
user='' rec 192.0.2.1 store echo on
is 'an empty user' 0 on \
	"$warning store: the user's name is empty or too long (session s.1)"
rec 192.0.2.1 absent echo on
is 'no store' 0 on "$warning absent: No such file or directory (session s.1)"
rec 192.0.2.1 /dev/null echo on
is 'not a directory' 0 on "$warning /dev/null: Not a directory (session s.1)"
rec 192.0.2.1 redis://localhost/0 echo on
is 'redis' 0 on \
	"$warning redis://localhost/0: this version knows no redis:// stores, only directories (session s.1)"
mkdir -m 0777 open && chmod 0777 open
rec 192.0.2.1 open echo on
is 'a directory that others may write to' 0 on \
	"$warning open: group or others may write to it (session s.1)"
cat >stuck.py <<-'EOF'
	# Hold the store's lock, as a cleaner that was stopped would.
	import fcntl, os, subprocess, sys
	fcntl.flock(os.open("store", os.O_RDONLY), fcntl.LOCK_EX)
	sys.exit(subprocess.call(sys.argv[1:]))
EOF
rec 192.0.2.1 store true
rec 192.0.2.2 -q store true
run env PROTO=TCP TCPREMOTEIP=192.0.2.3 USER=roam POSTERN_SESSION=s.1 \
	python3 stuck.py postern-grant-record store echo on
is 'a cleaner that is stopped stops no login' 0 on \
	"$warning store: locked by another process (session s.1)"
check 'and nothing was recorded' [ ! -h store/192.0.2.3 ]

# Usage.
for args in '' store '-t 0 store true' '-t 86401 store true' '-t 1x store true' \
	'-6 47 store true' '-6 129 store true' '-6 x store true' -t '-x store true'; do
	# shellcheck disable=SC2086
	rec 192.0.2.1 $args
	is "usage: $args" 100 '' "$usage"
done
rec 192.0.2.1 -q store ./nonexistent
is 'prog is not there: 127' 127 '' \
	'postern-grant-record: fatal: unable to exec ./nonexistent: No such file or directory'
rec 192.0.2.1 -q store sh -c 'exit 7'
is "prog's exit code" 7 '' ''

done_testing
