#!/bin/sh
# Chain test: a stranger sends as somebody else to nine people elsewhere.
# Without a password nine times no, and nothing else happens; with a stolen one
# every line names whose it was, and disabling the account ends it at the next
# command.  Then each reason that there is, from the log through Received to the
# queue program.
. "$TESTS/lib/t.sh"
. "$TESTS/chain/house.sh"

make_house
cat >deliver <<-EOF
	#!/bin/sh
	env | grep -E '^(RELAY|SMTPAUTHUSER|TCPREMOTEIP|POSTERN_SESSION)' | sort >$house/queue.env
	exec postern-queue-maildir -A $house/control/aliases -c $house/outside $house/mailboxes.cdb
EOF
chmod +x deliver
echo backup.example >control/backupmx
gateway=$(awk '$2 == "00000000" && $8 == "00000000" && $3 != "00000000" { print $3; exit }' \
	/proc/self/net/route 2>/dev/null)
[ -z "$gateway" ] || gateway=$(python3 -c "import socket, struct, sys
print(socket.inet_ntoa(struct.pack('=I', int(sys.argv[1], 16))))" "$gateway")
cat >rules <<-EOF
	127.0.0.3:allow,RELAYCLIENT="",POSTERN_PLAINAUTH="ok"
	${gateway:-192.0.2.254}:allow,RELAYCLIENT=""
	:allow,POSTERN_PLAINAUTH="ok"
EOF
postern-tcprules rules.cdb rules.tmp <rules
USER=home@local.example PROTO=TCP TCPREMOTEIP=127.0.0.5 \
	postern-grant-record -q grants true

mkfifo ready
postern-authd -s "$house/authd" -d 3 "$house/users.cdb" 3>ready 2>authd.log &
servers="${servers-} $!"
read -r _ <ready

nine() {	# nine NAME WORDS...: listener, chain, and the stranger
	name=$1
	shift
	postern-passwd -f users enable roam@local.example >/dev/null
	postern-passwd compile users users.cdb mailboxes.cdb >/dev/null
	serve postern-tcpserver -v -1 -y 127.0.0.8 -x rules.cdb 127.0.0.1 0 "$@"
	run python3 "$TESTS/chain/nine.py" "$port" "$house" "$gateway"
	grep '^not ok' -A1 out | sed 's/^/# /'
	check "$name: all of it" [ "$rc" = 0 ] && check "$name: nothing failed" lacks '^not ok' out
	cp server.log log.$n
	stop
}
smtpd="postern-grant-check $house/grants postern-smtpd -C $house/control
	-U $house/mailboxes.cdb -q $house/deliver"

# shellcheck disable=SC2086
{
	nine 'an auth server judges' $smtpd -a "$house/authd"
	nine 'a checkpassword program judges' \
		$smtpd postern-checkpassword "$house/users.cdb" true
	POSTERN_FUSE=0
	export POSTERN_FUSE
	nine 'every word executed' $smtpd -a "$house/authd"
}
done_testing
