#!/bin/sh
# Program test of postern-passwd: its commands, the file it keeps, the files it
# compiles.
. "$TESTS/lib/t.sh"
umask 022

usage='postern-passwd: usage: postern-passwd [ -f users ] add [ -s scheme ] [ -n cost ] [ -c ] [ -S ] [ -u uid -g gid ] [ -d home ] [ -m maildir ] user | set [ -s scheme ] [ -n cost ] [ -c ] [ -S ] user | disable user | enable user | delete user | list [ -k ] | import [ -p ] [ -r ] [ -k ] [ -s scheme ] [ -n cost ] [ -c ] [ -S ] [ -u uid -g gid ] [ -d homes ] [ -D domain ] dovecot|sasldb|vpopmail file | compile users users.cdb mailboxes.cdb'
pw() { # pw PASSWORD ARGUMENT...
	printf '%s\n' "$1" >password
	shift
	run postern-passwd "$@" <password
}
fatal() { # fatal NAME RC MESSAGE
	is "$1" "$2" '' "postern-passwd: fatal: $3"
}
field() { # field USER N
	sed -n "s/^$1://p" users | cut -d : -f "$2"
}
keys='10000,[A-Za-z0-9+/]{22}==,[A-Za-z0-9+/]{43}=,[A-Za-z0-9+/]{43}='
context=e02d374fde0dc75a17a557039a3a5338c7743304777dccd376f332bee68d2cf6

# --- add
pw test add -n 1 -u 1000 -g 1001 -d /home/tim -m '~/Mail' Tim@Example.org
is 'add' 0 '' ''
check 'the file is only mine' [ "$(stat -c %a users)" = 600 ]
check 'the line' grep -Eqx \
	"Tim@Example.org:\\{CRYPT\\}[$]y[$][^:]*:1000:1001::/home/tim::mail=maildir:~/Mail scram_sha_256=$keys" \
	users
pw test add -n 1 tim@example.ORG
fatal 'again, in other letters' 100 'already in users: tim@example.ORG'
pw test add -s cram-md5 ctx
is 'add, cram-md5' 0 '' ''
check 'Dovecot'\''s context' [ "$(field ctx 1)" = "{CRAM-MD5}$context" ]
pw test add -n 1 -c two
field two 7 >both
check 'both' grep -Eqx "scram_sha_256=$keys cram_md5=$context" both
pw test add -s cram-md5 -S nokeys
check 'no keys' [ "$(field nokeys 7)" = '' ]
pw test add -s scram-sha-256 keys
is 'add, scram-sha-256' 0 '' ''
check 'the keys alone' grep -Eqx "keys:\\{SCRAM-SHA-256\\}$keys::::::" users
pw "$(printf '\360\237\230\200')" add -n 1 smile
is 'what SASLprep refuses has no keys' 0 '' \
	'postern-passwd: warning: no SCRAM keys: SASLprep refuses the password'
check 'but a hash' grep -q '^smile:{CRYPT}[$]y[$][^:]*::::::$' users
pw "$(printf '\360\237\230\200')" add -n 1 -S smile2
is 'nor is it missed where it was not wanted' 0 '' ''
pw "$(printf '\360\237\230\200')" add -s scram-sha-256 smile3
fatal 'and cannot be all there is' 100 \
	'unable to make a scram-sha-256 password: Invalid argument'
pw test add -s bcrypt -n 4 -c -m /srv/m blow
check 'bcrypt and more' grep -Eqx \
	"blow:\\{BLF-CRYPT\\}[$]2b[$]04[$][^:]{53}:{6}mail=maildir:/srv/m scram_sha_256=$keys cram_md5=$context" \
	users
pw test add -s sha512crypt -n 1000 sha
check 'sha512crypt' grep -q '^sha:{SHA512-CRYPT}[$]6[$]' users
pw 'te st' add -s plain clear
check 'plain' [ "$(field clear 1)" = '{PLAIN}te st' ]
pw test add -n 1 -f other x
is 'an option in the wrong place' 100 '' "$usage"
pw test -f other add -n 1 x
check 'another file' [ "$rc" = 0 -a -s other ]

