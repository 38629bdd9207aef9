#!/bin/sh
# The whole POP3 line with our own services behind it: STLS by postern-tlsd,
# logins judged by postern-authd, and nobody trusted in between.
. "$TESTS/lib/t.sh"
. "$TESTS/lib/tls.sh"

for program in postern-tlsd postern-authd; do
	command -v $program >/dev/null || {
		echo "1..0 # SKIP no $program"
		exit 0
	}
done

# By a signal that lets them end what is theirs.
gently() { trap 'kill $servers 2>/dev/null; wait' EXIT; }
service() {	# service NAME COMMAND...: start it, wait until it says so
	name=$1
	shift
	mkfifo $name.ready
	"$@" 3>$name.ready 2>$name.log &
	servers="${servers-} $!"
	gently
	read -r _ <$name.ready || {
		echo "Bail out! no $name"
		sed 's/^/#   /' $name.log
		exit 1
	}
}

if [ "$(id -u)" = 0 ]; then
	for_others
	uid=12345 as='-u 65533 -g 65533'
	chmod 755 .
else
	uid=$(id -u) as=
fi
make_cert mx.example.org
mkdir certs
cat mx.example.org.pem mx.example.org.key >certs/mx.example.org.pem
mkdir -p home/Maildir/new home/Maildir/cur home/Maildir/tmp
printf 'Subject: for tim\n\n' >home/Maildir/new/1
[ "$(id -u)" = $uid ] || chown -R $uid:$uid home
echo pencil | postern-passwd add -u $uid -g $uid -d "$PWD/home" tim
echo pencil | postern-passwd add -u $uid -g $uid -d "$PWD/home" off
postern-passwd disable off
postern-passwd compile users users.cdb mailboxes.cdb 2>/dev/null
(umask 077; head -c 40 /dev/urandom >token.key; head -c 40 /dev/urandom >other.key)

service tlsd postern-tlsd -d 3 -T 1 $as t certs
service authd postern-authd -d 3 -T token.key \
	-m 'PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS EXTERNAL' -s a users.cdb
line() {	# line OPTIONS KEY: the run line
	options=$1
	serve postern-tcpserver -1 127.0.0.1 0 postern-starttls $options t \
		postern-popup -d 0 -a a mx.example.org \
		postern-checkpassword -T "$2" users.cdb postern-pop3d Maildir
	gently
}

cat >client.py <<'EOF'
"""client.py PORT stls|implicit|clear MECHANISM USER PASSWORD: log in, say what is there."""
import base64, hashlib, os, poplib, ssl, sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.environ["TESTS"] + "/lib")
import sasl
port, how, mech, user, password = sys.argv[1:]
context = ssl.create_default_context(cafile="mx.example.org.pem")
context.check_hostname = False
if how == "implicit":
    p = poplib.POP3_SSL("127.0.0.1", int(port), context=context, timeout=60)
else:
    p = poplib.POP3("127.0.0.1", int(port), timeout=60)
    if how == "stls":
        p.stls(context)
capa = p.capa()
print("USER" in capa, capa.get("SASL"))
try:
    if mech == "user":
        p.user(user); p.pass_(password)
    else:
        if mech.endswith("-PLUS"):
            der = p.sock.getpeercert(binary_form=True)
            client = sasl.scram(user.encode(), password.encode(), "sha256",
                                b"p=tls-server-end-point,,", hashlib.sha256(der).digest())
        else:
            client = sasl.client(mech, user, password)
        got = p._shortcmd("AUTH %s %s" % (mech, base64.b64encode(next(client)).decode()))
        while got.startswith(b"+ "):
            got = p._shortcmd(base64.b64encode(client.send(base64.b64decode(got[2:]))).decode())
    print(p.retr(1)[1][0].decode())
except poplib.error_proto as e:
    print(e.args[0].decode())
p.close()
EOF
client() { run timeout 100 python3 client.py "$port" "$@"; }
all="['PLAIN', 'LOGIN', 'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS']"

line '' token.key
for mech in user PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS; do
	client stls $mech tim pencil
	is "STLS, $mech" 0 "True $all
Subject: for tim" ''
	client stls $mech tim pen
	is "STLS, $mech, wrong" 0 "True $all
-ERR [AUTH] wrong user name or password" ''
done
client stls SCRAM-SHA-256 off pencil
is 'a disabled user' 0 "True $all
-ERR [AUTH] wrong user name or password" ''
client clear SCRAM-SHA-256 tim pencil
is 'in clear: a proof, but no password' 0 "False ['SCRAM-SHA-256']
Subject: for tim" ''
client clear user tim pencil
is 'no password indeed' 0 "False ['SCRAM-SHA-256']
-ERR a password is accepted under TLS only" ''
run curl -sS --max-time 60 --ssl-reqd --cacert mx.example.org.pem \
	--resolve "mx.example.org:$port:127.0.0.1" -u tim:pencil \
	"pop3://mx.example.org:$port/1"
check 'curl --ssl-reqd' grep -q '^Subject: for tim' out
talk - "$(printf '=STLS\r\nUSER tim\r\nPASS pencil\r\n.')" - tls - -
check 'what follows STLS is never a command' [ "$(grep -c '^[+-]' out)" = 2 ]
check 'but a handshake that fails' \
	await 'reason=no\\x20handshake' server.log
stop

line -r token.key
client clear SCRAM-SHA-256 tim pencil
is 'TLS required' 0 'False None
-ERR STLS first' ''
client stls SCRAM-SHA-256-PLUS tim pencil
check 'and done' grep -q '^Subject: for tim' out
stop

line -i token.key
client implicit SCRAM-SHA-256-PLUS tim pencil
is 'implicit TLS' 0 "True $all
Subject: for tim" ''
stop

line '' other.key
client stls user tim pencil
is 'a token of somebody else is no password' 0 "True $all
-ERR [SYS/TEMP] unable to serve the mailbox now" ''
stop

done_testing
