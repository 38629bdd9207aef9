#!/bin/sh
# postern-queue-maildir when the system fails under it: an error from each
# system call in turn, a kill before each, and the order of the calls that
# make a message durable.  strace does it; without ptrace nothing is tested.
. "$TESTS/lib/t.sh"

: >out
: >err
if ! strace -o trace true 2>err; then
	echo '1..0 # SKIP strace cannot trace here'
	exit 0
fi
here=$PWD
for u in alice bob; do
	data="::::$here/$u::"
	echo "+$((${#u} + 10)),${#data}:$u@a.example->$data"
done >records
echo >>records
cdb -c mailboxes.cdb records
{
	printf 'Subject: x\n\n'
	head -c 300000 /dev/zero | tr '\0' y
} >message
printf 'F\0Talice@a.example\0Tbob@a.example\0\0' >envelope
for u in alice bob; do
	printf 'Return-Path: <>\nDelivered-To: %s@a.example\n' $u >want.$u
	cat message >>want.$u
done
sum_alice=$(cksum <want.alice) sum_bob=$(cksum <want.bob)

homes() {
	for u in alice bob; do
		rm -rf $u
		mkdir -p $u/Maildir/tmp $u/Maildir/new $u/Maildir/cur
	done
}
traced() {	# traced STRACE-OPTION...: one delivery under strace
	rc=0
	strace -o trace "$@" postern-queue-maildir -t . mailboxes.cdb \
		<message 1<envelope 2>err || rc=$?
}
files() { ls */Maildir/new */Maildir/tmp | grep -c '^[0-9]'; }
whole() {	# every message that a reader can see is whole
	for u in alice bob; do
		eval "want=\$sum_$u"
		for f in $u/Maildir/new/*; do
			[ ! -e "$f" ] || [ "$(cksum <"$f")" = "$want" ] || return 1
		done
	done
}
both() {	# both mailboxes have one or more
	whole && [ -e "$(echo alice/Maildir/new/* | cut -d' ' -f1)" ] &&
		[ -e "$(echo bob/Maildir/new/* | cut -d' ' -f1)" ]
}

# the order
homes
traced -y -e trace=write,writev,sendfile,fsync,close,rename,exit_group
sed -E -n '
	s/^(writev|sendfile|fsync|close)\([0-9]+<.*\/(alice|bob)\/Maildir\/(tmp|new).*/\1 \2 \3/p
	s/^rename\(".*(alice|bob)\/Maildir\/tmp.*/rename \1/p
	s/^(exit_group)\((.*)\).*/\1 \2/p' trace | uniq >order
check 'on disk, then seen, then the directory on disk, then success' \
	[ "$(cat order)" = 'writev alice tmp
sendfile alice tmp
fsync alice tmp
close alice tmp
writev bob tmp
sendfile bob tmp
fsync bob tmp
close bob tmp
rename alice
rename bob
fsync alice new
close alice new
fsync bob new
close bob new
exit_group 0' ]

# errors
must_fail() {	# must_fail CALL WHEN...
	call=$1
	shift
	for when; do
		homes
		traced -e trace="$call" -e inject="$call:error=EIO:when=$when"
		[ "$rc" = 53 ] || [ "$rc" = 66 ] || return 1
	done
}
closes=$(grep '^close(' trace | grep -n /Maildir/tmp/ | cut -d: -f1)
check 'no failure to write goes unnoticed' must_fail writev 1 2
check 'nor of the second part' must_fail sendfile 1 2
check 'nor of fsync, file and directory' must_fail fsync 1 2 3 4
check 'nor of close' must_fail close $closes
check 'nor of rename' must_fail rename 1 2
good=1 n_failed=0
for call in open,openat write writev sendfile fsync close rename splice; do
	for when in 1 2 3 4 5 6 7 8; do
		for error in EIO ENOSPC; do
			homes
			traced -e trace=$call -e inject=$call:error=$error:when=$when
			if [ "$rc" = 0 ]; then
				both || good=0
				continue
			fi
			n_failed=$((n_failed + 1))
			case $rc in 5[1-5] | 6[1-6]) ;; *) good=0 ;; esac
			[ "$(files)" = 0 ] || good=0
			[ $good = 1 ] || {
				echo "# $call $when $error: exit $rc, $(files) files"
				break 3
			}
		done
	done
done
check 'an error anywhere: a temporary failure, and nothing is left' \
	[ $good = 1 ]
check "errors were injected ($n_failed)" [ $n_failed -ge 25 ]

# kills
homes
traced
sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' trace | sort | uniq -c >calls
good=1 n_killed=0 total=0
while read -r count call; do
	when=0
	while [ $good = 1 ] && [ $((when += 1)) -le "$count" ]; do
		homes
		total=$((total + 1))
		traced -e trace="$call" -e inject="$call:signal=KILL:when=$when" \
			2>/dev/null
		whole || good=0
		if [ "$rc" != 0 ]; then
			n_killed=$((n_killed + 1))
			postern-queue-maildir -t . mailboxes.cdb <message \
				1<envelope 2>err || good=0
		fi
		both || good=0
		[ $good = 1 ] || echo "# $call $when: exit $rc"
	done
done <calls
check 'killed at each call: what is seen is whole, and a retry completes' \
	[ $good = 1 ]
check "kills happened ($n_killed of $total)" [ $n_killed -gt $((total / 2)) ]
check 'no temporary file has a name' [ -z "$(ls | grep '^postern\.' )" ]
done_testing
