#!/bin/sh
# postern-popup: STLS and implicit TLS, with real handshakes.  Who does them is
# a foreign UCSPI-TLS server, or postern-starttls with a stand-in for its
# service.
. "$TESTS/lib/t.sh"
. "$TESTS/lib/tls.sh"

# Judges like a checkpassword program that has the secret, writes down that it
# was asked, then runs the rest of the line.
cat >check <<'EOF'
#!/usr/bin/python3 -I
import hashlib, os, sys
user, secret, extra = os.read(3, 512).split(b"\0")[:3]
os.close(3)
open("asked", "a").write(f"{user.decode()}\n")
if secret not in (b"right", hashlib.md5(extra + b"right").hexdigest().encode()):
    sys.exit(1)
os.environ["USER"] = user.decode()
os.execvp(sys.argv[1], sys.argv[1:])
EOF
cat >show <<'EOF'
#!/bin/sh
for v in POSTERN_POPUP POSTERN_TLS UCSPITLS SSLCTLFD SSLREADFD SSLWRITEFD \
	SSL_PROTOCOL SSL_CIPHER SSL_TLS_SNI_SERVERNAME SSL_CLIENT_S_DN \
	POSTERN_CERT_SHA256 POSTERN_TLS_EXPORTER POSTERN_TLS_ENDPOINT; do
	eval "[ -z \"\${$v+x}\" ] || echo \"$v=\$$v\""
done
exit 0
EOF
cat >popup <<'EOF'
#!/bin/sh
postern-popup "$@"
echo "exit $?" >&2
EOF
chmod +x check show popup
make_cert mx.example.org
hex=$(printf %064d 7)

foreign() {	# foreign OFFER OPTION... -- WORD...: under the foreign server
	offer=$1 facts=
	shift
	while [ "$1" != -- ]; do facts="$facts $1"; shift; done
	shift
	rm -f asked
	# what the listener inherits from us it does not hand on
	serve postern-tcpserver -1 127.0.0.1 0 env UCSPITLS="$offer" $also \
		python3 "$TESTS/helpers/ucspitlsd.py" $facts mx.example.org.pem \
		mx.example.org.key ./popup -d 0 "$@"
}
ours() {	# ours "OPTION..." SOCKET WORD...: under postern-starttls
	options=$1
	shift
	rm -f asked
	serve postern-tcpserver -1 127.0.0.1 0 env $also \
		postern-starttls $options "$@"
}
also=PROTO=TCP
quiet() { [ ! -e asked ]; }
first() { [ "$(head -n "$1" out)" = "$2" ]; }
unanswered() { ! grep -qv -e '^+OK' -e '^([A-Za-z]*)$' out; }
capa="TOP
UIDL
RESP-CODES
AUTH-RESP-CODE
PIPELINING
EXPIRE NEVER
IMPLEMENTATION postern
."
eight='- - - - - - - -'
tls='-ERR a password is accepted under TLS only'

# --- the contract, under each of the two
session() {	# session NAME FACT...: the whole dialogue
	name=$1
	shift
	talk - CAPA - - $eight 'USER joe' - STLS - tls CAPA $eight - - - STLS - \
		'PASS right' - 'USER joe' - 'PASS right' - - - - - end
	is "$name: STLS, login" 0 "+OK mx.example
+OK
STLS
$capa
$tls
+OK
+OK
USER
SASL PLAIN LOGIN
$capa
-ERR TLS is active
-ERR USER first
+OK
POSTERN_POPUP=USER,SASL PLAIN LOGIN,
POSTERN_TLS=TLSv1.3
SSL_PROTOCOL=TLSv1.3
SSL_CIPHER=TLS_AES_256_GCM_SHA384
SSL_TLS_SNI_SERVERNAME=mx.example.org
(closed)" ''
	check "$name: the log" await 'postern-popup: tls session=[0-9a-f.]* ip=127.0.0.1 protocol=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 sni=mx.example.org$' server.log
	check "$name: asked once" [ "$(cat asked)" = joe ]
	rm -f asked

	# what follows STLS in clear belongs to the handshake, which fails
	talk - "$(printf '=STLS\r\nUSER joe\r\nPASS right\r\nQUIT\r\n.')" - tls 'USER joe' - -
	check "$name: commands behind STLS: one reply" first 2 '+OK mx.example
+OK'
	check "$name: and no other" unanswered
	check "$name: a line says so" await ' tls session=.* reason=no\\x20handshake$' server.log
	check "$name: so does the end" await ' close session=.* end=tls$' server.log
	check "$name: exit code" await '^exit 1$' server.log
	talk - STLS - "$(printf '=USER joe\r\nPASS right\r\n.')" - -
	check "$name: commands instead of a handshake" first 2 '+OK mx.example
+OK'
	check "$name: no reply" unanswered
	talk - STLS - end
	check "$name: nothing instead of a handshake" first 2 '+OK mx.example
+OK'
	check "$name: nobody was asked in all that" quiet
}
foreign '' -- mx.example ./check ./show
session foreign
stop
stand_in s mx.example.org.pem mx.example.org.key
ours '' s ./popup -d 0 mx.example ./check ./show
session ours
stop

