"""A Postfix of our own that asks postern-authd; says "ready PORT" when it
serves, and ends it when standard input does.

    python3 postfix-authd.py DIRECTORY SOCKET
"""
import os
import shutil
import socket
import subprocess
import sys
import time

BASE, SOCKET = sys.argv[1:]
MAIN = f"""compatibility_level = 3.6
queue_directory = {BASE}/spool
data_directory = {BASE}/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.local.example
mydestination = local.example
local_recipient_maps =
alias_maps =
alias_database =
default_transport = discard:
local_transport = discard:
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
maillog_file = {BASE}/log
maillog_file_prefixes = {BASE}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {SOCKET}
smtpd_sasl_security_options = noanonymous
smtpd_tls_auth_only = no
smtpd_relay_restrictions = permit_sasl_authenticated, reject
"""
MASTER = """{} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
discard unix - - n - - discard
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 60) as s:
            return s.makefile("rb").readline().startswith(b"220 ")
    except OSError:
        return False


def main():
    for d in "conf", "spool", "data":
        os.mkdir(f"{BASE}/{d}")
    shutil.chown(BASE + "/data", "postfix")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with open(BASE + "/conf/main.cf", "w") as f:
        f.write(MAIN)
    with open(BASE + "/conf/master.cf", "w") as f:
        f.write(MASTER.format(f"127.0.0.1:{port}"))
    run = lambda verb: subprocess.run(
        ["postfix", "-c", BASE + "/conf", verb],
        stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=sys.stderr)
    try:
        run("start")
        for _ in range(3000):
            if answers(port):
                print(f"ready {port}", flush=True)
                break
            time.sleep(0.02)
        sys.stdin.read()
    finally:
        run("abort")
        pid = f"{BASE}/spool/pid/master.pid"
        for _ in range(500):  # the master takes its children along
            if not os.path.exists(pid) or not alive(pid):
                break
            time.sleep(0.02)


def alive(path):
    with open(path) as f:
        return os.path.exists("/proc/" + f.read().strip())


main()
