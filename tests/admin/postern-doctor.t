#!/bin/sh
# Program test of postern-doctor: a sound home that runs, then one fault after
# the other, and what is said to be done about each.
. "$TESTS/lib/t.sh"
. "$TESTS/chain/demo.sh"

usage='postern-doctor: usage: postern-doctor [ -jn ] [ -x rules.cdb ] [ -r rules ] [ -C control ] [ -u users.cdb ] [ -U mailboxes.cdb ] [ -A aliases ] [ -T key ] [ -G store ] [ -c certificates ] [ -s scandir ] [ -R run ] [ home ]'
run postern-doctor
is 'no home' 100 '' "$usage"
run postern-doctor -X
check 'no such option' [ "$rc" = 100 ]
run postern-doctor a b
is 'two homes' 100 '' "$usage"
run postern-doctor a
is 'no such home' 111 '' \
	'postern-doctor: fatal: unable to look at a: No such file or directory'

mkdir empty
run postern-doctor empty
is 'an empty home' 111 "fault: $PWD/empty/service: cannot be looked at: No such file or directory
    put it there, or take its name out of what names it" ''

check 'the demo starts' demo
H=$STATE
healthy() {	# healthy NAME
	run postern-doctor "$H"
	is "$1" 0 '' ''
}
finds() {	# finds NAME TEXT: exactly this
	run postern-doctor "$H"
	is "$1" 1 "$2" ''
}
cure() {	# do what was said; then nothing is left to say
	what=$name
	sed -n 's/^    \$ //p' out >remedy
	PATH=$BIN:$PATH sh -e remedy >remedy.out 2>&1 || cat remedy.out
	healthy "$what: cured"
}
keep() { rm -rf kept && cp -a "$1" kept; }	# keep FILE
back() { rm -rf "$1" && cp -a kept "$1" && healthy "$name: put back"; }	# back FILE

healthy 'a sound home'
run postern-doctor -j "$H"
is 'as JSON' 0 '' ''
run postern-doctor "$H/../home/"
is 'by another name' 0 '' ''

# --- who may do what ---

secret='a secret, and everybody can read or write it'
for x in users/users users/users.cdb users/token.key tls/certs/default.rsa.pem; do
	chmod o+r "$H/$x"
	finds "$x is open" "danger: $H/$x: $secret
    \$ chmod o= $H/$x"
	cure
done
for x in rules rules.cdb control control/rcpthosts control/aliases \
	users/mailboxes.cdb service/smtp/run log/smtp users tls service run; do
	chmod o+w "$H/$x"
	finds "$x is open" "danger: $H/$x: everybody can change it
    \$ chmod o-w $H/$x"
	cure
done
for x in grants guesses; do
	chmod g+w "$H/$x"
	finds "$x is open" "danger: $H/$x: a store that others than its owner can write to: it is refused, or they grant what they like
    \$ chmod go-w $H/$x"
	cure
done
chmod o+w "$H"
finds 'the home is open' "danger: $H: everybody can change it
    \$ chmod o-w $H"
