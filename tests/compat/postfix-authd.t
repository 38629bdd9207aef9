#!/bin/sh
# Postfix as the client of postern-authd: a Postfix of our own, with swaks and
# gsasl at its door.  Postfix keeps its connection for its life; it must get over the
# server's death.
. "$TESTS/lib/t.sh"

if [ "$(id -u)" != 0 ] || ! command -v postfix >/dev/null; then
	echo '1..0 # SKIP a Postfix of our own needs root, and Postfix'
	exit 0
fi

printf 'pw\n' | postern-passwd add -n 1 -c -u 1000 -g 1000 -d /usr tim
# a SCRAM secret of "pw" with the salt 0 to 15, should it not have one
grep -q scram_sha_256= users || sed -i '1s|$| scram_sha_256=4096,AAECAwQFBgcICQoLDA0ODw==,PXqQFogpFBTrQ8BxTk6ufcJCKVVV84iLSJ9VQGJMqFg=,gwMou4HN8CLIlk0QcduKUDjknJsxppiyIhXaYnQUxSU=|' users
postern-passwd compile users users.cdb mailboxes.cdb 2>/dev/null || exit 1
chmod 755 .
start() {
	rm -f ready
	mkfifo ready
	postern-authd -m 'PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256' -s "$PWD/s" -d 3 "$@" \
		3>ready 2>>log 4>&- 5>&- &
	server=$!
	servers="${servers-} $server"
	read -r _ <ready
}
# Postfix ends when descriptor 4 does, so nobody else may have it.
finish() {
	kill -KILL $servers 2>/dev/null
	exec 4>&- 5>&-
	wait
}
trap finish EXIT
start users.cdb
mkfifo go
mkdir postfix
python3 "$TESTS/compat/postfix-authd.py" "$PWD/postfix" "$PWD/s" \
	<go >postfix.out 2>postfix.err &
postfix=$!
exec 4>go
tries=3000
until grep -q ready postfix.out || [ $((tries -= 1)) = 0 ]; do sleep 0.02; done
port=$(sed -n 's/^ready //p' postfix.out)
if [ -z "$port" ]; then
	echo 'Bail out! Postfix did not start'
	sed 's/^/# /' postfix.err postfix/log
	exit 1
fi

ask() { # ask MECHANISM PASSWORD: leaves what came of AUTH in out
	run timeout 60 swaks --server 127.0.0.1:"$port" --helo client.example \
		--from tim@local.example --to a@remote.example --quit-after AUTH \
		--auth "$1" --auth-user tim --auth-password "$2"
	grep -h '^<.. [245][0-9][0-9] .*uthent' out err | tail -n 1 >last
}
answer() { [ "$(cat last)" = "$1" ]; }

run timeout 60 swaks --server 127.0.0.1:"$port" --helo x --quit-after EHLO
check 'it offers what we do' grep -q -x '<-  250-AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256' out
for m in PLAIN LOGIN CRAM-MD5; do
	ask $m pw
	check "$m: right" answer '<-  235 2.7.0 Authentication successful'
	ask $m px
	check "$m: wrong" grep -q '^<\*\* 535 5.7.8 Error: authentication failed' last
done
if command -v gsasl >/dev/null; then
	scram() { # scram PASSWORD: through Postfix, which only carries it
		run timeout 60 gsasl --smtp --connect 127.0.0.1:"$port" --no-starttls \
			--mechanism SCRAM-SHA-256 --authentication-id tim --password "$1" \
			--no-client-first </dev/null
	}
	scram pw
	check 'SCRAM-SHA-256, which gsasl speaks: right' grep -q '^235 2.7.0' out
	scram px
	check 'wrong' grep -q '^535 5.7.8' out
else
	echo '# SKIP SCRAM through Postfix needs gsasl'
fi
check 'we know who came' grep -q -x \
	'postern-authd: auth ip=127.0.0.1 user=tim mechanism=CRAM-MD5 service=smtp result=ok' log
chmod 644 users.cdb
ask PLAIN pw
# Postfix knows no temp; so its client sees at least the words.
check 'who cannot be judged is told so' \
	grep -q 'Temporary failure, try again later$' last
chmod 600 users.cdb

run timeout 60 swaks --server 127.0.0.1:"$port" --helo client.example \
	--from tim@local.example --to a@remote.example --quit-after RCPT \
	--auth PLAIN --auth-user tim --auth-password pw
check 'and may then relay' [ "$rc" = 0 ]

# One session of Postfix's over the death of the server.
cat >over.py <<-'EOF'
	import base64, smtplib, sys
	def auth(s):
	    code, text = s.docmd("AUTH PLAIN", base64.b64encode(b"\0tim\0" + sys.argv[2].encode()).decode())
	    print(code, flush=True)
	s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=60)
	s.ehlo("x")
	sys.argv.append("px")
	auth(s)
	sys.stdin.readline()
	sys.argv[2] = "pw"
	auth(s)
EOF
mkfifo go2
python3 over.py "$port" <go2 >over.out 2>&1 4>&- &
over=$!
exec 5>go2
await 535 over.out
kill -KILL "$server"
wait "$server" 2>/dev/null
start users.cdb
echo >&5
wait $over
exec 5>&-
cp over.out out
check 'a session outlives the server' [ "$(cat over.out)" = '535
235' ]
stop
ask PLAIN pw
check 'no server: temporary' grep -q '^<\*\* 4' last
start users.cdb
ask PLAIN pw
check 'and all is well when there is one' answer '<-  235 2.7.0 Authentication successful'

exec 4>&-
wait $postfix
check 'Postfix has ended' [ $? = 0 ]
stop
cp postfix/log err
check 'Postfix had nothing to say of our lines' \
	[ "$(grep -c -E 'unexpected|warning: SASL: .*(bad|unknown)|panic|fatal' postfix/log)" = 0 ]
done_testing
