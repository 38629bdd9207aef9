#!/bin/sh
# postern-starttls before programs that are not ours and speak UCSPI-TLS.
. "$TESTS/lib/t.sh"
. "$TESTS/lib/tls.sh"

make_cert mx.example.org
stand_in stand-in mx.example.org.pem mx.example.org.key
tls_service tlsd

cat >app.py <<'EOS'
"""The two ways in which sessions begin TLS: y and go on, or Y and listen.

Waits for STARTTLS, says ready, begins, and echoes.
"""
import os, socket, sys


def line():
    got = b""
    while not got.endswith(b"\n"):
        c = os.read(0, 1)
        if not c:
            sys.exit(0)
        got += c
    return got


def y(ctl):
    """As mailfront: at once, without an answer; the control stays open."""
    os.close(0)
    os.write(ctl, b"y")
    os.dup2(int(os.environ["SSLREADFD"]), 0)
    os.dup2(int(os.environ["SSLWRITEFD"]), 1)


def Y(ctl):
    """As the acceptutils: descriptors are moved; what is told ends with two NULs."""
    os.write(ctl, b"Y")
    for name, to in (("SSLREADFD", 0), ("SSLWRITEFD", 1)):
        fd = int(os.environ[name])
        os.dup2(fd, to)
        os.close(fd)
    told = b""
    while not told.endswith(b"\0\0"):
        data = os.read(ctl, 8192)
        if not data:
            sys.exit("no handshake")
        told += data
    os.write(1, told[:-2].replace(b"\0", b" ") + b"\n")


os.write(1, b"hello\n")
while True:
    got = line()
    if got != b"STARTTLS\r\n" or "UCSPITLS" not in os.environ:
        os.write(1, got)
        continue
    os.write(1, b"ready\n")
    {"y": y, "Y": Y}[sys.argv[1]](int(os.environ["SSLCTLFD"]))
EOS

facts='SSL_PROTOCOL=TLSv1.3 SSL_CIPHER=TLS_AES_256_GCM_SHA384 SSL_TLS_SNI_SERVERNAME=mx.example.org'
for s in stand-in tlsd; do
	serve postern-tcpserver -1 127.0.0.1 0 postern-starttls $s python3 app.py y
	talk - STARTTLS - tls inside - end
	is "y, and at once on the wire ($s)" 0 'hello
ready
inside
(closed)' ''
	stop
	serve postern-tcpserver -1 127.0.0.1 0 postern-starttls $s python3 app.py Y
	talk - STARTTLS - tls - inside - end
	sed -i -E 's/ POSTERN_TLS_(EXPORTER|ENDPOINT)=[0-9a-f]{64}//g' out
	is "Y, and what is known of it ($s)" 0 "hello
ready
$facts
inside
(closed)" ''
	talk - plain - end
	is "never ($s)" 0 'hello
plain
(end)' ''
	talk - STARTTLS - '=no TLS at all' -
	check "no handshake: the end of file ($s)" await '^no handshake$' server.log
	stop
done

if command -v mailfront >/dev/null; then
	serve postern-tcpserver -1 127.0.0.1 0 postern-starttls tlsd \
		mailfront smtp echo starttls-ucspi accept
	talk - 'HELO c.example' - STARTTLS - tls 'HELO c.example' - \
		'MAIL FROM:<a@c.example>' - 'RCPT TO:<b@d.example>' - DATA - \
		'Subject: x' '' . - QUIT -
	is 'mailfront takes a message over TLS' 0 '220 unknown mailfront ESMTP
250 unknown
220 2.0.0 Ready to start TLS
250 unknown
250 Sender='\''a@c.example'\''.
250 Recipient='\''b@d.example'\''.
354 End your message with a period on a line by itself.
250 Received 12 bytes.
221 2.0.0 Good bye.' ''
	stop
else
	echo '# SKIP: mailfront is not installed'
fi

done_testing
