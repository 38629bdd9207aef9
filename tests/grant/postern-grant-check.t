#!/bin/sh
# Program test of postern-grant-check: its contract with its neighbours.
. "$TESTS/lib/t.sh"

usage='postern-grant-check: usage: postern-grant-check [ -t maxage ] [ -6 bits ] store prog...'
warning='postern-grant-check: warning: unable to check for a grant in'
show='echo "client=${RELAYCLIENT-unset} reason=${RELAYREASON-unset}"'
none='client=unset reason=unset'
chk() {		# chk ADDRESS ARGUMENTS...: as postern-tcpserver would run it
	ip=$1
	shift
	run env PROTO=TCP TCPREMOTEIP="$ip" POSTERN_SESSION=s.1 \
		postern-grant-check "$@" sh -c "$show"
	# the age depends on when this runs
	sed -i 's/ age=[0-9]* left=[1-9][0-9]*/ age=A left=L/' err
}
grant() {	# grant KEY SECONDS-AGO TTL USER
	ln -s "1:$(($(date +%s) - $2)):$3:$4" "store/$1"
}
log() {		# log IP USER
	echo "postern-grant-check: grant session=s.1 ip=$1 user=$2 age=A left=L"
}
mkdir -m 0700 store
grant 192.0.2.7 100 86400 roam@example.org
grant 192.0.2.8 1000 900 roam@example.org
grant 192.0.2.9 -4000 86400 roam@example.org
grant 2001:db8:0:1::%2f64 0 86400 six
grant 2001:db8::25 0 86400 one
grant 192.0.2.10 0 86400 'a%20b%5cc%0a'

chk 192.0.2.7 store
is 'fresh: relay, with the reason' 0 'client= reason=grant:roam@example.org' \
	"$(log 192.0.2.7 roam@example.org)"
chk ::ffff:192.0.2.7 store
is 'IPv4-mapped: the same' 0 'client= reason=grant:roam@example.org' \
	"$(log 192.0.2.7 roam@example.org)"
chk 192.0.2.70 store
is 'no grant: no relay, and no word of it' 0 "$none" ''
chk 192.0.2.8 store
is 'expired' 0 "$none" ''
chk 192.0.2.9 store
is 'dated in the future' 0 "$none" ''
chk 192.0.2.7 -t 100 store
is '-t narrows the window' 0 "$none" ''
chk 192.0.2.8 -t 86400 store
is 'and does not widen it' 0 "$none" ''
chk 2001:db8:0:1:ffff::9 store
is 'IPv6: the /64' 0 'client= reason=grant:six' \
	"$(log 2001:db8:0:1:ffff::9 six)"
chk 2001:db8:0:2::9 store
is 'and not the next' 0 "$none" ''
chk 2001:db8::25 -6 128 store
is '-6 128: the address' 0 'client= reason=grant:one' "$(log 2001:db8::25 one)"
chk 2001:db8:0:1::9 -6 128 store
is 'and not its /64' 0 "$none" ''
chk 192.0.2.10 store
is 'odd bytes in the name are escaped' 0 \
	'client= reason=grant:a\x20b\x5cc\x0a' "$(log 192.0.2.10 'a\x20b\x5cc\x0a')"

# What the chain has set before.
RELAYCLIENT=@suffix RELAYREASON=rule:192.0.2. chk 192.0.2.7 store
is 'a suffix is kept, the reason is ours' 0 \
	'client=@suffix reason=grant:roam@example.org' \
	"$(log 192.0.2.7 roam@example.org)"
RELAYCLIENT=@suffix RELAYREASON=rule:192.0.2. chk 192.0.2.70 store
is 'no grant: both are kept' 0 'client=@suffix reason=rule:192.0.2.' ''

# Who proved himself stands behind our own gateway, and others with him.
POSTERN_GATEWAY=no chk 192.0.2.7 store
is 'the gateway: a grant gives nothing, and that is told' 0 \
	'client=unset reason=suppressed:gateway' \
	"postern-grant-check: grant session=s.1 ip=192.0.2.7 user=roam@example.org age=A left=L relay=suppressed:gateway"
