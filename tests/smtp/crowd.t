# postern-smtpd -N: a right by address is none where many clients have it.
. "$TESTS/lib/t.sh"
. "$TESTS/lib/smtp.sh"

postern-grants names make

# client HELO [NAME=VALUE...]: a session from $ip that has RELAYCLIENT, with a
# recipient elsewhere and one here.  HELO may be several words, or none.
client() {
	hello=
	for name in $1; do
		hello="${hello}HELO $name\r\n"
	done
	shift
	printf "%bMAIL FROM:<a@b.example>\r\nRCPT TO:<x@foreign.example>\r\n%b" \
		"$hello" 'RCPT TO:<joe@local.example>\r\nQUIT\r\n' >in
	session TCPREMOTEIP="$ip" $right RELAYREASON=rule:10. "$@" \
		-- -N names $recorder <in
}
# relays RELAY CODE: what the log says of the recipient elsewhere
relays() {
	grep -q " to=x@foreign.example relay=$1 code=$2" err &&
		grep -q ' to=joe@local.example relay=local code=250$' err
}
record() {	# record ADDRESS: the names that it has
	readlink "names/$1" | cut -d : -f 4-
}
ip=10.0.0.5 right=RELAYCLIENT= recorder=
echo 2 >control/maxnames

client a.example
check 'one name' relays 'rule:10\.' 250
client b.example
check 'two' relays 'rule:10\.' 250
client A.example.
check 'one of them again, spelt otherwise' relays 'rule:10\.' 250
check 'the record' [ "$(record $ip)" = a.example+b.example ]
client c.example
is 'a third: the reply and the log' 0 "220 mx.example.org ESMTP
250 mx.example.org
250 2.1.0 ok
553 5.7.1 sorry, that domain isn't in my list of allowed rcpthosts
250 2.1.5 ok
221 2.0.0 mx.example.org" "$L warning session=t ip=$ip reason=too\\x20many\\x20names\\x20behind\\x20a\\x20private\\x20address:\\x20no\\x20right\\x20by\\x20it why=a.example+b.example+c.example
$L rcpt session=t ip=$ip from=a@b.example to=x@foreign.example relay=suppressed:gateway code=553 why=rcpthosts
$L rcpt session=t ip=$ip from=a@b.example to=joe@local.example relay=local code=250
$L end session=t ip=$ip why=quit messages=0 bytes=0"
client a.example
check 'now it is so for the first one, too' relays suppressed:gateway 553
check 'the record has it' [ "$(record $ip)" = a.example+b.example+c.example ]
client a.example RELAYREASON=grant:roam
check 'a grant gives nothing there' relays suppressed:gateway 553
client a.example RELAYREASON=
check 'nor what nobody explains' relays suppressed:gateway 553
client a.example RELAYCLIENT=@fixme
check 'nor is a suffix appended' relays suppressed:gateway 553
message() {	# message HELO: one for here; its queue program's environment
	printf '%s\r\n' "HELO $1" 'MAIL FROM:<a@b.example>' \
		'RCPT TO:<joe@local.example>' DATA x . QUIT >in
	session TCPREMOTEIP=$ip RELAYCLIENT= RELAYREASON=rule:10. -- -N names <in
}
message a.example
check 'nor does a queue program take it for one who may relay' \
	cmp -s q/env - <<'END'
RELAYREASON=local
POSTERN_SESSION=t
END
client a.example RELAYREASON=cert:mx
check 'but a certificate does' relays cert:mx 250
client a.example POSTERN_GATEWAY=ok
check 'or a rule that means them all' relays 'rule:10\.' 250
client a.example POSTERN_GATEWAY=no
check 'and no other word' relays suppressed:gateway 553
echo 15 >control/maxnames
message a.example
check 'who may is told so' grep -qx RELAYCLIENT= q/env
client a.example
check 'three are few, where 15 are' relays 'rule:10\.' 250
rm control/maxnames
client a.example
check 'or 10' relays 'rule:10\.' 250
echo 2 >control/maxnames
rm names/$ip
client a.example
check 'who removes the record forgives' relays 'rule:10\.' 250