foreign '' -a POSTERN_CERT_SHA256=$hex -a POSTERN_TLS_EXPORTER=$hex \
	-a POSTERN_TLS_ENDPOINT=$hex -a OTHER=x -- x ./check ./show
talk - STLS - tls 'USER joe' - 'PASS right' - - - - - - - - end
is 'what else is known' 0 "+OK x
+OK
+OK
POSTERN_POPUP=USER,SASL PLAIN LOGIN,
POSTERN_TLS=TLSv1.3
SSL_PROTOCOL=TLSv1.3
SSL_CIPHER=TLS_AES_256_GCM_SHA384
SSL_TLS_SNI_SERVERNAME=mx.example.org
POSTERN_CERT_SHA256=$hex
POSTERN_TLS_EXPORTER=$hex
POSTERN_TLS_ENDPOINT=$hex
(closed)" ''
check 'and its log' await " tls session=.* sni=mx.example.org cert=$hex\$" server.log
stop

foreign '' -a POSTERN_CERT_SHA256=x -- x ./check ./show
talk - STLS - tls 'USER joe' -
check 'facts that are damaged: nothing goes on' first 2 '+OK x
+OK'
check 'no word' unanswered
check 'the log' await ' tls session=.* reason=damaged\\x20facts$' server.log
check 'exit code' await '^exit 111$' server.log
stop

also=POSTERN_PLAINAUTH=ok
foreign '' -- -n 2 x ./check ./show
talk - 'USER eve' - STLS - tls 'PASS right' - end
is 'a USER from before is forgotten' 0 '+OK x
+OK
+OK
-ERR USER first
(closed)' ''
talk - 'USER joe' - 'PASS a' - STLS - tls 'USER joe' - 'PASS b' - -
is 'a wrong password from before is not' 0 '+OK x
+OK
-ERR [AUTH] wrong user name or password
+OK
+OK
-ERR [AUTH] too many attempts
(end)' ''
talk - 'USER joe' - 'PASS right' - end
is 'a session in clear, if that is allowed' 0 '+OK x
+OK
POSTERN_POPUP=USER,SASL PLAIN LOGIN,
(end)' ''
stop
also=PROTO=TCP

foreign '' -- -t 1 x ./check ./show
cat >mute.py <<'EOF'
"""Say STLS, and then nothing while the server is there."""
import socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"STLS\r\n")
end = time.monotonic() + 60
while "\nexit " not in open("server.log").read() and time.monotonic() < end:
    time.sleep(0.02)
s.settimeout(0)
sys.stdout.write(s.recv(4096).decode().replace("\r", "$"))
EOF
run python3 mute.py "$port"
is 'a handshake that never comes' 0 '+OK x$
+OK$' ''
check 'the log' await ' tls session=.* reason=no\\x20answer\\x20in\\x20time$' server.log
check 'exit code' await '^exit 99$' server.log
stop

foreign '' -- -t 2 x ./check ./show
cat >drip.py <<'EOF'
"""STLS, and then a command now and then, for longer than a login may take."""
import poplib, ssl, sys, time
p = poplib.POP3("127.0.0.1", int(sys.argv[1]), timeout=60)
try:
    p.stls(ssl._create_unverified_context())
    while True:
        p.sock.sendall(b"NOOP\r\n")
        got = p.sock.recv(4096)
        if not got or b"many" in got:
            break
        time.sleep(0.1)
except OSError:
    got = b""
print(got)
EOF
run timeout 100 python3 drip.py "$port"
is 'STLS gives nobody more time for a login' 0 "b''" ''
check 'the log' await ' close session=.* end=\(timeout\|tls\)$' server.log
stop

# --- required
also=POSTERN_PLAINAUTH=ok
refused() {	# refused NAME OFFERED STLS-REPLY: what cannot be done in clear
	talk - 'USER joe' - 'PASS right' - 'AUTH PLAIN AGpvZQByaWdodA==' - \
		"APOP joe $(printf %032d 0)" - NOOP - CAPA - ${2:+-} $eight STLS - QUIT
	first='-ERR STLS first'
	check "$1" first $((16 + ($(echo "$2" | wc -w)))) "+OK x
$first
$first
$first
$first
$first
+OK${2:+
$2}
$capa
$3"
	check "$1: nobody was asked" quiet
}
foreign ! -- -A x ./check ./show
refused 'required: STLS first, and no timestamp' STLS +OK
talk - STLS - tls "APOP joe $(printf %032d 0)" - 'USER joe' - 'PASS right' \
	- - - - - end
