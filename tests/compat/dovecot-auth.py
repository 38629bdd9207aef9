"""dovecot-auth.py HOW WHERE USER PASSWORD [MECHANISM...]: log in with each.

HOW is direct (WHERE is a socket: src/lib/authclient through the helper
authtalk), smtp or pop3 (WHERE is a port).  Prints a line for each mechanism;
without any, those that are offered, on one line.
"""
import base64
import os
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.environ["TESTS"] + "/lib")
import sasl


class Direct:
    def __init__(self, where):
        self.p = subprocess.Popen([os.environ["HELPERS"] + "/authtalk", where],
                                  stdin=subprocess.PIPE, text=True,
                                  stdout=subprocess.PIPE)

    def ask(self, line):
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()
        return self.p.stdout.readline().rstrip("\n")

    def offer(self):
        return self.ask("MECHS")

    def end(self):
        self.p.stdin.close()
        self.p.wait()

    def start(self, name, initial):
        return self.ask(f"AUTH {name}" + ("" if initial is None else
                                          f" {initial or '='}"))

    def more(self, line):
        return self.ask(f"MORE {line}")

    def challenge(self, answer):
        return answer[5:] if answer.startswith("CONT ") else None

    def cancel(self):
        self.ask("CANCEL")


class Wire:
    """What SMTP and POP3 have in common."""

    def __init__(self, where):
        self.s = socket.create_connection(("127.0.0.1", int(where)), 60)
        self.f = self.s.makefile("rwb")
        self.reply()

    def line(self):
        line = self.f.readline().decode()
        if not line:
            sys.exit("the server closed")
        return line.rstrip("\r\n")

    def ask(self, line):
        self.f.write(line.encode() + b"\r\n")
        self.f.flush()
        return self.reply()

    def more(self, line):
        return self.ask(line)

    def end(self):
        self.f.close()
        self.s.close()

    def cancel(self):
        self.ask("*")

    def challenge(self, answer):
        if not answer.startswith(self.go_on):
            return None
        return answer[len(self.go_on):]


class Smtp(Wire):
    go_on = "334 "

    def reply(self):
        self.lines = []
        while not self.lines or self.lines[-1][3:4] == "-":
            self.lines.append(self.line())
        return self.lines[-1]

    def offer(self):
        self.ask("EHLO x")
        return " ".join(l[9:] for l in self.lines if l[4:9] == "AUTH ")

    def start(self, name, initial):
        return self.ask(f"AUTH {name}" + ("" if initial is None else
                                          f" {initial or '='}"))


class Pop3(Wire):
    go_on = "+ "

    def reply(self):
        return self.line()

    def offer(self):
        self.ask("CAPA")
        lines = []
        while lines[-1:] != ["."]:
            lines.append(self.reply())
        return " ".join(l[5:] for l in lines if l.startswith("SASL "))

    start = Smtp.start


def log_in(wire, name, user, password):
    talk = sasl.client(name, user, password)
    message = next(talk)
    encode = lambda m: base64.b64encode(m).decode()
    answer = wire.start(name, None if message is None else encode(message))
    while (c := wire.challenge(answer)) is not None:
        try:
            answer = wire.more(encode(talk.send(base64.b64decode(c))))
        except StopIteration:
            wire.cancel()
            return "one challenge too many"
    return answer


def main(how, where, user, password, *names):
    kind = {"direct": Direct, "smtp": Smtp, "pop3": Pop3}[how]
    wire = kind(where)
    offer = wire.offer()
    if not names:
        print(offer)
    for name in names:
        if how != "direct":  # after a success there is no second AUTH
            wire.end()
            wire = kind(where)
            wire.offer()
        print(name, log_in(wire, name, user, password))
    wire.end()


main(*sys.argv[1:])