cp users before
pw '' add x
fatal 'no password' 100 'the password is empty'
run postern-passwd add x </dev/null
fatal 'no input' 100 'there is no password on descriptor 0'
pw "$(printf 'a\tb')" add x
fatal 'a control byte' 100 'a control byte in the password'
printf 'a\0b\n' >password
run postern-passwd add x <password
fatal 'a NUL' 100 'a NUL in the password'
pw "$(printf '%0509d' 1)" add x
fatal 'too long for descriptor 3' 100 'the password is too long'
pw "$(printf '%0999d' 1)" add x
fatal 'too long by far' 100 'the password is too long'
pw a:b add -s plain x
fatal 'a colon in plain' 100 'unable to make a plain password: Invalid argument'
pw test add -n 99 x
fatal 'a cost that is none' 100 'unable to make a yescrypt password: Invalid argument'
pw test add -s des x
is 'no such scheme' 100 '' "$usage"
pw test add -n 1x x
is 'no number' 100 '' "$usage"
pw test add -u 0 -g 0 x
fatal 'root' 100 'uid is not a number from 1'
pw test add -u 1 x
fatal 'half' 100 'gid is not a number from 1'
pw test add -d home x
fatal 'a relative home' 100 'home is not absolute'
pw test add -d /a:b x
fatal 'a colon' 100 'a colon or a blank where a users file can have none'
pw test add -u 1:1 -g 1 x
fatal 'a colon in uid' 100 'a colon or a blank where a users file can have none'
pw test add -m '/a b' x
fatal 'a blank' 100 'a colon or a blank where a users file can have none'
pw test add -m a x
fatal 'a relative Maildir' 100 'mail is neither an absolute path nor below ~'
pw test add -d "/a
b" x
fatal 'a newline' 100 'a control byte in the line'
pw test add 'a:b'
fatal 'a colon in the name' 100 \
	'a blank, a colon or a control byte in the user name'
pw test add '#a'
fatal 'a comment' 100 'the user name begins with #'
pw test add ''
fatal 'no name' 100 'there is no user name'
pw test add "$(printf '%0255d' 1)"
fatal 'too long a name' 100 'the user name is too long'
check 'nothing of this is in the file' cmp -s before users

# --- change; everything else stays as it is
cat >users <<'EOF'
# a comment

this line is bad
a:{PLAIN}x
Tim:{PLAIN}x:1:2:Tim, room 3:/h:/s:mail=maildir:~/M a=b:c
b:{PLAIN}x::::::cram_md5=0000000000000000000000000000000000000000000000000000000000000000 z
EOF
printf 'last:{PLAIN}x' >>users
chmod 640 users
cp users before
change() { # change FROM TO: what must have happened to the file
	sed "s/$1/$2/" before >want
	cp want before
	cmp -s want users && [ "$(stat -c %a users)" = 640 ] && [ "$(ls -A | grep -c '^users\.')" = 0 ]
}
pw new set -s plain -S tim
is 'set' 0 '' ''
check 'only the password changes' change '^Tim:{PLAIN}x' 'Tim:{PLAIN}new'
run postern-passwd disable TIM
is 'disable' 0 '' ''
check 'nologin is added' change 'a=b:c' 'a=b:c nologin'
run postern-passwd disable tim
is 'disable again' 0 '' ''
check 'nothing changes' change x x
run postern-passwd enable tim
is 'enable' 0 '' ''
check 'nologin is gone' change ' nologin' ''
run postern-passwd disable a
check 'fields are added' change '^a:{PLAIN}x' 'a:{PLAIN}x::::::nologin'
pw test set -s plain -S b
is 'set where there is a context' 0 '' ''
check 'a context is renewed' change 'b:{PLAIN}x::::::cram_md5=0* z' \
	"b:{PLAIN}test::::::z cram_md5=$context"