is 'and then all is well' 0 '+OK x
+OK
-ERR no such command here
+OK
POSTERN_POPUP=USER,SASL PLAIN LOGIN,
POSTERN_TLS=TLSv1.3
SSL_PROTOCOL=TLSv1.3
SSL_CIPHER=TLS_AES_256_GCM_SHA384
SSL_TLS_SNI_SERVERNAME=mx.example.org
(closed)' ''
stop
ours -r nothing ./popup -d 0 x ./check ./show
refused 'required, and not to be had' '' '-ERR [SYS/TEMP] no TLS now'
stop
also=PROTO=TCP
ours '' nothing ./popup -d 0 x ./check ./show
talk - STLS - CAPA - $eight 'USER joe' -
is 'offered, and not to be had' 0 "+OK x
-ERR no such command here
+OK
$capa
$tls" ''
stop

# --- implicit
ours -i s ./popup -d 0 -A mx.example ./check ./show
talk tls - STLS - CAPA $eight - - - 'USER joe' - 'PASS right' - - - - - end
sed -i 's/ <.*>$//' out
is 'private from the beginning' 0 "+OK mx.example
-ERR TLS is active
+OK
USER
SASL PLAIN LOGIN
$capa
+OK
POSTERN_POPUP=USER,SASL PLAIN LOGIN,
POSTERN_TLS=TLSv1.3
SSL_PROTOCOL=TLSv1.3
SSL_CIPHER=TLS_AES_256_GCM_SHA384
SSL_TLS_SNI_SERVERNAME=mx.example.org
(closed)" ''
check 'is told' await ' tls session=.* protocol=TLSv1.3 ' server.log
stop

# --- clients, and a mailbox
mkdir -p box/new box/cur box/tmp
{
	printf 'Subject: big\n\n'
	head -c 700000 /dev/urandom | base64
	printf '.\n..\nend\n'
} >box/new/1
cat >client.py <<'EOF'
import poplib, ssl, sys
port, implicit = int(sys.argv[1]), sys.argv[2] == "implicit"
def connect():
    context = ssl.create_default_context(cafile="mx.example.org.pem")
    context.check_hostname = False
    if implicit:
        return poplib.POP3_SSL("127.0.0.1", port, context=context, timeout=60)
    p = poplib.POP3("127.0.0.1", port, timeout=60)
    assert "STLS" in p.capa() and "USER" not in p.capa()
    p.stls(context)
    assert "STLS" not in p.capa() and "USER" in p.capa()
    return p
poplib._MAXLINE = 1 << 20
p = connect()
p.user("joe"); p.pass_("right")
assert "STLS" not in p.capa() and p.capa()["SASL"] == ["PLAIN", "LOGIN"]
want = open(sys.argv[3], "rb").read()
assert b"\n".join(p.retr(1)[1]) + b"\n" == want
p.quit()
p = connect()
p.apop("joe", "right")
p.quit()
p = connect()
try:
    p.apop("joe", "wrong")
    raise SystemExit("accepted")
except poplib.error_proto as e:
    assert b"[AUTH]" in e.args[0], e
EOF
clients() {	# clients NAME SCHEME: poplib, curl
	message=$(echo box/*/1*)
	run timeout 100 python3 client.py "$port" "$1" "$message"
	is "poplib, $1: CAPA, a megabyte, APOP" 0 '' ''
	for auth in PLAIN LOGIN +APOP '*'; do
		run curl -sS --max-time 60 $2 --cacert mx.example.org.pem \
			--resolve "mx.example.org:$port:127.0.0.1" \
			--login-options "AUTH=$auth" -u joe:right \
			"$3://mx.example.org:$port/1"
		check "curl, $1: $auth" sh -c 'sed "s/\r$//" out | cmp -s - box/cur/1*'
		run curl -sS --max-time 60 $2 --cacert mx.example.org.pem \
			--resolve "mx.example.org:$port:127.0.0.1" \
			--login-options "AUTH=$auth" -u joe:wrong \
			"$3://mx.example.org:$port/1"
		check "curl, $1: $auth, wrong" [ "$rc" = 67 ]
	done
}
s_client() {	# s_client NAME OPTION...
	name=$1
	shift
	mkfifo keys.$name
	timeout 60 openssl s_client -quiet -connect "127.0.0.1:$port" \
		-CAfile mx.example.org.pem -verify_return_error "$@" \
		<keys.$name >out 2>err &
	client=$!
	exec 9>keys.$name
	printf 'USER joe\r\nPASS right\r\nSTAT\r\nQUIT\r\n' >&9
	rc=0
	wait $client || rc=$?
	exec 9>&-
	check "s_client, $name" grep -q '^+OK 1 ' out
}
foreign '' -- -A mx.example ./check postern-pop3d box
clients foreign --ssl-reqd pop3
s_client foreign -starttls pop3
stop
ours '' s ./popup -d 0 -A mx.example ./check postern-pop3d box
clients ours --ssl-reqd pop3
s_client ours -starttls pop3
stop
ours -i s ./popup -d 0 -A mx.example ./check postern-pop3d box
clients implicit '' pop3s
s_client implicit
stop

done_testing
