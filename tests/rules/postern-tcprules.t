#!/bin/sh
# Program test of postern-tcprules: its contract.  What it shares with tcprules
# 0.88 is in tests/compat/tcprules.t.
. "$TESTS/lib/t.sh"

usage='postern-tcprules: usage: postern-tcprules [ -0 ] [ -f source ] rules.cdb rules.tmp'
rules() { # rules TEXT...: compile the lines
	printf '%s\n' "$@" >rules
	run postern-tcprules -f rules x.cdb x.tmp
}
asked() { # asked ADDRESS: what the compiled file says
	run env TCPREMOTEIP="$1" postern-tcprulescheck x.cdb
}
nothing_left() { [ "$(echo x.*)" = "$1" ]; }

rules '10.1.2.3:allow,RELAYCLIENT=""' '10.1.2.:deny' '# no rule' ':allow'
is 'a file' 0 '' ''
check 'no temporary file stays' nothing_left 'x.cdb x.cdb.lines'
asked 10.1.2.3
is 'it is in force' 0 'rule 10.1.2.3:
set environment variable RELAYCLIENT=
allow connection' ''

printf '10.1.2.3:deny' | postern-tcprules x.cdb x.tmp
asked 10.1.2.3
is 'standard input, no final newline' 0 'rule 10.1.2.3:
deny connection' ''
check 'the table of lines is gone' nothing_left x.cdb

rules '1.2.3:allow' ' 1.2.3.4:allow' '1.2.3.4:allow' '1.2.3.300:deny' \
	'1.2.3.4:deny' "1.2.3.5:allow$(printf '\r')" '192.0.2.0/24:allow,A="b"c'
is 'all bad lines, then 100' 100 '' \
	'postern-tcprules: error: rules:1: less than four octets must end with a dot: 1.2.3:allow
postern-tcprules: error: rules:2: a blank begins the line: \x201.2.3.4:allow
postern-tcprules: error: rules:4: an octet is over 255: 1.2.3.300:deny
postern-tcprules: error: rules:5: its address is taken by line 3: 1.2.3.4:deny
postern-tcprules: error: rules:6: a CR ends the line: 1.2.3.5:allow\x0d
postern-tcprules: error: rules:7: neither a comma nor the end of the line follows: 192.0.2.0/24:allow,A="b"c
postern-tcprules: fatal: rules has 6 bad lines, x.cdb is left as it was'
check 'and nothing else is left' nothing_left x.cdb
asked 10.1.2.3
is 'the old rules are in force' 0 'rule 10.1.2.3:
deny connection' ''

echo nocolon >bad
run postern-tcprules x.cdb x.tmp <bad
is 'a bad line of standard input' 100 '' \
	'postern-tcprules: error: stdin:1: no colon: write ADDRESS:allow: nocolon
postern-tcprules: fatal: stdin has 1 bad line, x.cdb is left as it was'

rules ':allow,RELAYCLIENT=""' '=.example.org:allow,RELAYCLIENT=""' \
	'11.:allow,RELAYCLIENT="@fixme"' '10.:allow,RELAYCLIENT=""'
is 'dangerous rules: warnings, and done' 0 '' \
	'postern-tcprules: warning: rules:1: lets everybody relay: an open relay: :allow,RELAYCLIENT=""
postern-tcprules: warning: rules:2: lets clients relay by a name that they choose: =.example.org:allow,RELAYCLIENT=""
postern-tcprules: warning: rules:3: lets more than a /16 of public addresses relay: 11.:allow,RELAYCLIENT="@fixme"'

long=$(printf '%0200d' 0)
rules "$long"
is 'a long line is cut in the message' 100 '' \
	"postern-tcprules: error: rules:1: no colon: write ADDRESS:allow: $(printf '%097d' 0)...
postern-tcprules: fatal: rules has 1 bad line, x.cdb is left as it was"

# Networks.
rules ':deny' '192.0.2.0/25:allow' '192.0.2.64/26:deny,A="64"' \
	'192.0.2.70:allow' '2001:db8::/32:allow,A="32"' \
	'2001:db8:1::/48:deny' '2001:db8::1:allow' '::ffff:10.1.2.3:allow,A="4"'
