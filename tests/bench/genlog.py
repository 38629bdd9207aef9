#!/usr/bin/env python3
# genlog.py MEGABYTES: a log as postern-tcpserver -v and postern-smtpd write it
# under s6-log t, on stdout; the same at each call.  Thirty days of it.
import random
import sys

size = int(sys.argv[1]) << 20
random.seed(1)
hosts = [f'{random.choice((192, 198, 203))}.{random.randrange(256)}.'
         f'{random.randrange(256)}.{random.randrange(256)}'
         for _ in range(200000)]
users = [f'user{i}@example.org' for i in range(2000)]
begin = 1795000000
step = 30 * 86400 / (size / 900)  # a session has 900 bytes or so
out = sys.stdout
n = written = 0
while written < size:
    t = begin + n * step
    n += 1
    s = f'{int(t):08x}.{random.getrandbits(32):08x}'
    ip = random.choice(hosts)
    who = f'session={s} ip={ip}'
    stamp = f'@{(1 << 62) + 37 + int(t):016x}{int(t % 1 * 1e9):08x} '
    smtpd = stamp + 'postern-smtpd: '
    sender = f'person{random.randrange(10**6)}@host{n % 9999}.example.net'
    lines = [f'{stamp}postern-tcpserver: accept session={s} pid={n % 30000} '
             f'ip={ip} rule=']
    if n % 3:
        for i in range(2):
            lines.append(f'{smtpd}rcpt {who} from={sender} '
                         f'to=foreign{i}@example.com relay=none code=553 '
                         'why=rcpthosts')
        relay = 'local'
    else:
        user = random.choice(users)
        relay = 'auth:' + user
        lines.append(f'{smtpd}auth {who} user={user} mechanism=PLAIN '
                     'result=ok')
    for i in range(1 + n % 2):
        lines.append(f'{smtpd}rcpt {who} from={sender} '
                     f'to=rcpt{random.randrange(10**6)}@example.com '
                     f'relay={relay} code=250')
    lines.append(f'{smtpd}queued {who} from={sender} rcpts={1 + n % 2} '
                 f'size={random.randrange(500, 90000)} qp={n % 30000} '
                 f'relay={relay} ms=12 msgid={n:x}.{s}@host.example.net')
    lines.append(f'{smtpd}end {who} why=quit messages=1 bytes=1234')
    text = '\n'.join(lines) + '\n'
    written += len(text)
    out.write(text)