cure
if [ "$(id -u)" = 0 ]; then
	chown 60801 "$H/users/users.cdb"
	finds 'a secret of who faces the network' "danger: $H/users/users.cdb: a secret of the user who faces the network
    \$ chown root $H/users/users.cdb"
	cure
	chgrp 60801 "$H/users/token.key"
	finds 'a secret of his group' "danger: $H/users/token.key: a secret that the group which faces the network can read
    \$ chmod g= $H/users/token.key"
	cure
	chgrp 60803 "$H/users/token.key"
	chmod g=r "$H/users/token.key"
	chown 60801 "$H/grants"
	finds 'his store' "danger: $H/grants: a store of the user who faces the network: he could grant himself what he likes
    give it to the user who records, with chown"
	chown 60802 "$H/grants"
	healthy 'a store of who records'
	chown 60801 "$H/control/me"
	finds 'he says who we are' "danger: $H/control/me: the user who faces the network can change it
    \$ chown root $H/control/me"
	cure
	chown 60802 "$H/rules"
	finds 'somebody else says who may relay' "danger: $H/rules: belongs to neither root nor who owns the rest
    \$ chown root $H/rules"
	cure
	for x in users tls service service/smtp; do
		chown 60801 "$H/$x"
		finds "his directory, $x" "danger: $H/$x: the user who faces the network can change it
    \$ chown root $H/$x"
		cure
	done
	chown 60801 "$MAILDIR1/new" "$MAILDIR1/cur" "$MAILDIR1/tmp"
	finds 'a mailbox of another' "fault: $MAILDIR1: does not belong to its user, $USER1: his mail waits
    \$ chown -R 60802:60802 $MAILDIR1"
	cure
	run setpriv --reuid=65534 --regid=65534 --clear-groups postern-doctor "$H"
	check 'who may not look: 111' [ "$rc" = 111 ]
	check 'says so' grep -qx "fault: $H/users/users.cdb: cannot be looked at: Permission denied" out
	check 'and what to do' grep -qx '    look as root, or as the user who owns it' out
	check 'that helps with all of it' [ "$(grep -c '^    ' out)" = \
		"$(grep -cx '    look as root, or as the user who owns it' out)" ]
	check 'of grants, too' grep -q "^fault: $H/grants: cannot be looked at: " out
else
	chmod 0 "$H/users/users.cdb"
	run postern-doctor "$H"
	is 'what may not be looked at: 111' 111 "fault: $H/users/users.cdb: cannot be looked at: Permission denied
    look as root, or as the user who owns it" ''
	run postern-doctor -j "$H"
	is 'as JSON' 111 "{\"severity\":\"fault\",\"file\":\"$H/users/users.cdb\",\"what\":\"cannot be looked at: Permission denied\",\"hint\":\"look as root, or as the user who owns it\",\"unseen\":1}" ''
	chmod 440 "$H/users/users.cdb"
	healthy 'what may be'
fi

# --- rules ---

recompile="postern-tcprules -f $H/rules $H/rules.cdb $H/rules.cdb.tmp"
lines=$(wc -l <"$H/rules")
keep "$H/rules"
echo '192.0.2.7:deny' >>"$H/rules"
finds 'rules that are not compiled' "fault: $H/rules:$((lines + 1)): not what was compiled into $H/rules.cdb, which is in force
    \$ $recompile"
cure
sed -i '$d' "$H/rules"
finds 'a rule that is only compiled' "fault: $H/rules.cdb: has rules that are not in $H/rules
    \$ $recompile"
cure
sed -i "s/^:deny/:allow,RELAYCLIENT=\"\"/" "$H/rules"
eval "$recompile" 2>warning
finds 'everybody may relay' "danger: $H/rules:$lines: the rule lets everybody relay: an open relay
    name the addresses that are meant, and compile with postern-tcprules"
mv "$H/rules" "$H/control/rules"
finds 'without the source, too' "danger: $H/rules.cdb: the rule lets everybody relay: an open relay
    name the addresses that are meant, and compile with postern-tcprules"
mv "$H/control/rules" "$H/rules"
sed -i "s/^:allow.*/:allow,POSTERN_PLAINAUTH=\"ok\"/" "$H/rules"
eval "$recompile"
finds 'everybody in clear' "advice: $H/rules:$lines: everybody may send his password in clear
    leave POSTERN_PLAINAUTH to the addresses that need it, and compile with postern-tcprules"
cp -a kept "$H/rules"
eval "$recompile"
healthy 'the rules as they were'
echo 'no colon' >>"$H/rules"
finds 'rules that cannot be compiled' "fault: $H/rules:$((lines + 1)): the rules cannot be compiled: no colon: write ADDRESS:allow
    mend the line, and compile with postern-tcprules"
cp -a kept "$H/rules"
rm "$H/rules.cdb"
finds 'no rules.cdb' "fault: $H/rules.cdb: refuses every client: No such file or directory
    \$ $recompile"
