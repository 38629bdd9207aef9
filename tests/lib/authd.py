"""authd - a client of Dovecot's authentication protocol, for tests.

    with Authd(path) as a:
        a.auth("PLAIN", "tim", "pw", "service=smtp")   -> "OK\tuser=tim"

Every read has a time limit, which only what hangs reaches.
"""
import base64
import socket

import sasl


class Authd:
    def __init__(self, where, hello="VERSION\t1\t1\nCPID\t42\n"):
        if isinstance(where, socket.socket):
            self.s = where
        else:
            self.s = socket.socket(socket.AF_UNIX)
            self.s.connect(where)
        self.s.settimeout(60)
        self.f = self.s.makefile("rb")
        self.id = 0
        self.greeting = []
        while not self.greeting or self.greeting[-1] != "DONE":
            self.greeting.append(self.line())
        self.send(hello)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.f.close()
        self.s.close()

    def send(self, text):
        self.s.sendall(text.encode("latin-1"))

    def line(self):
        line = self.f.readline().decode("latin-1")
        if not line.endswith("\n"):
            raise EOFError(line)
        return line[:-1]

    def begin(self, mechanism, *parameters):
        self.id += 1
        self.send("\t".join(("AUTH", str(self.id), mechanism) + parameters) + "\n")
        return self.id

    def answer(self):
        """The next line, without the number, which must be ours."""
        kind, number, *rest = self.line().split("\t")
        assert number == str(self.id), (number, self.id)
        return "\t".join([kind] + rest)

    def auth(self, mechanism, user, password, *parameters, client=None):
        """A whole exchange; what it ends with.  resp= of an OK is given to the
        client, which checks it."""
        c = client or sasl.client(mechanism, user, password)
        initial = next(c)
        if initial is not None:
            parameters += ("resp=" + base64.b64encode(initial).decode(),)
        self.begin(mechanism, *parameters)
        while True:
            got = self.answer()
            if got.startswith("OK\t") and "\tresp=" in got:
                got, last = got.split("\tresp=")
                c.send(base64.b64decode(last))
            if not got.startswith("CONT"):
                return got
            msg = c.send(base64.b64decode(got.split("\t")[1]))
            self.send(f"CONT\t{self.id}\t{base64.b64encode(msg).decode()}\n")
