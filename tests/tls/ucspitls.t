#!/bin/sh
# The session's side of UCSPI-TLS under a server that is not ours.
. "$TESTS/lib/t.sh"
. "$TESTS/lib/tls.sh"

make_cert mx.example.org
under() {	# under [-a NAME=VALUE]: tlsapp under the foreign server
	serve env UCSPITLS="${UCSPITLS-}" postern-tcpserver -1 127.0.0.1 0 \
		python3 "$TESTS/helpers/ucspitlsd.py" "$@" mx.example.org.pem \
		mx.example.org.key "$HELPERS/tlsapp"
}
mx='SSL_TLS_SNI_SERVERNAME=mx.example.org'
facts="SSL_PROTOCOL=TLSv1.3 SSL_CIPHER=TLS_AES_256_GCM_SHA384 $mx"
hex=$(printf %064d 7)

under
talk - hello - STARTTLS - tls - inside - end
is 'plain first, then private' 0 "offered, plain
hello
ready
private $facts
inside
(closed)" ''
talk - hello - end
is 'plain to the end' 0 'offered, plain
hello
(end)' ''
talk - STARTTLS - '=no TLS at all' -
unanswered() { ! grep -q 'no TLS' out; }
check 'who then speaks in clear gets no answer' unanswered
check 'why' await '^tlsapp: no handshake$' server.log
stop

UCSPITLS=! under -a POSTERN_CERT_SHA256="$hex" -a OTHER=x
talk - STARTTLS - tls - end
is 'required, and with a certificate' 0 "offered, required, plain
ready
private $facts POSTERN_CERT_SHA256=$hex
(closed)" ''
stop

UCSPITLS=- under
talk - STARTTLS -
is 'switched off' 0 'not offered, plain
(end)' ''
check 'why' await '^tlsapp: TLS is not offered$' server.log
stop

under -a POSTERN_CERT_SHA256=x
talk - STARTTLS - tls -
check 'an answer that is damaged is not believed' \
	await '^tlsapp: the answer is damaged$' server.log
check 'and the client gets no word' [ "$(tail -n 1 out)" = '(end)' ]
stop

done_testing
