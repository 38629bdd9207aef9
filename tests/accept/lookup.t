#!/bin/sh
# Names from the DNS and from ident: on request, with one deadline, in nobody's
# way.  A name server of our own on loopback; ident needs port 113, so root.
. "$TESTS/lib/t.sh"

p=postern-tcpserver
cat >dns.py <<'EOF'
# Answers PTR of 127.0.0.N by NAMES[N], and A by ADDRESSES; 127.0.0.66 never.
import socket, struct, sys
NAMES = {1: b"Good.Example.ORG", 2: b"liar.example.org", 3: b"a b;id\n.example.org",
         4: b"evil$(id).example.org", 5: b"alias.example.org"}
ADDRESSES = {b"good.example.org": ["192.0.2.1", "127.0.0.1"], b"liar.example.org": ["192.0.2.1"],
             b"alias.example.org": ["127.0.0.5"]}
def name(q):
    out = []
    i = 12
    while q[i]:
        out.append(q[i+1:i+1+q[i]]); i += 1 + q[i]
    return b".".join(out).lower(), q[12:i+5], q[i+2]
def wire(n): return b"".join(bytes([len(l)]) + l for l in n.split(b".")) + b"\0"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True:
    q, peer = s.recvfrom(512)
    n, question, kind = name(q)
    rr = []
    if n.endswith(b".in-addr.arpa"):
        host = int(n.split(b".")[0])
        if host == 66: continue
        if host in NAMES: rr = [wire(NAMES[host])]
    elif kind == 1:
        rr = [socket.inet_aton(a) for a in ADDRESSES.get(n, [])]
    a = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(d)) + d for d in rr)
    s.sendto(q[:2] + (b"\x85\0" if rr else b"\x85\x03") + struct.pack(">HHHH", 1, len(rr), 0, 0)
             + question + a, peer)
EOF
serve python3 dns.py
dns=127.0.0.1:$port

cat >ask.py <<'EOF'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20, (sys.argv[2], 0))
s.settimeout(40)
print(s.makefile().read(), end="")
EOF
ask() { run python3 ask.py "$port" "$@"; }
show='echo host=${TCPREMOTEHOST-none} info=${TCPREMOTEINFO-none} local=${TCPLOCALHOST-none}'

printf '%s\n' '=good.example.org:allow,RULE="name"' '=:allow,RULE="some name"' ':allow,RULE="none"' |
	tcprules r.cdb r.tmp
serve env POSTERN_DNS="$dns" $p -1v -h -x r.cdb 127.0.0.1 0 sh -c "$show"' $RULE'
ask 127.0.0.1
is 'a name that points back, in lower case' 0 'host=good.example.org info=none local=good.example.org name' ''
ask 127.0.0.2
is 'one that points elsewhere is no name' 0 'host=none info=none local=good.example.org none' ''
ask 127.0.0.3
is 'blanks and newlines' 0 'host=none info=none local=good.example.org none' ''
ask 127.0.0.4
is 'shell characters' 0 'host=none info=none local=good.example.org none' ''
ask 127.0.0.9
is 'no name' 0 'host=none info=none local=good.example.org none' ''
await 'ok .*127.0.0.2' server.log
check 'the log has the names' grep -Eq \
	"^$p: ok [0-9]+ good.example.org:127.0.0.1:$port good.example.org:127.0.0.1::[0-9]+$" server.log
stop

serve env POSTERN_DNS="$dns" $p -1hP -l me 127.0.0.1 0 sh -c "$show"
ask 127.0.0.2
is '-P: any name' 0 'host=liar.example.org info=none local=me' ''
stop

# One deadline for all, and others do not wait.
serve env POSTERN_DNS="$dns" $p -1h -t 2 -c 1 -l me 127.0.0.1 0 sh -c "$show"
for i in 1 2 3 4 5 6 7 8; do
	python3 ask.py "$port" 127.0.0.66 >slow.$i &
	waiting="${waiting-} $!"
done
ask 127.0.0.1
is 'a name server that is silent for some holds up no other' 0 'host=good.example.org info=none local=me' ''
check 'not even in time' [ ! -s slow.1 ]
wait $waiting
check 'and at the deadline they are served without a name' [ \
	"$(sort -u slow.*)" = 'host=none info=none local=me' ]
stop

# As tcpserver: names and ident by default, names need not point back.
ln -s "$TOP/command/postern-tcpserver" tcpserver
serve env POSTERN_DNS="$dns" ./tcpserver -1R 127.0.0.1 0 sh -c "$show"
ask 127.0.0.2
is 'as tcpserver' 0 'host=liar.example.org info=none local=good.example.org' ''
stop
serve env POSTERN_DNS="$dns" ./tcpserver -1RHl0 127.0.0.1 0 sh -c "$show"
ask 127.0.0.2
is 'as tcpserver -RHl0' 0 'host=none info=none local=0' ''
stop
serve env POSTERN_DNS="$dns" ./tcpserver -1Rp 127.0.0.1 0 sh -c "$show"
ask 127.0.0.2
is 'as tcpserver -p' 0 'host=none info=none local=good.example.org' ''
stop
run timeout 10 env POSTERN_DNS=nonsense $p -h 127.0.0.1 0 true
check 'POSTERN_DNS that is none' [ "$rc" = 111 ]
run timeout 10 env DNSCACHEIP=nonsense $p -h 127.0.0.1 0 true
is 'DNSCACHEIP that is none' 100 '' "$p: fatal: invalid DNSCACHEIP: nonsense"

# ident: nobody answers.
serve $p -1r -t 5 127.0.0.1 0 sh -c "$show"
ask 127.0.0.1
is 'no ident server' 0 'host=none info=none local=none' ''
stop

cat >ident.py <<'EOF'
import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try: s.bind(("127.23.11.3", 113))
except OSError: print(0, flush=True); sys.exit()
s.listen(5)
print(113, flush=True)
while True:
    c, _ = s.accept()
    q = c.recv(100).strip()
    for part in (q, b" : USERID : UNIX", b" :joe\r\n"):
        c.sendall(part); time.sleep(0.01)
    c.close()
EOF
serve python3 ident.py
if [ "$port" = 113 ]; then
	printf '%s\n' 'joe@127.23.11.3:allow,RULE="joe"' | tcprules i.cdb i.tmp
	serve $p -1r -x i.cdb 127.0.0.1 0 sh -c "$show"' $RULE'
	ask 127.23.11.3
	is 'an ident user, and a rule for it' 0 'host=none info=joe local=none joe' ''
	stop
fi
done_testing
