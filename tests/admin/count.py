#!/usr/bin/env python3
# count.py SEED: a log made by chance, added up twice: by postern-report -j, and
# here, as its page says.  Sessions of some days are interleaved, between them
# lines of other programs, bytes that are no lines, times that go backwards,
# lines without a time; the last one is cut.  Leaves the log in ./log.
import collections
import json
import random
import re
import subprocess
import sys
import time

R = random.Random(int(sys.argv[1]))
DAY0 = 1795305600  # 2026-11-22
LINE = re.compile(rb'(?:@([0-9a-f]{16})[0-9a-f]{8} )?([!-9;<>-~]+): '
                  rb'([a-z0-9_-]+)((?: [a-z0-9_-]+=(?:[!-[\]-~]|'
                  rb'\\x[0-9a-f]{2})*)*)')
KIND = {'auth': 'user', 'grant': 'grant', 'cert': 'cert', 'rule': 'rule'}
NAMES = ['joe@example.org', 'Joe@example.org', 'ann', 'a\\x20b', '\\xc3\\xa4',
         '<b>', 'long' * 70, '']


def address():
    return R.choice(['192.0.2.%d' % R.randrange(14), '2001:db8::%x' %
                     R.randrange(3)])


def session(number):
    begin = DAY0 + int(R.triangular(-6, 1, 0.5) * 86400)
    name, ip = f'{begin:08x}.{number:08x}', address()
    right = R.choice(['auth:', 'auth:', 'auth:', 'grant:', 'cert:', 'rule:',
                      'local', 'backup', 'env', 'none', 'nonsense:'])
    user = R.choice(NAMES)
    if right[-1] == ':':
        right += user
    lines = []
    for _ in range(R.choice((0, 0, 1))):
        lines.append(f'smtpd: auth user={R.choice(NAMES)} result=wrong')
    if right.startswith('auth:'):
        lines.append(f'smtpd: auth user={user} mechanism=PLAIN result=ok')
    elif right.startswith('grant:'):
        lines.append(f'grant-check: grant user={user} age=1 left=9')
    for i in range(R.choice((0, 1, 1, 2, 30))):
        lines.append(R.choice([
            f'smtpd: rcpt to=x relay={right} code=250',
            f'smtpd: rcpt to=x relay={right} code=250',
            'smtpd: rcpt to=x relay=local code=251',
            f'smtpd: rcpt to=x relay=none code=553 why=w{i % 12}',
            'smtpd: refused verb=MAIL code=452 reason=4.3.1\\x20full',
            f'smtpd: queued size={R.randrange(10 ** 9)} relay={right}',
            'smtpd: warning reason=odd']))
    if R.random() < .9:
        lines.append('smtpd: end why=quit')
    stamped = R.random() < .9
    for i, line in enumerate(lines):
        program, event, *rest = line.split(' ')
        # a clock may be set back in a session
        t = begin + i * R.choice((0, 1, 900, -1))
        yield begin + i * 40, ((f'@{(1 << 62) + 37 + t:016x}{i:08x} '
                                if stamped else '') +
                               ' '.join([f'postern-{program}', event,
                                         f'session={name}', f'ip={ip}',
                                         *rest])).encode()


def junk():
    return R.choice([b'', b'tcpserver: status: 0/40', R.randbytes(60),
                     b'postern-smtpd: warning: unable to x: y',
                     b'Nov 22 00:00:00 mx postfix/smtpd[1]: connect from x',
                     b'postern-smtpd: rcpt session=x relay=env code=250 ',
                     b'postern-smtpd: rcpt relay=\xff code=250',
                     b'postern-smtpd: rcpt relay=\\x5 code=250'])


def log():
    lines = sorted(x for i in range(400) for x in session(i))
    lines = [text for _, text in lines]
    for _ in range(100):
        lines.insert(R.randrange(len(lines)), junk())
    return b'\n'.join(lines)[:-3]  # and no newline


def unescape(b):
    raw = re.sub(rb'\\x(..)', lambda m: bytes([int(m[1], 16)]), b)
    return re.sub('[\udc80-\udcff]', '\ufffd',
                  raw.decode(errors='surrogateescape'))


class Row:
    def __init__(self):
        self.n = collections.Counter()
        self.seen = []
        self.addresses = set()


