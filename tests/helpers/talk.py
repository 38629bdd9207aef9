#!/usr/bin/env python3
"""A client by dictation: talk.py PORT CA STEP...

  TEXT   send it, CR LF after it      =TEXT  send it as it is
  -      print the next line          tls    begin TLS, as for mx.example.org
  end    close TLS and print what comes before the other side has, too
"""
import socket, ssl, sys


def line(s):
    """Byte by byte: what follows belongs to the next step."""
    got = b""
    while not got.endswith(b"\n"):
        c = s.recv(1)
        if not c:
            return got + b"(end)"
        got += c
    return got


def show(data):
    print(data.decode("latin-1").rstrip("\r\n"), flush=True)


def begin(s, ca):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca)
    return context.wrap_socket(s, server_hostname="mx.example.org", suppress_ragged_eofs=False)


def end(s):
    if not isinstance(s, ssl.SSLSocket):
        s.shutdown(socket.SHUT_WR)
        return show(s.recv(65536) + b"(end)")
    try:
        s.unwrap()
        show(b"(closed)")
    except (ssl.SSLError, OSError) as e:
        show(b"(%s)" % type(e).__name__.encode())


def main():
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    s.settimeout(60)
    for step in sys.argv[3:]:
        try:
            if step == "-":
                show(line(s))
            elif step == "tls":
                s = begin(s, sys.argv[2])
            elif step == "end":
                end(s)
            elif step.startswith("="):
                s.sendall(step[1:].encode())
            else:
                s.sendall(step.encode() + b"\r\n")
        except (ssl.SSLError, OSError) as e:
            return show(b"(%s)" % type(e).__name__.encode())


main()
