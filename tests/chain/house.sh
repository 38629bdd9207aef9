# house.sh - what the tests of whole chains stand on; after t.sh.
# make_house: control files, rules, two users with Maildirs, a Maildir that
# stands for the outside, and a grants directory, all in the current directory.
# smtp_words and pop3_words print the run lines after the listener's.
# A test that root starts goes on as an ordinary user: mailboxes belong to one,
# and nothing here needs more.  Who that is may not be let in where the tree
# lies, so it works on a copy.
if [ "$(id -u)" = 0 ]; then
	cp -R "$TESTS" tests
	cp -RP "$TOP/command" command
	chown -R 65534:65534 .
	PATH=$PWD/command:$PATH TESTS=$PWD/tests \
		exec setpriv --reuid=65534 --regid=65534 --clear-groups \
		sh "tests/chain/${0##*/}"
fi
house=$PWD

make_house() {
	mkdir control grants
	echo mx.local.example >control/me
	echo local.example >control/rcpthosts
	printf 'postmaster@local.example: roam@local.example\nteam@local.example: roam@local.example, home@local.example\n' \
		>control/aliases
	for m in roam/Maildir home/Maildir outside; do
		mkdir -p "$m/tmp" "$m/new" "$m/cur"
	done
	for u in roam home; do
		echo "$u-secret" | postern-passwd -f users add -u "$(id -u)" \
			-g "$(id -g)" -d "$house/$u" "$u@local.example" >/dev/null
	done
	postern-passwd compile users users.cdb mailboxes.cdb >/dev/null
	cat >rules <<-EOF
		127.0.0.3:allow,RELAYCLIENT="",POSTERN_PLAINAUTH="ok"
		127.0.0.4:deny
		:allow,POSTERN_PLAINAUTH="ok"
	EOF
	postern-tcprules rules.cdb rules.tmp <rules
}
smtp_words() {
	echo "postern-grant-check $house/grants postern-smtpd -C $house/control
		-U $house/mailboxes.cdb -q $house/deliver
		postern-checkpassword $house/users.cdb true"
}
pop3_words() {
	echo "postern-popup mx.local.example postern-checkpassword $house/users.cdb
		postern-grant-record $house/grants postern-pop3d Maildir"
}
