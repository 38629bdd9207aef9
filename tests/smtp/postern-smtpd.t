# postern-smtpd: the dialogue over pipes, what is queued, what is logged.
. "$TESTS/lib/t.sh"
. "$TESTS/lib/smtp.sh"

echo .sub.example >>control/rcpthosts
echo backup.example >control/backupmx
printf 'bad@bad.example\n@worse.example\n' >control/badmailfrom

say() { # say LINE...: what the client sends
	printf '%s\r\n' "$@"
}
talk() { # talk [VARIABLE...] [-- OPTION...]: the client is in in
	session "$@" <in
}

say 'EHLO client.example' 'MAIL FROM:<a@b.example> SIZE=20 BODY=8BITMIME' \
	'RCPT TO:<joe@local.example>' 'RCPT TO:<x@foreign.example>' DATA \
	'Subject: x' '' '..hi' . QUIT >in
talk
is 'a message' 0 '220 mx.example.org ESMTP
250-mx.example.org
250-PIPELINING
250-SIZE 0
250-8BITMIME
250-SMTPUTF8
250-ENHANCEDSTATUSCODES
250-CHUNKING
250 HELP
250 2.1.0 ok
250 2.1.5 ok
553 5.7.1 sorry, that domain isn'\''t in my list of allowed rcpthosts
354 go ahead
250 2.0.0 ok T qp P
221 2.0.0 mx.example.org' "$L rcpt $S from=a@b.example to=joe@local.example relay=local code=250
$L rcpt $S from=a@b.example to=x@foreign.example relay=none code=553 why=rcpthosts
$L queued $S from=a@b.example rcpts=1 size=19 qp=P relay=local ms=M
$L end $S why=quit messages=1 bytes=23"
check 'every line ends with CR LF' \
	[ "$(grep -c "$(printf '\r')\$" out.raw)" = "$(wc -l <out.raw)" ]
sed '3s/; .*/; DATE/' q/message >got
cat >want <<'END'
Received: from client.example ([192.0.2.7])
  by mx.example.org with ESMTP (relay local) id t
  for <joe@local.example>; DATE
Subject: x

.hi
END
check 'the message, in queue form' cmp -s got want
printf 'Fa@b.example\0Tjoe@local.example\0\0' >want
check 'its envelope' cmp -s q/envelope want
printf 'RELAYREASON=local\nPOSTERN_SESSION=t\n' >want
check 'its environment' cmp -s q/env want