class Count:
    def __init__(self, day):
        self.day = day
        self.rows = collections.defaultdict(Row)
        self.sessions = {}
        self.hour = collections.Counter()
        self.seen = []
        self.lines = self.other = 0

    def row(self, kind, name, line, **add):
        if kind in ('user', 'grant'):
            name = name[:255].lower()
        row = self.rows[kind, name[:255]]
        if kind in ('user', 'grant') and 'refused' not in add:
            row.addresses.add(line['ip'])
        if line['counts']:
            row.n.update(add)
            row.seen.append(line['time'])

    def all(self, line, **add):
        self.row('address', line['ip'], line, **add)
        self.row('total', b'', line, **add)

    def right(self, line, **add):
        reason, _, name = line['relay'].partition(b':')
        reason = reason.decode()
        known = line['relay'] in (b'local', b'backup', b'env')
        if not known and not (reason in KIND and b':' in line['relay']):
            reason = 'none'
        self.row('right', reason.encode(), line, **add)
        if reason in KIND:
            self.row(KIND[reason], name, line, **add)
        self.all(line, **add)
        return reason

    def refused(self, line, why):
        self.row('refusal', why, line, refused=1)
        if line['session'] in self.sessions:
            self.row(*self.sessions[line['session']], line, refused=1)
        self.all(line, refused=1)

    def take(self, text):
        m = LINE.fullmatch(text)
        self.lines += bool(m)
        self.other += not m
        if not m:
            return
        line = dict(p.split(b'=', 1) for p in m[4].split())
        line = {k.decode(): v for k, v in line.items()}
        line['time'] = (int(m[1], 16) - (1 << 62) - 37 if m[1] else
                        int(line['session'][:8], 16))
        day = line['time'] // 86400
        line['counts'] = not self.day or day == self.day
        event = m[2].decode().removeprefix('postern-'), m[3].decode()
        f = getattr(self, 'on_' + '_'.join(event).replace('-', '_'), None)
        if f and not (self.day and day > self.day):
            if line['counts']:
                self.seen.append(line['time'])
            f(line)

    def on_smtpd_rcpt(self, line):
        hour = line['time'] // 3600 % 24
        if line['code'][:1] == b'2':
            local = self.right(line, recipients=1) == 'local'
            what = 'local' if local else 'relayed'
        else:
            self.refused(line, line['why'])
            what = 'refused'
        self.hour[hour, what] += line['counts']

    def on_smtpd_refused(self, line):
        self.refused(line, line['reason'])

    def on_smtpd_queued(self, line):
        self.right(line, messages=1, bytes=int(line['size']))

    def on_smtpd_auth(self, line):
        if line['result'] == b'ok':
            self.sessions[line['session']] = 'user', line['user']
            self.row('user', line['user'], line)
        elif line['result'] == b'wrong' and line['counts']:
            name = line['user'][:255].lower()
            if ('user', name) in self.rows:
                self.rows['user', name].n['wrong'] += 1
            self.all(line, wrong=1)

    def on_grant_check_grant(self, line):
        self.sessions[line['session']] = 'grant', line['user']

    def on_smtpd_end(self, line):
        self.rows['total', b''].n['sessions'] += line['counts']
        self.sessions.pop(line['session'], None)


def stamp(t):
    return time.strftime('%F %T', time.gmtime(t))


def wanted(count):
    total = count.rows.pop(('total', b''))
    yield {'kind': 'total', 'from': stamp(min(count.seen)),
           'to': stamp(max(count.seen)), 'clock': 'UTC',
           'sessions': total.n['sessions'], **figures(total),
           'lines': count.lines, 'other_lines': count.other}
    for (kind, name), row in count.rows.items():
        if kind == 'right':
            f = figures(row)
            if any(f.values()):
                yield {'kind': kind, 'name': name.decode(),
                       **{k: f[k] for k in ('messages', 'recipients', 'bytes')}}
        elif row.seen or any(row.n.values()):
            yield {'kind': kind, 'name': unescape(name), **figures(row),
                   **({'addresses': len(row.addresses)}
                      if kind in ('user', 'grant') else {}),
                   **({'first': stamp(min(row.seen)),
                       'last': stamp(max(row.seen))} if row.seen else {})}
    for hour in range(24):
        yield {'kind': 'hour', 'hour': hour,
               **{k: count.hour[hour, k] for k in
                  ('relayed', 'local', 'refused')}}
    yield {'kind': 'finding', 'finding': 'unexplained', 'recipients':
           sum(count.rows['right', r].n['recipients'] for r in
               (b'env', b'none'))}


def figures(row):
    return {k: row.n[k] for k in
            ('messages', 'recipients', 'bytes', 'refused', 'wrong')}


def compare(day):
    count = Count(DAY0 // 86400 if day else 0)
    with open('log', 'rb') as f:
        for text in f.read().split(b'\n'):
            count.take(text)
    want = {json.dumps(x) for x in wanted(count)}
    got = set()
    command = ['postern-report', '-j'] + (['-d', '2026-11-22'] if day else [])
    for line in subprocess.run(command + ['log'], stdout=subprocess.PIPE,
                               text=True).stdout.splitlines():
        x = json.loads(line)
        x.pop('judged', None)
        if x['kind'] == 'right' and not x['messages'] + x['recipients']:
            continue
        if x.get('finding') != 'habit':
            got.add(json.dumps(x))
    for x in sorted(want - got):
        print('counted ', x)
    for x in sorted(got - want):
        print('reported', x)
    print(len(want), 'figures' if want == got else 'DIFFER')
    return want == got


with open('log', 'wb') as out:
    out.write(log())
good = compare(False)
sys.exit(not (compare(True) and good))
