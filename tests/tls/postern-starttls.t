#!/bin/sh
# Program test of postern-starttls: its contract with its neighbours.
# postern-tlsd is a stand-in here (tests/helpers/tlsd.py).
. "$TESTS/lib/t.sh"
. "$TESTS/lib/tls.sh"

usage='postern-starttls: usage: postern-starttls [ -r ] [ -i ] [ -t seconds ] socket prog...'
make_cert mx.example.org
export POSTERN_SESSION=s.1
hex=$(printf %064d 7)
facts="SSL_PROTOCOL=TLSv1.3 SSL_CIPHER=TLS_AES_256_GCM_SHA384 SSL_TLS_SNI_SERVERNAME=mx.example.org POSTERN_CERT_SHA256=$hex"

# on_socket COMMAND...: run it with a socket on 0 and 1, and nobody at its end.
on_socket() {
	run timeout 60 python3 -c 'import os, socket, subprocess, sys
a, b = socket.socketpair()
p = subprocess.Popen(sys.argv[1:], stdin=b, stdout=b)
b.close()
a.shutdown(socket.SHUT_WR)
got = b""
while True:
    data = a.recv(4096)
    if not data:
        break
    got += data
sys.stdout.write(got.decode())
sys.stdout.flush()
sys.exit(p.wait())' "$@"
}
show=$PWD/show
cat >show <<'EOS'
#!/bin/sh
echo "tls=${UCSPITLS-unset} private=${POSTERN_TLS-unset} session=${POSTERN_SESSION-unset}"
for v in SSLCTLFD SSLREADFD SSLWRITEFD SSL_PROTOCOL SSL_CIPHER \
	SSL_TLS_SNI_SERVERNAME SSL_CLIENT_S_DN POSTERN_CERT_SHA256 \
	POSTERN_TLS_EXPORTER POSTERN_TLS_ENDPOINT; do
	eval "[ -z \"\${$v+x}\" ] || echo \"$v=\$$v\""
done
cd /proc/$$/fd && for fd in *; do
	case $fd:$(readlink $fd) in [0-9]:socket:*) echo "$fd socket" ;; esac
done
EOS
chmod +x show
none='tls=unset private=unset session=s.1
0 socket
1 socket'
warning='postern-starttls: warning: unable to offer TLS by'

# --- what the next program gets ---

stand_in s mx.example.org.pem mx.example.org.key "POSTERN_CERT_SHA256=$hex"
offer='SSLCTLFD=3
SSLREADFD=4
SSLWRITEFD=5
0 socket
1 socket
3 socket
4 socket
5 socket'
on_socket env PROTO=TCP TCPREMOTEIP=192.0.2.1 postern-starttls s ./show
is 'TLS is offered, on low descriptors' 0 "tls= private=unset session=s.1
$offer" ''
check 'the service gets two descriptors, session and address' \
	await "^handover b's.1.x00192.0.2.1.x00' 2\$" s.log
on_socket postern-starttls -r s ./show
is '-r: required' 0 "tls=! private=unset session=s.1
$offer" ''
check 'not under a UCSPI server: no address' \
	await "^handover b's.1.x00.x00' 2\$" s.log
on_socket env UCSPITLS=! postern-starttls s ./show
is 'a rule says: required' 0 "tls=! private=unset session=s.1
$offer" ''
on_socket env UCSPITLS=any postern-starttls s ./show
is 'another word is an offer' 0 "tls= private=unset session=s.1
$offer" ''
on_socket env UCSPITLS=- postern-starttls absent ./show
is 'a rule says: no TLS; the service is not asked' 0 "$none" ''
on_socket env UCSPITLS=- postern-starttls -r s ./show
is '-r does not give way to a rule' 0 "tls=! private=unset session=s.1
$offer" ''
on_socket env POSTERN_TLS=x SSL_PROTOCOL=x SSL_CIPHER=x SSL_CLIENT_S_DN=x \
	SSL_TLS_SNI_SERVERNAME=x POSTERN_CERT_SHA256="$hex" SSLCTLFD=7 \
	POSTERN_TLS_EXPORTER=x POSTERN_TLS_ENDPOINT=x SSLREADFD=7 SSLWRITEFD=7 \
	UCSPITLS= postern-starttls absent ./show
is 'nothing inherited passes for a private wire or an offer' 0 "$none" \
	"$warning absent: No such file or directory (session s.1)"
unset POSTERN_SESSION
on_socket env UCSPITLS=- postern-starttls s sh -c 'echo "$POSTERN_SESSION"'
check 'a session without a name gets one' \
	grep -qE '^[0-9a-f]{8}\.[0-9a-f]{8}$' out
export POSTERN_SESSION=s.1

# --- no service ---

on_socket postern-starttls absent ./show
is 'not there: no offer, and the chain goes on' 0 "$none" \
	"$warning absent: No such file or directory (session s.1)"
on_socket postern-starttls -r absent ./show
is '-r: required all the same' 0 "tls=! private=unset session=s.1
0 socket
1 socket" "$warning absent: No such file or directory (session s.1)"
python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.bind("dead")'
on_socket postern-starttls dead ./show
is 'nobody listens' 0 "$none" "$warning dead: Connection refused (session s.1)"
long=$(printf %0108d 0)
on_socket postern-starttls "$long" ./show
is 'a name that is too long' 0 "$none" \
	"$warning $long: File name too long (session s.1)"
