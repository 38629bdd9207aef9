"""A Postfix and a Dovecot of our own, on free ports, for tests and benches.

Root only: both want to change users, so everybody must be able to come to the
directory in which they live.
"""
import os, re, shutil, signal, socket, subprocess, tempfile, time

os.environ["PATH"] += ":/usr/sbin:/sbin"

running = []  # what has not been stopped


MAIN = """compatibility_level = 3.6
queue_directory = {base}/spool
data_directory = {base}/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.local.example
mydestination = local.example
mynetworks = 127.0.0.0/8
local_recipient_maps =
alias_maps =
alias_database =
default_transport = discard:
local_transport = discard:
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
default_process_limit = 200
in_flow_delay = 0
message_size_limit = 52428800
maillog_file = {base}/log
maillog_file_prefixes = {base}
"""

SERVICES = """cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
smtp unix - - n - - smtp
virtual unix - n n - - virtual
discard unix - - n - - discard
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def missing():
    """Why they cannot be started, or None."""
    if os.getuid():
        return "needs root"
    if not shutil.which("postfix") or not shutil.which("dovecot"):
        return "needs postfix and dovecot-core"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def await_port(port, seconds=30):
    end = time.monotonic() + seconds
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


class Postfix:
    """listeners: the -o options of each smtpd, one port each, in self.ports;
    services: more lines of master.cf.  self.base is where it lives."""

    def __init__(self, directory, main="", listeners=("",), services=""):
        self.base = base = tempfile.mkdtemp(prefix="postfix", dir=directory)
        self.ports = [free_port() for _ in listeners]
        os.chmod(base, 0o755)
        for d in ("conf", "spool", "data"):
            os.mkdir(f"{base}/{d}")
        shutil.chown(base + "/data", "postfix")
        text = MAIN.format(base=base) + main
        settings = dict(re.split(r" = ?", line, maxsplit=1) for line in text.splitlines())
        self.write("main.cf", "".join(f"{k} = {v}\n" for k, v in settings.items()))
        self.write("master.cf", SERVICES + services + "".join(
            f"127.0.0.1:{p} inet n - n - - smtpd {o}\n" for p, o in zip(self.ports, listeners)))
        running.append(self)
        self.run("start")
        try:
            for p in self.ports:
                await_port(p)
        except OSError:
            self.stop()
            raise

    def write(self, name, text):
        with open(f"{self.base}/conf/{name}", "w") as f:
            f.write(text)

    def run(self, verb):
        return subprocess.run(["postfix", "-c", self.base + "/conf", verb],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def log(self):
        with open(self.base + "/log") as f:
            return f.read()

    def stop(self):
        running.remove(self)
        self.run("abort")
        shutil.rmtree(self.base, ignore_errors=True)


class Dovecot:
    """An auth server whose socket is self.auth and, if the package of it is
    there, POP3 on self.pop3 and self.pop3s.  users: the text of a passwd-file;
    pem: files with a certificate and its key."""

    def __init__(self, directory, users, pem, extra=""):
        self.base = base = tempfile.mkdtemp(prefix="dovecot", dir=directory)
        self.auth = base + "/auth"
        self.pop3, self.pop3s = free_port(), free_port()
        self.has_pop3 = os.path.exists("/usr/lib/dovecot/pop3-login")
        os.chmod(base, 0o755)
        with open(base + "/users", "w") as f:
            f.write(users)
        alt = ""
        if len(pem) > 1:
            alt = f"ssl_alt_cert = <{pem[1]}\nssl_alt_key = <{pem[1]}\n"
        with open(base + "/conf", "w") as f:
            f.write(f"""base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
protocols = {"pop3" if self.has_pop3 else ""}
listen = 127.0.0.1
ssl = required
ssl_cert = <{pem[0]}
ssl_key = <{pem[0]}
{alt}auth_mechanisms = plain login cram-md5 scram-sha-256
auth_cache_size = 0
passdb {{
  driver = passwd-file
  args = {base}/users
}}
userdb {{
  driver = passwd-file
  args = {base}/users
}}
mail_location = maildir:~/Maildir
first_valid_uid = 1
service auth {{
  client_limit = 2000
  unix_listener {self.auth} {{
    mode = 0666
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {self.pop3}
  }}
  inet_listener pop3s {{
    port = {self.pop3s}
  }}
}}
{extra}
""")
        self.process = subprocess.Popen(["dovecot", "-F", "-c", base + "/conf"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        running.append(self)
        end = time.monotonic() + 30
        while not os.path.exists(self.auth) and time.monotonic() < end:
            time.sleep(0.02)
        if self.has_pop3:
            await_port(self.pop3)

    def stop(self):
        running.remove(self)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        shutil.rmtree(self.base, ignore_errors=True)
