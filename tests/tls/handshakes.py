"""How long a private connection takes, whole and resumed, one after the other:
handshakes.py SOCKET [COUNT] asks a postern-tlsd that listens there."""
import socket, ssl, sys, time

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE


def one(session=None):
    client, server = socket.socketpair()
    data, far = socket.socketpair()
    control = socket.socket(socket.AF_UNIX)
    control.connect(sys.argv[1])
    socket.send_fds(control, [b"\0\0"], [server.fileno(), far.fileno()])
    server.close()
    far.close()
    control.send(b"Y")
    tls = context.wrap_socket(client, session=session)
    while not control.recv(65536).endswith(b"\0\0"):
        pass
    data.send(b"x")
    tls.recv(1)
    session = tls.session
    for s in data, tls, control:
        s.close()
    return session


count = int(sys.argv[2]) if len(sys.argv) > 2 else 300
session = one()
for name in "whole", "resumed":
    start = time.monotonic()
    for i in range(count):
        session = one(session if name == "resumed" else None)
    print(f"{name}: {(time.monotonic() - start) / count * 1e6:.0f} us")
