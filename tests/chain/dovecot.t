#!/bin/sh
# The run lines of submission and POP3 before a real Dovecot's auth server: what
# it offers is what the sessions offer, each mechanism logs in; Dovecot stopped
# is a temporary failure, started again it serves the next attempt.
. "$TESTS/lib/t.sh"
. "$TESTS/lib/dovecot.sh"

dovecot_there || {
	echo "1..0 # SKIP no dovecot"
	exit 0
}
ask() {
	run python3 "$TESTS/compat/dovecot-auth.py" "$@"
}
logged() { # logged N PATTERN: so many lines of the server's log match
	[ "$(grep -c -e "$2" server.log)" = "$1" ]
}

mkdir control d
echo mx.example.org >control/me
echo local.example >control/rcpthosts
echo 'joe:{PLAIN}secret' >d/users
all='PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-256'
s=$PWD/d/run/auth-client
export POSTERN_PLAINAUTH=ok
dovecot d

serve postern-tcpserver -1 -HR 127.0.0.1 0 \
	postern-smtpd -C control -a "$s"
ask smtp $port x x
is "SMTP: Dovecot's list" 0 "$all" ''
ask smtp $port joe secret $all
is 'each logs in' 0 "$(for m in $all; do
	echo "$m 235 2.7.0 ok, go ahead"
done)" ''
check 'and is logged' logged 6 ' user=joe mechanism=.* result=ok$'
ask smtp $port joe Secret $all
is 'none with a wrong password' 0 "$(for m in $all; do
	echo "$m 535 5.7.8 authentication failed"
done)" ''

# one session, in which Dovecot goes and comes back
cat >session.py <<-'EOF'
	import os, socket, sys
	f = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60).makefile("rwb")
	def reply():
	    while True:
	        line = f.readline().decode().rstrip()
	        if line[3:4] != "-":
	            return line
	def ask(line):
	    f.write(line.encode() + b"\r\n")
	    f.flush()
	    return reply()
	def turn(name):
	    with open(name, "w") as p:
	        print(name, file=p)
	    with open("turn") as p:
	        p.read()
	reply()
	ask("EHLO x")
	turn("greeted")
	print(ask("AUTH PLAIN AGpvZQBzZWNyZXQ="), flush=True)
	turn("refused")
	print(ask("AUTH PLAIN AGpvZQBzZWNyZXQ="))
EOF
mkfifo turn
python3 session.py $port >talk 2>&1 &
talk=$!
await '' greeted
dovecot_stop
timeout 60 sh -c ': >turn'
check 'Dovecot stopped: a temporary failure' \
	await '^454 4.7.0 oops, problem with the password checker$' talk
check 'with a line in the log' logged 1 \
	' result=failed reason=unable\\x20to\\x20connect:\\x20Connection\\x20refused$'
ask smtp $port x x
is 'nothing is offered now' 0 '' ''
dovecot d
timeout 60 sh -c ': >turn'
wait $talk
check 'started again: the next attempt is judged' \
	grep -qx '235 2.7.0 ok, go ahead' talk
stop

serve postern-tcpserver -1 -HR 127.0.0.1 0 \
	postern-popup -d 0 -a "$s" mx.example.org \
	sh -c 'printf "+OK welcome, %s\r\n" "$USER"'
ask pop3 $port x x
is "POP3: Dovecot's list" 0 "$all" ''
ask pop3 $port joe secret $all
is 'each logs in' 0 "$(for m in $all; do
	echo "$m +OK welcome, joe"
done)" ''
ask pop3 $port joe Secret $all
is 'none with a wrong password' 0 "$(for m in $all; do
	echo "$m -ERR [AUTH] wrong user name or password"
done)" ''
dovecot_stop
ask pop3 $port joe secret PLAIN
is 'Dovecot stopped' 0 'PLAIN -ERR [SYS/TEMP] unable to judge a login now' ''
dovecot d
ask pop3 $port joe secret PLAIN
is 'started again' 0 'PLAIN +OK welcome, joe' ''
stop
dovecot_stop
done_testing