run postern-starttls s sh -c 'echo "tls=${UCSPITLS-unset}"' </dev/null
is 'the client is not a socket' 0 'tls=unset' \
	"$warning s: Socket operation on non-socket (session s.1)"
# room for the connection, and not for the sockets that are to go over it
on_socket sh -c 'ulimit -S -n 5 && exec postern-starttls s \
	sh -c "ulimit -S -n 64 && exec ./show"'
is 'no descriptors left: none is left open' 0 "$none" \
	"$warning s: Too many open files (session s.1)"
cat >full.py <<'EOS'
import socket, subprocess, sys
s = socket.socket(socket.AF_UNIX)
s.bind("full")
s.listen(0)
waiting = socket.socket(socket.AF_UNIX)
waiting.connect("full")
sys.exit(subprocess.run(sys.argv[1:]).returncode)
EOS
on_socket python3 full.py postern-starttls -t 1 full ./show
is 'too busy: waited for, but not for ever' 0 "$none" \
	"$warning full: Connection timed out (session s.1)"

# --- with a client, called and executed ---

offered="offered, plain
hello
ready
private $facts
inside
(closed)"
stand_in broken none none
for fuse in 1 0; do
	serve env POSTERN_FUSE=$fuse postern-tcpserver -1 127.0.0.1 0 \
		postern-starttls s "$HELPERS/tlsapp"
	talk - hello - STARTTLS - tls - inside - end
	is "TLS when it is asked for (POSTERN_FUSE=$fuse)" 0 "$offered" ''
	talk - hello - end
	is 'or never' 0 'offered, plain
hello
(end)' ''
	stop
	serve env POSTERN_FUSE=$fuse postern-tcpserver -1 127.0.0.1 0 \
		postern-starttls -i s "$HELPERS/tlsapp"
	talk tls - inside - end
	is "TLS at once (POSTERN_FUSE=$fuse)" 0 "not offered, private $facts
inside
(closed)" ''
	talk '=no TLS at all' -
	check 'who speaks in clear gets no answer' [ "$(grep -c offered out)" = 0 ]
	check 'why' await '^postern-starttls: fatal: unable to begin TLS: no handshake (session [0-9a-f.]*)$' server.log
	stop
	serve env POSTERN_FUSE=$fuse postern-tcpserver -v -1 127.0.0.1 0 \
		postern-starttls -i broken "$HELPERS/tlsapp"
	talk -
	is 'the service fails' 0 '(end)' ''
	check 'exit code 1' await ' status 256$' server.log
	stop
done

# --- -i: what can go wrong, and what the program gets ---

serve postern-tcpserver -1 127.0.0.1 0 postern-starttls -i s "$show"
talk tls - - - - - - - -
sed -i 's/session=[0-9a-f.]*/session=S/' out
is 'the wire on 0 and 1, what is known of it, and no offer' 0 "tls=unset private=TLSv1.3 session=S
SSL_PROTOCOL=TLSv1.3
SSL_CIPHER=TLS_AES_256_GCM_SHA384
SSL_TLS_SNI_SERVERNAME=mx.example.org
POSTERN_CERT_SHA256=$hex
0 socket
1 socket
(end)" ''
stop
on_socket postern-starttls -i absent ./show
is '-i without the service' 111 '' \
	'postern-starttls: fatal: unable to begin TLS by absent: No such file or directory (session s.1)'
run postern-starttls -i s true </dev/null
is '-i without a client' 111 '' \
	'postern-starttls: fatal: unable to begin TLS by s: Socket operation on non-socket (session s.1)'
on_socket postern-starttls -i broken ./show
is '-i without a handshake' 1 '' \
	'postern-starttls: fatal: unable to begin TLS: no handshake (session s.1)'
cat >silent.py <<'EOS'
import socket, subprocess, sys
s = socket.socket(socket.AF_UNIX)
s.bind("silent")
s.listen(8)
sys.exit(subprocess.run(sys.argv[1:]).returncode)
EOS
on_socket python3 silent.py postern-starttls -i -t 1 silent ./show
is '-i with a service that says nothing' 99 '' \
	'postern-starttls: fatal: unable to begin TLS: no answer in time (session s.1)'
stand_in lies mx.example.org.pem mx.example.org.key POSTERN_CERT_SHA256=x
serve postern-tcpserver -v -1 127.0.0.1 0 postern-starttls -i lies "$show"
talk tls -
is '-i with an answer that is damaged: no word' 0 '(end)' ''
check 'why' await '^postern-starttls: fatal: unable to begin TLS: the answer is damaged (session ' server.log
check 'exit code 111' await ' status 28416$' server.log
stop

# --- usage ---

for args in '' s '-t 0 s true' '-t x s true' '-t 3601 s true' -t '-x s true'; do
	# shellcheck disable=SC2086
	run postern-starttls $args
	is "usage: $args" 100 '' "$usage"
done
on_socket env UCSPITLS=- postern-starttls s ./nonexistent
is 'prog is not there: 127' 127 '' \
	'postern-starttls: fatal: unable to exec ./nonexistent: No such file or directory'

done_testing
