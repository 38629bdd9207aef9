#!/bin/sh
# postern-starttls and postern-tlsd together, before a session that speaks TLS
# when it is asked to (tests/helpers/tlsapp.c).
. "$TESTS/lib/t.sh"
. "$TESTS/lib/tls.sh"

make_cert mx.example.org
tls_service s
facts='SSL_PROTOCOL=TLSv1.3 SSL_CIPHER=TLS_AES_256_GCM_SHA384 SSL_TLS_SNI_SERVERNAME=mx.example.org POSTERN_TLS_EXPORTER=HEX POSTERN_TLS_ENDPOINT=HEX'
mask() { sed -i -E 's/=[0-9a-f]{64}/=HEX/g' out; }

for fuse in 1 0; do
	serve env POSTERN_FUSE=$fuse postern-tcpserver -1 127.0.0.1 0 \
		postern-starttls s "$HELPERS/tlsapp"
	talk - plain - STARTTLS - tls - inside - end
	mask
	is "when it is asked for (POSTERN_FUSE=$fuse)" 0 "offered, plain
plain
ready
private $facts
inside
(closed)" ''
	stop
	serve env POSTERN_FUSE=$fuse postern-tcpserver -1 127.0.0.1 0 \
		postern-starttls -i s "$HELPERS/tlsapp"
	talk tls - inside - end
	mask
	is "at once (POSTERN_FUSE=$fuse)" 0 "not offered, private $facts
inside
(closed)" ''
	stop
done
check 'the log names session and address' await \
	'^postern-tlsd: tls session=[0-9a-f]*\.[0-9a-f]* ip=127.0.0.1 ' s.log

# A service that takes nothing: as if it were at its limit, or stopped.
tls_service one -c 1
serve postern-tcpserver -1 127.0.0.1 0 postern-starttls one "$HELPERS/tlsapp"
cat >hold.py <<'EOS'
import os, socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.recv(512)
print("there", flush=True)
os.read(0, 1)
EOS
mkfifo there go
python3 hold.py "$port" <go >there &
exec 9>go
read -r _ <there
talk - plain - end
is 'a session that the service has no room for ends when it ends' 0 \
	'offered, plain
plain
(end)' ''
exec 9>&-
talk - STARTTLS - tls - inside - end
mask
is 'and the next may have its turn' 0 "offered, plain
ready
private $facts
inside
(closed)" ''
stop

done_testing
