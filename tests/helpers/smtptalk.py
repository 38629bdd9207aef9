#!/usr/bin/env python3
"""An SMTP client by dictation, for what no decent client does.

smtptalk.py PORT [CA [CERT KEY]] <steps     (without CA: no certificate is asked for)

  TEXT     send it with CR LF, and print the reply, all of its lines
  >TEXT    send it with CR LF, and wait for nothing; \\r and \\n stand for themselves
  <        print a reply
  !tls     begin TLS
  !end     end TLS or the connection in order, and print what still comes
"""
import socket, ssl, sys


class Talk:
    def __init__(self, port, ca=None, cert=None, key=None):
        self.s = socket.create_connection(("127.0.0.1", port))
        self.s.settimeout(60)
        self.buf = b""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.load_verify_locations(ca) if ca else None
        if cert:
            self.context.load_cert_chain(cert, key)

    def line(self):
        while b"\n" not in self.buf:
            more = self.s.recv(65536)
            if not more:
                raise EOFError
            self.buf += more
        line, _, self.buf = self.buf.partition(b"\n")
        return line.rstrip(b"\r").decode("latin-1")

    def reply(self):
        while True:
            line = self.line()
            print(line, flush=True)
            if line[3:4] != "-":
                return

    def tls(self):
        if self.buf:
            print("(bytes behind the reply)")
        self.s = self.context.wrap_socket(self.s, server_hostname="mx.example.org", suppress_ragged_eofs=False)

    def end(self):
        if isinstance(self.s, ssl.SSLSocket):
            self.s.unwrap()
        else:
            self.s.shutdown(socket.SHUT_WR)
            while True:
                self.reply()

    def step(self, text):
        if text == "!tls":
            self.tls()
        elif text == "!end":
            self.end()
        elif text == "<":
            self.reply()
        elif text.startswith(">"):
            self.s.sendall((text[1:].replace("\\r", "\r").replace("\\n", "\n") + "\r\n").encode("latin-1"))
        else:
            self.s.sendall(text.encode("latin-1") + b"\r\n")
            self.reply()


talk = Talk(int(sys.argv[1]), *sys.argv[2:])
try:
    talk.reply()
    for text in sys.stdin:
        talk.step(text.rstrip("\n"))
except EOFError:
    print("(end)")
except (ssl.SSLError, OSError) as e:
    print(f"({type(e).__name__})")
