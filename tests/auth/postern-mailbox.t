#!/bin/sh
# Program test of postern-mailbox: whom it becomes, and for whom it does not.
# As root and as an ordinary user.
. "$TESTS/lib/t.sh"

export POSTERN_SESSION=s1 PROTO=TCP TCPREMOTEIP=192.0.2.7
usage='postern-mailbox: usage: postern-mailbox [ -U ] mailboxes.cdb prog...'

if [ "$(id -u)" = 0 ]; then
	root=1 uid=12345 gid=12346
else
	root= uid=$(id -u) gid=$(id -g)
fi
me=uid=$uid:gid=$gid

cat >users <<-END
	tim::$uid:$gid::/usr::
	mail::$uid:$gid::/usr:/bin/zsh:mail=maildir:/srv/tim
	off::$uid:$gid::/usr::nologin
	lost::$uid:$gid::/nonexistent::
	nohome::$uid:$gid::::
	noids:::::/usr::
END
compile() {
	chmod 600 users
	postern-passwd compile users users.cdb mailboxes.cdb 2>/dev/null
}
compile || { echo 'Bail out! unable to compile'; exit 1; }

become() { # become USER PROG...
	user=$1
	shift
	run env USER="$user" postern-mailbox $opts mailboxes.cdb "$@"
}
log() { # log USER RESULT...
	user=$1
	shift
	echo "postern-mailbox: login session=s1 $* ip=192.0.2.7 user=$user"
}
opts=
show='echo user=$USER home=$HOME shell=$SHELL maildir=$MAILDIR'
who='echo uid=$(id -u):gid=$(id -g); pwd'

become tim sh -c "$show; $who"
is 'a user: the program runs as he' 0 \
	"user=tim home=/usr shell=/bin/sh maildir=/usr/Maildir
$me
/usr" "$(log tim result=ok)"
become TIM sh -c 'echo $USER'
is 'letter case is no matter, and gone afterwards' 0 tim "$(log tim result=ok)"
become mail sh -c "$show"
is 'shell and Maildir of the file' 0 \
	'user=mail home=/usr shell=/bin/zsh maildir=/srv/tim' "$(log mail result=ok)"
HOME=/root MAILDIR=/x become nohome sh -c 'echo ${HOME-unset} ${MAILDIR-unset}'
is 'no home: none is inherited' 0 'unset unset' "$(log nohome result=ok)"
become tim sh -c 'exit 7'
is 'the exit code is the program'\''s' 7 '' "$(log tim result=ok)"
printf 'tim\000token\000\000' >fd3
run env USER=tim postern-mailbox mailboxes.cdb \
	sh -c '(: <&3) 2>/dev/null || echo closed' 3<fd3
is 'descriptor 3 is closed' 0 closed "$(log tim result=ok)"
become lost echo in
is 'a home that is not there' 111 '' "$(log lost result=ok)
postern-mailbox: fatal: unable to change directory to /nonexistent: No such file or directory"
become tim ./nonexistent
is 'a program that is not there' 127 '' "$(log tim result=ok)
postern-mailbox: fatal: unable to exec ./nonexistent: No such file or directory"

# --- for whom not
become off echo in
is 'a disabled user: refused' 1 '' "$(log off result=refused reason=disabled)"
become nosuch echo in
is 'an unknown user is no refusal' 111 '' \
	"$(log nosuch result=failed reason=unknown)"
become : echo in
is 'the key of the model is no user' 111 '' "$(log : result=failed reason=unknown)"
become "$(printf 'a\nb c')" echo in
is 'odd bytes are escaped in the log' 111 '' \
	"$(log 'a\x0ab\x20c' result=failed reason=unknown)"
long=$(head -c 300 /dev/zero | tr '\0' x)
become "$long" echo in
is 'a name that is too long' 111 '' "$(log "$long" result=failed reason=unknown)"
become '' echo in
is 'an empty USER' 100 '' 'postern-mailbox: fatal: USER is not set'
run env -u USER postern-mailbox mailboxes.cdb echo in
is 'no USER' 100 '' 'postern-mailbox: fatal: USER is not set'
run postern-mailbox
is 'no arguments' 100 '' "$usage"
run postern-mailbox mailboxes.cdb
is 'no program' 100 '' "$usage"
run postern-mailbox -x mailboxes.cdb true
is 'no such option' 100 '' "$usage"

opts=-U
become tim sh -c 'echo $UID:$GID:$GIDLIST $(id -u):$(id -g); pwd'
is '-U: says who, and does not change' 0 "$uid:$gid:$gid $(id -u):$(id -g)
/usr" "$(log tim result=ok)"
UID=1 GID=2 GIDLIST=3 become noids env sh -c 'echo ${GID-unset} ${GIDLIST-unset}'
is '-U: ids are never inherited' 0 'unset unset' "$(log noids result=ok)"
opts=

if [ -n "$root" ]; then
	run env USER=tim setpriv --groups 777 postern-mailbox mailboxes.cdb id -G
	is 'root: no other group is left' 0 $gid "$(log tim result=ok)"
	become noids echo in
	is 'root: nobody without a uid' 111 '' "$(log noids result=ok)
postern-mailbox: fatal: unable to run as root a user who has no uid"
else
	become noids id -u
	is 'ordinary user: a user without a uid' 0 $uid "$(log noids result=ok)"
	sed -i "s/^tim::$uid/tim::$((uid + 1))/" users
	compile
	become tim echo in
	is 'ordinary user: cannot become another' 111 '' "$(log tim result=ok)
postern-mailbox: fatal: unable to change to another user, not being root"
fi

# --- the file
refused() { # refused NAME REASON
	become tim echo in
	is "$1" 111 '' "postern-mailbox: fatal: unable to $2"
}
for mode in 660 646 666 622; do
	chmod $mode mailboxes.cdb
	refused "mode $mode" 'trust mailboxes.cdb: others may write it'
done
for mode in 400 444 644; do
	chmod $mode mailboxes.cdb
	become nosuch echo in
	is "mode $mode" 111 '' "$(log nosuch result=failed reason=unknown)"
done
if [ -n "$root" ]; then
	chown 12345 mailboxes.cdb
	refused 'owned by another' 'trust mailboxes.cdb: owned by somebody else'
	chown 0 mailboxes.cdb
fi
mv mailboxes.cdb good.cdb
refused 'no file' 'open mailboxes.cdb: No such file or directory'
mkfifo mailboxes.cdb
chmod 600 mailboxes.cdb
refused 'a pipe' 'trust mailboxes.cdb: not a regular file'
rm mailboxes.cdb
: >mailboxes.cdb
chmod 644 mailboxes.cdb
refused 'an empty file' 'read mailboxes.cdb: Protocol error'
printf '+3,6:tim->:0:0::\n\n' | cdb -c mailboxes.cdb
chmod 644 mailboxes.cdb
refused 'a record that would be root' 'read mailboxes.cdb: Protocol error'

done_testing
