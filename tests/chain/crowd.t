#!/bin/sh
# Chain test: behind one private address, which a rule lets relay, are ever more
# clients.  The home that postern-conf makes for root, where the gate's user
# reads the names and another one writes them; in a network of our own, so that
# loopback has a private address.
if [ -z "${CROWD_INSIDE-}" ]; then
	CROWD_INSIDE=1
	export CROWD_INSIDE
	if [ "$(id -u)" != 0 ] || ! unshare -n true 2>/dev/null; then
		echo '1..0 # SKIP needs root and a network namespace'
		exit 0
	fi
	exec unshare -n sh "$0"
fi
. "$TESTS/lib/t.sh"
. "$TESTS/chain/demo.sh"
ip link set lo up && ip addr add 10.7.7.7/32 dev lo

check 'it starts' demo
sed -i 's/^:deny$/10.7.7.:allow,RELAYCLIENT=""/' "$RULES"
echo ':deny' >>"$RULES"
(cd "$STATE" && "$BIN/postern-tcprules" -f rules rules.cdb rules.tmp <rules)

# Prints the reply to a recipient elsewhere, of a client of each name.
cat >clients.py <<'PY'
import smtplib, sys
for name in sys.argv[2:]:
    try:
        s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), name, 30, ("10.7.7.7", 0))
    except (smtplib.SMTPException, OSError):
        print(name, "denied")
        continue
    s.ehlo()
    s.mail("me@sender.example")
    code = s.rcpt("you@else.example")[0]
    if code == 250:
        code = s.data("Subject: x\r\n\r\nx\r\n")[0]
    print(name, code)
    s.quit()
PY
clients() { run python3 clients.py "$SMTP_PORT" "$@"; }
# the listener looks at its rules once a second, when somebody comes
tries=100
until clients first && [ "$(cat out)" != 'first denied' ]; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] || break
	sleep 0.1
done
names='a b c d e f g h i'
clients $names
is 'ten names' 0 "$(printf '%s 250\n' $names)" ''
clients k a first m n
is 'the eleventh is one too many' 0 "$(printf '%s 553\n' k a first m n)" ''
check 'the record' [ "$(readlink "$STATE/names/10.7.7.7" | cut -d : -f 4-)" = \
	first+a+b+c+d+e+f+g+h+i+k+m+n ]
if [ "$(id -u)" = 0 ]; then
	check 'is not of the user who faces the network' \
		[ "$(stat -c %u "$STATE/names/10.7.7.7")" = 60802 ]
fi
check 'the log of each' [ "$(grep -c \
	'relay=suppressed:gateway code=553 why=rcpthosts$' "$LOGS/smtp/current")" = 5 ]
check 'and why' grep -q 'warning .*ip=10\.7\.7\.7 reason=too.*why=first+a+b+c+d+e+f+g+h+i+k$' \
	"$LOGS/smtp/current"
run "$BIN/postern-why" -j -C "$CONTROL" -x "$RULES_CDB" -G "$GRANTS" \
	-N "$STATE/names" -H a 10.7.7.7 you@else.example
check 'postern-why says so' grep -q '"relay":"suppressed:gateway"' out
run "$BIN/postern-report" -j "$LOGS/smtp"
check 'postern-report does not call it a relay without a reason' \
	grep -qF '"finding":"unexplained","recipients":0}' out

# who may not write gives no right
s6-svc -wD -d "$STATE/service/names"
rm "$STATE/names/10.7.7.7"
clients a
is 'nobody writes names down: no right' 0 'a 553' ''
check 'and the log says it' grep -q \
	'warning .*ip=10\.7\.7\.7 reason=s6-sudo why=it\\x20failed$' "$LOGS/smtp/current"
s6-svc -wU -u "$STATE/service/names"
clients a
is 'and again' 0 'a 250' ''
check 'it stops' finish TERM
remove_demo
done_testing
