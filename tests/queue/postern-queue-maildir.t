#!/bin/sh
# Program test of postern-queue-maildir: qmail-queue's protocol on its front,
# Maildirs behind.
. "$TESTS/lib/t.sh"
export POSTERN_SESSION=test
here=$PWD
PATH=$PATH:/usr/sbin:/sbin

mailbox() {	# mailbox NAME HOME: a record for mailboxes.cdb
	data="::::$2::"
	echo "+${#1},${#data}:$1->$data"
}
home() {	# home NAME...: empty Maildirs
	for h; do
		rm -rf "$h"
		mkdir -p "$h/Maildir/tmp" "$h/Maildir/new" "$h/Maildir/cur"
	done
}
queue() {	# queue ENVELOPE OPTION...: deliver the file message
	printf "$1" >envelope
	shift
	: >out
	rc=0
	postern-queue-maildir "$@" <message 1<envelope 2>log || rc=$?
	sed 's/file=[0-9]*\.M[0-9]*P[0-9]*Q[0-9]*\.[^ ]*$/file=NAME/' log >err
}
is_log() {	# is_log NAME RC STDERR
	is "$1" "$2" '' "$3"
}
holds() {	# holds HOME FILE: one message in new, these very bytes; no tmp
	set -- "$2" "$1"/Maildir/new/* "$1"/Maildir/tmp/*
	[ $# = 3 ] && [ ! -e "$3" ] && cmp "$1" "$2"
}
empty() {	# empty HOME...: nothing in new, nothing in tmp
	for h; do
		[ -z "$(ls "$h/Maildir/new" "$h/Maildir/tmp" | grep -v : )" ] || return 1
	done
}
expect() {	# expect SENDER ADDRESS: what must arrive
	printf 'Return-Path: <%s>\nDelivered-To: %s\n' "$1" "$2"
	cat message
}

{
	mailbox alice@a.example "$here/alice"
	mailbox bob@a.example "$here/bob"
	mailbox homeless@a.example ''
	mailbox gone@a.example "$here/gone"
	echo
} >records
cdb -c mailboxes.cdb records
cat >aliases <<-'END'
	postmaster: alice@a.example
	both@a.example: alice@a.example, bob@a.example
	@b.example: bob@a.example
	away@a.example: someone@else.example
	x@a.example: y@a.example
	y@a.example: x@a.example
END
printf 'Subject: hello\n\nfirst\n.dot\nlast' >message

# what arrives
home alice bob
queue 'Fs@y\0TAlice@A.example\0\0' mailboxes.cdb
is_log 'a message for one mailbox' 0 \
	'postern-queue-maildir: delivered session=test from=s@y to=alice@a.example bytes=31 file=NAME'
expect s@y alice@a.example >want
check 'it is there, with its two header fields' holds alice want
check 'for us alone' [ "$(stat -c %a alice/Maildir/new/*)" = 600 ]
check 'and nowhere else' empty bob

home alice bob outside
queue 'F\0Tboth@a.example\0Tpostmaster\0Tq@b.example\0To@out.example\0\0' \
	-A aliases -c outside/Maildir mailboxes.cdb
is_log 'aliases and a catch-all: each mailbox once' 0 \
	'postern-queue-maildir: delivered session=test from= to=alice@a.example bytes=31 file=NAME
postern-queue-maildir: delivered session=test from= to=bob@a.example bytes=31 file=NAME
postern-queue-maildir: delivered session=test from= to=o@out.example bytes=31 file=NAME'
expect '' alice@a.example >want
check 'alice has it' holds alice want
expect '' bob@a.example >want
check 'bob has it' holds bob want
expect '' o@out.example >want
check 'the outside has it' holds outside want

home alice
cp message small
dd if=/dev/urandom of=message bs=65536 count=50 2>/dev/null
queue 'Fs@y\0Talice@a.example\0\0' -t . mailboxes.cdb
expect s@y alice@a.example >want
check '3 MB from a file, binary' holds alice want
home alice
rc=0
cat message | postern-queue-maildir -t . mailboxes.cdb 1<envelope 2>err || rc=$?
check '3 MB through a pipe' holds alice want
check 'no temporary file is left' [ -z "$(ls | grep '^postern\.')" ]
mv small message

home alice
mkfifo pipe
exec 9<>pipe
printf 'F\0Talice@a.example\0\0' >&9
rc=0
postern-queue-maildir -T 20 mailboxes.cdb <message 1<pipe 2>err || rc=$?
exec 9>&-
check 'the end of the envelope is its last NUL, not the end of file' \
	[ "$rc" = 0 ]

# what is refused for good
home alice bob
queue 'F\0Talice@a.example\0Tstranger@a.example\0\0' mailboxes.cdb
is_log 'no such mailbox' 31 \
	'postern-queue-maildir: refused session=test reason=no\x20mailbox\x20here\x20by\x20that\x20name address=stranger@a.example'
check 'nobody got anything' empty alice
for fd in 4 6; do
	(
		rc=0
		eval "postern-queue-maildir mailboxes.cdb $fd>&1 <message 1<envelope 2>/dev/null || rc=\$?"
		echo $rc >code
	) | cat >text
	check "the reason goes to descriptor $fd, with exit 82" [ "$(cat code text)" = \
		'82
Dno mailbox here by that name: stranger@a.example (#5.1.1)' ]
done
rc=0
postern-queue-maildir mailboxes.cdb 6>file <message 1<envelope 2>err || rc=$?
check 'but not to a file that happens to be there' [ "$rc" = 31 -a ! -s file ]

queue 'F\0Taway@a.example\0\0' -A aliases mailboxes.cdb
is_log 'an alias that leads outside, without a catch-all' 31 \
	'postern-queue-maildir: refused session=test reason=no\x20mailbox\x20here\x20by\x20that\x20name address=someone@else.example'

cp message small
printf 'Received: x\nDelivered-To: Bob@a.example\n\nbody\n' >message
queue 'F\0Talice@a.example\0Tbob@a.example\0\0' mailboxes.cdb
is_log 'a message that was here before' 31 \
	'postern-queue-maildir: refused session=test reason=this\x20message\x20is\x20looping,\x20it\x20was\x20delivered\x20before\x20to address=bob@a.example'
check 'nobody got anything' empty alice bob
mv small message

long=$(printf %01002d 0)
queue "F\0T$long\0\0" mailboxes.cdb
check 'an address of 1002 bytes: no mailbox' [ "$rc" = 31 ]
queue "F\0T0$long\0\0" mailboxes.cdb
is_log 'an address of 1003 bytes' 11 \
	'postern-queue-maildir: fatal: address too long'
queue 'F\0Ta\nb@a.example\0\0' mailboxes.cdb
is_log 'a newline in an address' 31 \
	'postern-queue-maildir: fatal: control byte in an address'

# what may succeed later
queue 'F\0Talice@a.example\0' mailboxes.cdb
is_log 'the envelope is cut: the parent gave up' 54 \
	'postern-queue-maildir: fatal: the envelope ends too early'
queue '' mailboxes.cdb
is_log 'no envelope' 54 \
	'postern-queue-maildir: fatal: the envelope ends too early'
queue 'Talice@a.example\0\0' mailboxes.cdb
is_log 'no sender' 91 'postern-queue-maildir: fatal: malformed envelope'
queue 'F\0\0' mailboxes.cdb
is_log 'nobody' 91 'postern-queue-maildir: fatal: malformed envelope'
queue 'F\0Talice@a.example\0\0x' mailboxes.cdb
is_log 'something after the end' 91 \
	'postern-queue-maildir: fatal: malformed envelope'
queue 'F\0Talice@a.example\0\0' nonexistent.cdb
is_log 'no mailboxes.cdb' 55 \
	'postern-queue-maildir: fatal: unable to open nonexistent.cdb: No such file or directory'
head -c 100 mailboxes.cdb >cut.cdb
queue 'F\0Talice@a.example\0\0' cut.cdb
is_log 'a mailboxes.cdb cut short' 55 \
	'postern-queue-maildir: fatal: unable to open cut.cdb: Protocol error'
queue 'F\0Talice@a.example\0\0' -A nonexistent mailboxes.cdb
is_log 'no aliases' 55 \
	'postern-queue-maildir: fatal: unable to read nonexistent: No such file or directory'
printf '# x\na: b c\n' >bad
queue 'F\0Talice@a.example\0\0' -A bad mailboxes.cdb
is_log 'an error in aliases: file, line and reason' 55 \
	'postern-queue-maildir: fatal: bad:2: address with a byte that is not allowed'
queue 'F\0Tx@a.example\0\0' -A aliases mailboxes.cdb
is_log 'a loop in aliases' 55 \
	'postern-queue-maildir: fatal: aliases: loop at x@a.example'
queue 'F\0Talice@a.example\0Tgone@a.example\0\0' mailboxes.cdb
is_log 'no Maildir' 61 \
	"postern-queue-maildir: fatal: unable to use Maildir $here/gone/Maildir: No such file or directory"
queue 'F\0Tgone@a.example\0\0' -m mailboxes.cdb
is_log '-m makes none without its home' 61 \
	"postern-queue-maildir: fatal: unable to use Maildir $here/gone/Maildir: No such file or directory"
queue 'F\0Thomeless@a.example\0\0' mailboxes.cdb
is_log 'no home' 61 \
	'postern-queue-maildir: fatal: no home for mailbox homeless@a.example'
check 'nobody got anything' empty alice bob
mkdir gone
queue 'F\0Tgone@a.example\0\0' -m mailboxes.cdb
expect '' gone@a.example >want
check '-m makes a Maildir in a home that exists' holds gone want
queue 'F\0Talice@a.example\0\0' -t nonexistent mailboxes.cdb
check 'tmpdir is not needed for a small message' [ "$rc" = 0 ]

exec 9<>pipe
rc=0
postern-queue-maildir -T 1 mailboxes.cdb <pipe 1<envelope 2>err || rc=$?
exec 9>&-
check 'a parent that falls silent: 52' [ "$rc" = 52 ]

usage='postern-queue-maildir: usage: postern-queue-maildir [ -A aliases ] [ -c catchall ] [ -m ] [ -t tmpdir ] [ -T timeout ] mailboxes.cdb'
queue ''
is_log 'no argument' 100 "$usage"
queue '' a b
is_log 'two arguments' 100 "$usage"
queue '' -T 0 a
is_log 'no time' 100 "$usage"
queue '' -x a
is_log 'unknown option' 100 "$usage"

# no room
home alice bob
head -c 2000 /dev/zero >message
rc=0
printf 'F\0Talice@a.example\0Tbob@a.example\0\0' >envelope
(
	ulimit -f 1
	exec postern-queue-maildir mailboxes.cdb <message 1<envelope 2>err
) || rc=$?
is 'a limit on the size of files' 53 '' \
	"postern-queue-maildir: fatal: unable to write a file in $here/alice/Maildir: File too large"
check 'nothing is left' empty alice bob
rm -rf bob
mkdir bob
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=256k tmpfs bob 2>/dev/null; then
	trap 'umount "$here/bob" 2>/dev/null' EXIT
	mkdir bob/Maildir bob/Maildir/tmp bob/Maildir/new bob/Maildir/cur
	head -c 200000 /dev/zero >bob/full
	head -c 100000 /dev/zero >message
	queue 'F\0Talice@a.example\0Tbob@a.example\0\0' mailboxes.cdb
	is_log 'the disk is full' 53 \
		"postern-queue-maildir: fatal: unable to write a file in $here/bob/Maildir: No space left on device"
	check 'nothing is left, in the other mailbox too' empty alice bob
	rm bob/full
	queue 'F\0Talice@a.example\0Tbob@a.example\0\0' mailboxes.cdb
	expect '' bob@a.example >want
	check 'with room again, the next try succeeds' holds bob want
	umount bob
	trap - EXIT
else
	echo "ok $((n += 1)) - the disk is full # SKIP needs root and mount"
fi
done_testing
