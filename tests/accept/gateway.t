#!/bin/sh
# The gateway trap: who comes from the address of our own default gateway may
# be anybody, so neither a rule nor a grant lets him relay.
. "$TESTS/lib/t.sh"
. "$TESTS/lib/gateway.sh"

cat >rules <<-EOF
	$gateway:allow,RELAYCLIENT="",A="b"
	fd00:99::1:allow,RELAYCLIENT=""
	:allow,RELAYCLIENT=""
EOF
postern-tcprules rules.cdb rules.tmp <rules 2>/dev/null
sed 's/$/,POSTERN_GATEWAY="ok"/' rules >rules.ok
postern-tcprules ok.cdb rules.tmp <rules.ok 2>/dev/null

seen='echo "client=${RELAYCLIENT-unset} reason=${RELAYREASON-unset} gateway=${POSTERN_GATEWAY-unset} rule=${POSTERN_RULE-unset} a=${A-unset}"'

serve postern-tcpserver -v -1 -y 127.0.0.1 -x rules.cdb 127.0.0.1 0 sh -c "$seen"
run from "$gateway"
is 'the gateway: the rule without its right' 0 \
	"client=unset reason=suppressed:gateway gateway=no rule=$gateway a=b" ''
check 'the listener says so' \
	has "^postern-tcpserver: accept .* ip=$gateway rule=$gateway relay=suppressed:gateway\$" server.log
run from 192.0.2.77
is 'another address' 0 'client= reason=rule: gateway=unset rule= a=unset' ''
run from "::ffff:$gateway"
is 'the gateway, IPv4-mapped' 0 \
	"client=unset reason=suppressed:gateway gateway=no rule=$gateway a=b" ''
check 'nothing of others is suppressed' [ "$(grep -c suppressed server.log)" = 2 ]
if [ "$gateway_is" = own ]; then
	run from fd00:99::1
	is 'the gateway of IPv6' 0 \
		'client=unset reason=suppressed:gateway gateway=no rule=fd00:99::1 a=unset' ''
	ip route del default
	ip route add default via 10.99.0.2 dev v0 onlink
	kill -HUP "$server"
	run from 10.99.0.2
	is 'another gateway, from the next HUP or second on' 0 \
		'client=unset reason=suppressed:gateway gateway=no rule= a=unset' ''
	run from 10.99.0.1
	is 'and the old one is none' 0 \
		'client= reason=rule:10.99.0.1 gateway=unset rule=10.99.0.1 a=b' ''
	ip route del default
	ip route add default via 10.99.0.1 dev v0 onlink
fi
stop

serve postern-tcpserver -v -1 -y 127.0.0.1 -x ok.cdb 127.0.0.1 0 sh -c "$seen"
run from "$gateway"
is 'POSTERN_GATEWAY="ok": the rule as it stands' 0 \
	"client= reason=rule:$gateway gateway=ok rule=$gateway a=b" ''
stop

printf ':allow\n' | postern-tcprules rules.cdb rules.tmp
mkdir -m 0700 grants
USER=joe PROTO=TCP TCPREMOTEIP=$gateway postern-grant-record -q grants true
POSTERN_GATEWAY=ok serve postern-tcpserver -v -1 -y 127.0.0.1 -x rules.cdb \
	127.0.0.1 0 postern-grant-check grants sh -c "$seen"
run from "$gateway"
is 'a grant for the gateway gives nothing; what is inherited does not count' 0 \
	'client=unset reason=suppressed:gateway gateway=no rule= a=unset' ''
check 'postern-grant-check says so' \
	has "^postern-grant-check: grant .* user=joe .* relay=suppressed:gateway\$" server.log
stop

# --- the rule, explained ---
postern-tcprules rules.cdb rules.tmp <rules 2>/dev/null
checked() {	# checked NAME ADDRESS CDB LINES: under the listener's name
	run env TCPREMOTEIP="$2" "$check" "$3"
	is "$1" 0 "$4" ''
}
check=postern-tcprulescheck
checked 'explained' "$gateway" rules.cdb "rule $gateway:
keep back environment variable RELAYCLIENT=
because this is the address of the default gateway here, and the rule does not say POSTERN_GATEWAY=\"ok\"
set environment variable A=b
allow connection"
checked 'explained: another address' 192.0.2.77 rules.cdb 'rule :
set environment variable RELAYCLIENT=
allow connection'
checked 'explained: ok' "$gateway" ok.cdb "rule $gateway:
set environment variable RELAYCLIENT=
set environment variable A=b
set environment variable POSTERN_GATEWAY=ok
allow connection"
ln -s "$(command -v postern-tcprulescheck)" tcprulescheck
check=./tcprulescheck
checked 'as 0.88, which knows no gateway' "$gateway" rules.cdb "rule $gateway:
set environment variable RELAYCLIENT=
set environment variable A=b
allow connection"

done_testing
