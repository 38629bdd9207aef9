# postern-smtpd -a: AUTH by a server of Dovecot's protocol, good and bad.
. "$TESTS/lib/t.sh"
. "$TESTS/lib/smtp.sh"

usage='postern-smtpd: usage: '
hex=$(printf %064d 7)

as() { b64 "\\0$1\\0${2-secret}"; }
server() { # server [GREETING]: another one, on the socket s; its log is auth.log
	[ -z "${auth-}" ] || kill "$auth"
	rm -f s ready
	mkfifo ready
	python3 "$TESTS/helpers/fakeauth.py" s "$@" >ready 2>>auth.log &
	auth=$!
	servers="${servers-} $auth"
	trap 'kill -KILL $servers 2>/dev/null' EXIT
	read -r _ <ready
}
smtp() {
	: >auth.log
	session TCPLOCALIP=192.0.2.1 "$@" <in
}
options='-a s'
say() { printf '%s\r\n' 'EHLO c' "$@" QUIT >in; }
before='220 250 '

server
say
smtp
offers 'in clear' 'CRAM-MD5 SCRAM-SHA-256 SMALL LOOP'
is 'and no more is said' 0 "$(cat out)" "$L end $S why=quit messages=0 bytes=0"
smtp $plain
offers 'passwords in clear' 'PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SMALL LOOP'
smtp POSTERN_TLS=x
offers 'TLS' 'PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SMALL LOOP'
smtp POSTERN_TLS=x POSTERN_TLS_EXPORTER="$hex"
offers 'a channel to bind to' 'PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SCRAM-SHA-256-PLUS SMALL LOOP'
smtp POSTERN_TLS=x POSTERN_TLS_EXPORTER="$hex" -- -m 'scram-sha-256-plus Plain FOO'
offers 'some of it' 'PLAIN SCRAM-SHA-256-PLUS'
smtp POSTERN_TLS=x POSTERN_CERT_SHA256="$hex"
offers 'a certificate' 'PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SMALL LOOP'
echo "$hex joe@example.org" >control/relaycerts
smtp POSTERN_TLS=x POSTERN_CERT_SHA256="$hex"
offers 'that is listed' 'PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 EXTERNAL SMALL LOOP'
smtp POSTERN_TLS=x SMTPAUTH=cram
offers 'cram' CRAM-MD5
smtp POSTERN_TLS=x SMTPAUTH=+cram -- -m PLAIN
offers '+cram' 'PLAIN CRAM-MD5'
smtp POSTERN_TLS=x SMTPAUTH=-
offers 'none by the rule' ''
check 'nobody is asked then' lacks connection auth.log
smtp UCSPITLS=!
offers 'where TLS is required, not before it' ''
check 'nobody is asked then' lacks connection auth.log
printf '%s\r\n' 'HELO c' NOOP 'MAIL FROM:<a@b.example>' QUIT >in
smtp
check 'nor without EHLO' lacks connection auth.log

# right
say "AUTH PLAIN $(as joe)" 'AUTH PLAIN x' 'EHLO c' 'MAIL FROM:<a@b.example> AUTH=<>' \
	'RCPT TO:<x@foreign.example>' DATA hi .
