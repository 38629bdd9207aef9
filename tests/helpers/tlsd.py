#!/usr/bin/env python3
"""A stand-in for postern-tlsd, to test what comes before it: tlsd.py SOCKET CERT KEY [NAME=VALUE...]

Prints a line when it listens.  A child for each connection, which says on stderr
what it got with it; CERT "none" is a service that fails every handshake.
"""
import array, os, socket, sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ucspitlsd


def receive(ctl):
    """The payload and the two descriptors."""
    payload, rights, _flags, _addr = ctl.recvmsg(4096, socket.CMSG_SPACE(16 * 4))
    fds = array.array("i")
    for _level, _type, data in rights:
        fds.frombytes(data)
    print("handover", payload, len(fds), file=sys.stderr, flush=True)
    return fds[0], fds[1]


def serve(server, facts, ctl):
    client, data = (socket.socket(fileno=fd) for fd in receive(ctl))
    if not server:
        ctl.recv(1)
        return
    tls = server.begin(client, ctl, facts)
    if tls:
        ucspitlsd.relay(tls, data.fileno(), data.fileno(), lambda: data.shutdown(socket.SHUT_WR))


def main():
    path, cert, key = sys.argv[1:4]
    facts = dict(x.split("=", 1) for x in sys.argv[4:])
    server = None if cert == "none" else ucspitlsd.Server(cert, key)
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen(64)
    print("listening", flush=True)
    while True:
        ctl, _ = s.accept()
        if not os.fork():
            s.close()
            serve(server, facts, ctl)
            os._exit(0)
        ctl.close()
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


main()
