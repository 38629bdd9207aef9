#!/bin/sh
# Program test of postern-checkpassword: its contract with its parent, the
# users file and the program it runs.  As root and as an ordinary user.
. "$TESTS/lib/t.sh"

export POSTERN_SESSION=s1 TCPREMOTEIP=192.0.2.7
usage='postern-checkpassword: usage: postern-checkpassword [ -p ] [ -U ] [ -G store ] [ -T keyfile ] users.cdb prog...'

if [ "$(id -u)" = 0 ]; then
	root=1 uid=12345 gid=12346
else
	root= uid=$(id -u) gid=$(id -g)
fi
me=uid=$uid:gid=$gid

add() { # add USER PASSWORD OPTION...
	user=$1 password=$2
	shift 2
	printf '%s\n' "$password" | postern-passwd add -u $uid -g $gid -d /usr "$@" "$user"
}
compile() {
	postern-passwd compile users users.cdb mailboxes.cdb 2>/dev/null
}
hex=0123456789abcdef0123456789abcdef
# RFC 7677's user; his password is "pencil"
pencil=4096,W22ZaJ0SNY7soEsUEjb6gQ==,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=
add tim 'correct horse' -n 1
add two 'correct horse' -n 1 -c
add ctx 'correct horse' -s cram-md5
add clear 'tanstaaf' -s plain
add off 'correct horse' -n 1 -c
add hexa $hex -n 1
postern-passwd disable off
add mail 'correct horse' -n 1 -m /srv/tim
cat >>users <<-EOF
	nobody::$uid:$gid::/usr:/bin/zsh:
	nohome:$(sed -n 's/^tim:\([^:]*\):.*/\1/p' users):$uid:$gid
	lost:$(sed -n 's/^tim:\([^:]*\):.*/\1/p' users):$uid:$gid::/nonexistent
	noids:$(sed -n 's/^tim:\([^:]*\):.*/\1/p' users):::
	shell:$(sed -n 's/^tim:\([^:]*\):.*/\1/p' users):$uid:$gid::/usr:/bin/zsh
	keys:{SCRAM-SHA-256}$pencil:$uid:$gid::/usr::
	field::$uid:$gid::/usr::scram_sha_256=$pencil
EOF
compile || { cat err; exit 1; }

ask() { # ask BYTES PROG...: descriptor 3 gets the bytes; \0 is NUL, \n newline
	printf "$(printf %s "$1" | sed 's/\\0/\\000/g')" >fd3
	shift
	run postern-checkpassword $opts users.cdb "$@" 3<fd3
}
log() { # log USER RESULT...: what is logged
	user=$1
	shift
	echo "postern-checkpassword: login session=s1 $* ip=192.0.2.7 user=$user"
}
x() { head -c "$1" /dev/zero | tr '\0' x; }
opts=
show='echo user=$USER home=$HOME shell=$SHELL maildir=$MAILDIR'
who='echo uid=$(id -u):gid=$(id -g); pwd'

ask 'tim\0correct horse\0\0' sh -c "$show; $who"
is 'the right password: the program runs as the user' 0 \
	"user=tim home=/usr shell=/bin/sh maildir=/usr/Maildir
$me
/usr" "$(log tim result=ok method=plain)"

ask 'TIM\0correct horse\0\0' sh -c 'echo $USER'
is 'letter case of the user is no matter' 0 tim "$(log TIM result=ok method=plain)"

ask 'tim\0correct horse\0\0' sh -c '(: <&3) 2>/dev/null && echo open; exit 7'
is 'descriptor 3 is closed; the exit code is the program'\''s' 7 '' \
	"$(log tim result=ok method=plain)"

for third in '' '\0' 'Y123456\0' '<1896.697170952@h>\0' '\0more\0'; do
	ask "tim\\0correct horse\\0$third" true
	is "third field '$third'" 0 '' "$(log tim result=ok method=plain)"
done

for user in keys field; do
	ask "$user\\0pencil\\0\\0" true
	is "$user: SCRAM keys take their password" 0 '' \
		"$(log $user result=ok method=plain)"
	ask "$user\\0pencil2\\0\\0" true
	is "$user: and no other" 1 '' "$(log $user result=wrong reason=secret)"
	ask "$user\\0p\\377\\0\\0" true
	is "$user: nor what is not UTF-8" 1 '' \
		"$(log $user result=wrong reason=secret)"
done
ask 'nosuch\0p\377\0\0' true
is 'nor nobody'\''s' 1 '' "$(log nosuch result=wrong reason=unknown)"

