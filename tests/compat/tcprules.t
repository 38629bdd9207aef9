#!/bin/sh
# postern-tcprules beside tcprules 0.88, postern-tcprulescheck beside its twin:
# the same files, byte for byte, the same messages and exit codes.
. "$TESTS/lib/t.sh"

if ! [ -x /usr/bin/tcprules ] || ! [ -x /usr/bin/tcprulescheck ]; then
	echo '1..0 # SKIP ucspi-tcp is not installed'
	exit 0
fi
mkdir link
ln -s "$(command -v postern-tcprules)" link/tcprules
ln -s "$(command -v postern-tcprulescheck)" link/tcprulescheck

cat >compare.py <<'PY'
"""Ours beside theirs over a corpus and a deterministic generator."""
import os, random, subprocess, sys

THEIRS, OURS, STRICT = '/usr/bin/', 'link/', 'postern-tcprules'
rnd = random.Random(88)
bad = 0


def compile(prog, source):
    if os.path.exists('x.cdb'):
        os.unlink('x.cdb')
    p = subprocess.run([prog, 'x.cdb', 'x.tmp'], input=source,
                       capture_output=True, timeout=20)
    cdb = open('x.cdb', 'rb').read() if os.path.exists('x.cdb') else None
    return p.returncode, p.stdout, p.stderr, cdb


def check(prog, env):
    p = subprocess.run([prog, 'x.cdb'], env=env, capture_output=True)
    return p.returncode, p.stdout, p.stderr


def differ(what, source, a, b):
    global bad
    bad += 1
    print('#', what, repr(source)[:600])
    print('#   theirs', repr(a)[:600])
    print('#   ours  ', repr(b)[:600])


def exact(source):
    a, b = compile(THEIRS + 'tcprules', source), compile(OURS + 'tcprules', source)
    if a != b:
        differ('exact', source, a, b)
    return a


def strict(source, must):
    """What strict accepts is what 0.88 writes, if it is 0.88's grammar."""
    if b'/' in source.split(b',')[0] or b'::' in source:
        return
    b = compile(STRICT, source)
    if must and b[0]:
        differ('refused', source, b'', b)
    if not b[0]:
        a = compile(THEIRS + 'tcprules', source)
        if a[3] != b[3]:
            differ('strict', source, a, b)


def lookups(source):
    if compile(THEIRS + 'tcprules', source)[0]:
        return
    for client in rnd.sample(CLIENTS, 6):
        env = dict(zip(('TCPREMOTEIP', 'TCPREMOTEHOST', 'TCPREMOTEINFO'), client))
        env = {k: v for k, v in env.items() if v is not None}
        a = check(THEIRS + 'tcprulescheck', env)
        b = check(OURS + 'tcprulescheck', env)
        if a != b:
            differ('lookup %r' % env, source, a, b)


IPS = [None, '10.1.2.3', '10.1.9.9', '192.0.2.7', 'text.with.dots', '']
HOSTS = [None, 'a.b.example', 'Example', '']
INFOS = [None, 'me', '']
CLIENTS = [(ip, host, info) for ip in IPS for host in HOSTS for info in INFOS]

CORPUS = [
    b'', b'\n', b'#\n', b'# x:allow\n', b'  \t\n', b' # x\n',
    b'10.1.2.3:allow', b'10.1.2.3:allow\n', b'10.1.2.3:deny \t\n',
    b'10.1.2.3:allow,A="b"\n', b'10.1.2.3:allow,A=xbx,B=/c/,C=""\n',
    b'10.1.2.3:deny,A="x"\n', b'10.1.:deny\n10.1.2.:allow\n',
    b'10.1.2.3-10:deny\n', b'10.1-9.:allow,A="x"\n10.5.:deny\n',
    b'1-300.:allow\n', b'1.2.3.9-4:allow\n', b'1.2.3.4-1.2.3.9:allow\n',
    b'5-:allow\n', b'-5:allow\n', b'-:allow\n', b'1.2.3.:allow\n',
    b'1-2-3:allow\n', b'x-3:allow\n', b'0-0x.:allow\n', b'00-01.:allow\n',
    b'18446744073709551617-2.:allow\n', b'1.2.3.99999999999999999999-3:deny\n',
    b'1.2.3.1-99999999999999999999:deny\n',
    b'=:allow\n:deny\n', b'=a-b:allow\n=1-3:allow\n', b'u@1.2.3.4-5:deny\n',
    b'me@10.1.2.3:deny\nme@=a.b.example:allow,X="y"\n@10.1.2.3:allow\n',
    b'=a.b.example:allow\n=.example:deny\n=.b.example:allow\n',
    b'nocolon\n', b'10.1.2.3:maybe\n', b'10.1.2.3:Allow\n', b'10.1.2.3:\n',
    b'10.1.2.3: allow\n', b'10.1.2.3:allowed\n', b'10.1.2.3:allow,\n',
    b'10.1.2.3:allow A="b"\n', b'10.1.2.3:allow,A\n', b'10.1.2.3:allow,A=\n',
    b'10.1.2.3:allow,A="b\n', b'10.1.2.3:allow,A="b"c\n',
    b'10.1.2.3:allow,="x"\n', b'10.1.2.3:allow, A="b"\n',
    b'10.1.2.3:allow,A="b",,B="c"\n', b'10.1.2.3:allow,A="b" \n',
    b'10.1.2.3:allow,A= b \n', b'10.1.2.3:allow\r\n', b'10.1.2.3:no\r\n',
    b'10.1.2.3:al\0low\n', b'10.1.2.3:no \0\n', b'10.1.2.3:no\0 \n', b'10.1\0.2.3:allow\n', b'\0:deny\n',
    b'10.1.2.3:allow,A="b\0+B=c"\n', b'::1:allow\n', b':allow:deny\n',
    b'10.1.2.3:allow\n10.1.2.3:deny\n', b'/:deny\n::/0:allow\n',
    b'10.0.0.0/8:allow\n', b'*:allow\n', b' 10.1.2.3:deny\n',
    b'10.1.2.3 :deny\n', b'01.2.3.4:deny\n', b'a' * 3000 + b':deny\n',
    b'10.1.2.3:allow,A="' + b'v' * 70000 + b'"\n',
]