# one probe each: who may send where
probe() { # probe WANTED-CODE WANTED-RELAY ADDRESS [VARIABLE...] [-- OPTION...]
	w=$1 r=$2 a=$3
	shift 3
	printf 'EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:%s\r\nQUIT\r\n' "$a" >in
	talk "$@"
	check "$w relay=$r $a $*" probed
}
probed() {
	grep -q "^$w " out || return
	[ "$r" = - ] || grep -q " relay=$r code=$w" err
}
probe 250 local '<joe@local.example>'
probe 250 local '<joe@LOCAL.Example.>'
probe 250 local '<joe@a.sub.example>'
probe 553 none '<joe@sub.example>'
probe 250 local '<postmaster>'
probe 250 local '<PostMaster>'
probe 553 none '<joe@foreign.example>'
probe 553 none '<joe@evil-local.example>'
probe 553 none '<joe@local.example.foreign.example>'
probe 553 none '<joe@xlocal.example>'
probe 553 none '<"joe@local.example"@foreign.example>'
probe 553 none '<@local.example:joe@foreign.example>'
probe 250 local '<@foreign.example:joe@local.example>'
probe 553 none '<joe%foreign.example@local.example>'
probe 553 none '<foreign.example!joe@local.example>'
probe 553 none '<"joe@foreign.example"@local.example>'
probe 553 none '<":joe"@local.example>'
probe 553 none '<joe@[192.0.2.99]>'
probe 553 none '<joe@[192.0.2.99]>' TCPLOCALIP=192.0.2.1
probe 501 none '<joe@[3221225985]>'
probe 501 none '<joe@local.example'
probe 501 none '<joe@foreign.example>,<joe@local.example>'
probe 501 none 'joe@local.example'
probe 553 none '<joe>'
probe 501 none '<>'
probe 501 none '<joe@local.example>x'
probe 501 none '<joe@foreign.example@local.example>'
probe 250 backup '<joe@backup.example>'
probe 250 env '<joe@foreign.example>' RELAYCLIENT=
probe 250 rule:192.0.2. '<joe@foreign.example>' RELAYCLIENT= RELAYREASON=rule:192.0.2.
probe 250 rule: '<joe@foreign.example>' RELAYCLIENT= RELAYREASON=rule:
probe 250 grant:roam '<joe@foreign.example>' RELAYCLIENT= RELAYREASON=grant:roam
probe 250 cert:mx '<joe@foreign.example>' RELAYCLIENT= RELAYREASON=cert:mx
probe 250 env '<joe@foreign.example>' RELAYCLIENT= RELAYREASON=auth:joe
probe 553 suppressed:gateway '<joe@foreign.example>' RELAYREASON=suppressed:gateway
probe 250 local '<joe@local.example>' RELAYREASON=suppressed:gateway
probe 250 backup '<joe@backup.example>' RELAYREASON=suppressed:gateway
probe 553 none '<joe@foreign.example>' RELAYREASON=rule:192.0.2.
probe 553 none '<joe@foreign.example>' SMTPAUTHUSER=joe AUTHUSER=joe TCPREMOTEINFO=joe
probe 250 backup '<joe@backup.example>' RELAYCLIENT=
probe 250 env '<joe%x@foreign.example>' RELAYCLIENT=
probe 250 env '<joe@foreign.example>' RELAYCLIENT=@fixme
probe 553 env '<"a@b"@foreign.example>' RELAYCLIENT=@fixme
probe 451 none '<joe@local.example>' RBLSMTPD=listed
probe 553 none '<joe@local.example>' RBLSMTPD=-listed
probe 250 local '<joe@local.example>' RBLSMTPD=
mv control/rcpthosts away
probe 553 none '<joe@local.example>'
check 'and the log says that rcpthosts is missing' \
	grep -q "warning $S reason=no.*rcpthosts" err
probe 250 local '<postmaster>'
mv away control/rcpthosts
echo local.example >control/percenthack
probe 250 local '<joe%foreign.example@local.example>'
rm control/percenthack
echo mail.local.example >control/localiphost
echo mail.local.example >>control/rcpthosts
probe 250 local '<joe@[192.0.2.1]>' TCPLOCALIP=192.0.2.1
rm control/localiphost

# morercpthosts.cdb; a damaged one gives no right and no refusal for good
printf '+12,0:more.example->\n\n' | cdb -c control/morercpthosts.cdb
probe 250 local '<joe@more.example>'
probe 553 none '<joe@less.example>'
echo short >control/morercpthosts.cdb
probe 451 none '<joe@more.example>'
probe 250 local '<joe@local.example>'
rm control/morercpthosts.cdb

say 'MAIL FROM:<a@b.example>' 'RCPT TO:<joe@local.example>' DATA x . QUIT >in
talk RELAYCLIENT=@fixme RELAYREASON=rule:192.0.2.
printf 'Fa@b.example\0Tjoe@local.example@fixme\0\0' >want
check 'the suffix of RELAYCLIENT is appended' cmp -s q/envelope want
say 'MAIL FROM:<a@b.example>' 'RCPT TO:<joe@foreign.example>' DATA x . QUIT >in
talk RELAYCLIENT=
check 'a right that nobody explains: Received' grep -q '(relay env)' q/message
check 'and the queue program' grep -qx 'RELAYREASON=env' q/env

# -U: mailboxes and aliases
printf '+17,14:joe@local.example->::::/home/joe:\n\n' >boxes
cdb -c mailboxes.cdb boxes
printf 'sales@local.example: joe@local.example\n@a.sub.example: joe@local.example\n' \
	>control/aliases