ask 'shell\0correct horse\0\0' sh -c "$show"
is 'the shell of the file' 0 \
	'user=shell home=/usr shell=/bin/zsh maildir=/usr/Maildir' \
	"$(log shell result=ok method=plain)"
ask 'mail\0correct horse\0\0' sh -c 'echo $MAILDIR'
is 'the Maildir of the file' 0 /srv/tim "$(log mail result=ok method=plain)"
HOME=/root MAILDIR=/x ask 'nohome\0correct horse\0\0' \
	sh -c 'echo ${HOME-unset} ${MAILDIR-unset}'
is 'no home: none is inherited' 0 'unset unset' \
	"$(log nohome result=ok method=plain)"

# --- wrong, and all alike
for user in tim off nobody nosuch; do
	case $user in
	off) reason=disabled ;;
	nosuch) reason=unknown ;;
	*) reason=secret ;;
	esac
	ask "$user\\0wrong\\0\\0" echo in
	is "$user, wrong password" 1 '' "$(log $user result=wrong reason=$reason)"
done
ask 'off\0correct horse\0\0' echo in
is 'a disabled user with the right password' 1 '' \
	"$(log off result=wrong reason=disabled)"
ask ':\0tim\0\0' echo in
is 'the model is no user' 1 '' "$(log : result=wrong reason=unknown)"
ask 'a\nb c\0x\0\0' echo in
is 'odd bytes are escaped in the log' 1 '' \
	"$(log 'a\x0ab\x20c' result=wrong reason=unknown)"
ask '\0x\0\0' echo in
is 'no user' 1 '' "$(log '' result=wrong reason=empty)"
ask 'tim\0\0\0' echo in
is 'no password' 1 '' "$(log tim result=wrong reason=empty)"
ask "tim\\0$(x 507)\\0\\0" echo in
is '513 bytes' 1 '' \
	'postern-checkpassword: login session=s1 result=wrong reason=too-long ip=192.0.2.7'
ask "tim\\0$(x 506)\\0\\0" echo in
is '512 bytes' 1 '' "$(log tim result=wrong reason=secret)"
ask 'tim\0correct hors\0e\0' echo in
is 'the beginning of the password' 1 '' "$(log tim result=wrong reason=secret)"

# --- challenge and response, in both orders
cram() { # cram SECRET: the response to <1896.697170952@h>
	python3 -c 'import hmac, sys
print(hmac.new(sys.argv[1].encode(), b"<1896.697170952@h>", "md5").hexdigest())' \
		"$1"
}
apop() {
	python3 -c 'import hashlib, sys
print(hashlib.md5(b"<1896.697170952@h>" + sys.argv[1].encode()).hexdigest())' \
		"$1"
}
good=$(cram 'correct horse') false=$(cram 'correct mule')
for user in two ctx; do
	ask "$user\\0$good\\0<1896.697170952@h>\\0" echo in
	is "CRAM-MD5, $user, response first" 0 in \
		"$(log $user result=ok method=cram-md5)"
	ask "$user\\0<1896.697170952@h>\\0$good\\0" echo in
	is "CRAM-MD5, $user, challenge first" 0 in \
		"$(log $user result=ok method=cram-md5)"
	ask "$user\\0$false\\0<1896.697170952@h>\\0" echo in
	is "CRAM-MD5, $user, wrong response first" 1 '' \
		"$(log $user result=wrong reason=secret)"
	ask "$user\\0<1896.697170952@h>\\0$false\\0" echo in
	is "CRAM-MD5, $user, wrong response last" 1 '' \
		"$(log $user result=wrong reason=secret)"
	ask "$user\\0$good\\0<1896.697170953@h>\\0" echo in
	is "CRAM-MD5, $user, another challenge" 1 '' \
		"$(log $user result=wrong reason=secret)"
	ask "$user\\0correct horse\\0\\0" echo in
	is "$user, plain" 0 in "$(log $user result=ok method=plain)"
done
ask "off\\0$good\\0<1896.697170952@h>\\0" echo in
is 'CRAM-MD5, disabled' 1 '' "$(log off result=wrong reason=disabled)"
ask "tim\\0$good\\0<1896.697170952@h>\\0" echo in
is 'CRAM-MD5, no context' 1 '' "$(log tim result=wrong reason=secret)"
context=$(sed -n 's/^ctx:{CRAM-MD5}\([^:]*\):.*/\1/p' users)
ask "ctx\\0$context\\0\\0" echo in
is 'a context is no password' 1 '' "$(log ctx result=wrong reason=secret)"
ask "hexa\\0$hex\\0<1896.697170952@h>\\0" echo in
is 'a password like a response, from qmail-popup' 0 in \
	"$(log hexa result=ok method=plain)"

