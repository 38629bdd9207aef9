# postern-why: the steps of a decision, from the live files and from logs.
# That it says what a session does is tests/admin/agree.t's.
. "$TESTS/lib/t.sh"

mkdir control
echo mx.example >control/me
printf '# ours\n\nlocal.example\n.sub.example\n' >control/rcpthosts
printf '@bad.example\n' >control/badmailfrom
printf 'backup.example\n' >control/backupmx
A=$(printf '%064d' 0 | tr 0 a)
printf '# partners\n%s partner\n' "$A" >control/relaycerts
printf 'web@local.example: joe@local.example\n@sub.example: joe@local.example\n' \
	>control/aliases
cat >rules <<'EOF'
192.0.2.:allow,RELAYCLIENT="",MAXCONNIP="2"
198.51.100.0/24:deny,POSTERN_DENY="553 not you"
198.51.101.7:deny
10.0.0.0/8:allow,RELAYCLIENT="@gw.example"
:allow
EOF
postern-tcprules -f rules rules.cdb rules.tmp <rules
sed -n '/^def cdb/,/^def put/p' "$TESTS/admin/agree.py" | sed '$d' >cdb.py
python3 -c 'import struct; exec(open("cdb.py").read())
cdb("mailboxes.cdb", [(b"joe@local.example", b"::::/home/joe::"),
    (b"off@local.example", b"::::/home/off::nologin")])'
postern-grants grants make
now=$(date +%s)
ln -s "1:$((now - 5)):900:roam@local.example" grants/203.0.113.9
ln -s "1:$((now - 5000)):900:old@local.example" grants/203.0.113.10
ln -s "1:$((now + 5000)):900:odd@local.example" grants/203.0.113.11
ln -s "junk" grants/203.0.113.12

why() {
	run postern-why -x rules.cdb "$@"
	sed -i -E 's/set [0-9]+ s ago/set N s ago/; s/[0-9]+ s left/N s left/' out
}

# --- the table ---
why -c 20 192.0.2.7 a@far.example
is "a rule" 0 'rules      rule 192.0.2.: allow  (rules:1)
           sets RELAYCLIENT=""
           sets MAXCONNIP="2"
limits     at most 2 connections at once from that address, by MAXCONNIP; how many there are is not known (-n)
grant      not asked (-G)
tls        the wire is not private
user       nobody logs in
sender     <> (none was given) may be
recipient  <a@far.example> is a@far.example
           the domain is not ours: not in rcpthosts
decision   accepted: 250 2.1.5 ok
           by postern-smtpd at RCPT, relay=rule:192.0.2.
           to the queue program as a@far.example' ''

why -n 3 192.0.2.7 a@far.example
is "over the limit" 1 'rules      rule 192.0.2.: allow  (rules:1)
           sets RELAYCLIENT=""
           sets MAXCONNIP="2"
limits     at most 2 connections at once from that address, by MAXCONNIP; this is number 3
decision   refused: 421 4.7.0 too many connections from your address
           by postern-tcpserver at CONNECT, relay=none, why=limit' ''

why 198.51.100.7 a@local.example
is "denied" 1 'rules      rule 198.51.100.: deny  (rules:2)
           sets POSTERN_DENY="553 not you"
decision   refused: 553 not you
           by postern-tcpserver at CONNECT, relay=none, why=deny' ''

why 198.51.101.7 a@local.example
is "denied without a word" 1 'rules      rule 198.51.101.7: deny  (rules:3)
decision   refused: closed without a word
           by postern-tcpserver at CONNECT, relay=none, why=deny' ''

why -c 0 -G grants -T "$A" -U mailboxes.cdb -u joe@local.example \
	-f joe@local.example 203.0.113.9 '<"a b"@FAR.example>'
is "everything at once: who logged in comes first" 0 "rules      rule for everybody (the empty key): allow  (rules:5)
limits     any number of connections, by -c
grant      fresh: roam@local.example, set N s ago, N s left  (grants/203.0.113.9)
tls        private wire, certificate $A is partner  (control/relaycerts:2)
user       joe@local.example exists, and is not disabled  (mailboxes.cdb)
sender     <joe@local.example> may be
recipient  <\"a b\"@FAR.example> is a b@FAR.example
           the domain is not ours: not in rcpthosts