smtp POSTERN_TLS=x SMTPAUTHUSER=mallory
codes right '235 503 250 250 250 354 250 221'
offers 'once only' 'PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SMALL LOOP'
check 'the log' has "^$L auth $S user=joe@example.org mechanism=PLAIN result=ok\$" err
check 'Received' has 'with ESMTPSA (TLS, relay auth:joe@example.org)' q/message
check 'the queue program knows' has '^SMTPAUTHMETHOD=PLAIN$' q/env
check 'who it was' has '^SMTPAUTHUSER=joe@example.org$' q/env
check 'what the server was asked' [ "$(grep -v '^< CPID' auth.log)" = "connection
< VERSION	1	1
< AUTH	1	PLAIN	service=smtp	nologin	session=t	lip=192.0.2.1	rip=192.0.2.7	secured	resp=$(as joe)" ]
smtp $plain
check 'a wire that is as good as private' has '	secured	' auth.log
say 'auth scram-sha-256' "$(b64 'n,,n=joe,r=x')" "$(b64 'c=biws,r=x,p=x')"
smtp
codes 'a dialogue, in clear' '334 334 235 221'
check 'is not secured' lacks secured auth.log
check 'what the client says is what the server gets' [ "$(tail -n 1 auth.log)" = \
	"< CONT	1	$(b64 'c=biws,r=x,p=x')" ]
say 'AUTH PLAIN' "$(as joe)"
smtp $plain
codes 'without an initial response' '334 235 221'
say 'AUTH EXTERNAL ='
smtp POSTERN_TLS=x POSTERN_CERT_SHA256="$hex" POSTERN_TLS_EXPORTER="$hex"
codes EXTERNAL '235 221'
check 'whom the certificate names' has \
	"	valid-client-cert	cert_username=joe@example.org	tls-exporter=$hex	resp=\$" auth.log
say "AUTH PLAIN $(as odd)" 'MAIL FROM:<a@b.example>' 'RCPT TO:<joe@local.example>' DATA hi .
smtp $plain
check 'a strange user is harmless' has '^SMTPAUTHUSER=??reboot?@b$' q/env

# wrong, and nobody knows
say "AUTH PLAIN $(as joe wrong)" "AUTH PLAIN $(as eve)" "AUTH PLAIN $(as joe x)"
smtp $plain
codes 'wrong passwords' '535 535 535 421'
check 'the third ends it' [ "$(tail -n 1 out) $rc" = '421 4.7.0 too many failed logins 1' ]
check 'the log' has "^$L auth $S user=eve mechanism=PLAIN result=wrong reason=refused\$" err
check 'one connection serves all' [ "$(grep -c connection auth.log)" = 1 ]
fails() { # fails USER WHY: it fails, for nobody's fault, and the next attempt is good
	say "AUTH PLAIN $(as "$1")" "AUTH PLAIN $(as joe)"
	smtp $plain
	codes "$1" '454 235 221'
	check "$1: why" has "^$L auth $S user=[^ ]* mechanism=PLAIN result=failed reason=$2\$" err
}
fails jim 'database.x20is.x09down'
fails die 'the.x20server.x20closed'
fails half 'the.x20server.x20closed'
fails rubbish '[a-z\\0-9]*'
fails nobody 'no.x20user.x20in.x20the.x20answer'
say "AUTH PLAIN $(as slow)"
smtp $plain
codes slow '235 221'
say "AUTH PLAIN $(as eve)" "AUTH PLAIN $(as late)"
smtp $plain
codes 'an old answer is nobody'\''s' '535 535 221'
say "AUTH PLAIN $(as restart)" 'EHLO c' "AUTH PLAIN $(as joe)"
smtp $plain
codes 'a restart between two attempts' '535 250 235 221'
check 'another connection' [ "$(grep -c connection auth.log)" = 2 ]
say "AUTH PLAIN $(as gone)" 'EHLO c' "AUTH PLAIN $(as joe)"
smtp $plain
codes 'gone between two attempts' '535 250 454 221'
check 'what was known is offered' [ "$(grep -c '^250-AUTH PLAIN LOGIN CRAM' out)" = 2 ]
smtp $plain
codes 'gone' '454 250 454 221'
check 'nothing is offered' lacks 250-AUTH out
check 'the log' [ "$(grep -c "warning $S reason=s why=unable.x20to.x20connect" err)" = 2 ]

# what the client may say
server
say 'AUTH FOO' AUTH 'AUTH ANONYMOUS' 'AUTH DOVECOT-TOKEN' 'AUTH EXTERNAL =' \
	'AUTH SCRAM-SHA-256-PLUS' 'AUTH NAME-OVER-TWENTY-BYTES' 'AUTH A'
smtp $plain
codes 'what is not offered is not accepted' '504 504 504 504 504 504 504 504 221'
say "AUTH PLAIN $(as joe)"
smtp
codes 'nor a password in clear' '538 221'
check 'the server hears nothing of it' lacks '^< AUTH' auth.log
say 'AUTH PLAIN !!!' 'AUTH PLAIN AGpvZQBzZWNyZXQ' 'AUTH PLAIN AGpvZQBzZWNyZXR=' \
	'AUTH PLAIN' '=' 'AUTH PLAIN' '*' 'AUTH PLAIN' 'AGpv ZQBz' 'AUTH PLAIN *'
smtp $plain
codes 'strict base64' '501 501 501 334 501 334 501 334 501 501 221'
check 'a dialogue that ends is cancelled' await 'CANCEL	3' auth.log
check 'and nothing of it is passed on' lacks 'resp\|CONT' auth.log
long=$(head -c 12300 /dev/zero | tr '\0' A)
fits=$(head -c 12284 /dev/zero | tr '\0' A)
say 'AUTH PLAIN' "$long" 'AUTH SMALL' "$fits" '*'
smtp $plain
codes 'long lines' '334 500 334 334 501 221'
i=0
while [ $i -lt 20 ]; do echo AAAA; i=$((i + 1)); done >lines
# shellcheck disable=SC2046
say 'AUTH LOOP' $(cat lines)
smtp $plain
check 'a dialogue without end' [ "$(grep -c ^334 out) $(grep ^454 out)" = \
	'16 454 4.7.0 oops, problem with the password checker' ]
printf '%s\r\n' 'EHLO c' 'AUTH PLAIN' >in
smtp $plain
check 'the client goes' await '^< CANCEL' auth.log
printf '%s\r\n' 'HELO c' 'AUTH PLAIN x' QUIT >in
smtp $plain
check 'not without EHLO' has '^503' out
say 'MAIL FROM:<a@b.example>' 'AUTH PLAIN' RSET "AUTH PLAIN $(as joe)"
smtp $plain
codes 'not in a transaction' '250 503 250 235 221'
check 'which lets the server go' [ "$(grep -c connection auth.log)" = 2 ]
say 'MAIL FROM:<a@b.example>' "AUTH PLAIN $(as joe)" 'MAIL FROM:<a@b.example>'
smtp $plain SMTPAUTH=!
codes 'required' '530 235 250 221'
check 'in these words' has '^530 5.7.0 authentication required$' out

# lists
say "AUTH PLAIN $(as joe)"
for g in flood long text closed; do
	server $g
	smtp $plain
	codes "$g" '454 221'
	check "$g: nothing is offered" lacks 250-AUTH out
done
server few
smtp $plain
offers few PLAIN
codes few '235 221'

# usage
for a in 'postern-checkpassword users.cdb true' -p '-d mx'; do
	# shellcheck disable=SC2086
	run postern-smtpd -a s $a
	check "usage: $a" [ "$rc $(cut -c 1-22 err)" = "100 $usage" ]
done
run postern-smtpd -a s -m 'PLAIN,LOGIN'
is 'no list' 100 '' "$L fatal: not a list of mechanisms: PLAIN,LOGIN"
done_testing
