#!/bin/sh
# PROXY headers: read before rules and limits, from trusted networks only.
. "$TESTS/lib/t.sh"

p=postern-tcpserver
cat >talk.py <<'EOF'
# talk PORT SOURCE CHUNK...: send each chunk (escapes as in Python), after the
# first a moment later; print what comes.
import socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20, (sys.argv[2], 0))
s.settimeout(30)
try:
    for chunk in sys.argv[3:]:
        s.sendall(chunk.encode("latin-1").decode("unicode_escape").encode("latin-1"))
        time.sleep(0.02)
    if sys.argv[3:]: s.shutdown(socket.SHUT_WR)
    sys.stdout.buffer.write(s.makefile("rb").read())
except OSError:
    pass
EOF
talk() { run python3 talk.py "$port" "$@"; }
v2='\r\n\r\n\0\r\nQUIT\n'
cr=$(printf '\r')

printf '%s\n' '192.0.2.1:allow,WHO="client"' '192.0.2.2:deny' \
	'127.:allow,WHO="proxy"' ':allow,WHO="else"' | tcprules r.cdb r.tmp
serve $p -1v -C 1 -x r.cdb -y 127.0.0.1 -y 127.0.1.0/24 127.0.0.1 0 \
	sh -c 'read x; echo "$WHO $TCPREMOTEIP $TCPREMOTEPORT $TCPLOCALIP $TCPLOCALPORT $x"'

talk 127.0.0.1 'PROXY TCP4 192.0.2.1 192.0.2.9 4200 25\r\nEHLO\n'
is 'version 1: the real client, and what follows is its program'\''s' 0 \
	'client 192.0.2.1 4200 192.0.2.9 25 EHLO' ''
talk 127.0.1.77 'PROXY TCP4 192.0.2.1 192.0.2.9 42' '00 25\r' '\nEHLO\n'
is 'in pieces, from a network' 0 'client 192.0.2.1 4200 192.0.2.9 25 EHLO' ''
talk 127.0.0.1 'PROXY TCP6 2001:db8::1 2001:db8::2 4200 25\r\nEHLO\n'
is 'IPv6' 0 'else 2001:db8::1 4200 2001:db8::2 25 EHLO' ''
talk 127.0.0.1 "$v2"'\x21\x11\0\x0c\xc0\0\2\1\xc0\0\2\t\x10\x68\0\x19EHLO\n'
is 'version 2' 0 'client 192.0.2.1 4200 192.0.2.9 25 EHLO' ''
talk 127.0.0.1 "$v2"'\x21\x11\0\x0c\xc0\0\2\2\xc0\0\2\t\x10\x68\0\x19EHLO\n'
is 'the rules are for the real client' 0 '' ''
talk 127.0.0.1 'PROXY UNKNOWN\r\nEHLO\n'
check 'UNKNOWN: the proxy itself' grep -Eqx "proxy 127.0.0.1 [0-9]+ 127.0.0.1 $port EHLO" out
talk 127.0.0.1 "$v2"'\x20\x11\0\x0c\xc0\0\2\1\xc0\0\2\t\x10\x68\0\x19EHLO\n'
check 'LOCAL: the proxy itself, whatever addresses it carries' \
	grep -Eqx "proxy 127.0.0.1 [0-9]+ 127.0.0.1 $port EHLO" out
talk 127.0.0.1 'EHLO me\r\n'
is 'no header from a proxy: refused' 0 '' ''
talk 127.0.0.1 'PROXY TCP4 1.2.3.4.5 192.0.2.9 4200 25\r\n'
is 'a malformed header: refused' 0 '' ''
talk 127.0.0.2 'PROXY TCP4 192.0.2.1 192.0.2.9 4200 25\n'
check 'from anybody else it is not a header' \
	grep -Eq "^proxy 127.0.0.2 .* PROXY TCP4 192.0.2.1" out
await 'proxy ip=127.0.0.1 refused=malformed' server.log
check 'the log' [ "$(grep -c "^$p: proxy ip=127.0.0.1 refused=malformed$" server.log)" = 2 ]

# two at once through one proxy: limits are for the clients behind it
cat >two.py <<'EOF'
import socket, sys
def client(ip):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
    s.sendall(b"PROXY TCP4 %s 192.0.2.9 1 2\r\n" % ip)
    return s
a, b = client(b"198.51.100.1"), client(b"198.51.100.2")
for s in a, b: s.sendall(b"x\n")
print(a.makefile().read().split()[1], b.makefile().read().split()[1])
def lines(word):
    return open("server.log", "rb").read().count(b": " + word + b" ")
before = lines(b"ok")
while lines(b"end") < before: pass  # until then the first ones count
a = client(b"198.51.100.1")
while lines(b"ok") == before: pass
b = client(b"198.51.100.1")
print(b.makefile().read().strip())
EOF
run python3 two.py "$port"
is 'limits are for the real client' 0 "198.51.100.1 198.51.100.2
421 4.7.0 too many connections from your address" ''
# who says nothing holds no program and no place of others
python3 -c "
import socket
s = [socket.create_connection(('127.0.0.1', $port)) for i in range(100)]
open('silent', 'w').close()
s[0].recv(1)" &
silent=$!
until [ -e silent ]; do sleep 0.02; done
talk 127.0.0.1 'PROXY TCP4 192.0.2.1 192.0.2.9 4200 25\r\nEHLO\n'
is 'a hundred silent proxies stop nobody' 0 'client 192.0.2.1 4200 192.0.2.9 25 EHLO' ''
kill $silent
stop
check 'and TERM drains' [ "$rc" = 0 ]
done_testing
