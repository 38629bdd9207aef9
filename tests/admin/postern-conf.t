#!/bin/sh
# Program test of postern-conf.  That its homes run is tests/chain/demo.t's.
. "$TESTS/lib/t.sh"
here=$PWD
ids=
[ "$(id -u)" != 0 ] || ids='-G 60801:60801 -M 60802:60802 -A 60803:60803 -T 60805:60805 -L 60804:60804'
conf() { run postern-conf $ids "$@"; }
mode() { stat -c '%a %u:%g' "$here/home/$1"; }

printf '127.:allow,RELAYCLIENT=""\n:deny\n' >my-rules
conf -h mx.a.example -d a.example -d b.example -s 127.0.0.1:2525 \
	-s '[::1]:2525' -e 127.0.0.1:2587 -E 127.0.0.1:2465 -E '[::1]:2465' \
	-p 127.0.0.1:2110 -P 127.0.0.1:2995 -b 1000 -r my-rules -o \
	-U alice@a.example -U bob@b.example "$here/home"
check 'a home' [ "$rc" = 0 ]
check 'a random password for each user' \
	[ "$(sed -E 's/ [A-Za-z0-9_-]{20}$/ PASSWORD/' out)" = \
	'alice@a.example PASSWORD
bob@b.example PASSWORD' ]
check 'not the same one' [ "$(cut -d' ' -f2 out | sort -u | wc -l)" = 2 ]
check 'nothing of how it was made is left' [ ! -e home.new ]

cp out passwords
printf '%s\0%s\0\0' alice@a.example "$(sed -n 's/^alice.* //p' passwords)" >login
if [ "$(id -u)" = 0 ]; then U=-U; else U=; fi
run postern-checkpassword $U home/users/users.cdb echo yes 3<login
check 'the password is right' [ "$rc$(cat out)" = 0yes ]

run cat home/control/me home/control/rcpthosts home/control/databytes \
	home/control/aliases
is 'control files' 0 'mx.a.example
a.example
b.example
1000
# postern-aliases(5)
postmaster: alice@a.example
postmaster@a.example: alice@a.example
abuse@a.example: alice@a.example
postmaster@b.example: alice@a.example
abuse@b.example: alice@a.example' ''
run cmp my-rules home/rules
is 'the rules' 0 '' ''
run env PROTO=TCP TCPREMOTEIP=127.0.0.1 postern-tcprulescheck home/rules.cdb
is 'compiled' 0 'rule 127.:
set environment variable RELAYCLIENT=
allow connection' ''
run grep -h -o 'a \[::1\]:2525 127.0.0.1 2525$' home/service/smtp/run
is 'the addresses, the first one last' 0 'a [::1]:2525 127.0.0.1 2525' ''
run grep -h -o '[^ ]* [^ ]*$' home/service/submission/run home/service/submissions/run \
	home/service/pop3/run home/service/pop3s/run
check 'of each service' [ "$(grep '^127' out)" = '127.0.0.1 2587
127.0.0.1 2465
127.0.0.1 2110
127.0.0.1 2995' ]
check 'certificates: ours' grep -q "postern-tlsd .* run/tlsd/s $here/home/tls/certs\$" \
	home/service/tlsd/run
check 'a key of 64 signs for tokens' \
	[ "$(sed -E 's/^[A-Za-z0-9_-]{64}$/KEY/' home/users/token.key)" = KEY ]
run grep -c "catchall\|%{" home/service/*/run home/service/*/log/run home/cron
check 'no name is left in a template' [ "$rc" = 1 ]
run execlineb -P -c 'exit 0'
for s in home/service/*/run home/service/*/log/run; do
	[ -x "$s" ] || check "$s can be run" false
done

if [ "$(id -u)" = 0 ]; then
	check 'passwords: auth may read them' [ "$(mode users/users.cdb)" = '440 0:60803' ]
	check 'and root alone what they come from' [ "$(mode users/users)" = '600 0:0' ]
	check 'everybody: who has a mailbox' [ "$(mode users/mailboxes.cdb)" = '644 0:0' ]
	check 'mail: the Maildirs' \
		[ "$(mode mail/bob@b.example/Maildir/new)" = '700 60802:60802' ]
	check 'grants: mail writes, the gate looks up' \
		[ "$(mode grants)" = '750 60802:60801' ]
	check 'names: likewise' [ "$(mode names)" = '750 60802:60801' ]
	check 'the queue: the gate may come' [ "$(mode run/queue)" = '710 60802:60801' ]
	check 'TLS, too' [ "$(mode run/tlsd)" = '710 0:60801' ]
	check 'and the password check' [ "$(mode run/authd)" = '710 60803:60801' ]
	check 'the login, too' [ "$(mode run/login)" = '710 0:60801' ]
	check 'guesses: auth counts them' [ "$(mode guesses)" = '700 60803:60803' ]
	check 'tokens: auth makes them, root believes them' \
		[ "$(mode users/token.key)" = '440 0:60803' ]
	check 'keys are for root' [ "$(mode tls/certs)" = '700 0:0' ]
	check 'nothing belongs to tls' [ -z "$(find home -uid 60805)" ]
	run grep -o 'postern-tlsd.*' home/service/tlsd/run
	is 'who speaks it' 0 "postern-tlsd -d 3 -u 60805 -g 60805 -r tls/empty run/tlsd/s $here/home/tls/certs" ''
	check 'logs' [ "$(mode log/smtp)" = '755 60804:60804' ]
	check 'nothing belongs to the gate' [ -z "$(find home -uid 60801)" ]
	run postern-conf -U a@b.example "$here/x"
	is 'root must say who does what' 100 '' \
		'postern-conf: fatal: root must give -G, -M, -A, -T and -L'
	run postern-conf $ids -L 60801:60805 -U a@b.example "$here/x"
	is 'and nobody does two things' 100 '' \
		'postern-conf: fatal: two of -G, -M, -A, -T and -L are the same'
	run postern-conf $ids -T 60803:60805 -U a@b.example "$here/x"
	is 'who speaks TLS is nobody else' 100 '' \
		'postern-conf: fatal: two of -G, -M, -A, -T and -L are the same'
	run postern-conf $ids -L 0:0 -U a@b.example "$here/x"
	is 'not even root' 100 '' \
		'postern-conf: fatal: not uid:gid, numbers from 1: 0:0'
else
	check 'keys are for us alone' [ "$(stat -c %a home/tls/certs)" = 700 ]
	check 'passwords are for us alone' [ "$(stat -c %a home/users/users)" = 600 ]
	run postern-conf -G 1:1 -U a@b.example "$here/x"
	is 'nobody but root can split the work' 100 '' \
		'postern-conf: fatal: only root can give -G, -M, -A, -T or -L'
fi

conf -h mx.a.example -c /etc/letsencrypt/live -U a@b.example "$here/other"
check 'certificates that are elsewhere' [ "$rc" = 0 ]
check 'are found there' grep -q ' run/tlsd/s /etc/letsencrypt/live$' other/service/tlsd/run
check 'and have no place here' [ ! -e other/tls/certs ]
check 'another home has another key for tokens' \
	[ "$(cat home/users/token.key)" != "$(cat other/users/token.key)" ]
run grep -h -o 'a \[::\]:[0-9]* .*$' other/service/smtp/run other/service/submission/run \
	other/service/submissions/run other/service/pop3/run other/service/pop3s/run
check 'where nothing is said, the ports of each service' [ "$(sed 's/-u [0-9]* -g [0-9]* //' out)" = \
	'a [::]:25 0.0.0.0 25
a [::]:587 0.0.0.0 587
a [::]:465 0.0.0.0 465
a [::]:110 0.0.0.0 110
a [::]:995 0.0.0.0 995' ]
check 'no rule waives TLS' [ "$(grep -v '^#' other/rules)" = ':allow' ]

before=$(find home | sort | cksum)
conf -U a@b.example "$here/home"
is 'a home that is there is left alone' 100 '' \
	"postern-conf: fatal: exists: $here/home"
check 'as it was' [ "$(find home | sort | cksum)" = "$before" ]

refused() {	# refused MESSAGE ARGUMENT...
	m=$1
	shift
	conf -h mx.a.example "$@"
	is "refused: $m" 100 '' "postern-conf: fatal: $m"
}
refused 'not an absolute path: x' -U a@b.example x
refused 'invalid byte in home at:  y' -U a@b.example '/x y'
refused 'invalid byte in home at: $y' -U a@b.example '/x$y'
refused 'invalid byte in home at: "' -U a@b.example '/x"'
refused 'not user@domain: alice' -U alice /x
refused 'not user@domain: @b.example' -U @b.example /x
refused 'not user@domain: .x@b.example' -U .x@b.example /x
refused 'invalid byte in user at: /../b@c' -U a/../b@c /x
refused 'invalid byte in user at: :x@c' -U a:x@c /x
refused 'upper-case letter in user: Alice@b.example' -U Alice@b.example /x
refused 'invalid domain: b..c' -d b..c -U a@b.example /x
refused 'invalid byte in domain at:  c' -d 'b c' -U a@b.example /x
refused 'not address:port: 25' -s 25 -U a@b.example /x
refused 'not address:port: 127.0.0.1:0' -s 127.0.0.1:0 -U a@b.example /x
refused 'not address:port: 127.0.0.1:65536' -s 127.0.0.1:65536 -U a@b.example /x
refused 'not address:port: ::1:25' -p ::1:25 -U a@b.example /x
refused 'not address:port: [127.0.0.1]:25' -p '[127.0.0.1]:25' -U a@b.example /x
refused 'not address:port: 1' -e 1 -U a@b.example /x
refused 'not address:port: 2' -E 2 -U a@b.example /x
refused 'not address:port: 3' -P 3 -U a@b.example /x
refused 'not an absolute path: certs' -c certs -U a@b.example /x
refused 'invalid byte in certificates at:  y' -c '/x y' -U a@b.example /x
refused 'not address:port: localhost:25' -p localhost:25 -U a@b.example /x
conf "$here/x"
check 'no user: usage' grep -q '^postern-conf: usage: ' err
conf -b 1k -U a@b.example "$here/x"
check 'a size that is no number: usage' grep -q '^postern-conf: usage: ' err
check 'nothing was made' [ ! -e x -a ! -e x.new ]

echo 'no colon' >bad
conf -h mx.a.example -r bad -U a@b.example "$here/x"
check 'rules that do not compile: 111, and no home' [ "$rc" = 111 -a ! -e x ]
conf -h mx.a.example -U a@b.example "$here/x"
is 'what was left then is not touched' 111 '' \
	"postern-conf: fatal: unable to make $here/x.new: File exists"
done_testing
