#!/bin/sh
# Program test of postern-tcprulescheck: its contract.  What it shares with
# tcprulescheck 0.88 is in tests/compat/tcprules.t.
. "$TESTS/lib/t.sh"

usage='postern-tcprulescheck: usage: postern-tcprulescheck [ -v ] rules.cdb'
unknown='source unknown: .lines is missing or of another compilation'
cat >rules <<'RULES'
# the office
192.0.2.0/24:allow,RELAYCLIENT="",A="b c"
me@192.0.2.7:deny

=.example.org:deny
2001:db8::/32:allow,V6="yes"
RULES
postern-tcprules -f rules x.cdb x.tmp

asks() { # asks NAME STDOUT [VARIABLE...]
	name=$1 want=$2
	shift 2
	run env "$@" postern-tcprulescheck $flag x.cdb
	is "$name" 0 "$want" ''
}

flag=
asks 'a rule' 'rule 192.0.2.:
set environment variable RELAYCLIENT=
set environment variable A=b c
allow connection' TCPREMOTEIP=192.0.2.9
asks 'a rule that denies' 'rule me@192.0.2.7:
deny connection' TCPREMOTEIP=192.0.2.7 TCPREMOTEINFO=me
asks 'by name' 'rule =.example.org:
deny connection' TCPREMOTEIP=10.0.0.1 TCPREMOTEHOST=mx.example.org
asks 'IPv6' 'rule 2001:db8::/32:
set environment variable V6=yes
allow connection' TCPREMOTEIP=2001:DB8:0::1
asks 'an IPv4-mapped address' 'rule 192.0.2.:
set environment variable RELAYCLIENT=
set environment variable A=b c
allow connection' TCPREMOTEIP=::ffff:192.0.2.9
asks 'no rule' 'default:
allow connection' TCPREMOTEIP=10.0.0.1
asks 'no address: 0.0.0.0' 'default:
allow connection' X=

flag=-v
asks '-v: the line of a network' 'rule 192.0.2.:
set environment variable RELAYCLIENT=
set environment variable A=b c
allow connection
source rules:2' TCPREMOTEIP=192.0.2.9
asks '-v: the line of an address' 'rule me@192.0.2.7:
deny connection
source rules:3' TCPREMOTEIP=192.0.2.7 TCPREMOTEINFO=me
asks '-v: no rule, no line' 'default:
allow connection' TCPREMOTEIP=10.0.0.1

denied="rule =.example.org:
deny connection"
host=TCPREMOTEHOST=mx.example.org
asks '-v: another line' "$denied
source rules:5" $host
cp x.cdb y
cat y >x.cdb
asks '-v: the CDB was written again' "$denied
$unknown" $host
postern-tcprules -f rules x.cdb x.tmp
cp x.cdb.lines kept
postern-tcprules -0 x.cdb x.tmp <<'RULES'
=.example.org:deny
RULES
cp kept x.cdb.lines
asks '-v: a table of another compilation' "$denied
$unknown" $host
rm x.cdb.lines
asks '-v: no table' "$denied
$unknown" $host
mkdir x.cdb.lines
asks '-v: a table that cannot be read' "$denied
$unknown" $host
rmdir x.cdb.lines

# What goes wrong is never "default".
run postern-tcprulescheck
is 'no argument' 100 '' "$usage"
run postern-tcprulescheck x.cdb more
is 'an argument too many' 100 '' "$usage"
run postern-tcprulescheck -x x.cdb
is 'an unknown option' 100 '' "$usage"
run env TCPREMOTEIP=192.0.2 postern-tcprulescheck x.cdb
is 'not an address' 100 '' 'postern-tcprulescheck: fatal: invalid $TCPREMOTEIP'
run env TCPREMOTEIP=192.0.2.7x postern-tcprulescheck x.cdb
is 'more than an address' 100 '' \
	'postern-tcprulescheck: fatal: invalid $TCPREMOTEIP'
run postern-tcprulescheck nothing
is 'no file' 111 '' \
	'postern-tcprulescheck: fatal: unable to read nothing: No such file or directory'
run postern-tcprulescheck .
is 'a directory' 111 '' \
	'postern-tcprulescheck: fatal: unable to read .: Is a directory'
run postern-tcprulescheck /dev/zero
is 'a device' 111 '' \
	'postern-tcprulescheck: fatal: unable to read /dev/zero: Invalid argument'
run postern-tcprulescheck rules
is 'not a CDB' 111 '' \
	'postern-tcprulescheck: fatal: unable to read rules: damaged, or not a rule file'
for size in 0 1 2047 2048 2060 2080; do
	head -c $size x.cdb >cut
	run postern-tcprulescheck cut
	is "cut after $size bytes" 111 '' \
		'postern-tcprulescheck: fatal: unable to read cut: damaged, or not a rule file'
done
printf 'x:allow,A="b\0c"\n:deny,A="b\0c"\n' | postern-tcprules -0 x.cdb x.tmp
run postern-tcprulescheck x.cdb
is 'a rule that denies and is damaged behind that' 0 'rule :
deny connection' ''
printf ':allow,A="b\0c"\n' | postern-tcprules -0 x.cdb x.tmp
run env TCPREMOTEIP=10.0.0.1 postern-tcprulescheck x.cdb
is 'a rule whose data is damaged' 111 '' \
	'postern-tcprulescheck: fatal: unable to read x.cdb: damaged, or not a rule file'
postern-tcprules x.cdb x.tmp <rules
run sh -c 'postern-tcprulescheck x.cdb >&-'
is 'no standard output' 111 '' \
	'postern-tcprulescheck: fatal: unable to print: Bad file descriptor'

done_testing