decision   accepted: 250 2.1.5 ok
           by postern-smtpd at RCPT, relay=auth:joe@local.example
           to the queue program as a b@FAR.example" ''

last() { # NAME RC LINES: the rows from the given step on
	sed -i -n "/^$from/,\$p" out
	is "$@"
}
from=grant
why -G grants -U mailboxes.cdb -u off@local.example -T tls -f a@bad.example \
	203.0.113.10 a@far.example
last "disabled, stale, and a bad sender" 1 'grant      stale: old@local.example, set N s ago  (grants/203.0.113.10)
tls        private wire
user       off@local.example disabled: 535 5.7.8 authentication failed  (mailboxes.cdb)
sender     <a@bad.example> is in badmailfrom: @bad.example  (control/badmailfrom:1)
recipient  <a@far.example> is a@far.example
decision   refused: 553 5.7.1 sorry, your envelope sender is in my badmailfrom list
           by postern-smtpd at RCPT, relay=none, why=badmailfrom' ''

why -G grants -u joe 203.0.113.11 a@backup.example
last "dated in the future; a password in clear; a backup" 0 'grant      stale: odd@local.example, dated in the future  (grants/203.0.113.11)
tls        the wire is not private
user       joe cannot say AUTH PLAIN: 538 5.7.11 auth not available without TLS
sender     <> (none was given) may be
recipient  <a@backup.example> is a@backup.example
           the domain is not ours: not in rcpthosts
           the domain is in backupmx: backup.example  (control/backupmx:1)
decision   accepted: 250 2.1.5 ok
           by postern-smtpd at RCPT, relay=backup
           to the queue program as a@backup.example' ''

why -G grants 203.0.113.12 a@far.example
last "a damaged grant: none, and it cannot be told" 111 'grant      cannot be looked for, so there is none: not a record  (grants)
tls        the wire is not private
user       nobody logs in
sender     <> (none was given) may be
recipient  <a@far.example> is a@far.example
           the domain is not ours: not in rcpthosts
decision   unknown: 553 5.7.1 sorry, that domain isn'"'"'t in my list of allowed rcpthosts
           by postern-smtpd at RCPT, relay=none, why=rcpthosts
           cannot be told: grants: not a record' ''

for m in login Login LOGIN; do
	run postern-why -u joe -M $m 203.0.113.1 a@far.example
	check "-M $m" grep -qxF \
		'user       joe cannot say AUTH LOGIN: 538 5.7.11 auth not available without TLS' out
done
from=recipient
for t in 'web@LOCAL.example|it is an alias  (control/aliases:1)' \
	'x@sub.example|not' \
	'x@y.sub.example|there is no such mailbox or alias  (mailboxes.cdb)' \
	'joe@local.example|the mailbox exists  (mailboxes.cdb)' \
	'postmaster|postmaster is always accepted'; do
	why -U mailboxes.cdb 203.0.113.1 "${t%|*}"
	check "${t%|*}: ${t#*|}" grep -qF -e "${t#*|}" out
done
why -U mailboxes.cdb 203.0.113.1 joe@local.example
last "where a domain stands" 0 'recipient  <joe@local.example> is joe@local.example
           the domain is ours: local.example is in rcpthosts  (control/rcpthosts:3)
           the mailbox exists  (mailboxes.cdb)
decision   accepted: 250 2.1.5 ok
           by postern-smtpd at RCPT, relay=local
           to the queue program as joe@local.example' ''

why 10.1.2.3 "$(printf '<joe@x\033[1m\\>')"
last "odd bytes are shown, not sent to the terminal" 1 \
	'recipient  <joe@x\x1b[1m\x5c>: 501 5.1.3 syntax error in the recipient
decision   refused: 501 5.1.3 syntax error in the recipient
           by postern-smtpd at RCPT, relay=none, why=syntax' ''
why 10.1.2.3 joe@far.example
last "a suffix" 0 'recipient  <joe@far.example> is joe@far.example
           the domain is not ours: not in rcpthosts
decision   accepted: 250 2.1.5 ok
           by postern-smtpd at RCPT, relay=rule:10.
           to the queue program as joe@far.example@gw.example' ''

from=decision
why -e 'UCSPITLS=!' 203.0.113.1 joe@local.example
last "TLS is required" 1 'decision   refused: 530 5.7.0 Must issue a STARTTLS command first
           by postern-smtpd at MAIL, relay=none, why=tls' ''
