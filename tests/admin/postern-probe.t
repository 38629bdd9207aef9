#!/bin/sh
# Program test of postern-probe: its contract, and servers with one mistake each.
. "$TESTS/lib/t.sh"

usage='postern-probe: usage: postern-probe [ -46jql ] [ -d domain ] [ -r domain ] [ -f sender ] [ -H name ] [ -m address ] [ -t seconds ] host [ port ]'

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
	probe "$mistake" -q $options
	sed -n 's/^OPEN  *\([^ ]*\) .*/\1/p' out >found
	cat found >>ever
	printf '%s\n' "$@" >wanted
	check "$mistake: exit 1" [ "$rc" = 1 ]
	check "$mistake: found by $*" cmp wanted found
}
none_open() {	# the last run, with exit code $1 and $2 dialogues
	[ "$rc" = "$1" ] && [ "$(grep -c '^OPEN' out)" = 0 ] &&
		[ "$(grep -c '^closed [^ ]' out)" = "$2" ]
}
options=
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
sed -n 's/^\([^ ]*\) .* (-m)$/\1/p' out | sort >messages
check 'at least 25 more that take a message' [ "$(wc -l <messages)" -ge 25 ]
both=$(wc -l <out)
all=$((both - $(wc -l <messages)))
tail -n "$(wc -l <messages)" out | sed 's/ .*//' | sort >last
check 'which are the last' cmp messages last
run postern-probe -m 'a b' 127.0.0.1
is 'an address that would end early' 100 '' "$usage"

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

# where a message ends
probe none -m postmaster@mx.test -q
is 'a server that knows where a message ends' 0 \
	"closed: $both closed, 0 open, 0 untold; mx.test at [127.0.0.1]" ''
probe none -m postmaster@mx.test
check 'each told by name' [ "$(grep -c '^closed ' out)" = "$both" ]
check "with the message's answer" grep -qx \
	'closed end-lf-lf              250 taken' out
check 'no BDAT where it is not offered' grep -qx \
	'closed chunk-refused          no CHUNKING' out
options='-m postmaster@mx.test'
: >ever
finds lf-lf end-lf-lf end-in-header
check 'says what was believed' grep -qx \
	'OPEN   end-lf-lf              250 nothing done  (a message ends at LF . LF)' out
finds goes-on end-lf-lf end-crlf-lf end-in-header
finds lf-crlf end-lf-crlf
finds crlf-lf end-crlf-lf
finds bare-cr end-cr-cr end-cr-crlf end-crlf-cr end-crlf-crcrlf end-crcrlf-crcrlf
finds lf-cr end-lf-cr end-nul-within
finds cr-lf end-cr-lf end-lfcr-lfcr
finds lfcr end-lfcr-lfcr
finds drops-cr end-lf-lf end-lf-crlf end-crlf-lf end-lfcr-lfcr \
	end-crlf-crcrlf end-crcrlf-crcrlf end-in-header
finds str-splitlines end-vt-vt end-ff-ff end-next-line end-line-separator
finds latin-1 end-next-line-byte
finds seven-bits end-high-bit
finds nul-lines end-nul-nul
finds drops-nul end-nul-within end-nul-before end-nul-behind
finds c-strings end-nul-behind
finds strips end-blank-before end-blank-behind end-tab-before end-tab-behind
finds drops-bom end-bom
finds unstuffs-first end-two-dots
finds cuts-999 end-cut-1000
finds cuts-1022 end-cut-1024
finds cuts-2048 end-cut-2048 end-cut-4096 end-cut-8192
finds cuts-4095 end-cut-4096 end-cut-8192
finds cuts-8191 end-cut-8192
finds bdat-dots chunk-crlf-crlf chunk-lf-lf
finds bdat-refuses chunk-refused
options=
sort -u ever | cmp -s - messages
check 'each of them finds a mistake' [ $? = 0 ]

probe bdat -m postmaster@mx.test
check 'chunks are taken' none_open 0 "$both"
check 'as the message that they are' grep -qx \
	'closed chunk-crlf-crlf        250 taken' out