pw test set -s plain -cS a
check 'a context is added' change '^a:.*' \
	"a:{PLAIN}test::::::nologin cram_md5=$context"
run postern-passwd delete a
is 'delete' 0 '' ''
sed -i '/^a:/d' before
check 'the line is gone' change x x
pw new set -s plain -S last
check 'the last line gets its newline' \
	sh -c 'printf "last:{PLAIN}new\n" | cmp -s - last' \
	"$(tail -n 1 users >last)"
pw new set -s plain -c last
tail -n 1 users >last
check 'set: keys and a context' grep -Eqx \
	"last:\\{PLAIN\\}new::::::scram_sha_256=$keys cram_md5=[0-9a-f]{64}" last
pw test set -s plain last
sed 's/.*scram_sha_256=\([^ ]*\).*/\1/' last >old
tail -n 1 users >last
check 'set: both are renewed' grep -Eqx \
	"last:\\{PLAIN\\}test::::::scram_sha_256=$keys cram_md5=$context" last
check 'set: not the old keys' sh -c '! grep -qF "$(cat old)" last'
pw new set -s plain -S last
check 'set -S: no keys of an old password stay' \
	sh -c 'tail -n 1 users | grep -Eqx "last:\{PLAIN\}new::::::cram_md5=[0-9a-f]{64}"'
pw new set -s scram-sha-256 last
tail -n 1 users >last
check 'set: keys in the password field alone' grep -Eqx \
	"last:\\{SCRAM-SHA-256\\}$keys::::::cram_md5=[0-9a-f]{64}" last
cp users before
for c in 'set -s plain' disable enable delete; do
	pw x $c nosuch
	fatal "$c: no such user" 100 'no such user in users: nosuch'
	pw x $c 'this line is bad'
	fatal "$c: a line without a colon" 100 \
		'no such user in users: this\x20line\x20is\x20bad'
done
echo B:x >>users
for c in 'set -s plain' disable enable delete; do
	pw x $c b
	fatal "$c: twice" 100 'the same user twice in users: b'
done
sed -i '$d' users
check 'the file is as before' cmp -s before users
pw x -f nosuch set tim
fatal 'no file' 111 'unable to open nosuch: No such file or directory'
pw x -f nosuch list
fatal 'list: no file' 111 'unable to open nosuch: No such file or directory'
chmod 644 users
run postern-passwd disable tim
is 'a file that others may read' 0 '' \
	'postern-passwd: warning: others may read or write users'
for c in '' x list\ x compile compile\ a\ b set set\ a\ b disable 'disable -n 1 a'; do
	run postern-passwd $c
	is "usage: $c" 100 '' "$usage"
done

# --- list
# RFC 7677's user; his password is "pencil"
pencil=4096,W22ZaJ0SNY7soEsUEjb6gQ==,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=
cat >users <<EOF
tim:\$y\$j9T\$x\$x:1:2::/h::mail=maildir:~/M
two:{BLF-CRYPT}\$2b\$x:::::/s:nologin cram_md5=$context

none:
bad:x:0:0
ctx:{CRAM-MD5}$context::::/h o
keys:{SCRAM-SHA-256}$pencil
field:::::::scram_sha_256=$pencil
EOF
chmod 600 users
run postern-passwd list
is 'list' 0 'user scheme cram_md5 login uid gid maildir scram_sha_256
tim yescrypt no yes 1 2 /h/M no
two bcrypt yes no - - - no
none none no yes - - - no
ctx cram-md5 no yes - - /h\x20o/Maildir no
keys scram-sha-256 no yes - - - no
field none no yes - - - yes' \
	'postern-passwd: warning: users:5: uid is not a number from 1'