cure
echo x >"$H/rules.cdb"
finds 'a damaged one' "fault: $H/rules.cdb: refuses every client: damaged, or not a CDB
    \$ $recompile"
cure
gateway=$(python3 -c 'import socket, sys
for line in open("/proc/net/route"):
    f = line.split()
    if f[1] == "00000000" and int(f[2], 16):
        print(socket.inet_ntoa(int(f[2], 16).to_bytes(4, sys.byteorder)))
        break')
if [ -n "$gateway" ]; then
	sed -i "1i $gateway:allow,RELAYCLIENT=\"\"" "$H/rules"
	eval "$recompile"
	finds 'the gateway may relay' "danger: $H/rules:1: the rule lets $gateway relay, the gateway: where it forwards ports, everybody has that address
    give the gateway a rule of its own, without RELAYCLIENT; or if it is meant, add POSTERN_GATEWAY=\"ok\""
	sed -i '1s/$/,POSTERN_GATEWAY="ok"/' "$H/rules"
	eval "$recompile"
	healthy 'the gateway is meant'
	cp -a kept "$H/rules"
	eval "$recompile"
	healthy 'and gone'
else
	echo "# SKIP a gateway's rule: there is no gateway here"
fi

# --- users, aliases, domains ---

recompile="postern-passwd compile $H/users/users $H/users/users.cdb $H/users/mailboxes.cdb"
keep "$H/users/users"
sed -i '2s/$/ nologin/' "$H/users/users"
finds 'users who are not compiled' "fault: $H/users/users:2: not what was compiled, which is in force
    \$ $recompile"
cure
cp -a kept "$H/users/users"
eval "$recompile"
echo 'carol' >>"$H/users/users"
finds 'a line that is none' "fault: $H/users/users:3: the users cannot be compiled: there is no colon
    mend the line, and compile with postern-passwd"
cp -a kept "$H/users/users"
sed -i 2d "$H/users/users"
run postern-doctor "$H"
check 'users who are only compiled' [ "$rc" = 1 ]
check 'in both' [ "$(cat out)" = "fault: $H/users/users.cdb: has users who are not in $H/users/users
    \$ $recompile
fault: $H/users/mailboxes.cdb: has users who are not in $H/users/users
    \$ $recompile" ]
cp -a kept "$H/users/users"
cat "$H/users/users.cdb" >"$H/users/mailboxes.cdb"
finds 'passwords for everybody' "danger: $H/users/mailboxes.cdb: holds passwords, and is for everybody
    \$ $recompile"
cure
mv "$H/users/users.cdb" away
finds 'no users.cdb' "fault: $H/users/users.cdb: nobody can log in or get mail: No such file or directory
    \$ $recompile"
mv away "$H/users/users.cdb"
mv "$MAILDIR1" away
if [ "$(id -u)" = 0 ]; then owner='-o 60802 -g 60802'; else owner="-o $(id -u) -g $(id -g)"; fi
finds 'no Maildir' "fault: $MAILDIR1: is not a Maildir, but the mailbox of $USER1
    \$ install -d -m 0700 $owner $MAILDIR1 $MAILDIR1/tmp $MAILDIR1/new $MAILDIR1/cur"
cure
rm -r away

keep "$H/control/aliases"
echo "sales@new.example: $USER1" >>"$H/control/aliases"
finds 'an alias whose domain is not ours' "fault: $H/control/rcpthosts: mail for new.example is refused, though there is sales@new.example
    \$ echo new.example >>$H/control/rcpthosts"
sed -n 's/^    \$ //p' out >remedy
sh -e remedy
finds 'a domain without a postmaster' "advice: $H/control/rcpthosts:2: nobody gets mail for postmaster@new.example, which RFC 5321 wants
    \$ echo 'postmaster@new.example: $USER1' >>$H/control/aliases"
cure
cp -a kept "$H/control/aliases"
finds 'a domain without anybody' "advice: $H/control/rcpthosts:2: nobody has a mailbox or an alias in new.example
    add a user or an alias, or take the line out"
sed -i '2s/.*/.Org/' "$H/control/rcpthosts"
finds 'everything below a top-level domain' "danger: $H/control/rcpthosts:2: anybody may send through here to everybody in .org
    name the domains whose mail is taken here"
sed -i 2d "$H/control/rcpthosts"
lines=$(wc -l <"$H/control/aliases")
echo "sales@$DOMAIN: nobody@$DOMAIN" >>"$H/control/aliases"
finds 'an alias of nobody' "fault: $H/control/aliases:$((lines + 1)): leads to nobody@$DOMAIN, and there is nobody
    name somebody who has a mailbox"
sed -i "\$s/.*/a@$DOMAIN: b@$DOMAIN/" "$H/control/aliases"
echo "b@$DOMAIN: a@$DOMAIN" >>"$H/control/aliases"
run postern-doctor "$H"
check 'aliases in a circle' [ "$rc" = 1 ]
check 'each of them' [ "$(grep -c ': an alias of itself, by way of another$' out)" = 2 ]
cp -a kept "$H/control/aliases"
echo 'no colon' >>"$H/control/aliases"
run postern-doctor "$H"
check 'an alias that is none' [ "$rc" = 1 ]
check 'where' grep -q "^fault: $H/control/aliases:$((lines + 1)): " out
check 'and nothing else' [ "$(grep -c '^[a-z]' out)" = 1 ]
cp -a kept "$H/control/aliases"
mv "$H/control/rcpthosts" away
finds 'no rcpthosts' "fault: $H/control/rcpthosts: is missing: mail for nobody is taken
    \$ echo $DOMAIN >>$H/control/rcpthosts"
cure
: >"$H/control/rcpthosts"
finds 'an empty one' "fault: $H/control/rcpthosts: is empty: mail for nobody is taken
    \$ echo $DOMAIN >>$H/control/rcpthosts"
cure
keep "$H/control/databytes"
echo 10M >"$H/control/databytes"
finds 'a number that is none' "fault: $H/control/databytes:1: not understood, so that every client is refused: not a number
    see postern-control(5)"
back "$H/control/databytes"
for f in maxrcpt:0:zero 'maxnames:16:not a number from 1 to 15'; do
	name=${f%%:*} f=${f#*:}
	echo "${f%%:*}" >"$H/control/$name"
	finds "$name" "fault: $H/control/$name:1: not understood, so that every client is refused: ${f#*:}
    see postern-control(5)"
	rm "$H/control/$name"
done
mv "$H/control/me" away
finds 'no name' "fault: $H/control/me: is missing: every client is refused
    \$ hostname -f >$H/control/me"
mv away "$H/control/me"
echo more.example >"$H/control/morercpthosts"
finds 'a list that is not compiled' "fault: $H/control/morercpthosts:1: not in morercpthosts.cdb, which is in force
    compile it anew, with qmail-newmrh"
rm "$H/control/morercpthosts"

# --- stores and keys ---

keep "$H/rules"
cp -a "$H/rules.cdb" kept.cdb
compile() { (cd "$H" && postern-tcprules -f rules rules.cdb rules.tmp <rules) 2>err; }
ln -s "1:$(date +%s):86400:a+b+c+d+e+f+g+h+i+j" "$H/names/10.0.0.5"
ln -s "1:$(date +%s):86400:a+b+c+d+e+f+g+h+i+j+k" "$H/names/10.0.0.6"
healthy 'many clients with an address that has no right'
sed -i 's/^:deny/10.0.0.:allow,RELAYCLIENT=""\n:deny/' "$H/rules"
compile
finds 'many clients with one that has' "fault: $H/names/10.0.0.6: this address may not relay, although a rule says so: clients of 11 names are behind it, more than 10
    let what stands there send PROXY headers, or take RELAYCLIENT out of the rule; or, if all of them may relay, say POSTERN_GATEWAY=\"ok\" in it"
echo 11 >"$H/control/maxnames"
healthy 'as many as there may be'
rm "$H/control/maxnames"
sed -i 's/^\(10.*RELAYCLIENT=""\)/\1,POSTERN_GATEWAY="ok"/' "$H/rules"
compile
healthy 'they are meant'
rm "$H/names/10.0.0.5" "$H/names/10.0.0.6"
cp -a kept "$H/rules" && mv kept.cdb "$H/rules.cdb"

ln -s '1:1000000000:900:roam@local.example' "$H/grants/192.0.2.7"
ln -s '1:1000000000:900:roam@local.example' "$H/grants/192.0.2.8"
ln -s "1:$(date +%s):1:roam@local.example" "$H/grants/192.0.2.9"
finds 'nobody cleans' "advice: $H/grants: records that ended over an hour ago: 2; is there a cron line for postern-clean?
    \$ postern-clean $H/grants"
cure
echo x >"$H/grants/x"
finds 'what is no record' "fault: $H/grants: entries that are no records: 1
    \$ rm -r $H/grants/x"
cure
keep "$H/users/token.key"
chmod u+w "$H/users/token.key"
echo secret >"$H/users/token.key"
finds 'a key that can be guessed' "fault: $H/users/token.key: a key of 7 bytes is refused, since it can be guessed
    \$ openssl rand -hex -out $H/users/token.key 32"
cure
back "$H/users/token.key"

rm -f "$H/users/token.key"
ref="--reference=$H/users/users.cdb $H/users/token.key"
finds 'no key' "fault: $H/users/token.key: is missing: postern-authd does not start
    \$ (umask 077; openssl rand -hex -out $H/users/token.key 32) && chown $ref && chmod $ref"
cure
back "$H/users/token.key"

# --- what is not there, or is no file ---

sees() {	# sees NAME TEXT: what cannot be looked at
	run timeout 60 postern-doctor "$H"
	is "$1" 111 "$2" ''
}
put='put it there, or take its name out of what names it'
mv "$H/control" away
sees 'no control files' "fault: $H/control: cannot be looked at: No such file or directory
    $put"
mv away "$H/control"
mv "$H/tls/certs" away
sees 'no certificates' "fault: $H/tls/certs: cannot be looked at: No such file or directory
    $put"
mv away "$H/tls/certs"
mv "$H/rules" away
mkfifo "$H/rules"
sees 'rules that never end' "fault: $H/rules: cannot be looked at: Invalid argument
    mend that, and look again"
rm "$H/rules"
mv away "$H/rules"
mv "$H/control/rcpthosts" away
mkdir "$H/control/rcpthosts"
finds 'a list that is none' "fault: $H/control/rcpthosts: not understood, so that every client is refused: Is a directory
    see postern-control(5)"
rmdir "$H/control/rcpthosts"
mv away "$H/control/rcpthosts"
mkdir away
mv "$H/users/users" "$H/users/mailboxes.cdb" away
finds 'no users at all' "fault: $H/users/mailboxes.cdb: nobody can log in or get mail: No such file or directory
    add users with postern-passwd, and compile them"
mv away/* "$H/users"
rmdir away
healthy 'all of it is back'

# --- certificates ---

cp -a "$H/tls/certs" certs.kept
cert() {	# cert DAYS NAME: in the place of all others
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key \
		-out cert -subj "/CN=$2" -days "$1" 2>openssl.log
	rm -f "$H"/tls/certs/*
	(umask 077 && cat cert key >"$H/tls/certs/default.pem")
}
cert 100 mx.local.example
healthy 'a certificate for our name'
cert 100 '*.local.example'
healthy 'or for all names one level below'
cert 100 local.example
finds 'a certificate for another name' "fault: $H/tls/certs/default.pem: who asks for mx.local.example gets this certificate, which is not for that name
    get one that names it, or say in control/me who we are"
cert 20 mx.local.example
run postern-doctor "$H"
check 'one that expires soon' [ "$rc" = 1 ]
check 'and nothing else' [ "$(sed -E 's/[0-9T:-]{19}Z/TIME/; s/ (19|20) / N /' out)" = \
	"advice: $H/tls/certs/default.pem: the certificate expires on TIME: in N days
    renew it; postern-tlsd takes the new file by itself" ]
cat cert >"$H/tls/certs/default.pem"
finds 'one without its key' "fault: $H/tls/certs/default.pem: postern-tlsd refuses these certificates: no key
    mend or remove it; until then the service goes on with the certificates it has, and does not start anew"
rm "$H/tls/certs/default.pem"
finds 'none' "fault: $H/tls/certs: postern-tlsd refuses these certificates: no certificate
    mend or remove it; until then the service goes on with the certificates it has, and does not start anew"
cp -a certs.kept/* "$H/tls/certs/"
healthy 'those that were there'

# --- the DNS ---

cat >dns.py <<'EOD'
# Answers by the lines NAME TYPE VALUE of a file; what has no line of its name is
# not there.
import socket, struct, sys
def wire(n): return b"".join(bytes([len(l)]) + l.encode() for l in n.split(".") if l) + b"\0"
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True:
    q, peer = s.recvfrom(512)
    labels, i = [], 12
    while q[i]:
        labels.append(q[i+1:i+1+q[i]].decode().lower()); i += 1 + q[i]
    kind, = struct.unpack(">H", q[i+1:i+3])
    rows = [l.split() for l in open(sys.argv[1])]
    mine = [r for r in rows if r[0] == ".".join(labels)]
    rr = [struct.pack(">H", 10) + wire(r[2]) if kind == 15 else socket.inet_aton(r[2])
          for r in mine if {"MX": 15, "A": 1}[r[1]] == kind]
    a = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(d)) + d for d in rr)
    s.sendto(q[:2] + (b"\x85\0" if mine else b"\x85\x03")
             + struct.pack(">HHHH", 1, len(rr), 0, 0) + q[12:i+5] + a, peer)
EOD
serve python3 dns.py zone
trap 'kill -KILL $servers $pid 2>kill.log; wait' EXIT
asks() {	# asks NAME RC TEXT: with the DNS that says what is in the file zone
	run env POSTERN_DNS="127.0.0.1:$port" postern-doctor -n "$H"
	is "$1" "$2" "$3" ''
}
echo 'local.example MX mx.local.example
mx.local.example A 192.0.2.1' >zone
asks 'our mail comes here' 0 ''
echo 'local.example MX mx.local.example.
local.example MX other.example' >zone
asks 'here, too' 0 ''
echo 'local.example MX mx.other.example
mx.other.example A 192.0.2.1' >zone
asks 'our mail goes elsewhere' 1 "advice: $H/control/rcpthosts: mail for local.example is taken, and the world sends it to mx.other.example
    give it an MX that is here, or take the line out"
echo 'local.example A 192.0.2.1' >zone
asks 'so it does by an address' 1 "advice: $H/control/rcpthosts: mail for local.example is taken, and the world sends it to local.example
    give it an MX that is here, or take the line out"
none="advice: $H/control/rcpthosts: mail for local.example is taken, and the DNS does not say where to send it
    give it an MX that is here, or take the line out"
: >zone
asks 'nobody knows us' 1 "$none"
echo 'local.example MX .' >zone
asks 'we want no mail' 1 "$none"
echo 'local.example MX mx.local.example
new.example MX MX.local.example' >zone
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out cert \
	-subj /CN=x -addext subjectAltName=DNS:mx.local.example,DNS:*.new.example 2>openssl.log
(umask 077 && cat cert key >"$H/tls/certs/default.ecdsa.pem")
asks 'mail that comes here and is refused' 1 "fault: $H/control/rcpthosts: mail for new.example comes here, by its MX MX.local.example, and is refused
    \$ echo new.example >>$H/control/rcpthosts"
cp -a certs.kept/* "$H/tls/certs/"
asks 'a name that we have nothing to do with' 0 ''
kill -KILL "$server"
: >zone
asks 'no answer' 111 "fault: local.example: cannot be looked at: no answer from the DNS
    see that the name servers answer, and look again"
healthy 'nobody is asked unless it is said'

# --- run lines ---

keep "$H/service/smtp/run"
sed -i 's/^postern-starttls/export RELAYCLIENT ""\n&/' "$H/service/smtp/run"
line=$(grep -n RELAYCLIENT "$H/service/smtp/run" | cut -d: -f1)
finds 'a right for everybody' "danger: $H/service/smtp/run:$line: RELAYCLIENT is set for everybody: an open relay
    take it out, and name addresses in the rules"
back "$H/service/smtp/run"
sed -i 's/^postern-tcpserver/export RELAYCLIENT ""\n&/' "$H/service/smtp/run"
healthy 'the listener clears what was there before'
sed -i 's/^postern-tcpserver/& -k/' "$H/service/smtp/run"
finds 'unless it is told not to' "danger: $H/service/smtp/run:$((line - 1)): RELAYCLIENT is set for everybody: an open relay
    take it out, and name addresses in the rules"
back "$H/service/smtp/run"

dead='the service does not start'
chmod a-x "$H/service/smtp/run"
finds 'a run script that is none' "fault: $H/service/smtp/run: cannot be executed: $dead
    \$ chmod a+x $H/service/smtp/run"
cure
sed -i '1s/$/\r/' "$H/service/smtp/run"
finds 'one from elsewhere' "fault: $H/service/smtp/run:1: a CR ends the line: $dead
    \$ sed -i 's/\\r\$//' $H/service/smtp/run"
cure
sed -i '1s/execlineb/execline-b/' "$H/service/smtp/run"
finds 'one without its interpreter' "fault: $H/service/smtp/run:1: names no interpreter that is there: $dead
    begin it with #! and the whole path of one"
rm "$H/service/smtp/run"
finds 'no run script' "fault: $H/service/smtp/run: is missing: $dead
    write it, or take the directory away"
mkfifo "$H/service/smtp/run"
sees 'one that never ends' "fault: $H/service/smtp/run: cannot be looked at: Invalid argument
    mend that, and look again"
back "$H/service/smtp/run"
sed -i 's,^export PATH ,&/nonexistent:,' "$H/service/smtp/run"
sees 'programs that are not there' "fault: /nonexistent: cannot be looked at: No such file or directory
    $put"
back "$H/service/smtp/run"

cp -a "$H/control" other-control
smtpd() { # smtpd WORDS: a run line with these
	printf '#!/bin/sh\nexec postern-tcpserver 0 25 \\\n  postern-smtpd -C other-control %s\n' "$*" >r
	run postern-doctor -R r
}
mkdir bin
printf '#!/bin/sh\nexit 1\n' >bin/rejects
printf '#!/bin/sh\nexit 111\n' >bin/broken
chmod +x bin/*
smtpd "$PWD/bin/rejects" true
is 'a checker that rejects' 0 '' ''
smtpd /bin/true /bin/true
is 'a checker that accepts anything' 1 "danger: $PWD/r:3: every password is right for /bin/true: anybody may log in, and relay
    name a program that checks passwords; what it runs afterwards stands behind it" ''
smtpd -d mx.example /bin/true /bin/true
check 'with a host name before it' grep -q 'every password is right for /bin/true' out
smtpd "$PWD/bin/broken" true
is 'one that cannot judge' 1 "fault: $PWD/r:3: $PWD/bin/broken cannot say whether a password is right: exit 111
    run it by hand, and see what it says on its descriptor 2" ''
smtpd "postern-checkpassword $H/users/users.cdb" true
is 'ours' 0 '' ''
printf 'postern-popup -n 3 mx.example true postern-pop3d Maildir\n' >r
run postern-doctor -R r
check 'in POP3' grep -q "^danger: $PWD/r:1: every password is right for true:" out
printf 'postern-authd -x -s s true true\n' >r
run postern-doctor -R r
check 'behind the auth server' grep -q "^danger: $PWD/r:1: every password is right for true:" out
if [ ! -e /var/qmail ]; then
	printf 'tcpserver 0 25 qmail-smtpd\n' >r
	run postern-doctor -R r
	is 'an open relay by absence' 1 'danger: /var/qmail/control/rcpthosts: is missing, and qmail-smtpd takes mail for everywhere then: an open relay
    $ cp /var/qmail/control/me /var/qmail/control/rcpthosts' ''
fi
printf 'postern-smtpd -C "$CONTROL"\n' >r
run postern-doctor -R r
is 'a word that is known only when it runs' 111 "fault: $PWD/r:1: cannot be looked at: what this word is, is known when it runs
    write out what it stands for, or look at that with an option" ''
printf 'postern-smtpd "-C\n' >r
run postern-doctor -R r
is 'a run line that is none' 111 "fault: $PWD/r: cannot be looked at: Invalid argument
    mend that, and look again" ''
printf 'export PATH %s:/bin\n' "$PWD/bin" >r
cp "$(command -v postern-clean)" bin/
chmod o+w bin/postern-clean
run postern-doctor -R r
is 'a program that anybody can change' 1 "danger: $PWD/bin/postern-clean: everybody can change it
    \$ chmod o-w $PWD/bin/postern-clean" ''

# --- each by itself ---

run postern-doctor -x "$H/rules.cdb" -r "$H/rules" -C "$H/control" \
	-u "$H/users/users.cdb" -U "$H/users/mailboxes.cdb" -A "$H/control/aliases" \
	-T "$H/users/token.key" -G "$H/grants" -c "$H/tls/certs" -s "$H/service"
is 'file by file' 0 '' ''
cp "$H/rules" my-rules
echo '192.0.2.7:deny' >>my-rules
run postern-doctor -j -x "$H/rules.cdb" -r my-rules
is 'another source, and JSON' 1 "{\"severity\":\"fault\",\"file\":\"$PWD/my-rules\",\"line\":$(wc -l <my-rules),\"what\":\"not what was compiled into $H/rules.cdb, which is in force\",\"command\":\"postern-tcprules -f $PWD/my-rules $H/rules.cdb $H/rules.cdb.tmp\"}" ''

# --- services ---

s6-svc -wd -d "$H/service/pop3s"
finds 'a service that is down' "fault: $H/service/pop3s: the service was told to be down
    \$ s6-svc -u $H/service/pop3s"
sed -n 's/^    \$ //p' out >remedy
sh -e remedy
s6-svwait -U -t 10000 "$H/service/pop3s"
healthy 'a service that is up again'
keep "$H/service/pop3s/run"
printf '#!/bin/sh\nexec sleep 1000\n' >"$H/service/pop3s/run"
s6-svc -wr -r "$H/service/pop3s"
finds 'one that is not ready' "fault: $H/service/pop3s: the service is up, and not ready
    \$ tail -n 20 $H/log/pop3s/current"
rm -rf "$H/service/pop3s/run"
cp -a kept "$H/service/pop3s/run"
s6-svc -wR -r "$H/service/pop3s"
healthy 'one that is ready again'
mkdir "$H/service/more"
printf '#!/bin/sh\nexec sleep 1000\n' >"$H/service/more/run"
chmod +x "$H/service/more/run"
finds 'one that nobody looks after' "fault: $H/service/more: nobody looks after this service
    \$ s6-svscanctl -a $H/service"
rm -r "$H/service/more"
check 'the demo stops' finish TERM
finds 'nothing runs' "fault: $H/service: no service runs
    \$ s6-svscan $H/service &"
remove_demo
done_testing
