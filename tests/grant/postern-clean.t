#!/bin/sh
# Program test of postern-clean: its contract with cron, with who logs in
# meanwhile, and with a plain tcpserver.
. "$TESTS/lib/t.sh"

usage='postern-clean: usage: postern-clean [ -r rules -x rules.cdb ] store...'
grant() {	# grant STORE KEY SECONDS-AGO TTL USER
	ln -sfn "1:$(($(date +%s) - $3)):$4:$5" "$1/$2"
}
names() {	# names DIRECTORY: all of them, in one line
	(cd "$1" && find . -mindepth 1 | sort | tr '\n' ' ')
}
mkdir -m 0700 store

run postern-clean store
is 'empty: silent' 0 '' ''
grant store 192.0.2.7 0 86400 roam
grant store 192.0.2.8 900 900 roam
grant store 192.0.2.9 -4000 900 roam
ln -s 1:1:1:x store/.new.1.2.3
run postern-clean store
is 'silent' 0 '' ''
check 'what expired, what is dated in the future and what a killed recorder left is gone' \
	[ "$(names store)" = './192.0.2.7 ' ]
run postern-clean store
is 'again: the same' 0 '' ''
check 'what lives is left' [ "$(names store)" = './192.0.2.7 ' ]
postern-grants many make-sharded
for i in 1 2 3 4 5 6 7 8 9; do
	env PROTO=TCP TCPREMOTEIP=192.0.2.$i USER=roam \
		postern-grant-record -q many true