run postern-passwd list -k
is 'list -k' 0 'user=tim scheme=yescrypt cram_md5=no login=yes uid=1 gid=2 maildir=/h/M scram_sha_256=no
user=two scheme=bcrypt cram_md5=yes login=no uid= gid= maildir= scram_sha_256=no
user=none scheme=none cram_md5=no login=yes uid= gid= maildir= scram_sha_256=no
user=ctx scheme=cram-md5 cram_md5=no login=yes uid= gid= maildir=/h\x20o/Maildir scram_sha_256=no
user=keys scheme=scram-sha-256 cram_md5=no login=yes uid= gid= maildir= scram_sha_256=no
user=field scheme=none cram_md5=no login=yes uid= gid= maildir= scram_sha_256=yes' \
	'postern-passwd: warning: users:5: uid is not a number from 1'

# --- compile
rm users
pw test add -n 1 -u 5 -g 6 -d /h -m '~/M' tim
pw test add -s sha512crypt -n 1000 sha
pw test add -n 1 -c Two
pw test add -s plain clear
sed -i 's/ *scram_sha_256=10000,[^ ]*//; /^tim/s/$/ scram_sha_256='$(printf %s "$pencil" | sed 's,/,\\/,g')/ users
postern-passwd disable Two
hash=$(field tim 1)
run postern-passwd compile users users.cdb mailboxes.cdb
is 'compile' 0 '' \
	'postern-passwd: warning: users:4: a {PLAIN} password needs postern-checkpassword -p'
check 'modes' [ "$(stat -c %a users.cdb mailboxes.cdb | tr '\n' ' ')" = '400 644 ' ]
check 'users.cdb: the lines, and the model' \
	sh -c '{ sed "s/^Two/two/;s/:/->/" users; echo ":->tim"; echo ":scram->4096"; } |
	diff - dump >&2' "$(cdb -d users.cdb |
		sed -n 's/^+[0-9]*,[0-9]*://p' >dump)"
check 'mailboxes.cdb: no secret' \
	sh -c 'printf "%s\n" "tim->:5:6::/h::mail=maildir:~/M" "sha->::::::" \
	"two->::::::nologin" "clear->::::::" | diff - dump >&2' \
	"$(cdb -d mailboxes.cdb | sed -n 's/^+[0-9]*,[0-9]*://p' >dump)"
cp -f users.cdb u; cp -f mailboxes.cdb m
chmod 640 users.cdb
chmod 600 mailboxes.cdb
run postern-passwd compile users users.cdb mailboxes.cdb
check 'again: the same bytes' sh -c 'cmp -s u users.cdb && cmp -s m mailboxes.cdb'
check 'modes that were narrower stay' \
	[ "$(stat -c %a users.cdb mailboxes.cdb | tr '\n' ' ')" = '640 600 ' ]
chmod 666 users.cdb
postern-passwd compile users users.cdb mailboxes.cdb 2>/dev/null
check 'others lose what they had' [ "$(stat -c %a users.cdb)" = 640 ]
cp -f users.cdb u
cat >users <<'EOF'
tim:{CRYPT}$y$j9T$F5Jx5fExrKuPp53xLKQ..1$U4SOHmDd8SvW5vCUKSMR6N835VPwFAtgYNhQ9mFFeL5:1:2::/h::
# fine so far
no colon
:x
old:abJnggxhB/yWI
z:{SSHA}x
y:{CRYPT}nonsense!
x:{PLAIN}x:0:0
TIM:
keys:{SCRAM-SHA-256}4095,x
field:::::::scram_sha_256=x
EOF
run postern-passwd compile users users.cdb mailboxes.cdb
is 'all errors are told' 100 '' \
	'postern-passwd: error: users:3: there is no colon