probe 250 local '<Joe@Local.example>' -- -U mailboxes.cdb
probe 550 local '<eve@local.example>' -- -U mailboxes.cdb
probe 250 local '<SALES@local.example>' -- -U mailboxes.cdb
probe 250 local '<any@a.sub.example>' -- -U mailboxes.cdb
probe 550 local '<any@b.sub.example>' -- -U mailboxes.cdb
probe 250 local '<Postmaster@b.sub.example>' -- -U mailboxes.cdb
probe 250 local '<postmaster>' -- -U mailboxes.cdb
probe 553 none '<joe@foreign.example>' -- -U mailboxes.cdb
probe 250 env '<eve@foreign.example>' RELAYCLIENT= -- -U mailboxes.cdb
probe 550 local '<eve@local.example>' RELAYCLIENT= -- -U mailboxes.cdb
probe 250 backup '<eve@backup.example>' -- -U mailboxes.cdb
probe 451 local '<joe@local.example>' -- -U nothing.cdb
rm control/aliases
probe 550 local '<sales@local.example>' -- -U mailboxes.cdb

# senders
sender() { # sender WANTED-CODES SENDER [VARIABLE...]
	w=$1 f=$2
	shift 2
	printf 'EHLO c\r\nMAIL FROM:%s\r\nRCPT TO:<joe@local.example>\r\nQUIT\r\n' \
		"$f" >in
	talk "$@"
	codes "$f" "220 250 $w 221"
}
sender '250 250' '<>'
sender '250 250' ' <a@b.example>'
sender '250 250' '<"a b"@b.example> BODY=7bit'
sender '250 250' '<a@b.example> SIZE=99999999999999999999'
sender '552 503' '<a@b.example> SIZE=99999999999999999999' DATABYTES=100
sender '552 503' '<a@b.example> SIZE=101' DATABYTES=100
sender '250 250' '<a@b.example> SIZE=100' DATABYTES=100
sender '501 503' '<a@b.example> SIZE=1x'
sender '501 503' '<a@b.example> SIZE='
sender '501 503' '<a@b.example> SIZE=1 SIZE=1'
sender '501 503' '<a@b.example> BODY=BINARYMIME'
sender '555 503' '<a@b.example> RET=FULL'
sender '555 503' '<a@b.example> AUTH=<>'
sender '501 503' 'a@b.example'
sender '501 503' ''
sender '553 503' '<root>'
sender '553 503' "$(printf '<j\303\266@b.example>')"
sender '250 250' "$(printf '<j\303\266@b.example> SMTPUTF8')"
sender '501 503' "$(printf '<j\366@b.example> SMTPUTF8')"
sender '250 553' '<BAD@bad.example>'
sender '250 250' '<good@bad.example>'
sender '250 553' '<any@Worse.example>'

say 'RCPT TO:<a@b>' DATA 'MAIL FROM:<a@b.example>' 'MAIL FROM:<a@b.example>' \
	DATA 'RCPT TO:<joe@local.example> NOTIFY=NEVER' 'RCPT <a@b>' 'DATA x' \
	RSET 'RCPT TO:<joe@local.example>' EHLO HELO 'HELO a b' NOOP 'NOOP x' \
	'VRFY joe' HELP 'EXPN x' STARTTLS FOO '' 'AUTH PLAIN AGEAYg==' \
	'rset ' 'QUIT x' quit >in
talk
codes 'the order of things' \
	'220 503 503 250 503 503 555 501 501 250 503 501 501 501 250 250 252 214 502 502 500 500 503 250 501 221'
check 'all but 2xx of the greeting bear an enhanced code' \
	[ "$(grep -cE '^[245][0-9][0-9] [245]\.[0-9]+\.[0-9]+ ' out)" = 25 ]

