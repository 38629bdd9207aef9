#!/bin/sh
# Program test of postern-pop3d over its standard input and output.
. "$TESTS/lib/t.sh"

# A dialogue, as in postern-popup.t.
pop3d() {
	printf "$in" >in
	run env PROTO=TCP TCPREMOTEIP=192.0.2.7 POSTERN_SESSION=s1 USER=joe \
		postern-pop3d "$@" <in
	tr '\r' '$' <out >replies
	mv replies out
}
who='session=s1 ip=192.0.2.7 user=joe'
opened() { echo "postern-pop3d: open $who messages=$1"; }
closed() { echo "postern-pop3d: close $who end=$1"; }
files() { (cd box && find new cur -type f | LC_ALL=C sort | tr '\n' ' '); }

mkdir -p box/new box/cur box/tmp
printf 'Subject: a\n\n.\n..b\nend' >box/new/1001.a.h
printf 'Subject: b\r\n\r\nb\r\n' >'box/cur/1000.b.h:2,S'
printf 'c\n' >'box/cur/999.c.h,S=2,W=3:2,RS'

in='STAT\r\nLIST\r\nUIDL\r\nRETR 3\r\nTOP 3 1\r\nQUIT\r\n' pop3d box
is 'a session' 0 '+OK messages: 3$
+OK 3 47$
+OK$
1 3$
2 17$
3 27$
.$
+OK$
1 999.c.h,S=2,W=3$
2 1000.b.h$
3 1001.a.h$
.$
+OK 27 octets$
Subject: a$
$
..$
...b$
end$
.$
+OK$
Subject: a$
$
..$
.$
+OK$' "$(opened 3)
$(closed quit) retrieved=1 octets=27 removed=0"
check 'QUIT moves what was new to cur' \
	[ "$(files)" = 'cur/1000.b.h:2,S cur/1001.a.h:2, cur/999.c.h,S=2,W=3:2,RS ' ]

in='UIDL 3\r\nDELE 1\r\nDELE 2\r\n' pop3d box
is 'a connection that drops' 0 '+OK messages: 3$
+OK 3 1001.a.h$
+OK$
+OK$' "$(opened 3)
$(closed eof) retrieved=0 octets=0 removed=0"
check 'deletes nothing' \
	[ "$(files)" = 'cur/1000.b.h:2,S cur/1001.a.h:2, cur/999.c.h,S=2,W=3:2,RS ' ]

in='DELE 1\r\nDELE 3\r\nQUIT\r\n' pop3d box
is 'DELE and QUIT' 0 '+OK messages: 3$
+OK$
+OK$
+OK$' "$(opened 3)
$(closed quit) retrieved=0 octets=0 removed=2"
check 'delete' [ "$(files)" = 'cur/1000.b.h:2,S ' ]

in='DELE 1\r\nRSET\r\nQUIT\r\n' pop3d box
check 'RSET undeletes' [ "$(files)" = 'cur/1000.b.h:2,S ' ]

in='DELE 1\nQUIT\r\n' pop3d box
is 'a bare newline' 0 '+OK messages: 1$
-ERR a line must end with CR LF$' "$(opened 1)
$(closed bare-newline) retrieved=0 octets=0 removed=0"

# silence
mkfifo silence
exec 9<>silence
printf 'DELE 1\r\n' >silence
run env PROTO=TCP TCPREMOTEIP=192.0.2.7 POSTERN_SESSION=s1 USER=joe \
	postern-pop3d -t 1 box <&9
is '-t: no command in time' 99 "$(printf '+OK messages: 1\r\n+OK\r')" "$(opened 1)
$(closed timeout) retrieved=0 octets=0 removed=0"
check 'deletes nothing and says nothing' [ "$(files)" = 'cur/1000.b.h:2,S ' ]
printf 'NOOP\r\n' >silence
run env POSTERN_SESSION=s1 postern-pop3d -T 1 box <&9
check '-T: a session has an end' [ $rc = 99 ]