postern-passwd: error: users:4: there is no user name
postern-passwd: warning: users:5: a weak hash
postern-passwd: error: users:6: unknown password scheme
postern-passwd: error: users:7: not a hash that crypt(3) knows
postern-passwd: error: users:8: uid is not a number from 1
postern-passwd: error: users:10: {SCRAM-SHA-256} is not ITERATIONS,SALT,STOREDKEY,SERVERKEY
postern-passwd: error: users:11: scram_sha_256 is not ITERATIONS,SALT,STOREDKEY,SERVERKEY
postern-passwd: error: users:9: the same user as on line 1
postern-passwd: fatal: users has 8 errors, nothing was written'
check 'nothing was written' sh -c 'cmp -s u users.cdb && cmp -s m mailboxes.cdb'
echo x >users
run postern-passwd compile users users.cdb mailboxes.cdb
is 'one error' 100 '' 'postern-passwd: error: users:1: there is no colon
postern-passwd: fatal: users has 1 error, nothing was written'
: >users
run postern-passwd compile users users.cdb mailboxes.cdb
is 'nobody' 0 '' ''
check 'two empty files' [ "$(cdb -d users.cdb)$(cdb -d mailboxes.cdb)" = '' ]
cp -f users.cdb u
echo tim: >users
run postern-passwd compile users users.cdb none/mailboxes.cdb
is 'a place that is not there' 111 '' \
	'postern-passwd: fatal: unable to write users.cdb and none/mailboxes.cdb: No such file or directory'
check 'then neither is written' cmp -s u users.cdb
check 'and nothing is left' [ "$(ls | grep -c 'cdb\.')" = 0 ]

# --- import
cat >passwd <<EOF
# of Dovecot
tim@example.org:$hash:1000:1000::/home/tim::
Ann@example.org:{BLF-CRYPT}\$2b\$04\$abcdefghijklmnopqrstuuDxEu0ZGtGJU2vDvxk0Gf4oX8sqaYTVu::::::mail=maildir:/m/ann
keys:{SCRAM-SHA-256}$pencil
EOF
rm -f users
run postern-passwd import -p dovecot passwd
is 'import -p' 0 "tim@example.org:$hash:1000:1000::/home/tim::
$(sed -n 3p passwd)
keys:{SCRAM-SHA-256}$pencil::::::" ''
check 'only prints' [ ! -e users ]
run postern-passwd import -u 8 -g 9 -d /m dovecot passwd
is 'import' 0 '' ''
check 'what lacks is filled in' sh -c 'sed -n 2,3p users | sed "s/{[^:]*//" |
	diff - want >&2' "$(printf '%s\n' \
	'Ann@example.org::8:9::/m/example.org/ann::mail=maildir:/m/ann' \
	'keys::8:9::/m/keys::' >want)"
check 'the file is only mine' [ "$(stat -c %a users)" = 600 ]
cp users before
run postern-passwd import dovecot passwd
is 'again' 100 '' 'postern-passwd: error: passwd:3: the user is there already
postern-passwd: error: passwd:4: the user is there already
postern-passwd: error: passwd:2: the user is there already
postern-passwd: fatal: passwd has 3 errors, nothing was written'
check 'nothing was written' cmp -s before users
printf '# mine\nTIM@example.org:x\nbad line\nother:{CRYPT}x\nann@example.ORG:' >users
run postern-passwd import -r dovecot passwd
is 'import -r' 0 '' ''
check 'replaces whom it brings, and nothing else' \
	sh -c '{ printf "# mine\nbad line\nother:{CRYPT}x\n"
	tail -n +2 passwd | sed "s/\(keys.*\)/\1::::::/"; } | diff - users >&2'
printf 'tim@example.org:\nTIM@example.org:\n' >users
cp users before
run postern-passwd import -r dovecot passwd
is 'import -r: twice already' 100 '' \
	'postern-passwd: error: users:2: the same user as on line 1