good=$(apop tanstaaf)
for how in "tanstaaf\\0\\0" "$good\\0<1896.697170952@h>\\0" \
	"$(cram tanstaaf)\\0<1896.697170952@h>\\0"; do
	ask "clear\\0$how" echo in
	is "{PLAIN}, not allowed: $how" 1 '' "$(log clear result=wrong reason=secret)"
done
opts=-p
ask 'clear\0tanstaaf\0\0' echo in
is '{PLAIN}, allowed' 0 in "$(log clear result=ok method=plain)"
ask "clear\\0$good\\0<1896.697170952@h>\\0" echo in
is 'APOP' 0 in "$(log clear result=ok method=apop)"
ask "clear\\0$(apop tanstaaff)\\0<1896.697170952@h>\\0" echo in
is 'APOP, wrong' 1 '' "$(log clear result=wrong reason=secret)"
ask "clear\\0$(cram tanstaaf)\\0<1896.697170952@h>\\0" echo in
is 'CRAM-MD5 with {PLAIN}' 0 in "$(log clear result=ok method=cram-md5)"
opts=

# --- misused
for bytes in '' 'tim' 'tim\0' 'tim\0correct horse' 'tim\0correct horse\0x'; do
	ask "$bytes" echo in
	is "descriptor 3: '$bytes'" 2 '' \
		'postern-checkpassword: fatal: descriptor 3 does not speak checkpassword'
done
run postern-checkpassword users.cdb echo in 3<&-
is 'descriptor 3 is closed' 2 '' \
	'postern-checkpassword: fatal: descriptor 3 is not open'
run postern-checkpassword 3<fd3
is 'no arguments' 100 '' "$usage"
run postern-checkpassword users.cdb 3<fd3
is 'no program' 100 '' "$usage"
run postern-checkpassword -x users.cdb true 3<fd3
is 'no such option' 100 '' "$usage"

# --- the program
printf 'tim\0correct horse\0\0' >fd3
run postern-checkpassword users.cdb ./nonexistent 3<fd3
check 'a program that is not there: 127' [ "$rc" = 127 ]
ask 'tim\0correct horse\0\0' sh -c 'tr "\0" "\n" </proc/$$/environ
	tr "\0" "\n" </proc/$$/cmdline'
check 'no password in environment or arguments' \
	sh -c '! grep -q "correct horse" out err'
ask 'tim\0correct horse\0\0' sh -c 'ulimit -t'
is 'the limit of processor time is the old one again' 0 "$(ulimit -t)" \
	"$(log tim result=ok method=plain)"
ask 'lost\0correct horse\0\0' echo in
is 'a home that is not there' 111 '' "$(log lost result=ok method=plain)
postern-checkpassword: fatal: unable to change directory to /nonexistent: No such file or directory"

opts=-U
ask 'tim\0correct horse\0\0' sh -c 'echo $UID:$GID:$GIDLIST $(id -u):$(id -g)
	pwd'
is '-U: says who, and does not change' 0 "$uid:$gid:$gid $(id -u):$(id -g)
/usr" "$(log tim result=ok method=plain)"
UID=1 GID=2 GIDLIST=3 ask 'noids\0correct horse\0\0' \
	env sh -c 'echo ${GID-unset} ${GIDLIST-unset}'
is '-U: ids are never inherited' 0 'unset unset' \
	"$(log noids result=ok method=plain)"
opts=

# --- -G: failures count, across attempts
count() { # count NAME COUNT [LIFE]: what the store has, as an earlier attempt left it
	ln -sfn "1:$(date +%s):${3-3600}:$2" "guesses/$1"
}
counts() { # counts NAME: its payload, or nothing
	readlink "guesses/$1" | sed 's/.*://'
}
empty() {
	rm -rf guesses
	postern-grants guesses make
}
refused="$(log tim result=refused reason=guessing)"
opts='-G guesses'
empty
before=$(date +%s%N)
ask 'Tim\0wrong\0\0' echo in
after=$(date +%s%N)
is '-G: a wrong password' 1 '' "$(log Tim result=wrong reason=secret)"
check 'is told late' [ $((after - before)) -ge 1000000000 ]
check 'and counted' [ "$(counts from=192.0.2.7) $(counts user=tim)" = '1 1' ]
ask 'tim\0correct horse\0\0' echo in
is 'the right one' 0 in "$(log tim result=ok method=plain)"
check 'is not counted, and the pair is marked' [ "$(counts from=192.0.2.7) \
$(counts user=tim) $(counts pair=192.0.2.7+tim)" = '1 1 ok' ]
empty
ask 'nosuch\0wrong\0\0' echo in
is 'a user who is unknown' 1 '' "$(log nosuch result=wrong reason=unknown)"
check 'is counted like one who is known' \
	[ "$(counts from=192.0.2.7) $(counts user=nosuch)" = '1 1' ]