is 'networks' 0 '' ''
for row in '192.0.2.1 192.0.2.1:|allow' '192.0.2.64 192.0.2.64:|deny' \
	'192.0.2.70 192.0.2.70:|allow' '192.0.2.128 :|deny' \
	'2001:db8:2::9 2001:db8::/32:|A=32|allow' \
	'2001:db8:1::9 2001:db8:1::/48:|deny' '2001:db8::1 2001:db8::1:|allow' \
	'2001:db9::1 :|deny' '10.1.2.3 10.1.2.3:|A=4|allow'; do
	asked "${row%% *}"
	is "$row" 0 "$(echo "rule ${row#* } connection" | tr '|' '\n' |
		sed 's/^A=/set environment variable &/')" ''
done

# Exactly as 0.88.
printf 'nocolon\n1.2.3/24:allow\n 1.2.3.4:deny\n1.2.3.4:deny\n1.2.3.4:allow\n' >as088
run postern-tcprules -0 x.cdb x.tmp <as088
is '-0 takes what 0.88 takes' 0 '' ''
asked 1.2.3.4
is 'the first line for an address decides' 0 'rule 1.2.3.4:
deny connection' ''
echo '::1:allow' >bad
run postern-tcprules -0 x.cdb x.tmp <bad
is '-0 has no IPv6' 100 '' \
	'postern-tcprules: fatal: unable to parse this line: ::1:allow'
run postern-tcprules -0 -f as088 x.cdb x.tmp
is '-0 with a file' 0 '' ''
check '-0 writes no table of lines' nothing_left x.cdb

# The temporary file.
echo precious >target
ln -s target x.tmp
rules '1.:deny'
check 'a symbolic link of its name is not followed' [ "$(cat target)" = precious ]
rm x.tmp
echo stale >x.tmp
chmod 000 x.tmp
rules '1.:deny'
is 'a stale one does not matter' 0 '' ''
rm -f x.tmp
(umask 027; postern-tcprules x.cdb x.tmp </dev/null)
check 'the mode obeys the umask' [ "$(stat -c %a x.cdb)" = 640 ]
(umask 022; postern-tcprules x.cdb x.tmp </dev/null)
check 'anyone may read it' [ "$(stat -c %a x.cdb)" = 644 ]

# Two at a time with one temporary name: the file is always whole.
seq -f '10.1.%g.:deny' 0 255 >a
seq -f '10.2.%g.:deny' 0 255 >b
for i in 1 2 3 4 5 6 7 8 9 10; do
	postern-tcprules x.cdb x.tmp <a &
	postern-tcprules x.cdb x.tmp <b &
	wait
	cat x.cdb >x.both
	postern-tcprules x.one x.tmp <a
	postern-tcprules x.two x.tmp <b
	cmp -s x.both x.one || cmp -s x.both x.two || echo "mixed" >mixed
done
check 'two at a time do not mix' [ ! -e mixed ]
rm -f x.*

# What goes wrong.
run postern-tcprules
is 'no argument' 100 '' "$usage"
run postern-tcprules x.cdb
is 'one argument' 100 '' "$usage"
run postern-tcprules x.cdb x.tmp more
is 'an argument too many' 100 '' "$usage"
run postern-tcprules -x x.cdb x.tmp
is 'an unknown option' 100 '' "$usage"
run postern-tcprules -f
is 'an option without its value' 100 '' "$usage"
run postern-tcprules -f nothing x.cdb x.tmp
is 'no source' 111 '' \
	'postern-tcprules: fatal: unable to read nothing: No such file or directory'
run postern-tcprules -f . x.cdb x.tmp
is 'a directory as source' 111 '' \
	'postern-tcprules: fatal: unable to read .: Is a directory'
check 'nothing is left' nothing_left 'x.*'
run postern-tcprules x.cdb nowhere/x.tmp </dev/null
is 'cannot create' 111 '' \
	'postern-tcprules: fatal: unable to create nowhere/x.tmp: No such file or directory'
run postern-tcprules nowhere/x.cdb x.tmp </dev/null
is 'cannot move' 111 '' \
	'postern-tcprules: fatal: unable to move x.tmp to nowhere/x.cdb: No such file or directory'
check 'nothing is left' nothing_left 'x.*'
seq -f '10.0.%g.:deny' 0 255 >many
run prlimit --fsize=4096 sh -c 'trap "" XFSZ; exec postern-tcprules x.cdb x.tmp <many'
check 'a full disk: 1xx, and nothing is left' nothing_left 'x.*'
check 'a full disk is told' [ "$rc" -ge 100 ]

done_testing