postern-passwd: fatal: passwd has 1 error, nothing was written'
check 'nothing was written' cmp -s before users
cat >passwd <<'EOF'
a:{SSHA512}x:1:2::/h::
b:$1$aaaaaaaa$euthSjnYTM2U/WrS8uKZ40
a b:
c:::::/h:
d:::::::mail=mbox:~/mail
B:x
e:*
EOF
rm -f users
run postern-passwd import dovecot passwd
is 'all errors are told' 100 '' \
	'postern-passwd: error: passwd:1: unknown password scheme
postern-passwd: error: passwd:3: a blank, a colon or a control byte in the user name
postern-passwd: error: passwd:5: mail is not maildir:PATH
postern-passwd: error: passwd:6: not a hash that crypt(3) knows
postern-passwd: error: passwd:7: not a hash that crypt(3) knows
postern-passwd: warning: passwd:2: a weak hash
postern-passwd: fatal: passwd has 5 errors, nothing was written'
check 'no file is made' [ ! -e users ]
sed -i '/a b/d; /mbox/d' passwd
run postern-passwd import -k dovecot passwd
is 'import -k: twice' 100 '' \
	'postern-passwd: warning: passwd:2: a weak hash
postern-passwd: error: passwd:4: the same user as on line 2
postern-passwd: fatal: passwd has 1 error, nothing was written'
sed -i '/^B/d' passwd
run postern-passwd import -k dovecot passwd
is 'import -k' 0 '' 'postern-passwd: warning: passwd:2: a weak hash'
check 'mailboxes without a password' sh -c 'diff - users >&2' <<'EOF'
a::1:2::/h::
b:$1$aaaaaaaa$euthSjnYTM2U/WrS8uKZ40::::::
c:::::/h::
e:::::::
EOF
rm -f users

cat >dump <<'EOF'
VERSION=3
format=print
type=hash
HEADER=END
 tim\00example.org\00userPassword
 test
DATA=END
EOF
run postern-passwd import -n 1 -c -u 8 -g 9 sasldb dump
is 'sasldb' 0 '' ''
check 'three secrets' grep -Eqx \
	"tim@example.org:\\{CRYPT\\}[$]y[$][^:]*:8:9::::scram_sha_256=$keys cram_md5=$context" \
	users
run postern-passwd import -p -s plain -S sasldb dump
is 'sasldb, as plain' 0 'tim@example.org:{PLAIN}test::::::' \
	'postern-passwd: warning: dump:5: a {PLAIN} password needs postern-checkpassword -p'
postern-passwd import -p sasldb /dev/stdin <dump >out 2>&1
check 'from a pipe' grep -q '^tim@example.org:{CRYPT}' out
sed 's/tim/a\\0aroot:x/' dump >bad
run postern-passwd import -p sasldb bad
is 'a name cannot make a line' 100 '' \
	'postern-passwd: error: bad:5: a blank, a colon or a control byte in the user name
postern-passwd: fatal: bad has 1 error, nothing was written'
sed 's/ test/ a:b/' dump >bad
run postern-passwd import -p -s plain sasldb bad
fatal 'what cannot be stored so' 100 \
	'bad:5: unable to make a plain password: Invalid argument'
sed 's/ test/ \\f0\\9f\\98\\80/' dump >bad
run postern-passwd import -p -s cram-md5 sasldb bad
check 'what has no keys is named' same 0 \
	"$(cat out)" 'postern-passwd: warning: bad:5: no SCRAM keys: SASLprep refuses the password'
sed '/DATA/d' dump >bad
run postern-passwd import -p sasldb bad
is 'half a dump' 100 '' 'postern-passwd: error: bad:6: the end is missing
postern-passwd: fatal: bad has 1 error, nothing was written'
: >empty
for f in dovecot sasldb '-D x vpopmail'; do
	run postern-passwd import $f empty
	fatal "$f: nobody" 100 'empty holds no user'
done

