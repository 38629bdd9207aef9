#!/bin/sh
# Chain test: real clients through the run lines of doc/connection.md, with the
# chain fused, with every word executed, and under Debian's tcpserver.
. "$TESTS/lib/t.sh"
. "$TESTS/chain/house.sh"

make_house
cat >deliver <<-EOF
	#!/bin/sh
	exec postern-queue-maildir -A $house/control/aliases -c $house/outside $house/mailboxes.cdb
EOF
chmod +x deliver

clients() {	# clients NAME LISTENER...: both services, then the clients
	name=$1
	shift
	postern-grants grants revoke-all
	# shellcheck disable=SC2046
	serve "$@" -1 -x rules.cdb 127.0.0.1 0 $(smtp_words)
	smtp_port=$port
	# shellcheck disable=SC2046
	serve "$@" -1 -x rules.cdb 127.0.0.1 0 $(pop3_words)
	run python3 "$TESTS/chain/clients.py" "$smtp_port" "$port" "$house"
	grep '^not ok' -A1 out | sed 's/^/# /'
	cat server.log >>log.$n
	check "$name: every client" [ "$rc" = 0 ] && check "$name: nothing failed" lacks '^not ok' out
}

clients 'fused' postern-tcpserver -v
POSTERN_FUSE=0
export POSTERN_FUSE
clients 'every word executed' postern-tcpserver -v
unset POSTERN_FUSE
clients "under Debian's tcpserver" tcpserver -v -HRl0

done_testing