ask '\0x\0\0' echo in
ask 'tim' echo in
check 'what nobody could judge is not counted' \
	[ "$(counts from=192.0.2.7)" = 1 -a "$(ls guesses | wc -l)" = 3 ]
empty
ask 'postern-probe-0123456789abcdef\0x\0\0' echo in
is 'a probe is no guess' 1 '' \
	"$(log postern-probe-0123456789abcdef result=wrong reason=unknown)"
check 'and not counted' [ -z "$(ls guesses)" ]
count from=192.0.2.7 20
ask 'tim\0correct horse\0\0' echo in
is 'an address that failed too often: refused, even what is right' 111 '' \
	"$refused"
TCPREMOTEIP=::ffff:192.0.2.7 ask 'tim\0correct horse\0\0' echo in
check 'whatever its spelling' [ "$rc" = 111 ]
TCPREMOTEIP=192.0.2.8 ask 'tim\0correct horse\0\0' true
check 'another address is not' [ "$rc" = 0 ]
count pair=192.0.2.7+tim ok
ask 'tim\0correct horse\0\0' echo in
is 'nor who was right from there lately' 0 in \
	"$(log tim result=ok method=plain)"
ask 'two\0correct horse\0\0' echo in
check 'others from there are' [ "$rc" = 111 ]
run postern-guesses guesses forgive-address 192.0.2.7
ask 'two\0correct horse\0\0' echo in
check 'until it is forgiven' [ "$rc" = 0 ]
empty
count user=tim 100
ask 'TIM\0correct horse\0\0' echo in
check 'an account for which too many failed: refused' [ "$rc" = 111 ]
run postern-guesses guesses forgive-user tim
ask 'tim\0correct horse\0\0' echo in
check 'until it is forgiven' [ "$rc" = 0 ]
count user=off 100
ask 'off\0correct horse\0\0' echo in
check 'a disabled user: the same' [ "$rc" = 111 ]
mv users.cdb away.cdb
ask 'ctx\0correct horse\0\0' echo in
mv away.cdb users.cdb
check 'who could not be looked up is not counted' \
	[ "$rc" = 111 -a -z "$(counts user=ctx)" ]
opts='-G nowhere'
ask 'tim\0correct horse\0\0' echo in
is 'no store: nobody is refused, and it is said' 0 in \
	"postern-checkpassword: warning: unable to count in nowhere: No such file or directory
$(log tim result=ok method=plain)"

# --- -T: a token instead of the secret
(umask 077 && head -c 32 /dev/urandom >key && head -c 32 /dev/urandom >other)
token() { # token KEY USER SECONDS: good for so long
	python3 - "$@" <<-'EOF'
		import hashlib, hmac, sys, time
		key = open(sys.argv[1], "rb").read()
		until = "%08x" % (int(time.time()) + int(sys.argv[3]))
		mac = hmac.new(key, (until + ":" + sys.argv[2]).encode(), hashlib.sha256)
		print("postern-token:" + until + ":" + mac.hexdigest())
	EOF
}
opts='-T key'
ask "tim\\0$(token key tim 30)\\0\\0" sh -c "$show; $who"
is '-T: a token, instead of the password' 0 \
	"user=tim home=/usr shell=/bin/sh maildir=/usr/Maildir
$me
/usr" "$(log tim result=ok method=token)"
ask "TIM\\0$(token key tim 20)\\0" sh -c 'echo $USER'
is 'without a third field; in any letter case' 0 tim \
	"$(log TIM result=ok method=token)"
