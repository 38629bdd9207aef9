# postern-smtpd: TLS, with real handshakes.  Who does them is a foreign
# UCSPI-TLS server, or postern-starttls with a stand-in for its service.
. "$TESTS/lib/t.sh"
. "$TESTS/lib/tls.sh"

mkdir control q
echo mx.example.org >control/me
echo local.example >control/rcpthosts
cat >checker <<'END'
#!/bin/sh
case $(tr '\0' , <&3) in joe,secret,,) exec "$@" ;; esac
exit 1
END
chmod 755 checker
make_cert mx.example.org
hex=$(printf %064d 7)
joe=$(printf '\0joe\0secret' | base64)
L='postern-smtpd:'

smtpd="postern-smtpd -C $PWD/control -q \"$HELPERS/fakequeue $PWD/q\""
foreign() {	# foreign FACT... -- VARIABLE... -- ARGUMENT...
	facts=
	while [ "$1" != -- ]; do facts="$facts -a $1"; shift; done
	shift
	offer=UCSPITLS=
	# shellcheck disable=SC2086
	listen "python3 $TESTS/helpers/ucspitlsd.py $facts mx.example.org.pem mx.example.org.key" "$@"
}
ours() {
	facts=
	while [ "$1" != -- ]; do facts="$facts $1"; shift; done
	shift
	offer=
	sockets=$((${sockets-0} + 1))
	mkfifo ready.$sockets
	# shellcheck disable=SC2086
	python3 "$TESTS/helpers/tlsd.py" tls.$sockets mx.example.org.pem \
		mx.example.org.key $facts >ready.$sockets 2>tlsd.log &
	servers="${servers-} $!"
	read -r _ <ready.$sockets
	listen "postern-starttls $PWD/tls.$sockets" "$@"
}
listen() {	# listen WORDS VARIABLE... -- ARGUMENT...: the whole chain
	words=$1
	shift
	vars=$offer
	while [ "$1" != -- ]; do vars="$vars $1"; shift; done
	shift
	# postern-tcpserver lets no UCSPITLS of its own environment through
	# shellcheck disable=SC2086
	serve postern-tcpserver -1 -c 50 127.0.0.1 0 env $vars $words \
		env $vars sh -c 'exec '"$smtpd"' "$@"' sh "$@"
}
talk() { printf '%s\n' "$@" >steps; run timeout 100 python3 "$TESTS/helpers/smtptalk.py" "$port" mx.example.org.pem <steps; }
codes() { # codes NAME WANTED: the last lines of replies, and what is not one
	got=$(sed -n 's/^\([0-9][0-9][0-9]\) .*/\1/p; /^(/p' out | tr '\n' ' ')
	check "$1: $2" [ "$got" = "$2 " ]
}
await_end() { await "^$L end .* why=$1 " server.log; }
one_end() { # the session is over, and nothing of it was done
	await_end tls && lacks ' rcpt \| queued \| auth ' server.log && [ ! -e q/envelope ]
}

