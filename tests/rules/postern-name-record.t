# postern-name-record: by what name a client goes.
. "$TESTS/lib/t.sh"

postern-grants names make
P='postern-name-record:'
record() {	# record ADDRESS: the names that it has
	readlink "names/$1" | cut -d : -f 4-
}
name() {	# name ADDRESS HELO [NAME=VALUE...]
	ip=$1 helo=$2
	shift 2
	run env PROTO=TCP TCPREMOTEIP="$ip" SMTPHELOHOST="$helo" "$@" \
		postern-name-record names
}
name 10.0.0.5 web.example
is 'a name' 0 '' ''
name 10.0.0.5 Printer.
is 'another' 0 '' ''
name 10.0.0.5 WEB.example
is 'the first one again' 0 '' ''
check 'the record' [ "$(record 10.0.0.5)" = web.example+printer ]
check 'for a day' [ "$(readlink names/10.0.0.5 | cut -d : -f 3)" = 86400 ]
name 10.0.0.5 ''
is 'no name' 0 '' ''
check 'is one' [ "$(record 10.0.0.5)" = web.example+printer+= ]
name ::ffff:10.0.0.6 a
is 'an IPv4-mapped address' 0 '' ''
check 'is the IPv4 one' [ "$(record 10.0.0.6)" = a ]
name fd00:0::5 a PROTO=SSL SSLREMOTEIP=fd00:0::5 TCPREMOTEIP=10.0.0.7
is 'by whatever protocol' 0 '' ''
check 'as the store writes it' [ "$(record fd00::5)" = a ]
name 10.0.0.8 "$(printf 'a/../b\n\033')"
is 'odd bytes' 0 '' ''
check 'stay out of the record' \
	[ "$(record 10.0.0.8 | sed 's/=.*/=H/')" = a=H ]

for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	name 10.0.0.9 "host$i" &
done
wait
check 'twenty at once: none is lost, but what there is no room for' \
	[ "$(record 10.0.0.9 | tr + '\n' | sort -u | grep -c '^host[0-9]*$')" = 16 ]

run env PROTO=TCP TCPREMOTEIP=10.0.0.5 postern-name-record names
is 'no name is not an empty one' 100 '' "$P fatal: SMTPHELOHOST is not set"
run env SMTPHELOHOST=a TCPREMOTEIP=10.0.0.5 postern-name-record names
is 'no protocol' 100 '' "$P fatal: \${PROTO}REMOTEIP is not set"
name 10.0.0 a
is 'half an address' 100 '' "$P fatal: \${PROTO}REMOTEIP is not an IP address"
for args in '' 'names more' '-x' "''"; do
	eval "run env PROTO=TCP TCPREMOTEIP=10.0.0.5 SMTPHELOHOST=a postern-name-record $args"
	is "arguments: $args" 100 '' "$P usage: postern-name-record store"
done
ln -sf "1:$(date +%s):86400:a++b" names/10.0.0.10
name 10.0.0.10 a
is 'a record of something else' 111 '' \
	"$P fatal: unable to record a name in names: not a record of names"
chmod 770 names
name 10.0.0.5 a
check 'a store that others may write to' [ "$rc" = 111 ]
check 'and why' grep -q "^$P fatal: unable to open names: " err
mv names away
name 10.0.0.5 a
is 'no store' 111 '' "$P fatal: unable to open names: No such file or directory"
done_testing