# the end of data
data() { # data NAME WANTED-CODES BYTES-AS-PRINTF [VARIABLE...]
	what=$1 w=$2 b=$3
	shift 3
	rm -f q/*
	{
		say 'EHLO c' 'MAIL FROM:<a@b.example>' \
			'RCPT TO:<joe@local.example>' DATA
		# shellcheck disable=SC2059
		printf "$b"
	} >in
	talk "$@"
	codes "$what" "220 250 250 250 354 $w"
}
M='MAIL FROM:<smuggled@b.example>\r\nRCPT TO:<joe@local.example>\r\nDATA\r\n'
for a in '\n' '\r' '\r\r' '\n\r' '\r\0\n' '\0' '\r\n\0' '\r\n ' '\r\n\t' '\v' \
	'\f' '\205' '\302\205' '\342\200\250' 'x' '=0D=0A' '%%0D%%0A'; do
	for b in '\n' '\r' '\r\n' '\r\r\n' '\0' ' \r\n' '\t\r\n' '\0\r\n' \
		'.\r\n' '\r\0\n' 'x'; do
		{
			say 'EHLO c' 'MAIL FROM:<a@b.example>' \
				'RCPT TO:<joe@local.example>' DATA
			# shellcheck disable=SC2059
			printf "S: x\r\n\r\nhi$a.$b${M}y\r\n.\r\nQUIT\r\n"
		} >>all
	done
done
smuggle() { # a session for each: one DATA, one envelope, whatever follows
	awk -v RS='EHLO c\r\n' 'NR > 1 { f = sprintf("case.%03d", NR); printf "EHLO c\r\n%s", $0 >f; close(f) }' all
	for f in case.*; do
		session <"$f"
		[ "$(grep -c '^354' out)" = 1 ] || return
		[ "$(grep -c ' rcpt ' err)" = 1 ] || return
		! grep -q smuggled err || return
	done
}
check 'nothing is smuggled: one DATA, one reply' smuggle
rm -f case.* all

data 'a plain message' '250 221' 'a\r\n.\r\nQUIT\r\n'
check 'has no message-id' grep -q ' queued .* ms=M$' err
data 'a message-id' '250 221' 'Subject: x\r\nmessage-id:\r\n <a b@c>\r\n\r\nMessage-ID: <no@x>\r\n.\r\nQUIT\r\n'
check 'is logged' grep -q ' queued .* ms=M msgid=a\\x20b@c$' err
data 'an empty message' '250 221' '.\r\nQUIT\r\n'
data 'a bare LF' '550 221' 'a\nb\r\n.\r\nQUIT\r\n'
check 'is not queued' [ ! -e q/envelope ]
data 'a bare LF, normalised' '250 221' 'a\nb\r\n.\r\nQUIT\r\n' \
	POSTERN_BARELF=normalize
check 'is a line end' [ "$(tail -n 2 q/message)" = "$(printf 'a\nb')" ]
data 'LF dot LF, normalised' '550 221' 'a\n.\nb\r\n.\r\nQUIT\r\n' \
	POSTERN_BARELF=normalize
data 'LF dot CRLF, normalised' '550 221' 'a\n.\r\nb\r\n.\r\nQUIT\r\n' \
	POSTERN_BARELF=normalize
data 'CRLF dot LF, normalised' '550 221' 'a\r\n.\nb\r\n.\r\nQUIT\r\n' \
	POSTERN_BARELF=normalize
data 'a bare CR, normalised' '550 221' 'a\rb\r\n.\r\nQUIT\r\n' \
	POSTERN_BARELF=normalize
data 'a NUL' '550 221' 'a\0b\r\n.\r\nQUIT\r\n'
data 'as large as may be' '250 221' 'abcdefgh\r\n.\r\nQUIT\r\n' DATABYTES=10
data 'one byte more' '552 221' 'abcdefghi\r\n.\r\nQUIT\r\n' DATABYTES=10
check 'is not queued' [ ! -e q/envelope ]
data 'the end of input within' '' 'abc\r\n'
check 'is not queued' [ ! -e q/envelope ]
check 'and logged' grep -q 'end .* why=eof messages=0 bytes=5$' err
data 'a bare LF between commands' '250 500' 'a\r\n.\r\nNOOP\nQUIT\r\n'
check 'ends the session' [ "$rc" = 1 ]
hops=$(i=0; while [ $i -lt 100 ]; do printf 'Received: x\\r\\n'; i=$((i + 1)); done)
data '100 hops' '250 221' "$hops\r\nReceived: body\r\n.\r\nQUIT\r\n"
data '101 hops' '554 221' "Delivered-To: x\r\n$hops\r\nbody\r\n.\r\nQUIT\r\n"
printf 'MAIL FROM:<a@b.example>\r\nRCPT TO:<joe@local.example>\r\nDATA\r\n' >in
{ head -c 3000000 /dev/zero | tr '\0' 'x' | fold -w 70 | sed 's/$/\r/'; } >body
{ cat body; printf '\n.\r\nQUIT\r\n'; } >>in
talk
sed 1,3d q/message >got
{ tr -d '\r' <body; echo; } >want
check '3 MB arrive as they were' cmp -s got want

# BDAT
chunks() { # chunks NAME WANTED-CODES BYTES-AS-PRINTF [VARIABLE...]
	what=$1 w=$2 b=$3
	shift 3
	rm -f q/*
	{
		say 'EHLO c' 'MAIL FROM:<a@b.example>' 'RCPT TO:<joe@local.example>'
		# shellcheck disable=SC2059
		printf "$b"
	} >in
	talk "$@"
	codes "$what" "220 250 250 250 $w"
}
chunks 'one chunk' '250 221' 'BDAT 6 LAST\r\na\r\n.\r\nQUIT\r\n'
check 'a dot is a dot' [ "$(tail -n 2 q/message)" = "$(printf 'a\n.')" ]
chunks 'several' '250 250 250 250 221' \
	'BDAT 2\r\na\rBDAT 4\r\n\n..\rBDAT 0\r\nBDAT 1 last\r\n\nQUIT\r\n'
check 'CR and LF apart' [ "$(tail -n 2 q/message)" = "$(printf 'a\n..')" ]
chunks 'refused chunks are read' '250 503 221' \
	'RSET\r\nBDAT 14 LAST\r\nRSET\r\nNOOP\r\n\r\nQUIT\r\n'
chunks 'no DATA after BDAT, no RCPT, no MAIL' '250 503 503 503 250 221' \
	'BDAT 3\r\na\r\nDATA\r\nRCPT TO:<joe@local.example>\r\nMAIL FROM:<>\r\nBDAT 0 LAST\r\nQUIT\r\n'
chunks 'RSET drops what came' '250 250 503 221' \
	'BDAT 3\r\na\r\nRSET\r\nBDAT 0 LAST\r\nQUIT\r\n'
check 'is not queued' [ ! -e q/envelope ]
chunks 'too large' '552 503 221' 'BDAT 5\r\nabcdeBDAT 1 LAST\r\nxQUIT\r\n' DATABYTES=4
chunks 'a bare LF' '550 221' 'BDAT 3 LAST\r\na\nbQUIT\r\n'
chunks 'a bare CR at the end' '550 221' 'BDAT 2 LAST\r\na\rQUIT\r\n'
chunks 'no number' '501' 'BDAT x\r\nQUIT\r\n'
chunks 'a number too large' '501' 'BDAT 99999999999999999999\r\nQUIT\r\n'
chunks 'not LAST' '501' 'BDAT 1 LASTX\r\naQUIT\r\n'

# the queue program
message='EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<joe@local.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n'
# shellcheck disable=SC2059
printf "$message" >in
for c in 11:554 31:554 53:451 82:451 111:451 crash:451 early31:554; do
	queue="$HELPERS/fakequeue q ${c%:*}"
	talk
	codes "queue ${c%:*}" "220 250 250 250 354 ${c#*:} 221"
done
queue="$HELPERS/fakequeue q 82 Dno-thanks"
talk
check 'a text of its own' grep -q '^554 5.3.0 no-thanks$' out
queue="$HELPERS/fakequeue q daemon"
talk
codes 'it left a child' '220 250 250 250 354 250 221'
queue=./nothing
talk
codes 'there is none' '220 250 250 250 451 500 500 221'
queue="$HELPERS/fakequeue q"
talk QMAILQUEUE=./nothing
codes 'QMAILQUEUE comes first' '220 250 250 250 451 500 500 221'

# too many
{
	say 'EHLO c' 'MAIL FROM:<a@b.example>'
	for i in 1 2 3; do say "RCPT TO:<joe$i@local.example>"; done
	say QUIT
} >in
echo 2 >control/maxrcpt
talk
codes 'recipients' '220 250 250 250 250 452 221'
rm control/maxrcpt
i=0
while [ $i -lt 60 ]; do say FOO; i=$((i + 1)); done >in
talk
check 'errors' [ "$(grep -c ^500 out) $(tail -n 1 out) $rc" = \
	'51 421 4.7.0 too many errors 1' ]
i=0
while [ $i -lt 1100 ]; do say NOOP; i=$((i + 1)); done >in
talk
check 'commands' [ "$(grep -c ^250 out) $(tail -n 1 out) $rc" = \
	'1000 421 4.7.0 too many commands without a message 1' ]
{ head -c 3000 /dev/zero | tr '\0' x; say ''; head -c 20000 /dev/zero | tr '\0' x; say '' QUIT; } >in
talk
codes 'long lines' '220 500 500 221'

# silence
echo 1 >control/timeoutsmtpd
mkfifo pipe
exec 3<>pipe
session <pipe
is 'a client that says nothing' 99 '220 mx.example.org ESMTP
421 4.4.2 timeout' "$L end $S why=timeout messages=0 bytes=0"
printf 'MAIL FROM:<a@b.example>\r\nRCPT TO:<joe@local.example>\r\nDATA\r\nx\r\n' >pipe
rm -f q/*
session <pipe
check 'in the middle of a message' \
	[ "$rc $(tail -n 1 out) $(ls q)" = '99 421 4.4.2 timeout ' ]
exec 3>&-
rm control/timeoutsmtpd

# configuration
say QUIT >in
config() { # config NAME FILE CONTENT STDERR
	[ ! -e "control/$2" ] || mv "control/$2" away
	[ -z "$3" ] || echo "$3" >"control/$2"
	talk
	is "$1" 100 '421 4.3.0 unable to read controls' "$L fatal: $4"
	rm -f "control/$2"
	[ ! -e away ] || mv away "control/$2"
}
config 'no me' me '' 'control: neither me nor smtpgreeting'
config 'me is no domain' me 'a b' 'control/me:1: not a domain'
config 'databytes' databytes 1k 'control/databytes:1: not a number'
config 'rcpthosts' rcpthosts '*.example' 'control/rcpthosts:1: not a domain'
config 'maxrcpt' maxrcpt 0 'control/maxrcpt:1: zero'
config 'badmailfrom' badmailfrom joe \
	'control/badmailfrom:1: neither an address nor @domain'
talk DATABYTES=x
is DATABYTES 100 '421 4.3.0 unable to read controls' \
	"$L fatal: DATABYTES: not a number"
talk POSTERN_BARELF=no
is POSTERN_BARELF 100 '421 4.3.0 unable to read controls' \
	"$L fatal: POSTERN_BARELF: neither reject nor normalize"
talk SMTPAUTH=yes
check SMTPAUTH [ "$rc" = 100 ]
talk -- -C nowhere
check 'no directory' [ "$rc" = 100 ]
talk -- -z
check usage [ "$rc" = 100 ]
talk -- -m FOO
is 'unknown mechanism' 100 '' "$L fatal: unknown mechanism: FOO"
done_testing