done
for link in many/??/*; do
	case $link in *[13579]) ln -sfn 1:1:900:roam "$link" ;; esac
done
grant store 192.0.2.8 900 900 roam
run postern-clean store many
is 'several stores, one with shards' 0 '' ''
check 'all of them clean' \
	[ "$(names store) $(find many -type l | wc -l)" = './192.0.2.7  5' ]

: >store/file
ln -s 2:1:1:x 'store/192.0.2.66'
run postern-clean store
check 'what is no record is not touched, and told' [ "$rc" = 0 -a -e store/file \
	-a -h store/192.0.2.66 -a "$(sed 's/[^ ]*$//' err)" = \
	'postern-clean: warning: entries of store that are not records: 2, the first of them ' ]
rm store/file store/192.0.2.66
run postern-clean absent store
is 'no store: 111' 111 '' \
	'postern-clean: warning: unable to open absent: No such file or directory'
chmod 0777 store
run postern-clean store
is 'a store that others may write to: 111' 111 '' \
	'postern-clean: warning: unable to open store: group or others may write to it'
chmod 0700 store
cat >stuck.py <<-'EOF'
	# Hold a lock, as a process that was stopped would.
	import fcntl, os, subprocess, sys
	fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_SH)
	sys.exit(subprocess.call(sys.argv[2:]))
EOF
run python3 stuck.py store postern-clean store
is 'a recorder that was stopped, and nothing to remove: silent' 0 '' ''
grant store 192.0.2.8 900 900 roam
run python3 stuck.py store postern-clean store
is 'and something: 111' 111 '' \
	'postern-clean: warning: unable to clean store: locked by another process'
run postern-clean store

# The classic rebuild.
says() {	# says ADDRESS: what a plain tcpserver would do, in one line
	env TCPREMOTEIP="$1" tcprulescheck tcp.smtp.cdb | tr '\n' '|'
}
expect() {	# expect ADDRESS WHAT
	got=$(says "$1")
	[ "$got" = "$2" ] || { echo "# $got"; false; }
}
rebuild() {
	run postern-clean -r tcp.smtp -x tcp.smtp.cdb store
}
same_file() {
	cmp -s "$1" "$2"
}
cat >tcp.smtp <<-'EOF'
	# static
	127.:allow,RELAYCLIENT=""
	192.0.2.66:deny
	198.51.100.:allow,QMAILQUEUE="/bin/scan"
	198.51.100.9:allow,X="1"
	203.0.113.:deny
	:allow
EOF
rm -f store/*
rebuild
is 'rebuild without grants: silent' 0 '' ''
tcprules theirs.cdb theirs.tmp <tcp.smtp
check "the file is tcprules's, byte for byte" same_file tcp.smtp.cdb theirs.cdb
for ip in 192.0.2.7 192.0.2.66 198.51.100.7 198.51.100.9 203.0.113.7 127.0.0.9; do
	grant store $ip 0 86400 roam@example.org
done
grant store 192.0.2.8 900 900 roam@example.org
grant store 2001:db8::%2f64 0 86400 six
rebuild
is 'rebuild with grants: silent' 0 '' ''
relay='set environment variable RELAYCLIENT=|set environment variable RELAYREASON=grant:roam@example.org|allow connection|'
check 'a grant relays' expect 192.0.2.7 "rule 192.0.2.7:|$relay"
check "its network's variables stay" expect 198.51.100.7 \
	"rule 198.51.100.7:|set environment variable QMAILQUEUE=/bin/scan|$relay"
check 'an expired one does not' expect 192.0.2.8 'rule :|allow connection|'
check 'a denied address stays denied' expect 192.0.2.66 \
	'rule 192.0.2.66:|deny connection|'
check 'a denied network too' expect 203.0.113.7 \
	'rule 203.0.113.:|deny connection|'
check "an address's own rule stays" expect 198.51.100.9 \
	'rule 198.51.100.9:|set environment variable X=1|allow connection|'
check 'who relays already needs none' expect 127.0.0.9 \
	'rule 127.:|set environment variable RELAYCLIENT=|allow connection|'
check 'a neighbour has none' expect 192.0.2.9 'rule :|allow connection|'

cp -p tcp.smtp.cdb before.cdb
inode=$(stat -c %i tcp.smtp.cdb)
grant store 192.0.2.7 0 80000 roam@example.org
rebuild
check 'nothing new: the file is not replaced' \
	[ "$(stat -c %i tcp.smtp.cdb)" = "$inode" ]
check 'nothing is left beside it' \
	[ "$(echo tcp.smtp.cdb*)" = 'tcp.smtp.cdb tcp.smtp.cdb.lock' ]
ln -s 1:1:900 store/damaged
grant store '192.0.2.300' 0 900 roam
grant store 192.0.2.10 0 900 'a%0ab%22'
chmod 0640 tcp.smtp.cdb
rebuild
is 'a damaged record is told' 0 '' \
	'postern-clean: warning: entries of store that are not records: 1, the first of them damaged'
check 'and freezes nothing' expect 192.0.2.10 \
	'rule 192.0.2.10:|set environment variable RELAYCLIENT=|set environment variable RELAYREASON=grant:a\x0ab"|allow connection|'
check 'the mode is kept' [ "$(stat -c %a tcp.smtp.cdb)" = 640 ]
rm store/damaged store/192.0.2.300 store/192.0.2.10
rebuild
check 'a revoked grant goes' same_file tcp.smtp.cdb before.cdb

mkdir -m 0700 second
ln -s "1:$(date +%s):86400:other" second/192.0.2.20
run postern-clean -r tcp.smtp -x tcp.smtp.cdb absent second
is 'a store that cannot be read: 111' 111 '' \
	'postern-clean: warning: unable to open absent: No such file or directory'
check 'the others count' expect 192.0.2.20 \
	'rule 192.0.2.20:|set environment variable RELAYCLIENT=|set environment variable RELAYREASON=grant:other|allow connection|'
check 'and it grants nothing' expect 192.0.2.7 'rule :|allow connection|'

cp tcp.smtp.cdb before.cdb
printf '192.0.2.7\n10.0.0.1:allow\n' >bad
run postern-clean -r bad -x tcp.smtp.cdb store
check 'a bad line: 100' [ "$rc" = 100 ]
check 'named by file and line' grep -q '^postern-clean: error: bad:1: ' err
check 'and the end of it' [ "$(tail -n 1 err)" = \
	'postern-clean: fatal: bad has bad lines, tcp.smtp.cdb is left as it was' ]
check 'the CDB is left as it was' same_file tcp.smtp.cdb before.cdb
run postern-clean -r absent -x tcp.smtp.cdb store
is 'no rules: 111' 111 '' \
	'postern-clean: fatal: unable to read absent: No such file or directory'
check 'the CDB is left as it was' same_file tcp.smtp.cdb before.cdb
printf '=.dynamic.example:deny\n:allow\n' >named
run postern-clean -r named -x tcp.smtp.cdb store
is 'denied by name: no grant gets a rule' 0 '' \
	"postern-clean: warning: named denies by name (=.dynamic.example), which a grant's rule would hide: no grant gets one"
check 'none' expect 192.0.2.7 'rule :|allow connection|'
run postern-clean -r tcp.smtp -x absent/tcp.smtp.cdb store
is 'nowhere to write: 111' 111 '' \
	'postern-clean: fatal: unable to open absent/tcp.smtp.cdb.lock: No such file or directory'

for args in '' '-r tcp.smtp store' '-x tcp.smtp.cdb store' '-q store' \
	'-r tcp.smtp -x tcp.smtp.cdb' -r; do
	# shellcheck disable=SC2086
	run postern-clean $args
	is "usage: $args" 100 '' "$usage"
done

done_testing