POSTERN_GATEWAY=no RELAYCLIENT='' RELAYREASON=x chk 192.0.2.7 store
check 'what the chain has set stays' [ "$(cat out)" = 'client= reason=x' ]
POSTERN_GATEWAY=no chk 192.0.2.70 store
is 'no grant: nothing to suppress' 0 "$none" ''
POSTERN_GATEWAY=ok chk 192.0.2.7 store
is 'a gateway that is known to hide nobody' 0 \
	'client= reason=grant:roam@example.org' "$(log 192.0.2.7 roam@example.org)"

# What is uncertain grants nothing, refuses nobody, and is logged.
ln -s 1:1:1 store/192.0.2.11
ln -s 1:1:900: store/192.0.2.12
ln -s "1:$(date +%s):86401:roam" store/192.0.2.14
: >store/192.0.2.13
for ip in 11 13; do
	chk 192.0.2.$ip store
	is 'no record' 0 "$none" "$warning store: not a record (session s.1)"
done
for ip in 12 14; do
	chk 192.0.2.$ip store
	is 'a record, but no grant' 0 "$none" \
		"$warning store: not a grant (session s.1)"
done
chk 192.0.2.7 absent
is 'no store' 0 "$none" "$warning absent: No such file or directory (session s.1)"
chk 192.0.2.7 /dev/null
is 'not a directory' 0 "$none" "$warning /dev/null: Not a directory (session s.1)"
chk 192.0.2.7 redis://localhost/0
is 'redis' 0 "$none" \
	"$warning redis://localhost/0: this version knows no redis:// stores, only directories (session s.1)"
ln -s store alias
chk 192.0.2.7 alias
is 'a link to a store is not followed' 0 "$none" \
	"$warning alias: Not a directory (session s.1)"
for mode in 0777 0770 1777; do
	chmod $mode store
	chk 192.0.2.7 store
	is "others may write ($mode): not trusted" 0 "$none" \
		"$warning store: group or others may write to it (session s.1)"
done
chmod 0711 store
for ip in ../store/192.0.2.7 192.0.2.7/ '' 192.0.2 .; do
	chk "$ip" store
	is "'$ip' is no address" 0 "$none" \
		"$warning store: \${PROTO}REMOTEIP is not an IP address (session s.1)"
done
run env POSTERN_SESSION=s.1 postern-grant-check store sh -c "$show"
is 'not under a UCSPI server' 0 "$none" \
	"$warning store: \${PROTO}REMOTEIP is not set (session s.1)"
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 0711 . store
	run env PROTO=TCP TCPREMOTEIP=192.0.2.7 POSTERN_SESSION=s.1 \
		setpriv --reuid 65534 --regid 65534 --clear-groups \
		postern-grant-check store sh -c "$show"
	check 'a stranger with x on the store may look up' \
		grep -q '^client= reason=grant:' out
	chmod 0700 store
	run env PROTO=TCP TCPREMOTEIP=192.0.2.7 POSTERN_SESSION=s.1 \
		setpriv --reuid 65534 --regid 65534 --clear-groups \
		postern-grant-check store sh -c "$show"
	is 'without, it is an error' 0 "$none" \
		"$warning store: Permission denied (session s.1)"
else
	echo '# SKIP: another user, without root or setpriv'
fi

# A recorder and a checker in one chain.
for fuse in 1 0; do
	run env PROTO=TCP TCPREMOTEIP=192.0.2.99 USER=new$fuse POSTERN_FUSE=$fuse \
		postern-grant-record -q store postern-grant-check store sh -c "$show"
	check "what was recorded is granted (POSTERN_FUSE=$fuse)" \
		[ "$(cat out)" = "client= reason=grant:new$fuse" ]
done

# Usage.
for args in '' store '-t 0 store true' '-t x store true' '-6 47 store true' \
	'-6 129 store true' -t '-x store true'; do
	# shellcheck disable=SC2086
	run env PROTO=TCP TCPREMOTEIP=192.0.2.7 postern-grant-check $args
	is "usage: $args" 100 '' "$usage"
done
run env PROTO=TCP TCPREMOTEIP=192.0.2.70 postern-grant-check store ./nonexistent
is 'prog is not there: 127' 127 '' \
	'postern-grant-check: fatal: unable to exec ./nonexistent: No such file or directory'

done_testing