ask "ctx\\0$(token key ctx 30)\\0\\0" true
is 'whatever the password is' 0 '' "$(log ctx result=ok method=token)"
ask 'tim\0correct horse\0\0' echo in
is 'the password still is one' 0 in "$(log tim result=ok method=plain)"
false=$(log tim result=wrong reason=token)
ask "tim\\0$(token key two 30)\\0\\0" echo in
is "another user's" 1 '' "$false"
ask "tim\\0$(token other tim 30)\\0\\0" echo in
is 'of another key' 1 '' "$false"
ask "tim\\0$(token key tim -5)\\0\\0" echo in
is 'of old' 1 '' "$false"
ask "tim\\0$(token key tim 90)\\0\\0" echo in
is 'good for too long' 1 '' "$false"
ask "tim\\0$(token key tim 30)0\\0\\0" echo in
is 'with something behind it' 1 '' "$false"
ask 'tim\0postern-token:\0\0' echo in
is 'without anything behind it' 1 '' "$false"
ask "off\\0$(token key off 30)\\0\\0" echo in
is 'of a disabled user' 1 '' "$(log off result=wrong reason=disabled)"
ask "nosuch\\0$(token key nosuch 30)\\0\\0" echo in
is 'of a user who is not there' 1 '' \
	"$(log nosuch result=wrong reason=unknown)"
opts='-T key -G guesses'
count from=192.0.2.7 20
ask "two\\0$(token key two 30)\\0\\0" echo in
is 'who has a token does not guess' 0 in "$(log two result=ok method=token)"
opts=
ask "tim\\0$(token key tim 30)\\0\\0" echo in
is 'without -T a token is a wrong password' 1 '' \
	"$(log tim result=wrong reason=secret)"
opts='-T key'
nokey() { # nokey NAME REASON
	ask 'tim\0postern-token:x\0\0' echo in
	is "$1" 111 '' \
		"postern-checkpassword: fatal: unable to use the key key: $2"
}
chmod 644 key
nokey 'a key that others may read' 'others may read or write it'
chmod 640 key
ask "tim\\0$(token key tim 30)\\0\\0" true
check 'its group may' [ "$rc" = 0 ]
head -c 31 /dev/urandom >key
nokey 'a short key' 'not 32 to 4096 bytes'
rm key
nokey 'no key' 'No such file or directory'
opts=

if [ -n "$root" ]; then
	printf 'tim\000correct horse\000\000' >fd3
	run setpriv --groups 777 postern-checkpassword users.cdb id -G 3<fd3
	is 'root: no other group is left' 0 $gid "$(log tim result=ok method=plain)"
	ask 'noids\0correct horse\0\0' echo in
	is 'root: nobody without a uid' 111 '' \
		"$(log noids result=ok method=plain)
postern-checkpassword: fatal: unable to run as root a user who has no uid"
	if command -v s6-applyuidgid >/dev/null; then
		opts=-U
		ask 'tim\0correct horse\0\0' s6-applyuidgid -U sh -c "$who"
		is '-U: s6-applyuidgid -U changes later' 0 "$me
/usr" "$(log tim result=ok method=plain)"
		opts=
	fi
else
	ask 'noids\0correct horse\0\0' id -u
	is 'ordinary user: a user without a uid' 0 $uid \
		"$(log noids result=ok method=plain)"
	sed -i "s/^tim:\([^:]*\):$uid/tim:\1:$((uid + 1))/" users
	compile
	ask 'tim\0correct horse\0\0' echo in
	is 'ordinary user: cannot become another' 111 '' \
		"$(log tim result=ok method=plain)
postern-checkpassword: fatal: unable to change to another user, not being root"
fi

# --- the file
refused() { # refused NAME REASON
	ask 'tim\0wrong\0\0' echo in
	is "$1" 111 '' "postern-checkpassword: fatal: unable to $2"
}
trust='others may read or write it'
for mode in 444 404 460 602 644; do
	chmod $mode users.cdb
	refused "mode $mode" "trust users.cdb: $trust"
done
for mode in 400 440 600 640; do
	chmod $mode users.cdb
	ask 'nosuch\0wrong\0\0' echo in
	is "mode $mode" 1 '' "$(log nosuch result=wrong reason=unknown)"
done
if [ -n "$root" ]; then
	chown 12345 users.cdb
	refused 'owned by another' 'trust users.cdb: owned by somebody else'
	chown 0 users.cdb
fi
mv users.cdb good.cdb
refused 'no file' 'open users.cdb: No such file or directory'
mkdir users.cdb
refused 'a directory' 'trust users.cdb: not a regular file'
rmdir users.cdb
: >users.cdb
chmod 600 users.cdb
refused 'an empty file' 'read users.cdb: Protocol error'
printf '%03000d' 1 >users.cdb
refused 'not a CDB' 'read users.cdb: Protocol error'
if [ -z "$root" ]; then
	chmod 0 users.cdb
	refused 'unreadable' 'open users.cdb: Permission denied'
fi
printf '+3,14:tim->{CRYPT}x:0:0::\n\n' | cdb -c users.cdb
chmod 600 users.cdb
refused 'a record that is not well formed' 'read users.cdb: Protocol error'

done_testing