PIECES = [b'10.1.2.3', b'10.1.2.3:allow', b'10.1.', b'10.', b'=', b'=a.b.example', b'=.example',
          b'me@', b'@', b':', b':allow', b':deny', b',A="b"', b',B=/c/', b'-',
          b'.', b'0', b'255', b'256', b'9-12', b'\n', b'\n', b'\n', b' ', b'\t',
          b'#', b'"', b',', b'=', b'\r', b'\0', b'\xff', b'x', b'10.1.2.', b'7']


def junk():
    return b''.join(rnd.choice(PIECES) for _ in range(rnd.randint(1, 12)))


def octet():
    return rnd.choice([1, 10, 255, 0, rnd.randint(0, 255)])


def address():
    o = [str(octet()) for _ in range(rnd.randint(1, 4))]
    if rnd.random() < .3:
        a = octet()
        o[rnd.randrange(len(o))] = '%d-%d' % (a, rnd.randint(a, 255))
    return '.'.join(o) + ('.' if len(o) < 4 else '')


def name():
    return '.'.join(rnd.choice(['a', 'b', 'mx-1', 'example', 'org', '3'])
                    for _ in range(rnd.randint(1, 4)))


def who():
    k = rnd.random()
    if k < .7:
        return address()
    if k < .8:
        return '=' + rnd.choice(['', '.']) + name()
    if k < .9:
        return '%s@%d.1.2.%d' % (rnd.choice(['me', '', 'a b', 'x@y']), octet(),
                                 octet())
    return 'me@=' + name()


def valid():
    """Lines that 0.88 handles correctly, no address twice."""
    seen, out = set(), []
    for _ in range(rnd.randint(0, 30)):
        a = who()
        first = a.split('-')[0] if a[0].isdigit() else a
        if first in seen:
            continue
        seen.add(first)
        line = a + rnd.choice([':allow', ':deny'])
        for v in range(rnd.choice([0, 0, 1, 3])):
            q = rnd.choice('"/!|')
            line += ',V%d=%s%s%s' % (v, q, rnd.choice(['', 'x', 'a b,c=d:allow']),
                                     q)
        out.append(line + rnd.choice(['', '', ' ', '\t ']))
        if rnd.random() < .2:
            out.append(rnd.choice(['', '# :allow', ' \t']))
    return '\n'.join(out).encode() + rnd.choice([b'', b'\n'])


def swallowed(source):
    """Has a line nothing left, because earlier lines have its addresses?"""
    p = subprocess.run([STRICT, 'x.cdb', 'x.tmp'], input=source,
                       capture_output=True)
    return b'taken' in p.stderr


what = sys.argv[1]
if what == 'corpus':
    for s in CORPUS:
        exact(s)
        strict(s, False)
        if b'\0' not in s:
            lookups(s)
elif what == 'junk':
    for _ in range(300):
        s = junk()
        exact(s)
        strict(s, False)
elif what == 'valid':
    for i in range(80):
        s = valid()
        exact(s)
        strict(s, not swallowed(s))
        if i < 8:
            lookups(s)
elif what == 'large':
    s = b''.join(b'%d.%d.%d.%d:allow,RELAYCLIENT=""\n' %
                 (10, i >> 16, i >> 8 & 255, i & 255) for i in range(100000))
    exact(s)
    strict(s, True)
sys.exit(bad > 0)
PY

for what in corpus junk valid large; do
	run python3 compare.py $what
	is "$what: the same as 0.88" 0 '' ''
done

# Usage and files.
same_run() { # same_run NAME ARG...: both, with these arguments and no input
	name=$1
	shift
	run /usr/bin/"$@" </dev/null
	mv out theirs.out
	mv err theirs.err
	theirs=$rc
	run link/"$@" </dev/null
	check "$name" as_theirs
}
# The system's errors have djb's words there and the C library's here.
as_theirs() {
	[ "$rc" = "$theirs" ] && cmp -s out theirs.out &&
		[ "$(cut -d : -f 1-3 err)" = "$(cut -d : -f 1-3 theirs.err)" ]
}
same_run 'tcprules: no argument' tcprules
same_run 'tcprules: one argument' tcprules x.cdb
same_run 'tcprules: an argument too many' tcprules x.cdb x.tmp more
same_run 'tcprules: no options' tcprules -f x.tmp
same_run 'tcprules: cannot create' tcprules x.cdb nowhere/x.tmp
same_run 'tcprules: cannot move' tcprules nowhere/x.cdb x.tmp
same_run 'tcprulescheck: no argument' tcprulescheck
same_run 'tcprulescheck: an argument too many' tcprulescheck x.cdb more
same_run 'tcprulescheck: no file' tcprulescheck nothing
same_run 'tcprulescheck: an empty file' tcprulescheck /dev/null

done_testing
