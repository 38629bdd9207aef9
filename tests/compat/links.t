#!/bin/sh
# make install and make install-links: what they put where; and the programs
# by the names of those that they replace, with the defaults of 0.88.
. "$TESTS/lib/t.sh"

if ! command -v make >out || ! command -v python3 >out; then
	echo '1..0 # SKIP needs make and python3'
	exit 0
fi
dest=$PWD/dest home=/opt/gate
bin=$dest$home/bin
put() {
	umask 077
	make -C "$TOP" install install-links DESTDIR="$dest" home=$home
}
modes() {	# the modes of what there is, links aside
	find "$@" ! -type l -printf '%m %y\n' | sort -u | tr '\n' ' '
}

run put
check 'it installs' [ "$rc" = 0 ]
check 'programs for everybody' [ "$(modes "$bin")" = '755 d 755 f ' ]
check 'pages for everybody' \
	[ "$(modes "$dest$home/share/man")" = '644 f 755 d ' ]
check 'no link leads nowhere' [ -z "$(find "$dest" -xtype l)" ]
check 'links within the folder' \
	[ -z "$(find "$dest" -type l -lname '*/*')" ]
check 'all that was built' \
	[ -z "$(ls "$TOP/command" | while read -r p; do [ -x "$bin/$p" ] || echo "$p"; done)" ]
check 'all pages' \
	[ "$(cd "$TOP/doc/man" && ls)" = "$(cd "$dest$home/share/man" && ls man5 man8 | grep '\.' | sort)" ]
run put
check 'again, over itself' [ "$rc" = 0 ]

PATH=$bin:/usr/bin:/bin
cat >rules <<'END'
10.1.2:deny
:allow,X="1"
END
# a line that can never match: ours refuses it, 0.88 does not
run postern-tcprules rules.cdb rules.tmp <rules
check 'postern-tcprules is itself' [ "$rc" = 100 ]
run tcprules rules.cdb rules.tmp <rules
is 'tcprules' 0 '' ''
run tcprules -f rules.tmp <rules
check 'which knows no options: -f is a file' cmp -s ./-f rules.cdb
run env TCPREMOTEIP=10.1.2 tcprulescheck rules.cdb
is 'tcprulescheck: the address may be any text' 0 'rule 10.1.2:
deny connection' ''
run env TCPREMOTEIP=10.1.2 postern-tcprulescheck rules.cdb
check 'postern-tcprulescheck is itself' [ "$rc" = 100 ]

cat >client.py <<'END'
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10)
sys.stdout.write(s.makefile().read())
END
serve tcpserver -1v -R -H -x rules.cdb 127.0.0.1 0 sh -c 'echo "$PROTO $X"'
run python3 client.py "$port"
is 'tcpserver answers' 0 'TCP 1' ''
check 'it logs as tcpserver does' await '^tcpserver: end [0-9]* status 0$' server.log
stop
check 'TERM ends it' [ "$rc" = 0 ]
rm "$bin/tcpserver"
echo old >"$bin/tcpserver"
run put
check 'a program that is no link' [ "$rc" != 0 ]
check 'stays as it was' [ "$(cat "$bin/tcpserver")" = old ]
done_testing