rm users
cat >vpasswd <<'EOF'
tim:$1$aaaaaaaa$euthSjnYTM2U/WrS8uKZ40:1:0:Tim Ohne:/home/vpopmail/domains/example.org/tim:NOQUOTA
ann:$1$aaaaaaaa$euthSjnYTM2U/WrS8uKZ40:1:0:Ann:/home/vpopmail/domains/example.org/ann:52428800S:pw
EOF
run postern-passwd import -n 1 -u 89 -g 89 -D example.org vpopmail vpasswd
is 'vpopmail' 0 '' 'postern-passwd: warning: vpasswd:1: a weak hash'
check 'the hash, or all that a password gives' sh -c \
	'sed "s/[$]y[$][^:]*/yescrypt/; s/=10000,[^ ]*/=keys/" users | diff - want >&2' \
	"$(cat >want <<'EOF'
tim@example.org:$1$aaaaaaaa$euthSjnYTM2U/WrS8uKZ40:89:89:Tim Ohne:/home/vpopmail/domains/example.org/tim::
ann@example.org:{CRYPT}yescrypt:89:89:Ann:/home/vpopmail/domains/example.org/ann::scram_sha_256=keys
EOF
	)"
sed -i 's/:0:Tim/:2:Tim/' vpasswd
run postern-passwd import -p -n 1 -D example.org vpopmail vpasswd
is 'a restriction' 100 '' \
	'postern-passwd: error: vpasswd:1: gid forbids POP3, SMTP or relaying, or mail bounces
postern-passwd: fatal: vpasswd has 1 error, nothing was written'
for c in import 'import dovecot' 'import mbox vpasswd' 'import -u 1 dovecot vpasswd' \
	'import vpopmail vpasswd' 'import -D x dovecot vpasswd' \
	'import -pr dovecot vpasswd' 'import -m /x dovecot vpasswd'; do
	run postern-passwd $c
	is "usage: $c" 100 '' "$usage"
done
run postern-passwd import dovecot nosuch
fatal 'no such file' 111 'unable to read nosuch: No such file or directory'
run postern-passwd import -d /a:b dovecot passwd
fatal 'a colon' 100 'a colon where a users file can have none'

# --- two at a time, a terminal
rm -f users
echo test >password
postern-passwd add -s plain first <password
for i in 1 2 3 4 5 6 7 8; do
	postern-passwd add -s plain u$i <password &
done
wait
check 'no edit is lost' [ "$(wc -l <users)" = 9 ]

cat >terminal.py <<'EOF'
import os, pty, sys, termios, time
script, argv = sys.argv[1], sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(argv[0], argv)
seen = b""
def until(what):
    global seen
    while what not in seen:
        seen += os.read(fd, 1024)
echo = lambda: bool(termios.tcgetattr(fd)[3] & termios.ECHO)
answers = script.split(",")
for question, answer in zip((b"Password: ", b"Again: "), answers):
    until(question)
    assert not echo()
    os.write(fd, answer.replace("^C", "\x03").encode()
             + (b"" if "^C" in answer else b"\n"))
try:
    while True:
        more = os.read(fd, 1024)
        if not more:
            break
        seen += more
except OSError:
    pass
status = os.waitpid(pid, 0)[1]
print(os.waitstatus_to_exitcode(status), repr(seen.decode()))
EOF
run python3 terminal.py secret,secret postern-passwd add -s plain tty
is 'asked twice, not echoed' 0 "0 'Password: \\r\\nAgain: \\r\\n'" ''
check 'and taken' [ "$(field tty 1)" = '{PLAIN}secret' ]
run python3 terminal.py secret,secre postern-passwd set -s plain tty
is 'different answers' 0 \
	"100 'Password: \\r\\nAgain: \\r\\npostern-passwd: fatal: the two passwords differ\\r\\n'" ''
run python3 terminal.py 'secr^C' postern-passwd set -s plain tty
check 'interrupted: ends by the signal' grep -q '^-2 ' out
check 'nothing changed' [ "$(field tty 1)" = '{PLAIN}secret' ]

done_testing
