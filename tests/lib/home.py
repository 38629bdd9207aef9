"""A running home, as the file HOME_DIR/env of package/demo describes it, for
tests in Python.  Prints TAP.
"""
import glob, os, re, subprocess, time

HEAD = (b"Date: Sun, 22 Nov 2026 03:00:00 +0000\nFrom: a@remote.example\n"
        b"To: alice@local.example\nSubject: x\nMessage-Id: <1@remote.example>\n"
        b"MIME-Version: 1.0\n\n")
# More than a TLS record and than any buffer; dots where they matter.
BODY = b".\n..\n.leading\n\n" + b"".join(b"%d: 0123456789 abcdefghij\n" % i for i in range(10000)) + b"\n.\n"
HERS = (b"Return-Path:", b"X-Original-To:", b"Delivered-To:", b"Received:", b" ", b"\t")


class Home:
    def __init__(self, env):
        with open(env) as f:
            for name, value in re.findall(r"^([A-Z0-9_]+)='(.*)'$", f.read(), re.M):
                setattr(self, name, int(value) if name.endswith("PORT") else value)


n = failed = 0


def ok(good, name, why=""):
    global n, failed
    n += 1
    print(f"{'' if good else 'not '}ok {n} - {name}", flush=True)
    if not good:
        failed += 1
        print("# " + str(why).replace("\n", "\n# "), flush=True)
    return good


def skip(name, why):
    global n
    n += 1
    print(f"ok {n} - {name} # SKIP {why}", flush=True)


def done():
    print(f"1..{n}")
    return 1 if failed else 0


def await_true(what, seconds=30):
    """Wait until it is so; what it returned last."""
    end = time.monotonic() + seconds
    while True:
        r = what()
        if r or time.monotonic() > end:
            return r
        time.sleep(0.02)


def files(maildir):
    return glob.glob(maildir + "/new/*")


def take(maildir, wait=0):
    """The one message that is there, removed from it, without what a server
    writes before it; None if there is not just one."""
    await_true(lambda: files(maildir), wait)
    found = files(maildir)
    data = None
    for name in found:
        with open(name, "rb") as f:
            data = f.read()
        os.unlink(name)
    if len(found) != 1:
        return None
    while data.startswith(HERS):
        data = data[data.index(b"\n") + 1:]
    return data


def crlf(data):
    return data.replace(b"\n", b"\r\n")


def write(name, data):
    with open(name, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    os.chmod(name, 0o600)
    return name


def run(argv, data=b"", **kw):
    """What it prints; an error if it fails."""
    r = subprocess.run(argv, input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=60, **kw)
    if r.returncode:
        raise RuntimeError(f"{argv[0]}: exit {r.returncode}: {r.stdout[-3000:].decode(errors='replace')}")
    return r.stdout
