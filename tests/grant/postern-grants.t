#!/bin/sh
# Program test of postern-grants: its contract.
. "$TESTS/lib/t.sh"

usage='postern-grants: usage: postern-grants [ -k ] store [ list | revoke-user user | revoke-ip address | revoke-all | make | make-sharded ]'
grants() {	# grants ARGUMENTS...: sorted, times left out
	run postern-grants "$@"
	sort out | sed 's/ set=[0-9]\{10\} / set=S /
		s/ left=[1-9][0-9]*$/ left=L/
		s/ [1-9][0-9]* s left$/ L s left/' >sorted
	mv sorted out
}
fill() {
	rm -rf store
	postern-grants store make
	while read -r key ago ttl user; do
		ln -s "1:$(($(date +%s) - ago)):$ttl:$user" "store/$key"
	done <<-EOF
		192.0.2.7 100 86400 roam@example.org
		192.0.2.8 1000 900 roam@example.org
		192.0.2.9 0 86400 Roam@Example.org
		2001:db8:0:1::%2f64 0 86400 six
		2001:db8::25 0 86400 a%20b
	EOF
}

run postern-grants store make
is 'make' 0 '' ''
check 'with its mode' [ "$(stat -c %a store)" = 711 ]
grants store
is 'empty: nothing' 0 '' ''
fill
text='192.0.2.7               roam@example.org                L s left
192.0.2.9               Roam@Example.org                L s left
2001:db8:0:1::/64       six                             L s left
2001:db8::25            a\x20b                          L s left'
grants store
is 'what is alive, as text' 0 "$text" ''
grants store list
is 'list: the same' 0 "$text" ''
grants -k store list
is '-k: as key=value' 0 \
	'ip=192.0.2.7 user=roam@example.org set=S ttl=86400 left=L
ip=192.0.2.9 user=Roam@Example.org set=S ttl=86400 left=L
ip=2001:db8:0:1::/64 user=six set=S ttl=86400 left=L
ip=2001:db8::25 user=a\x20b set=S ttl=86400 left=L' ''

grants -k store revoke-user ROAM@example.org
is 'revoke-user: his, in any letter case, and what had expired silently' 0 \
	'ip=192.0.2.7 user=roam@example.org set=S ttl=86400 left=L
ip=192.0.2.9 user=Roam@Example.org set=S ttl=86400 left=L' ''
check 'they are gone' [ "$(cd store && echo *)" = \
	'2001:db8:0:1::%2f64 2001:db8::25' ]
grants store revoke-user roam@example.org
is 'again: nothing, and it says so' 0 '' \
	'postern-grants: warning: there was nothing to revoke in store'
fill
grants -k store revoke-ip ::ffff:192.0.2.7
is 'revoke-ip: the IPv4 address' 0 \
	'ip=192.0.2.7 user=roam@example.org set=S ttl=86400 left=L' ''
grants -k store revoke-ip 2001:db8:0:1::77
is 'the network that covers an IPv6 address' 0 \
	'ip=2001:db8:0:1::/64 user=six set=S ttl=86400 left=L' ''
grants -k store revoke-ip 2001:db8::25
is 'or the address itself' 0 \
	'ip=2001:db8::25 user=a\x20b set=S ttl=86400 left=L' ''
grants -k store revoke-all
is 'revoke-all' 0 'ip=192.0.2.9 user=Roam@Example.org set=S ttl=86400 left=L' ''
check 'nothing is left' [ -z "$(ls store)" ]

fill
ln -s 1:1:900 store/damaged
ln -s "1:$(date +%s):900:roam" store/no-address
grants store
is 'what is no grant is counted' 0 "$text" \
	'postern-grants: warning: entries of store that are not grants: 2'
postern-grants store revoke-all >/dev/null 2>&1
check 'and not touched' [ "$(cd store && echo *)" = 'damaged no-address' ]

run postern-grants many make-sharded
is 'make-sharded' 0 '' ''
check '256 directories' [ "$(cd many && echo ?? | wc -w)" = 256 ]
for ip in 1 2 3 4 5 6 7 8 9; do
	env PROTO=TCP TCPREMOTEIP=192.0.2.$ip USER=u$((ip % 2)) \
		postern-grant-record -q many true
done
grants many
check 'listed from all of them' [ "$(wc -l <out)" = 9 ]
grants many revoke-user u1
check 'revoked in all of them' [ "$(wc -l <out)" = 5 ]
grants many
check 'the others stay' [ "$(wc -l <out)" = 4 ]
run postern-grants many make
is 'a divided store is not made plain' 111 '' \
	'postern-grants: fatal: unable to make many: it is divided into 256 already'
run postern-grants store make-sharded
is 'nor a full one divided' 111 '' \
	'postern-grants: fatal: unable to make store: it is not empty'

run postern-grants absent
is 'no store: 111' 111 '' \
	'postern-grants: fatal: unable to open absent: No such file or directory'
run postern-grants redis://localhost/0
is 'redis: 111' 111 '' \
	'postern-grants: fatal: unable to open redis://localhost/0: this version knows no redis:// stores, only directories'
cat >stuck.py <<-'EOF'
	# Hold the store's lock, as a recorder that was stopped would.
	import fcntl, os, subprocess, sys
	fcntl.flock(os.open("store", os.O_RDONLY), fcntl.LOCK_SH)
	sys.exit(subprocess.call(sys.argv[1:]))
EOF
fill
run python3 stuck.py postern-grants store revoke-all
is 'locked: 111' 111 '' \
	'postern-grants: fatal: unable to revoke grants in store: locked by another process'
run sh -c 'postern-grants store >/dev/full'
is 'stdout cannot be written: 111' 111 '' \
	'postern-grants: fatal: unable to write to stdout: No space left on device'

for args in '' '-x store' 'store bogus' 'store list x' 'store revoke-user' \
	'store revoke-ip' 'store revoke-ip 192.0.2' 'store revoke-ip 192.0.2.0/24' \
	'store revoke-all x' 'store make x' 'store revoke-user a b'; do
	# shellcheck disable=SC2086
	run postern-grants $args
	is "usage: $args" 100 '' "$usage"
done
run postern-grants store revoke-user ''
is 'usage: an empty user' 100 '' "$usage"

done_testing