suite() { # suite NAME FRONT
	w=$1 front=$2
	rm -f q/*
	$front -- -- ./checker /bin/true
	talk 'EHLO evil' STARTTLS '!tls' 'MAIL FROM:<a@b.example>' 'EHLO client' \
		STARTTLS "AUTH PLAIN $joe" 'MAIL FROM:<a@b.example>' \
		'RCPT TO:<x@foreign.example>' DATA '>Subject: x\r\n\r\nhi\r\n.' '<' QUIT '!end'
	is "$w: a message" 0 "220 mx.example.org ESMTP
250-mx.example.org
250-PIPELINING
250-SIZE 0
250-STARTTLS
250-8BITMIME
250-SMTPUTF8
250-ENHANCEDSTATUSCODES
250-CHUNKING
250 HELP
220 2.0.0 ready to start TLS
503 5.5.1 EHLO first
250-mx.example.org
250-PIPELINING
250-SIZE 0
250-AUTH PLAIN LOGIN
250-8BITMIME
250-SMTPUTF8
250-ENHANCEDSTATUSCODES
250-CHUNKING
250 HELP
503 5.5.1 TLS is active
235 2.7.0 ok, go ahead
250 2.1.0 ok
250 2.1.5 ok
354 go ahead
$(grep '^250 2.0.0 ok' out)
221 2.0.0 mx.example.org" ''
	check "$w: Received" has 'with ESMTPSA (TLSv1.3 cipher TLS_AES_256_GCM_SHA384, relay auth:joe)' q/message
	check "$w: who sent it" has '^Received: from client ' q/message
	sed -n '/POSTERN_TLS/,$p' q/env >got
	check "$w: the queue program's facts" [ "$(cat got)" = "POSTERN_TLS=TLSv1.3
SSL_PROTOCOL=TLSv1.3
SSL_CIPHER=TLS_AES_256_GCM_SHA384" ]
	await_end quit
	check "$w: the log" has "^$L tls session=[^ ]* ip=127.0.0.1 protocol=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 sni=mx.example.org\$" server.log
	stop

	rm -f q/*
	$front -- -- ./checker /bin/true
	talk 'EHLO c' 'MAIL FROM:<evil@b.example>' 'RCPT TO:<joe@local.example>' \
		STARTTLS '!tls' "AUTH PLAIN $joe" 'RCPT TO:<joe@local.example>' DATA \
		'EHLO c' DATA QUIT
	codes "$w: what was begun in clear is forgotten" \
		'220 250 250 250 220 503 503 503 250 503 221'
	stop
	$front -- POSTERN_PLAINAUTH=ok -- ./checker /bin/true
	talk 'EHLO c' 'AUTH PLAIN' STARTTLS 'STARTTLS x' "AUTH PLAIN $joe" STARTTLS '!tls' \
		'EHLO c' 'MAIL FROM:<a@b.example>' 'RCPT TO:<x@foreign.example>' QUIT
	codes "$w: so is AUTH" '220 250 334 501 501 235 220 250 250 553 221'
	check "$w: which is offered again" [ "$(grep -c ^250-AUTH out)" = 2 ]
	stop

	# CVE-2011-0411: a plaintext command in the segment of STARTTLS
	rm -f q/*
	$front -- -- ./checker /bin/true
	talk 'EHLO c' '>STARTTLS\r\nMAIL FROM:<evil@b.example>\r\nRCPT TO:<joe@local.example>\r\nDATA\r\nx\r\n.' \
		'<' '<'
	codes "$w: behind STARTTLS, in its segment" '220 250 554 (end)'
	check "$w: nothing of it is done" one_end
	check "$w: why" has "^$L tls session=[^ ]* ip=127.0.0.1 why=data.x20behind.x20STARTTLS\$" server.log
	stop
	# the same, in the next one
	$front -- -- ./checker /bin/true
	talk 'EHLO c' STARTTLS \
		'>MAIL FROM:<evil@b.example>\r\nRCPT TO:<joe@local.example>\r\nDATA\r\nx\r\n.\r\nQUIT' '!tls' '<'
	check "$w: behind 220, before the handshake" has '^([A-Za-z]*Error)$\|^(end)$' out
	check "$w: no reply to it" [ "$(grep -c '^[0-9]* 2.1' out)" = 0 ]
	check "$w: nothing of that is done" one_end
	check "$w: but told" has "^$L tls session=[^ ]* ip=127.0.0.1 why=no.x20handshake\$" server.log
	stop
	# and within one TLS record of a good client, commands are commands
	$front -- -- ./checker /bin/true
	talk 'EHLO c' STARTTLS '!tls' '>EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<joe@local.example>\r\nQUIT' \
		'<' '<' '<' '<' '!end'
	codes "$w: pipelining inside" '220 250 220 250 250 250 221'
	stop

	rm -f q/*
	$front -- UCSPITLS=! -- ./checker /bin/true
	talk NOOP 'EHLO c' 'MAIL FROM:<a@b.example>' 'AUTH PLAIN' RSET \
		'>BDAT 6 LAST\r\nQUIT' '<' STARTTLS '!tls' 'EHLO c' "AUTH PLAIN $joe" \
		'MAIL FROM:<a@b.example>' QUIT
	codes "$w: required" '220 250 250 530 530 250 530 220 250 235 250 221'
	await_end quit
	check "$w: refused, in the log" has "^$L refused .* verb=MAIL code=530 " server.log
	stop

	printf '%s mx2.example.org\n' "$(echo "$hex" | sed 's/../&:/g; s/:$//')" >control/relaycerts
	$front POSTERN_CERT_SHA256="$hex" -- RELAYCLIENT=@fixme RELAYREASON=rule:x --
	talk 'EHLO c' 'MAIL FROM:<a@b.example>' 'RCPT TO:<x@foreign.example>' \
		STARTTLS '!tls' 'EHLO c' 'MAIL FROM:<a@b.example>' \
		'RCPT TO:<x@foreign.example>' DATA '>x\r\n.' '<' QUIT
	codes "$w: a listed certificate" '220 250 250 250 220 250 250 250 354 250 221'
	await_end quit
	check "$w: before TLS it was the rule" has 'relay=rule:x code=250$' server.log
	check "$w: then it is the certificate" has 'relay=cert:mx2.example.org code=250$' server.log
	check "$w: which is told" has " cert=$hex name=mx2.example.org\$" server.log
	check "$w: Received" has 'with ESMTPS (TLSv1.3 cipher [^ ]*, relay cert:mx2.example.org)' q/message
	check "$w: the queue program knows" has '^RELAYREASON=cert:mx2.example.org$' q/env
	check "$w: the rule's suffix stays" [ "$(tr '\0' ' ' <q/envelope)" = \
		'Fa@b.example Tx@foreign.example@fixme  ' ]
	stop
	rm control/relaycerts
	$front POSTERN_CERT_SHA256="$hex" -- --
	talk STARTTLS '!tls' 'EHLO c' 'MAIL FROM:<a@b.example>' 'RCPT TO:<x@foreign.example>' QUIT
	codes "$w: one that is not listed" '220 220 250 250 553 221'
	stop

	$front -- -- ./checker /bin/true
	cat >client.py <<-'EOS'
	import smtplib, ssl, sys
	c = ssl.create_default_context(cafile="mx.example.org.pem")
	with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as s:
	    s._host = "mx.example.org"
	    s.starttls(context=c)
	    s.login("joe", "secret")
	    s.sendmail("a@b.example", ["x@foreign.example"], "Subject: x\r\n\r\nhi\r\n")
	print("sent")
	EOS
	run timeout 60 python3 client.py "$port"
	is "$w: smtplib" 0 sent ''
	printf 'EHLO c\nQUIT\n' >in
	{ cat in; await_end quit; } | timeout 60 openssl s_client -starttls smtp -ign_eof -quiet \
		-verify_return_error -CAfile mx.example.org.pem -crlf \
		-connect "127.0.0.1:$port" >out 2>err
	check "$w: openssl s_client" has '^221 2.0.0' out
	stop
}

suite 'a foreign server' foreign
echo 1 >control/timeoutsmtpd
foreign -- --
talk STARTTLS '!tls' '<'
codes 'silence inside' '220 220 421'
check 'ends the session' await_end timeout
stop
rm control/timeoutsmtpd
suite 'postern-starttls' ours
POSTERN_FUSE=0
export POSTERN_FUSE
suite 'postern-starttls, executed' ours
unset POSTERN_FUSE

# TLS from the beginning, by the environment
run_smtp() { # run_smtp [NAME=VALUE...] <in
	rc=0
	env POSTERN_SESSION=t TCPREMOTEIP=192.0.2.7 "$@" \
		postern-smtpd -q "$HELPERS/fakequeue q" >out 2>err <in || rc=$?
}
facts="POSTERN_TLS=TLSv1.3 SSL_PROTOCOL=TLSv1.3 SSL_CIPHER=X SSL_TLS_SNI_SERVERNAME=m SSL_CLIENT_S_DN=CN=x POSTERN_CERT_SHA256=$hex POSTERN_TLS_EXPORTER=$hex POSTERN_TLS_ENDPOINT=$hex"
printf '%s\r\n' 'EHLO c' STARTTLS 'MAIL FROM:<a@b.example>' \
	'RCPT TO:<joe@local.example>' DATA x . QUIT >in
rm -f q/*
# shellcheck disable=SC2086
run_smtp $facts UCSPITLS= SSLCTLFD=99 SSLREADFD=99 SSLWRITEFD=99
codes 'implicit TLS' '220 250 503 250 250 354 250 221'
check 'not offered' lacks STARTTLS out
check 'told' has "^$L tls session=t ip=192.0.2.7 protocol=TLSv1.3 cipher=X sni=m cert=$hex subject=CN=x\$" err
check 'without a warning' lacks warning err
check 'Received' has 'with ESMTPS (TLSv1.3 cipher X, relay local)' q/message
check 'the queue program gets what is its business' [ "$(cat q/env)" = "RELAYREASON=local
POSTERN_SESSION=t
POSTERN_TLS=TLSv1.3
SSL_PROTOCOL=TLSv1.3
SSL_CIPHER=X
POSTERN_CERT_SHA256=$hex" ]
run_smtp SSL_PROTOCOL=TLSv1.3 SSL_CIPHER=X POSTERN_CERT_SHA256="$hex" PROTO=TCP
check 'facts of no TLS count nothing' has 'with ESMTP (relay local)' q/message
check 'and are removed' [ "$(cat q/env)" = 'RELAYREASON=local
POSTERN_SESSION=t' ]
run_smtp PROTO=SSL
check 'a foreign TLS listener' has 'with ESMTPS (TLS, relay local)' q/message
echo "$hex mx2" >control/relaycerts
printf '%s\r\n' 'EHLO c' 'MAIL FROM:<a@b.example>' 'RCPT TO:<x@foreign.example>' \
	DATA x . QUIT >in
# shellcheck disable=SC2086
run_smtp $facts
codes 'its certificate is listed' '220 250 250 250 354 250 221'
check 'RELAYCLIENT goes with the reason' has '^RELAYCLIENT=$' q/env
run_smtp POSTERN_CERT_SHA256="$hex"
codes 'no TLS, no certificate' '220 250 250 553 503 500 500 221'

# configuration
refused() { is "$1" 100 "$(printf '421 4.3.0 unable to read controls\r')" "$L fatal: $2"; }
printf '# ours\n%s mx2\n00:11 mx3\n' "$hex" >control/relaycerts
run_smtp POSTERN_TLS=x
refused 'no fingerprint' 'control/relaycerts:3: not a SHA-256 fingerprint'
run_smtp
check 'where no TLS can be, nobody looks' [ "$rc" = 0 ]
rm control/relaycerts
run_smtp POSTERN_TLS=x POSTERN_CERT_SHA256=0
refused 'damaged facts' 'TLS: damaged facts in the environment'
printf '%s\r\n' 'EHLO c' STARTTLS QUIT >in
run_smtp UCSPITLS= SSLCTLFD=99 SSLREADFD=0 SSLWRITEFD=0
codes 'damaged descriptors: not offered' '220 250 502 221'
check 'and told' has "^$L warning session=t ip=192.0.2.7 reason=STARTTLS.x20is.x20off why=SSLCTLFD" err
run_smtp UCSPITLS=!
codes 'required, and nobody is there to do it' '220 250 454 221'
check 'not offered' lacks STARTTLS out
printf '%s\r\n' 'EHLO c' 'MAIL FROM:<a@b.example>' QUIT >in
run_smtp UCSPITLS=! SSLCTLFD=99
codes 'required, and the descriptors are damaged' '220 250 530 221'
done_testing
