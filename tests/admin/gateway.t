#!/bin/sh
# postern-why of the address of our own default gateway: what a session says.
. "$TESTS/lib/t.sh"
. "$TESTS/lib/gateway.sh"

mkdir control
echo mx.example >control/me
echo local.example >control/rcpthosts
postern-grants grants make
for ip in "$gateway" 192.0.2.7; do
	ln -s "1:$(($(date +%s) - 5)):900:roam" "grants/$ip"
done
rule() {
	echo ":allow$1" >rules
	postern-tcprules rules.cdb rules.tmp <rules 2>/dev/null
}
agrees() {	# ADDRESS RECIPIENT STORE
	from "$1" 'MAIL FROM:<>' "RCPT TO:<$2>" QUIT >/dev/null
	postern-why -j -x rules.cdb ${3:+-G "$3"} "$1" "$2" >out 2>err
	python3 - <<'PY'
import json, re, sys
d = [json.loads(l) for l in open("out")][-1]
m = re.search(r": rcpt .* relay=(\S+) code=(\d+)", open("server.log").read()
              .splitlines()[-2])
sys.exit((d["relay"], str(d["code"])) != m.groups())
PY
}
for store in '' grants; do
	for r in '' ',RELAYCLIENT=""' ',RELAYCLIENT="",POSTERN_GATEWAY="ok"'; do
		rule "$r"
		serve postern-tcpserver -1 -y 127.0.0.1 -x rules.cdb 127.0.0.1 0 \
			${store:+postern-grant-check "$store"} postern-smtpd
		for ip in "$gateway" 192.0.2.7; do
			for to in a@far.example a@local.example; do
				check "$ip $to rule '$r' store '$store'" \
					agrees "$ip" "$to" "$store"
			done
		done
		stop
	done
done

rule ',RELAYCLIENT=""'
run postern-why -x rules.cdb -G grants "$gateway" a@far.example
sed -i -E 's/set [0-9]+ s ago, [0-9]+ s left/set N s ago, N s left/' out
is 'the rows' 1 "rules      rule for everybody (the empty key): allow, source line unknown
           sets RELAYCLIENT=\"\"
gateway    is our own gateway, and no rule says POSTERN_GATEWAY=\"ok\": no right by address
limits     no MAXCONNIP; the listener's -C is not known (-c)
grant      fresh: roam, set N s ago, N s left  (grants/$gateway)
           which gives nothing to our own gateway
tls        the wire is not private
user       nobody logs in
sender     <> (none was given) may be
recipient  <a@far.example> is a@far.example
           the domain is not ours: not in rcpthosts
decision   refused: 553 5.7.1 sorry, that domain isn't in my list of allowed rcpthosts
           by postern-smtpd at RCPT, relay=suppressed:gateway, why=rcpthosts" ''
done_testing
