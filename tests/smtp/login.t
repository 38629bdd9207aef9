# postern-smtpd: AUTH, with scripts for password checkers.
. "$TESTS/lib/t.sh"
. "$TESTS/lib/smtp.sh"

cat >checker <<'END'
#!/bin/sh
# joe's password is secret; jim makes it fail, ann crash
login=$(tr '\0' '\n' <&3)
echo "$login" >asked
case $login in
"joe
secret"*) exec "$@" ;;
jim*) exit 111 ;;
ann*) kill -9 $$ ;;
esac
exit 1
END
cat >cram <<'END'
#!/bin/sh
tr '\0' '\n' <&3 >asked
exec "$@"
END
chmod 755 checker cram

smtp() { session "$@" <in; }
say() { printf '%s\r\n' 'EHLO c' "$@" QUIT >in; }
before='220 250 '
joe=$(b64 '\0joe\0secret')

say "AUTH PLAIN $joe" 'EHLO c' 'AUTH PLAIN x' 'MAIL FROM:<a@b.example>' \
	'RCPT TO:<x@foreign.example>' 'RCPT TO:<joe@local.example>' DATA hi .
smtp $plain SMTPAUTHUSER=mallory RELAYREASON=grant:x -- ./checker /bin/true
is 'login, and what it opens' 0 '220 mx.example.org ESMTP
250-mx.example.org
250-PIPELINING
250-SIZE 0
250-AUTH PLAIN LOGIN
250-8BITMIME
250-SMTPUTF8
250-ENHANCEDSTATUSCODES
250-CHUNKING
250 HELP
235 2.7.0 ok, go ahead
250-mx.example.org
250-PIPELINING
250-SIZE 0
250-8BITMIME
250-SMTPUTF8
250-ENHANCEDSTATUSCODES
250-CHUNKING
250 HELP
503 5.5.1 you'\''re already authenticated
250 2.1.0 ok
250 2.1.5 ok
250 2.1.5 ok
354 go ahead
250 2.0.0 ok T qp P
221 2.0.0 mx.example.org' "$L auth $S user=joe mechanism=PLAIN result=ok
$L rcpt $S from=a@b.example to=x@foreign.example relay=auth:joe code=250
$L rcpt $S from=a@b.example to=joe@local.example relay=local code=250
$(grep queued err)
$L end $S why=quit messages=1 bytes=7"
check 'Received tells' grep -q 'with ESMTPA (relay auth:joe)' q/message
printf 'RELAYCLIENT=\nRELAYREASON=auth:joe\nSMTPAUTHUSER=joe\nSMTP_AUTH_USER=joe\nSMTPAUTHMETHOD=PLAIN\nTCPREMOTEINFO=joe\nAUTHUSER=joe\nAUTHPROTOCOL=PLAIN\nPOSTERN_SESSION=t\n' >want
check 'the queue program knows' cmp -s q/env want

say 'MAIL FROM:<a@b.example>' 'RCPT TO:<joe@local.example>' DATA hi .
smtp SMTPAUTHUSER=mallory AUTHUSER=mallory SMTP_AUTH_USER=m SMTPAUTHMETHOD=m \
	AUTHPROTOCOL=m -- ./checker /bin/true
printf 'RELAYREASON=local\nPOSTERN_SESSION=t\n' >want
check 'who did not authenticate is nobody' cmp -s q/env want

say 'AUTH LOGIN' "$(b64 joe)" "$(b64 secret)"
smtp $plain -- ./checker /bin/true
codes 'AUTH LOGIN' '334 334 235 221'
check 'its prompts' grep -q '^334 VXNlcm5hbWU6$' out
say "auth login $(b64 joe)" "$(b64 secret)"
smtp $plain -- ./checker /bin/true
codes 'with an initial response' '334 235 221'
say 'AUTH PLAIN' "$joe"
smtp POSTERN_TLS=x -- ./checker /bin/true
codes 'without, and TLS' '334 235 221'

rm -f asked
say 'AUTH FOO' 'AUTH' "AUTH CRAM-MD5" 'AUTH PLAIN' '*' 'AUTH PLAIN *' \
	'AUTH PLAIN =' 'AUTH PLAIN !!!' "AUTH PLAIN $(b64 '\0joe\0sec\0ret')" \
	"AUTH PLAIN $(b64 'ann\0joe\0secret')" "AUTH PLAIN $(b64 '\0\0secret')" \
	"AUTH PLAIN $(b64 '\0joe\0')" 'AUTH LOGIN' '' 'AUTH LOGIN =' \
	'MAIL FROM:<a@b.example>' 'AUTH PLAIN'
smtp $plain -- ./checker /bin/true
codes 'what is not right' \
	'504 504 504 334 501 501 501 501 501 501 501 501 334 501 501 250 503 221'
check 'nobody was asked' [ ! -e asked ]

