#!/bin/sh
# Program test of postern-guesses: its contract.
. "$TESTS/lib/t.sh"

usage='postern-guesses: usage: postern-guesses [ -k ] store [ list | forgive-address address | forgive-user user ]'
guesses() {	# guesses ARGUMENTS...: sorted, times left out
	run postern-guesses "$@"
	sort out | sed 's/ set=[0-9]\{10\} / set=S /
		s/ left=[1-9][0-9]*$/ left=L/
		s/ [1-9][0-9]* s left$/ L s left/' >sorted
	mv sorted out
}
fill() {
	rm -rf store
	postern-grants store make
	while read -r key ago ttl payload; do
		ln -s "1:$(($(date +%s) - ago)):$ttl:$payload" "store/$key"
	done <<-EOF
		from=192.0.2.7 100 86400 20
		from=192.0.2.8 4000 3600 3
		from=2001:db8:0:1::%2f64 0 86400 1
		user=roam@example.org 0 86400 3
		user=a%20b%0a 0 86400 1
		pair=192.0.2.7+roam@example.org 0 86400 ok
		pair=2001:db8:0:1::%2f64+a+b 86400 86400 ok
		new 0 86400 5
	EOF
}

postern-grants store make
guesses store
is 'empty: nothing' 0 '' ''
fill
text='account  a\x20b\x0a                              1 failure, L s left
account  roam@example.org                        3 failures, L s left
address  192.0.2.7                               20 failures, L s left
address  2001:db8:0:1::/64                       1 failure, L s left
good     roam@example.org from 192.0.2.7         L s left'
guesses store
is 'what is alive, as text' 0 "$text" ''
guesses store list
is 'list: the same' 0 "$text" ''
guesses -k store
is '-k: as key=value' 0 \
	'address=192.0.2.7 failures=20 set=S ttl=86400 left=L
address=192.0.2.7 user=roam@example.org set=S ttl=86400 left=L
address=2001:db8:0:1::/64 failures=1 set=S ttl=86400 left=L
user=a\x20b\x0a failures=1 set=S ttl=86400 left=L
user=roam@example.org failures=3 set=S ttl=86400 left=L' ''

guesses -k store forgive-address ::ffff:192.0.2.7
is 'forgive-address' 0 'address=192.0.2.7 failures=20 set=S ttl=86400 left=L' ''
check 'it is gone' [ ! -L store/from=192.0.2.7 ]
check 'the good pair is not' [ -L store/pair=192.0.2.7+roam@example.org ]
guesses -k store forgive-address 2001:db8:0:1::77
is 'the network of an IPv6 address' 0 \
	'address=2001:db8:0:1::/64 failures=1 set=S ttl=86400 left=L' ''
guesses store forgive-user Roam@Example.ORG
is 'forgive-user, in any letter case' 0 \
	'account  roam@example.org                        3 failures, L s left' ''
guesses store forgive-user "$(printf 'a b\nx')"
is 'another name' 0 '' \
	'postern-guesses: warning: there was nothing to forgive in store'
guesses store forgive-address 192.0.2.8
is 'what is over is nothing' 0 '' \
	'postern-guesses: warning: there was nothing to forgive in store'

fill
ln -s 1:1:900 store/damaged
ln -s "1:$(date +%s):900:x" store/from=192.0.2.1
guesses store
is 'what is not ours is counted' 0 "$text" \
	'postern-guesses: warning: entries of store that are not ours: 2'

rm store/damaged store/from=192.0.2.1
run postern-clean store
is 'postern-clean' 0 '' ''
check 'removes what has expired' [ "$(cd store && echo *)" = 'from=192.0.2.7 from=2001:db8:0:1::%2f64 new pair=192.0.2.7+roam@example.org user=a%20b%0a user=roam@example.org' ]

run postern-guesses absent
is 'no store: 111' 111 '' \
	'postern-guesses: fatal: unable to open absent: No such file or directory'
cat >stuck.py <<-'EOF'
	# Hold the store's lock, as a recorder that was stopped would.
	import fcntl, os, subprocess, sys
	fcntl.flock(os.open("store", os.O_RDONLY), fcntl.LOCK_SH)
	sys.exit(subprocess.call(sys.argv[1:]))
EOF
run python3 stuck.py postern-guesses store forgive-address 192.0.2.7
is 'locked: 111' 111 '' \
	'postern-guesses: fatal: unable to change store: locked by another process'
run sh -c 'postern-guesses store >/dev/full'
is 'stdout cannot be written: 111' 111 '' \
	'postern-guesses: fatal: unable to write to stdout: No space left on device'

for args in '' '-x store' 'store bogus' 'store list x' 'store forgive-user' \
	'store forgive-address' 'store forgive-address 192.0.2' \
	'store forgive-address 192.0.2.0/24' 'store forgive-user a b'; do
	# shellcheck disable=SC2086
	run postern-guesses $args
	is "usage: $args" 100 '' "$usage"
done
run postern-guesses store forgive-user ''
is 'usage: an empty user' 100 '' "$usage"

done_testing