why -T tls -e 'SMTPAUTH=!' 203.0.113.1 joe@local.example
last "AUTH is required" 1 'decision   refused: 530 5.7.0 authentication required
           by postern-smtpd at MAIL, relay=none, why=auth' ''
run postern-why -e RELAYCLIENT= 203.0.113.1 a@far.example
check "what was inherited is removed, and told" grep -qxF \
	'listener   removes what it was started with (-k keeps it): RELAYCLIENT' out
run postern-why -k -e RELAYCLIENT= 203.0.113.1 a@far.example
check "-k keeps it" grep -qF 'relay=env' out

# --- what cannot be told ---
run postern-why -x absent.cdb 203.0.113.1 a@far.example
is "no rule file" 111 'rules      cannot be asked: No such file or directory  (absent.cdb)
decision   unknown: 421 4.3.0 temporarily unable to decide, try again later
           by postern-tcpserver at CONNECT, relay=none, why=rules
           cannot be told: absent.cdb: No such file or directory' ''
echo no cdb >damaged.cdb
run postern-why -x damaged.cdb 203.0.113.1 a@far.example
check "a damaged one" [ $rc = 111 ]
run postern-why -X -x absent.cdb 203.0.113.1 a@local.example
check "-X: none is none" [ $rc = 0 ]
run postern-why -U damaged.cdb 203.0.113.1 a@local.example
from=decision
last "damaged mailboxes.cdb" 111 'decision   unknown: 451 4.3.0 unable to read controls
           by postern-smtpd at RCPT, relay=local, why=unreadable
           cannot be told: damaged.cdb: Protocol error' ''
echo x >control/databytes
why 203.0.113.1 a@local.example
last "a bad control file" 111 'decision   unknown: 421 4.3.0 unable to read controls
           by postern-smtpd at CONNECT, relay=none, why=controls
           cannot be told: control/databytes:1: not a number' ''
rm control/databytes

# --- JSON ---
why -j -f a@bad.example 192.0.2.7 a@far.example
is JSON 1 '{"step":"rules","text":"rule 192.0.2.: allow","where":"rules:1"}
{"step":"rules","text":"sets RELAYCLIENT=\"\""}
{"step":"rules","text":"sets MAXCONNIP=\"2\""}
{"step":"limits","text":"at most 2 connections at once from that address, by MAXCONNIP; how many there are is not known (-n)"}
{"step":"grant","text":"not asked (-G)"}
{"step":"tls","text":"the wire is not private"}
{"step":"user","text":"nobody logs in"}
{"step":"sender","text":"<a@bad.example> is in badmailfrom: @bad.example","where":"control/badmailfrom:1"}
{"step":"recipient","text":"<a@far.example> is a@far.example"}
{"step":"decision","outcome":"refused","code":553,"reply":"553 5.7.1 sorry, your envelope sender is in my badmailfrom list","verb":"RCPT","relay":"none","why":"badmailfrom","by":"postern-smtpd"}' ''

# --- the log ---
S='session=6b026ceb.1 ip=192.0.2.7'
mkdir log
cat >log/current <<EOF
postern-smtpd: auth $S user=joe@example.org mechanism=PLAIN result=ok
postern-smtpd: rcpt $S from=a@x to=c@y relay=auth:joe@example.org code=250
postern-smtpd: queued $S from=a@x rcpts=1 size=99 qp=123 relay=auth:joe@example.org ms=1 msgid=m@x
postern-smtpd: end $S why=quit messages=1 bytes=120
EOF
for q in '-m 123' '-m <m@x>' '-m 6b026ceb.1' '-R C@y' '-i 192.0.2.7' \
	'-i 192.0.2.7 -u joe@example.org -f a@x'; do
	run postern-why $q log
	check "$q" grep -q 'joe@example.org' out
	check "$q: found" [ $rc = 0 ]
done
run postern-why -j -m 123 log
check "as JSON" python3 -c 'import json
d = json.load(open("out"))
assert d["session"] == "6b026ceb.1" and d["user"] == "joe@example.org"'
run postern-why -m 124 log
is "nothing was found" 1 '' ''
run postern-why -m 124 nolog
is "a log that is not there" 111 '' \
	'postern-why: warning: unable to read nolog: No such file or directory'
