#!/bin/sh
# Program test of postern-probe: its contract, and servers with one mistake each.
. "$TESTS/lib/t.sh"

usage='postern-probe: usage: postern-probe [ -46jql ] [ -d domain ] [ -r domain ] [ -f sender ] [ -H name ] [ -t seconds ] host [ port ]'

probe() {	# probe MISTAKE OPTION...: at such a server
	mistake=$1
	shift
	serve python3 "$TESTS/admin/fakesmtp.py" "$mistake"
	run postern-probe "$@" 127.0.0.1 "$port"
	kill "$server"
}
finds() {	# finds MISTAKE NAME...: exactly these dialogues find it
	mistake=$1
	shift
	probe "$mistake" -q
	sed -n 's/^OPEN  *\([^ ]*\) .*/\1/p' out >found
	printf '%s\n' "$@" >wanted
	check "$mistake: exit 1" [ "$rc" = 1 ]
	check "$mistake: found by $*" cmp wanted found
}
untold() {	# untold NAME RC STDERR
	check "$1" [ "$rc" = "$2" ] && check "$1: why" grep -q "$3" err
}

run postern-probe
is 'no host' 100 '' "$usage"
run postern-probe -t 0 127.0.0.1
is 'no time' 100 '' "$usage"
run postern-probe -d 'a b' 127.0.0.1
is 'a domain that is none' 100 '' "$usage"
run postern-probe -f 'a>b' 127.0.0.1
is 'a sender that would end early' 100 '' "$usage"
run postern-probe 127.0.0.1 25 x
is 'too many words' 100 '' "$usage"
run postern-probe -l
check 'the list' [ "$rc" = 0 ]
check 'at least 60 of them' [ "$(wc -l <out)" -ge 60 ]
all=$(wc -l <out)

probe none -q
is 'a closed server' 0 \
	"closed: $all closed, 0 open, 0 untold; mx.test at [127.0.0.1]" ''
probe none
check 'each told by name' [ "$(grep -c '^closed ' out)" = "$all" ]
check 'with the answer' grep -qx 'closed plain                  553 not here' out
probe none -d other.test -q
is 'a domain that it does not have' 0 \
	"closed: $all closed, 0 open, 0 untold; other.test at [127.0.0.1]" ''

finds percent percent percent-quoted percent-two url-encoded
finds bang bang bang-quoted
finds route source-route source-route-two source-route-literal \
	source-route-localhost
finds suffix suffix
finds nodots trailing-dot
finds nosender no-mail send soml saml
finds anyone auth-plain
finds auth auth-anonymous auth-garbage auth-login auth-login-empty \
	auth-cram-md5
finds xclient xclient xclient-login
finds proxy proxy
probe cr -q
check 'cr: a bare CR ends no command of ours twice' [ "$rc" = 0 ]

probe open -q
check 'an open server' [ "$rc" = 1 ]
check 'says what was tried' grep -qx \
	'OPEN   plain                  250 ok  (a stranger for a stranger)' out
check 'and sums up' grep -q '^OPEN:' out
probe catchall -q
check 'a server that takes any user proves nothing' [ "$rc" = 111 ]
check 'and is not called open' [ "$(grep -c '^OPEN' out)" = 0 ]
check 'but its % is told' grep -q '^untold percent ' out
probe busy -q
check 'temporary answers' [ "$rc" = 111 ]
probe none -j
check 'JSON: a line each' [ "$(wc -l <out)" = "$all" ]
check 'JSON: the first' [ "$(head -n 1 out)" = \
	'{"dialogue":"plain","verdict":"closed","code":553,"reply":"553 not here"}' ]
check 'JSON: well formed' python3 -c 'import json
for l in open("out"): json.loads(l)'

probe http
untold 'not SMTP' 111 '127.0.0.1: not SMTP$'
probe full
untold 'no greeting' 111 'the server does not greet$'
probe silent -t 1
untold 'silence' 111 'no answer in time$'
serve python3 "$TESTS/admin/fakesmtp.py" none
kill -KILL "$server"
wait "$server" || :
run postern-probe 127.0.0.1 "$port"
is 'nobody there' 111 '' \
	'postern-probe: fatal: 127.0.0.1: Connection refused'

# our own gate
mkdir control
echo mx.local.example >control/me
echo local.example >control/rcpthosts
echo ':allow' >rules
postern-tcprules rules.cdb rules.tmp <rules
serve postern-tcpserver -1 -q -x rules.cdb 127.0.0.1 0 \
	postern-smtpd -C control -q true
run postern-probe -d local.example -q 127.0.0.1 "$port"
check 'postern-smtpd is not open' [ "$(grep -c '^OPEN' out)" = 0 ]
echo ':allow,RELAYCLIENT=""' >rules
postern-tcprules rules.cdb rules.tmp <rules 2>warnings
await RELAYCLIENT warnings
kill -KILL "$server"
serve postern-tcpserver -1 -q -x rules.cdb 127.0.0.1 0 \
	postern-smtpd -C control -q true
run postern-probe -d local.example -q 127.0.0.1 "$port"
check 'a rule for everybody opens it' [ "$rc" = 1 ]
done_testing
