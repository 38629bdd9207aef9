#!/bin/sh
# What `make run` starts, and what it promises: see the page it prints.
. "$TESTS/lib/t.sh"
. "$TESTS/chain/demo.sh"

check 'it starts' demo
client=$PWD/client.py
cat >"$client" <<'END'
import os, poplib, smtplib, socket, ssl, sys

host, smtp_port, pop3_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
what, source = sys.argv[4], sys.argv[5]
context = ssl.create_default_context(cafile=os.environ['CERT'])
if what == 'pop3':
    class From(poplib.POP3):
        def _create_socket(self, timeout):
            return socket.create_connection((self.host, self.port), 20,
                                            (source, 0))
    p = From(host, pop3_port)
    p.stls(context)
    p.user(sys.argv[6])
    p.pass_(sys.argv[7])
    print(p.stat()[0])
    p.quit()
    sys.exit()
s = smtplib.SMTP(host, smtp_port, 'client.example', 20, (source, 0))
s.ehlo()
try:
    if len(sys.argv) > 7:
        s.starttls(context=context)
        s.ehlo()
    if len(sys.argv) > 9:
        s.esmtp_features['auth'] = sys.argv[9]
    if len(sys.argv) > 7:
        s.login(sys.argv[7], sys.argv[8])
    s.sendmail('me@sender.example', sys.argv[6],
               'Subject: test\r\n\r\n.dot\r\nbody\r\n')
    print('accepted')
except smtplib.SMTPRecipientsRefused as e:
    print(*list(e.recipients.values())[0][:1],
          list(e.recipients.values())[0][1].decode()[:5])
except smtplib.SMTPAuthenticationError as e:
    print(e.smtp_code)
s.quit() if s.sock else None
END
export CERT
smtp() {	# smtp SOURCE TO [USER PASSWORD [MECHANISM]]
	run python3 "$client" "${host:-127.0.0.1}" "$SMTP_PORT" "$POP3_PORT" smtp "$@"
}
pop3() {	# pop3 SOURCE USER PASSWORD
	run python3 "$client" "${host:-127.0.0.1}" "$SMTP_PORT" "$POP3_PORT" pop3 "$@"
}
# A wrong password has its answer seconds later; several wait side by side.
begin() {	# begin NAME COMMAND...: run it in a folder of that name
	mkdir "$1"
	(cd "$1" && shift && "$@" && echo "$rc" >rc) &
	eval "begun_$1=$!"
}
end() {		# end NAME: leaves out, err and rc, as run does
	eval "wait \$begun_$1"
	mv "$1/out" "$1/err" .
	rc=$(cat "$1/rc")
}
logged() {	# logged SERVICE PATTERN: s6-log has written such a line
	tries=0
	until grep -q -e "$2" "$LOGS/$1/current"; do
		[ $((tries += 1)) -lt 100 ] || return 1
		sleep 0.1
	done
}
count() { ls "$1/new" "$1/cur" | grep -c '^[0-9]'; }
you=you@else.example
foreign='553 5.7.1'

