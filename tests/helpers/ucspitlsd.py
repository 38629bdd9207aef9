#!/usr/bin/env python3
"""A UCSPI-TLS server that shares no line with ours: ucspitlsd.py [-a NAME=VALUE] CERT KEY prog...

Like the classic ones it forks for every connection, whether TLS is asked for
or not, and gives prog two pipes (SSLREADFD, SSLWRITEFD) and one end of a
socketpair (SSLCTLFD).  y begins TLS, Y begins it and tells about it; -a adds to
what is told.  UCSPITLS is the user's to set, as with s6-ucspitlsd.
"""
import os, select, socket, ssl, sys


def write_all(fd, data):
    while data:
        data = data[os.write(fd, data):]


def relay(tls, rfd, wfd, close_write):
    """From the handshake to the end of both directions."""
    reading = [tls, rfd]
    while reading:
        ready = reading if tls in reading and tls.pending() else select.select(reading, [], [])[0]
        if tls in ready:
            try:
                data = tls.recv(16384)
            except (ssl.SSLError, OSError):
                data = b""
            try:
                write_all(wfd, data)
            except OSError:
                data = b""
            if not data:
                reading.remove(tls)
                close_write()
        if rfd in ready and select.select([rfd], [], [], 0)[0]:
            data = os.read(rfd, 16384)
            if not data:
                break
            try:
                tls.sendall(data)
            except OSError:
                break
    try:
        tls.settimeout(5)
        tls.unwrap()
    except (ssl.SSLError, OSError, ValueError):
        pass


class Server:
    """What both the classic server and the stand-in for postern-tlsd are made of."""

    def __init__(self, cert, key):
        self.name = ""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.context.sni_callback = self.named

    def named(self, _sock, name, _context):
        self.name = name or ""

    def begin(self, client, ctl, facts):
        """After the application's byte on ctl; None if there is no TLS."""
        how = ctl.recv(1)
        if how not in (b"y", b"Y"):
            return None
        client.setblocking(True)
        try:
            tls = self.context.wrap_socket(client, server_side=True)
        except (ssl.SSLError, OSError) as e:
            print(f"handshake: {e}", file=sys.stderr, flush=True)
            return None
        if how == b"Y":
            told = {"SSL_PROTOCOL": tls.version(), "SSL_CIPHER": tls.cipher()[0],
                    "SSL_TLS_SNI_SERVERNAME": self.name}
            told.update(facts)
            ctl.sendall("".join(f"{k}={v}\0" for k, v in told.items()).encode() + b"\0")
        ctl.close()
        return tls


def serve(server, facts, ctl, rfd, wfd):
    tls = server.begin(socket.socket(fileno=0), ctl, facts)
    if tls:
        relay(tls, rfd, wfd, lambda: os.close(wfd))


def main():
    args, facts = sys.argv[1:], {}
    while args and args[0] == "-a":
        name, value = args[1].split("=", 1)
        facts[name] = value
        args = args[2:]
    server = Server(args[0], args[1])
    to_app, from_app, ctl = os.pipe(), os.pipe(), socket.socketpair()
    if not os.fork():
        ctl[0].close()
        os.close(to_app[0]), os.close(from_app[1])
        os.dup2(2, 1)
        serve(server, facts, ctl[1], from_app[0], to_app[1])
        os._exit(0)
    ctl[1].close()
    os.close(to_app[1]), os.close(from_app[0])
    for name, fd in (("SSLCTLFD", ctl[0].fileno()), ("SSLREADFD", to_app[0]), ("SSLWRITEFD", from_app[1])):
        os.set_inheritable(fd, True)
        os.environ[name] = str(fd)
    os.execvp(args[2], args[2:])


if __name__ == "__main__":
    main()