long=$(head -c 12300 /dev/zero | tr '\0' A)
say 'AUTH PLAIN' "$long" "AUTH PLAIN $(head -c 600 /dev/zero | tr '\0' A)" \
	"AUTH PLAIN $long"
smtp $plain -- ./checker /bin/true
codes 'too long' '334 500 501 500 221'

printf 'AUTH PLAIN %s\r\nQUIT\r\n' "$joe" >in
smtp $plain -- ./checker /bin/true
check 'not without EHLO' grep -q '^503' out

say "AUTH PLAIN $joe" 'MAIL FROM:<a@b.example> AUTH=<>'
smtp -- ./checker /bin/true
offers 'without TLS it is not offered' ''
codes 'nor accepted' '538 250 221'
smtp SMTPAUTH=- $plain -- ./checker /bin/true
codes 'off by the rule' '503 555 221'
smtp PROTO=SSL -- ./checker /bin/true
offers 'TLS by the listener' 'PLAIN LOGIN'
smtp $plain -- true x
codes 'true is no checker' '503 555 221'
check 'and the log says so' grep -q "warning $S reason=AUTH.*off" err
smtp $plain -- ./checker
codes 'a checker without a program is none' '503 555 221'
say 'MAIL FROM:<a@b.example>' "AUTH PLAIN $joe" 'MAIL FROM:<a@b.example>'
smtp $plain SMTPAUTH=! -- ./checker /bin/true
codes 'required' '530 235 250 221'
smtp SMTPAUTH=!
codes 'required, and there is none' '530 503 530 221'

say "AUTH PLAIN $(b64 '\0jim\0x')" "AUTH PLAIN $(b64 '\0ann\0x')" \
	"AUTH PLAIN $joe"
smtp $plain -- ./checker /bin/true
codes 'a checker that fails is not a wrong password' '454 454 235 221'
check 'and the log tells why' [ "$(grep -c 'result=failed reason=exit\\x20111' err)" = 1 ]
smtp $plain -- ./nothing x
check 'no checker' [ "$(grep -c ^454 out) $(tail -n 1 out)" = \
	'3 421 4.7.0 too many failed logins' ]

say 'AUTH CRAM-MD5' "$(b64 'joe 0123456789abcdef0123456789abcdef')"
smtp -- -m 'PLAIN CRAM-MD5' ./cram /bin/true
offers 'CRAM-MD5 needs no TLS' CRAM-MD5
codes 'CRAM-MD5' '334 235 221'
challenge=$(sed -n 's/^334 //p' out | base64 -d)
check 'response first' [ "$(cat asked)" = "joe
0123456789abcdef0123456789abcdef
$challenge" ]
case $challenge in '<'*@mx.example.org'>') r=0 ;; *) r=1 ;; esac
check 'the challenge' [ $r = 0 ]
smtp -- -m CRAM-MD5 -O challenge ./cram /bin/true
challenge=$(sed -n 's/^334 //p' out | base64 -d)
check 'challenge first' [ "$(cat asked)" = "joe
$challenge
0123456789abcdef0123456789abcdef" ]
smtp -- -m CRAM-MD5 -d other.example ./cram /bin/true
challenge=$(sed -n 's/^334 //p' out | base64 -d)
case $challenge in '<'*@other.example'>') r=0 ;; *) r=1 ;; esac
check 'the host of -d' [ $r = 0 ]
smtp SMTPAUTH=+cram $plain -- ./cram /bin/true
offers 'more by the rule' 'PLAIN LOGIN CRAM-MD5'

say "AUTH PLAIN $joe"
smtp $plain -- -p ./checker /bin/true
codes 'proved' '235 221'
smtp $plain -- -p ./cram /bin/true
codes 'a checker that accepts everything is found out' '454 221'
say "AUTH PLAIN $joe" "AUTH PLAIN $joe" 'EHLO me'
smtp $plain -- -p ./cram /bin/true
check 'and not asked again' [ "$(grep -c '^454' out) $(grep -c '^503' out)" = '1 1' ]
check 'nor offered' [ "$(grep -c '^250-AUTH' out)" = 1 ]
check 'which is told' grep -q 'result=failed reason=the.x20checker.x20accepts.x20every.x20password' err

say "AUTH PLAIN $(b64 '\0joe\0wrong')" "AUTH PLAIN $(b64 '\0eve\0secret')" \
	"AUTH PLAIN $(b64 '\0joe\0')" "AUTH PLAIN $(b64 '\0joe\0Secret')" \
	"AUTH PLAIN $joe"
smtp $plain -- ./checker /bin/true
check 'three failures end it' [ "$(grep -c '^535' out) $(tail -n 1 out) $rc" = \
	'3 421 4.7.0 too many failed logins 1' ]
check 'and never look different' [ "$(grep '^535' out | sort -u)" = \
	'535 5.7.8 authentication failed' ]
done_testing