check 'or refused' grep -qx 'closed chunk-refused          503 RCPT first' out
for mistake in refuses-at-once says-good-bye forgets-quit; do
	probe $mistake -m postmaster@mx.test
	check "$mistake: closed" none_open 0 "$both"
done
n_data=$(grep -c ^end- messages)
for mistake in no-data hangs-up; do
	probe $mistake -m postmaster@mx.test
	check "$mistake: nothing is told" none_open 111 $((both - n_data))
	check "$mistake: of each" [ "$(grep -c '^untold end-' out)" = "$n_data" ]
done
probe none -m nobody@mx.test -q
check 'an address that is refused' [ "$rc" = 111 ]
check 'and by what' grep -qx 'untold end-lf-lf              550 no such user' out
probe none -m postmaster@mx.test -j
check 'JSON: the messages too' [ "$(wc -l <out)" = "$both" ]
check 'JSON: well formed' python3 -c 'import json
for l in open("out"): json.loads(l)'

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
probe chatters -q
check 'answers without end' [ "$rc" = 111 ]
check 'are told' grep -qx 'untold pipelined              the answers do not end' out
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
stop
cat >store <<-'EOS'
	#!/bin/sh
	# without an envelope it is no message
	m=$(mktemp "$1.XXXXXX") && cat >"$m" && cat <&1 >"$m.to" &&
		[ -s "$m.to" ] && mv "$m" "$1"
EOS
chmod +x store
whole() {	# whole FILE...: to the last line
	for f; do
		case $(tail -n 2 "$f") in
		*'NOOP
RSET') ;;
		*) return 1 ;;
		esac
	done
}
for how in reject normalize; do
	mkdir $how
	echo ":allow,POSTERN_BARELF=\"$how\"" >rules
	postern-tcprules rules.cdb rules.tmp <rules
	serve postern-tcpserver -1 -q -x rules.cdb 127.0.0.1 0 \
		postern-smtpd -C control -q "$PWD/store $PWD/$how"
	run postern-probe -d local.example -m me@local.example 127.0.0.1 "$port"
	stop
	check "$how: ends a message at nothing else" \
		[ "$(grep -c '^closed \(end\|chunk\)-' out)" = "$(wc -l <messages)" ]
	check "$how: takes some, and those whole" whole $how/*
	check "$how: as many as it says" \
		[ "$(find $how -type f | wc -l)" = "$(grep -c '^closed .* 250 2.0.0 ok' out)" ]
done
check 'a message says what it is' python3 - "$PWD/reject" <<'EOS'
import email, email.utils, glob, sys
ids = set()
files = glob.glob(sys.argv[1] + "/*")
for f in files:
    m = email.message_from_file(open(f, encoding="latin-1"))
    name = m["Subject"].split()[-1]
    body = m.get_payload()
    assert m["From"] == "postern-probe <postern-probe@example.net>"
    assert m["To"] == "<me@local.example>"
    email.utils.parsedate_to_datetime(m["Date"])
    assert m["Message-ID"].endswith("." + name + "@probe.example.net>")
    assert "Dialogue " + name + ": a message ends at " in body
    assert body.endswith("NOOP\nRSET\n")
    ids.add(m["Message-ID"])
assert len(ids) == len(files) > 10
EOS
echo ':allow,RELAYCLIENT=""' >rules
postern-tcprules rules.cdb rules.tmp <rules 2>warnings
await RELAYCLIENT warnings
serve postern-tcpserver -1 -q -x rules.cdb 127.0.0.1 0 \
	postern-smtpd -C control -q true
run postern-probe -d local.example -q 127.0.0.1 "$port"
check 'a rule for everybody opens it' [ "$rc" = 1 ]
stop

# a stranger to which an LF is a line's end
if command -v mailfront >/dev/null; then
	serve postern-tcpserver -1 -q 127.0.0.1 0 mailfront smtp echo accept
	run postern-probe -d local.example -m me@local.example 127.0.0.1 "$port"
	stop
	check 'mailfront ends a message at LF . LF' \
		grep -q '^OPEN  *end-lf-lf  *250 .*(a message ends at LF . LF)$' out
else
	echo '# SKIP: mailfront is not installed'
fi
done_testing