# What happens in the middle of a session.  Each function of meanwhile.py is a
# case; s(LINE) sends a line and returns the first line of the reply.
cat >meanwhile.py <<'EOF'
import os, signal, subprocess, sys
def start():
    global p
    p = subprocess.Popen(["postern-pop3d", "box2"], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert p.stdout.readline().startswith(b"+OK")
def s(line, multi=False):
    p.stdin.write(line.encode() + b"\r\n")
    p.stdin.flush()
    reply = p.stdout.readline().decode()
    assert reply.endswith("\r\n")
    while multi and p.stdout.readline() != b".\r\n":
        pass
    return reply.rstrip()
def fill(n):
    subprocess.run("rm -rf box2; mkdir -p box2/new box2/cur box2/tmp", shell=True)
    for i in range(n):
        with open(f"box2/cur/{1000+i}.a.h:2,", "w") as f:
            f.write("s: x\n\ntext\n" * (i + 1))
def left():
    return len(os.listdir("box2/new")) + len(os.listdir("box2/cur"))
def killed():
    s("DELE 1"); s("RETR 2", True)
    p.send_signal(signal.SIGKILL)
    p.wait()
    assert left() == 3
def closed():
    s("DELE 1"); s("DELE 2")
    p.stdin.close(); p.stdout.close()
    assert p.wait() == 0 and left() == 3
def deaf(line=b"RETR 1\r\n"):     # the client is gone and has sent QUIT
    p.stdout.close()
    p.stdin.write(b"DELE 2\r\n" + line + b"QUIT\r\n")
    p.stdin.flush(); p.stdin.close()
    r = p.wait()
    assert r == 111 and left() == 3, r
def deaf_quit():
    deaf(b"")
def flagged():
    os.rename("box2/cur/1001.a.h:2,", "box2/cur/1001.a.h:2,S")
    assert s("RETR 2", True) == "+OK 28 octets", "found under its new name"
    os.rename("box2/cur/1000.a.h:2,", "box2/cur/1000.a.h:2,S")
    assert s("DELE 1") == "+OK" and s("QUIT") == "+OK"
    assert left() == 2
def vanished():
    os.unlink("box2/cur/1001.a.h:2,")
    assert s("RETR 2") == "-ERR the message is gone"
    assert s("LIST 2") == "-ERR the message is deleted or gone"
    assert s("STAT") == "+OK 2 56"
    os.unlink("box2/cur/1000.a.h:2,")
    assert s("DELE 1") == "+OK" and s("QUIT") == "+OK", "gone is deleted"
def late():
    open("box2/new/1.late.h", "w").close()
    assert s("STAT").split()[1] == "3"
    s("QUIT")
    p.wait()
    assert os.listdir("box2/new") == ["1.late.h"], "not even moved"
def undeletable():                # not even root can unlink a directory
    s("DELE 1"); s("DELE 2")
    os.unlink("box2/cur/1001.a.h:2,")
    os.mkdir("box2/cur/1001.a.h:2,")
    r = s("QUIT")
    assert r == "-ERR [SYS/TEMP] unable to delete 1 of 2 messages", r
    assert p.wait() == 0 and left() == 2
fill(3)
start()
globals()[sys.argv[1]]()
EOF
for what in killed closed deaf deaf_quit flagged vanished late undeletable; do
	run python3 meanwhile.py $what
	is "meanwhile: $what" 0 '' ''
done

# the Maildir
in='QUIT\r\n' pop3d nowhere
is 'no Maildir' 111 '-ERR [SYS/TEMP] unable to open the mailbox$' \
	'postern-pop3d: fatal: unable to open Maildir nowhere: No such file or directory'
mkdir -p half/new
in='QUIT\r\n' pop3d half
is 'a Maildir without cur' 111 '-ERR [SYS/TEMP] unable to open the mailbox$' \
	'postern-pop3d: fatal: unable to open Maildir half: No such file or directory'
printf 'QUIT\r\n' >in
run env POSTERN_POPUP= postern-pop3d nowhere <in
is 'behind postern-popup: that one answers' 111 '' \
	'postern-pop3d: fatal: unable to open Maildir nowhere: No such file or directory'

# size
python3 - <<'EOF'
import os
for d in ("big", "big/new", "big/cur", "big/tmp", "many", "many/new", "many/cur"):
    os.mkdir(d)
with open("big/new/1.a.h", "wb") as f:
    f.write(b"s: big\n\n" + (b".xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n" * 30000 + b"\n") * 50)
for i in range(20000):
    open(f"many/new/{20000-i}.a.h,S=0,W=0", "w").close()
EOF
printf 'RETR 1\r\nDELE 1\r\nQUIT\r\n' >in
run sh -c 'ulimit -v 16384; exec postern-pop3d big <in 2>log | wc -c'
check '50 MB in 16 MB of memory' [ "$(tr -d ' ' <out)" = 55500161 ]
printf 'STAT\r\nUIDL 1\r\nUIDL 20000\r\nQUIT\r\n' >in
run postern-pop3d many <in
check '20000 messages' \
	[ "$(tr -d '\r' <out)" = '+OK messages: 20000
+OK 20000 0
+OK 1 1.a.h,S=0,W=0
+OK 20000 20000.a.h,S=0,W=0
+OK' ]

usage='postern-pop3d: usage: postern-pop3d [ -t seconds ] [ -T seconds ] maildir'
run postern-pop3d
is 'no argument' 100 '' "$usage"
run postern-pop3d box box2
is 'two Maildirs' 100 '' "$usage"
run postern-pop3d -t 0 box
is 'no time at all' 100 '' "$usage"
run postern-pop3d -t 1x box
is 'a number that is none' 100 '' "$usage"

done_testing