smtp 127.0.0.1 "$USER1"
is 'mail to a local user is accepted' 0 accepted ''
check 'and lands in the Maildir' [ "$(count "$MAILDIR1")" = 1 ]
check 'byte for byte' [ "$(sed -n '/^$/,$p' "$MAILDIR1"/new/*)" = '
.dot
body' ]
check 'and is logged' logged smtp "to=$USER1 relay=local code=250"
check 'by the queue program, too' logged smtp "delivered session=.* to=$USER1 "

smtp 127.0.0.1 "$you"
is 'mail to somebody elsewhere is refused' 0 "$foreign" ''
check 'and is logged' logged smtp "ip=127.0.0.1 .*to=$you relay=none code=553"
check 'nothing went outside' [ "$(count "$OUTSIDE")" = 0 ]

smtp 127.0.0.1 "$you" "$USER1" "$PASSWORD1"
is 'after AUTH it is accepted' 0 accepted ''
check 'and lands outside' [ "$(count "$OUTSIDE")" = 1 ]
check 'and is logged' logged smtp "to=$you relay=auth:$USER1 code=250"

begin pop3 pop3 127.0.0.2 "$USER2" "$PASSWORD1"
for how in PLAIN LOGIN CRAM-MD5; do
	begin "${how%-*}" smtp 127.0.0.1 "$you" "$USER1" wrong "$how"
done
for how in PLAIN LOGIN CRAM-MD5; do
	end "${how%-*}"
	is "not with a wrong password: $how" 0 535 ''
done

smtp 127.0.0.2 "$you"
is 'from another address it is refused' 0 "$foreign" ''
end pop3
check 'where a POP3 login fails' [ "$rc" = 1 ]
smtp 127.0.0.2 "$you"
is 'it still is' 0 "$foreign" ''
pop3 127.0.0.2 "$USER2" "$PASSWORD2"
is 'until that address reads its mail' 0 0 ''
smtp 127.0.0.2 "$you"
is 'then it is accepted' 0 accepted ''
check 'and is logged' logged smtp "ip=127.0.0.2 .*to=$you relay=grant:$USER2 code=250"
smtp 127.0.0.3 "$you"
is 'but not from a third one' 0 "$foreign" ''
run "$BIN/postern-grants" "$GRANTS" revoke-user "$USER2"
check 'a grant can be revoked' [ "$rc" = 0 ]
smtp 127.0.0.2 "$you"
is 'which is obeyed at once' 0 "$foreign" ''

smtp "$RELAY_IP" "$you"
is 'an address with RELAYCLIENT in the rules is accepted' 0 accepted ''
check 'and is logged' logged smtp "to=$you relay=rule:$RELAY_IP code=250"
echo '127.0.0.3:allow,RELAYCLIENT=""' | cat - "$RULES" >rules
cp rules "$RULES"
run "$BIN/postern-tcprules" -f "$RULES" "$RULES_CDB" "$RULES.tmp"
is 'new rules' 0 '' ''
# they are looked at once a second at most
tries=0
until smtp 127.0.0.3 "$you" && [ "$(cat out)" = accepted ] ||
	[ $((tries += 1)) = 30 ]; do sleep 0.1; done
is 'are obeyed without a restart' 0 accepted ''
check 'and logged' logged smtp "to=$you relay=rule:127.0.0.3 code=250"

if [ -n "$HOST6" ]; then
	host=$HOST6 smtp ::1 "$USER2"
	is 'IPv6' 0 accepted ''
	host=
	check 'and lands' [ "$(count "$MAILDIR2")" = 1 ]
fi
port=$SMTP_PORT
SMTP_PORT=$SUBMISSION_PORT
smtp 127.0.0.1 "$you" "$USER1" "$PASSWORD1"
is 'submission' 0 accepted ''
check 'is logged apart' logged submission "to=$you relay=auth:$USER1 code=250"
SMTP_PORT=$port
run curl -sS --cacert "$CERT" --user "$USER1:$PASSWORD1" "pop3s://127.0.0.1:$POP3S_PORT/"
check 'POP3 in TLS' [ "$rc" = 0 ]
check 'lists what is there' [ "$(tr -d '\r' <out | grep -c '^[0-9]* [0-9]*$')" = "$(count "$MAILDIR1")" ]
if [ "$(id -u)" = 0 ]; then
	check 'root keeps no mail' [ "$(stat -c %u "$MAILDIR1"/cur/*)" = 60802 ]
fi
check 'passwords are not for everybody' [ "$(stat -c %a demo/env)" = 600 ]
check 'certificates are' [ "$(grep -c BEGIN.CERT "$CERT")$(stat -c %a "$CERT")" = 2644 ]
check 'keys are not' [ "$(grep -c KEY "$CERT")$(stat -c %a "$CERTS"/*.pem | sort -u)" = 0600 ]

old=$PASSWORD1
check 'TERM stops it, and leaves nobody' finish TERM
check 'it starts again' demo
check 'with the same users' [ "$PASSWORD1" = "$old" ]
smtp 127.0.0.1 "$you" "$USER1" "$PASSWORD1"
is 'and works' 0 accepted ''
check 'the older mail is there' [ "$(count "$MAILDIR1")" = 1 ]
HOME_DIR=$PWD/demo run sh "$TOP/package/demo"
is 'a second one in the same place is refused' 111 '' \
	"demo: fatal: it is running already: $PWD/demo"
check 'INT stops it, and leaves nobody' finish INT
remove_demo
done_testing