# who has that name, and when
ip=10.0.0.6
client 'a.example b.example c.example'
check 'the name at MAIL counts, not those before' [ "$(record $ip)" = c.example ]
client ''
check 'no name is one, too' [ "$(record $ip)" = c.example+= ]
check 'and no crowd' relays 'rule:10\.' 250
client "$(printf 'b\303\274cher')"
check 'odd bytes: the record' [ "$(record $ip | cut -c 1-14)" = c.example+=+b= ]
check 'odd bytes: the log' grep -q 'why=c\.example+=+b=[0-9a-f]* *$' err
printf '%s\r\n' 'HELO a' 'MAIL FROM:<>' 'RCPT TO:<x@foreign.example>' RSET \
	'HELO b' 'MAIL FROM:<>' 'RCPT TO:<x@foreign.example>' RSET \
	'HELO c' 'MAIL FROM:<>' 'RCPT TO:<x@foreign.example>' QUIT >in
ip=10.0.0.7
session TCPREMOTEIP=$ip RELAYCLIENT= -- -N names <in
check 'within one session likewise' [ "$(grep -o 'relay=[a-z:]*' err |
	tr '\n' ' ')" = 'relay=env relay=env relay=suppressed:gateway ' ]

# whom it does not concern
for ip in 127.0.0.1 192.0.2.7 ::1 2001:db8::1; do
	for name in a b c d; do
		client $name
	done
	check "$ip: not asked" relays 'rule:10\.' 250
	check "$ip: nothing is kept" [ ! -L "names/$ip" ]
done
ip=fd00::5
for name in a b c; do
	client $name
done
check "$ip: as any private address" relays suppressed:gateway 553
ip=10.0.0.8 right=
for name in a b c; do
	client $name
done
right=RELAYCLIENT=
check 'without a right' relays none 553
check 'nothing is kept' [ ! -L "names/$ip" ]

# uncertain is no right
ip=10.0.0.9
ln -s junk names/$ip
client a
check 'a damaged record' relays suppressed:gateway 553
check 'and the log says it' \
	grep -qxF "$L warning session=t ip=$ip reason=names why=not\\x20a\\x20record" err
rm names/$ip
chmod 770 names
client a
check 'a store that others may write to' relays suppressed:gateway 553
check 'and the log says it' grep -q "^$L warning .* reason=names why=" err
chmod 711 names
mv names away
client a
check 'no store' relays suppressed:gateway 553
mv away names
ip=10.0.0
client a
check 'no address' relays suppressed:gateway 553
check 'and the log says it' grep -qxF "$L warning session=t ip=$ip reason=names why=TCPREMOTEIP\\x20is\\x20not\\x20an\\x20IP\\x20address" err
ip=10.0.0.11
told() {	# told NAME WARNING...: a client without a right, and these warnings
	name=$1
	shift
	client a
	is "$name" 0 "$(cat out)" "$(printf "$L warning session=t ip=$ip %s\n" "$@")
$L rcpt session=t ip=$ip from=a@b.example to=x@foreign.example relay=suppressed:gateway code=553 why=rcpthosts
$L rcpt session=t ip=$ip from=a@b.example to=joe@local.example relay=local code=250
$L end session=t ip=$ip why=quit messages=0 bytes=0"
}
recorder='-n false'
told 'a recorder that fails' 'reason=false why=it\x20failed'
recorder='-n true'
told 'one that does nothing' \
	'reason=true why=the\x20name\x20is\x20not\x20in\x20the\x20store\x20of\x20-N'
recorder='-n ./nobody'
told 'none' 'reason=./nobody why=No\x20such\x20file\x20or\x20directory'
cat >look <<'END'
#!/bin/sh
hears=$(readlink /proc/$$/fd/0) says=$(readlink /proc/$$/fd/1)
echo "$hears $says" >&2
END
chmod +x look
recorder='-n ./look'
client a
check 'it does not hear the client, nor speak to him' \
	grep -qx '/dev/null /dev/null' err
recorder=
run postern-smtpd -n true
check '-n without -N' [ "$rc" = 100 ]
run postern-smtpd -N names -n ''
is '-n without a word' 100 '' 'postern-smtpd: fatal: no program in -n'
for number in 0 16 x 99999999999999999999; do
	echo $number >control/maxnames
	client a
	check "maxnames $number" [ "$rc" = 100 ]
done
printf '16\n' >control/maxnames
client a
is 'maxnames: why' 100 '421 4.3.0 unable to read controls' \
	'postern-smtpd: fatal: control/maxnames:1: not a number from 1 to 15'
done_testing
