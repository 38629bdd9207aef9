"""What a private connection costs, whole and resumed, one after the other:
handshakes.py SOCKET MASTER [COUNT] asks a postern-tlsd that listens there, and
counts the processor's time of its master and workers, MASTER being its number."""
import os, socket, ssl, sys, time

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


def processor():
    """Seconds of the master and of workers that have ended."""
    with open(f"/proc/{sys.argv[2]}/stat") as f:
        return sum(map(int, f.read().rsplit(")", 1)[1].split()[11:15])) / os.sysconf("SC_CLK_TCK")


def settle():
    """Until the last worker has ended."""
    while open(f"/proc/{sys.argv[2]}/task/{sys.argv[2]}/children").read():
        time.sleep(0.01)


count = int(sys.argv[3]) if len(sys.argv) > 3 else 500
session = one()
for name in "whole", "resumed":
    settle()
    start, used = time.monotonic(), processor()
    for i in range(count):
        session = one(session if name == "resumed" else None)
    took = time.monotonic() - start
    settle()
    print(f"{name}: {took / count * 1e6:.0f} us, of them {(processor() - used) / count * 1e6:.0f} the daemon's")