run postern-why -m 123 -i 192.0.2.7 nolog log log/none
check "what was found is told all the same" grep -q 'queued as 123' out
: >out
is "each trouble once" 111 '' \
	'postern-why: warning: unable to read nolog: No such file or directory
postern-why: warning: unable to read log/none: No such file or directory'
many() {
	i=0
	while [ $i -lt "$1" ]; do
		i=$((i + 1))
		echo "postern-smtpd: rcpt session=6b026ceb.$i from=a@x to=c@y relay=none code=553 why=rcpthosts"
	done
}
many 100 >many
run postern-why -j -R c@y many
check "a hundred sessions" eval '[ "$(wc -l <out)" = 100 ] && [ ! -s err ]'
many 101 >many
run postern-why -j -R c@y many
check "as many of more" [ "$(wc -l <out)" = 100 ]
: >out
is "and a word of the rest" 0 '' \
	'postern-why: warning: 101 sessions were found: only the newest 100 are told'

# --- the logs of a home ---
run postern-why -m 123
is "./log has no log directory" 111 '' \
	'postern-why: fatal: unable to find a log directory in ./log'
mkdir home empty
run sh -c 'cd empty && exec postern-why -m 123'
is "there is no ./log" 111 '' \
	'postern-why: fatal: unable to read ./log: No such file or directory'
mkdir -p home/log/authd home/log/smtp home/log/tlsd home/log/unused
N=6b026ceb.1 T=@400000006b026d
cat >home/log/smtp/current <<EOF
${T}100ae3fe2b postern-tcpserver: accept session=$N pid=7 ip=192.0.2.7 rule=192.0.2.
${T}130ae3fe2b postern-smtpd: rcpt $S from=a@x to=c@y relay=auth:joe@example.org code=250
${T}140ae3fe2b postern-smtpd: queued $S from=a@x rcpts=1 size=99 qp=123 relay=auth:joe@example.org ms=1 msgid=m@x
EOF
echo "${T}120ae3fe2b postern-authd: auth $S user=joe@example.org mechanism=PLAIN service=smtp result=ok" \
	>home/log/authd/current
echo "${T}110ae3fe2b postern-tlsd: tls $S protocol=TLSv1.3 cipher=X" \
	>home/log/tlsd/current
cd home
story="Session $N, 2026-11-22 04:17:47: 192.0.2.7 connected (rule 192.0.2.), with TLSv1.3, logged in as joe@example.org by PLAIN. The message from a@x to c@y (auth:joe@example.org), message-id m@x, 99 bytes, was queued as 123, by right of auth:joe@example.org."
run postern-why -m m@x
is "every directory below ./log is read" 0 "$story" ''
run postern-why -m m@x log/tlsd log/smtp log/authd
is "their order does not matter" 0 "$story" ''
run postern-why -j -m m@x
mv out forth
run postern-why -j -m m@x log/tlsd log/smtp log/authd
check "nor does it for JSON" cmp -s out forth
cd ..

# --- wrong usage ---
usage=$(postern-why 2>&1 || :)
for a in '' '1.2.3.4' '1.2.3 a@b' '1.2.3.4 a@b c' '-n 0 1.2.3.4 a@b' \
	'-n 1x 1.2.3.4 a@b' '-c 65536 1.2.3.4 a@b' '-T abc 1.2.3.4 a@b' \
	"-T ${A}0 1.2.3.4 a@b" '-e X 1.2.3.4 a@b' '-e =x 1.2.3.4 a@b' \
	'-l x 1.2.3.4 a@b' '-6 47 1.2.3.4 a@b' '-t 0 1.2.3.4 a@b' '-m 1 -k' \
	'-u a -M X+ 1.2.3.4 a@b' '-u a -M ABCDEFGHIJKLMNOPQRSTU 1.2.3.4 a@b' \
	'-m 1 -x rules.cdb log' '-i 1.2 log' '-Z 1.2.3.4 a@b'; do
	run postern-why $a
	is "usage: $a" 100 '' "$usage"
done
run postern-why -M '' 1.2.3.4 a@b
is "usage: no mechanism" 100 '' "$usage"
run postern-why 1.2.3.4 "$(printf 'a\nb')"
is "usage: a line break" 100 '' "$usage"

done_testing
