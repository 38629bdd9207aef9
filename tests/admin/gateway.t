#!/bin/sh
# postern-why of the address of our own default gateway: what a session says.
#
# In a network namespace of its own, if that can be had, so that the routes are
# the test's; else with the gateway that this machine has, if it has one.
routes='ip link set lo up && ip link add v0 type veth peer name v1 &&
	ip link set v0 up && ip link set v1 up &&
	ip addr add 10.99.0.9/24 dev v0 &&
	ip route add default via 10.99.0.1 dev v0 onlink'
if [ -z "${TRAP_INSIDE-}" ]; then
	TRAP_INSIDE=own
	export TRAP_INSIDE
	unshare -rn sh -c "$routes" >/dev/null 2>&1 && exec unshare -rn sh "$0"
	TRAP_INSIDE=machine
fi
. "$TESTS/lib/t.sh"
gateway=10.99.0.1
if [ "$TRAP_INSIDE" = own ]; then
	eval "$routes"
else
	gateway=$(ip -4 route show default 2>/dev/null |
		sed -n 's/^default via \([0-9.]*\) .*/\1/p;q')
	[ -n "$gateway" ] || { echo '1..0 # SKIP no default gateway'; exit 0; }
fi

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
# The client's address is what the PROXY header says.
cat >rcpt.py <<'PY'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30)
s.sendall(b"PROXY TCP4 %s 192.0.2.9 4 25\r\n" % sys.argv[2].encode())
f = s.makefile("rwb")
f.readline()
for line in b"MAIL FROM:<>", b"RCPT TO:<%s>" % sys.argv[3].encode(), b"QUIT":
    f.write(line + b"\r\n")
    f.flush()
    f.readline()
f.readline()
PY
agrees() {	# ADDRESS RECIPIENT STORE
	python3 rcpt.py "$port" "$1" "$2"
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
