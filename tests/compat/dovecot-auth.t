# A real Dovecot's authentication server: with it each mechanism of its own list
# works, and its absence is no wrong password.
. "$TESTS/lib/t.sh"
. "$TESTS/lib/dovecot.sh"

dovecot_there || {
	echo "1..0 # SKIP no dovecot"
	exit 0
}
ask() {
	python3 "$TESTS/compat/dovecot-auth.py" "$@"
}

mkdir d
echo 'joe@local.example:{PLAIN}secret' >d/users
echo 'off:{PLAIN}secret::::::nologin' >>d/users
dovecot d
s=d/run/auth-client
all='PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-256'

run ask direct $s x x
is "the list is Dovecot's" 0 \
	'PLAIN* LOGIN* CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-256' ''

run ask direct $s joe@local.example secret $all
is 'each lets the right password in' 0 "PLAIN OK joe@local.example
LOGIN OK joe@local.example
CRAM-MD5 OK joe@local.example
DIGEST-MD5 OK joe@local.example
SCRAM-SHA-1 OK joe@local.example
SCRAM-SHA-256 OK joe@local.example" ''

run ask direct $s joe@local.example Secret $all
is 'and none a wrong one' 0 "PLAIN WRONG refused
LOGIN WRONG refused
CRAM-MD5 WRONG refused
DIGEST-MD5 WRONG refused
SCRAM-SHA-1 WRONG refused
SCRAM-SHA-256 WRONG refused" ''

run ask direct $s off secret PLAIN
is 'who may not log in' 0 'PLAIN WRONG nologin' ''

# a helper that stays, so that its connection is one that breaks
mkfifo in
"$HELPERS/authtalk" $s <in >talk &
talk=$!
exec 9>in
echo "AUTH PLAIN $(printf '\0joe@local.example\0secret' | base64)" >&9
check 'a connection' await '^OK joe@local.example$' talk
dovecot_stop
echo "AUTH PLAIN AAA=" >&9
check 'broken, because the server has gone' \
	await '^TEMP unable to connect: Connection refused$' talk
dovecot d 9>&-
echo "AUTH PLAIN $(printf '\0joe@local.example\0wrong' | base64)" >&9
check 'and there again' await '^WRONG refused$' talk
exec 9>&-
wait $talk

# a Dovecot that cannot judge
dovecot_stop
printf '#!/bin/sh\nexit 111\n' >d/checker
chmod +x d/checker
: >d/users
echo "passdb {
  driver = checkpassword
  args = $PWD/d/checker
}" >d/extra.conf
dovecot d
run ask direct $s joe@local.example secret PLAIN
is 'a server that cannot judge is no wrong password' 0 \
	'PLAIN TEMP temp_fail' ''
dovecot_stop
done_testing
