# Many clients behind one private address: what postern-why says of the next one
# is what a session says.  tests/smtp/crowd.t has the smtpd's part.
. "$TESTS/lib/t.sh"

mkdir control
echo mx.example >control/me
echo local.example >control/rcpthosts
echo 3 >control/maxnames
cat >rules <<'END'
10.:allow,RELAYCLIENT=""
10.9.:allow,RELAYCLIENT="",POSTERN_GATEWAY="ok"
192.0.2.:allow,RELAYCLIENT=""
END
postern-tcprules rules.cdb rules.tmp <rules
postern-grants grants make
postern-grants names make
ln -s "1:$(($(date +%s) - 5)):900:roam" grants/192.168.7.7

# Asks postern-why first, then goes there, and says what differs; the client's
# address is what the PROXY header says.
cat >sessions.py <<'PY'
import json, re, socket, subprocess, sys

def why(ip, helo, to):
    p = subprocess.run(["postern-why", "-j", "-x", "rules.cdb", "-G", "grants",
                        "-N", "names", "-H", helo, ip, to],
                       capture_output=True, text=True)
    d = json.loads(p.stdout.splitlines()[-1])
    return d["relay"], d["reply"], {"accepted": 0, "refused": 1}[d["outcome"]] == p.returncode

def session(ip, helo, to):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30)
    family = "TCP6" if ":" in ip else "TCP4"
    s.sendall(f"PROXY {family} {ip} {ip} 4 25\r\n".encode())
    f = s.makefile("rwb")
    said = [f.readline()]
    for line in f"HELO {helo}", "MAIL FROM:<>", f"RCPT TO:<{to}>", "QUIT":
        f.write(line.encode() + b"\r\n")
        f.flush()
        said.append(f.readline().decode().strip())
    f.readline()
    relay = [m[1] for m in re.finditer(r": rcpt .* relay=(\S+) code=",
                                       open("server.log").read())][-1]
    return relay, said[3], True

bad, many = 0, {}
for i in range(6):
    for ip in "10.0.0.5", "10.9.0.5", "192.0.2.7", "192.168.7.7", "fd00::7":
        for to in "a@far.example", "a@local.example":
            helo = f"pc{i % 5}.example"
            a, b = why(ip, helo, to), session(ip, helo, to)
            if a != b:
                print("#", ip, helo, to, "why", a, "session", b)
                bad += 1
            if b[0] == "suppressed:gateway":
                many[ip] = many.get(ip, 0) + 1
print("disagree", bad, many)
PY
serve postern-tcpserver -1 -y 127.0.0.1 -x rules.cdb 127.0.0.1 0 \
	postern-grant-check grants postern-smtpd -N names
run python3 sessions.py "$port"
is 'the fourth name is one too many, for a rule and for a grant' 0 \
	"disagree 0 {'10.0.0.5': 3, '192.168.7.7': 3}" ''
stop

why() {
	run postern-why -x rules.cdb "$@"
	sed -i -n '/^crowd/,$p' out
}
N='recipient  <a@far.example> is a@far.example
           the domain is not ours: not in rcpthosts
decision  '
no=" refused: 553 5.7.1 sorry, that domain isn't in my list of allowed rcpthosts
           by postern-smtpd at RCPT, relay=suppressed:gateway, why=rcpthosts"
yes=' accepted: 250 2.1.5 ok
           by postern-smtpd at RCPT, relay=rule:10.
           to the queue program as a@far.example'
why -N names 10.0.0.5 a@far.example
is 'a crowd' 1 "crowd      5 names behind that private address, more than 3, and no rule says POSTERN_GATEWAY=\"ok\": no right by address
           pc0.example+pc1.example+pc2.example+pc3.example+pc4.example  (names/10.0.0.5)
$N$no" ''
ln -s "1:$(($(date +%s) - 5)):86400:a+b+c" names/10.0.0.6
why -N names 10.0.0.6 a@far.example
is 'few' 0 "crowd      3 names behind that private address, of at most 3
           a+b+c  (names/10.0.0.6)
$N$yes" ''
why -N names -H d 10.0.0.6 a@far.example
is 'one more would be too many' 1 "crowd      4 names with d behind that private address, more than 3, and no rule says POSTERN_GATEWAY=\"ok\": no right by address
           a+b+c  (names/10.0.0.6)
$N$no" ''
why -N names -H B 10.0.0.6 a@far.example
is 'one of them is not' 0 "crowd      3 names with B behind that private address, of at most 3
           a+b+c  (names/10.0.0.6)
$N$yes" ''
why -N names -H d 10.0.0.7 a@far.example
is 'the first' 0 "crowd      1 name with d behind that private address, of at most 3
$N$yes" ''
check 'who asks leaves nothing' [ ! -L names/10.0.0.7 ]
why 10.0.0.6 a@far.example
is 'not asked' 0 "crowd      not asked (-N)
$N$yes" ''
for ip in 10.9.0.5 192.0.2.7 172.16.0.1; do
	why -N names $ip a@far.example
	check "$ip: nothing to ask" [ ! -s out ]
done
ln -s junk names/10.0.0.8
why -N names 10.0.0.8 a@far.example
is 'it cannot be told' 111 "crowd      cannot be told, so there is no right by address  (names)
recipient  <a@far.example> is a@far.example
           the domain is not ours: not in rcpthosts
decision   unknown: 553 5.7.1 sorry, that domain isn't in my list of allowed rcpthosts
           by postern-smtpd at RCPT, relay=suppressed:gateway, why=rcpthosts
           cannot be told: names: not a record" ''
why -N names 10.0.0.8 a@local.example
check 'which is of no interest for our own' [ "$rc" = 0 ]
for helo in '' 'a b' "$(printf 'a\nb')" "$(printf %0256d 1)"; do
	run postern-why -H "$helo" 10.0.0.6 a@far.example
	check 'a HELO that cannot be' [ "$rc" = 100 ]
done
done_testing
