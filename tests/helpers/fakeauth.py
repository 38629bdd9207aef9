#!/usr/bin/env python3
"""A server of Dovecot's authentication protocol, for tests: fakeauth.py SOCKET [GREETING]

Prints a line when it listens, and on stderr every request that it gets.  What it
does depends on the user in PLAIN's message:

  joe      right, if the password is secret       die      closes without a word
  jim      FAIL with temp                         half     closes within its answer
  rubbish  a line that means nothing              restart  says FAIL, and is another one
  late     an answer of an older request first    gone     says FAIL, and is gone
  nobody   OK without a user                      slow     OK, byte by byte
  odd      OK, and it is a user that a shell would like

and on the mechanism: SCRAM-SHA-256 takes two rounds, LOOP has no end.  GREETING:

  all      what a server may say (the default)    few      PLAIN only
  flood    forty mechanisms                       long     a line without end
  text     no protocol at all                     closed   nothing
"""
import base64, os, socket, sys, threading

PATH = sys.argv[1]
HEAD = "VERSION\t1\t2\nSPID\t1\nCUID\t7\nCOOKIE\t00\n"
GREETINGS = {
    "all": HEAD + "MECH\tPLAIN\tplaintext\nMECH\tLOGIN\nMECH\tCRAM-MD5\tdictionary\tactive\n"
           "MECH\tSCRAM-SHA-256\tmutual-auth\nMECH\tSCRAM-SHA-256-PLUS\nMECH\tEXTERNAL\n"
           "MECH\tANONYMOUS\tanonymous\nMECH\tANONYMOUS\nMECH\tDOVECOT-TOKEN\tprivate\n"
           "MECH\tNAME-OVER-TWENTY-BYTES\nMECH\tsmall\nMECH\tA B\nMECH\tA\x01tB\nMECH\t\nMECH\n"
           "MECH\tLOOP\nOTHER\tx\nDONE\n",
    "few": HEAD + "MECH\tPLAIN\tplaintext\nDONE\n",
    "flood": HEAD + "".join(f"MECH\tM{i}\n" for i in range(40)) + "DONE\n",
    "long": HEAD + "MECH\t" + "A" * 40000,
    "text": "220 mx ESMTP\r\n" * 2000,
    "closed": "",
}


def listen():
    s = socket.socket(socket.AF_UNIX)
    s.bind(PATH)
    s.listen(64)
    return s


def again():
    """In place of the old one, which nobody can reach from now on."""
    global listener
    os.unlink(PATH)
    listener = listen()
    threading.Thread(target=accept, args=(listener,), daemon=True).start()


def plain(s, n, message):
    user, password = message.split(b"\0")[1:3]
    user = user.decode()
    if user in ("die", "half"):
        s.sendall(f"OK\t{n}\tuser=jo".encode() if user == "half" else b"")
        return False
    if user == "slow":
        for c in f"OK\t{n}\tuser=slow\n":
            s.sendall(c.encode())
        return True
    if user in ("restart", "gone"):
        os.unlink(PATH) if user == "gone" else again()
    if user == "late" and n > 1:
        s.sendall(f"OK\t{n - 1}\tuser=older\n".encode())
    answer = {"joe": f"OK\t{n}\tuser=joe@example.org" if password == b"secret" else f"FAIL\t{n}\tuser=joe",
              "jim": f"FAIL\t{n}\tuser=jim\ttemp\treason=database is\x01tdown", "rubbish": "HELLO\tworld",
              "nobody": f"OK\t{n}\tuser=", "odd": f"OK\t{n}\tuser=$(reboot)@b"}
    s.sendall((answer.get(user) or f"FAIL\t{n}\tuser={user}").encode() + b"\n")
    return user not in ("restart", "gone")


def judge(s, words, rounds):
    """0: the connection is over."""
    n = int(words[1])
    if words[0] == "CANCEL":
        return True
    data = words[2] if words[0] == "CONT" else next((w[5:] for w in words if w.startswith("resp=")), None)
    mechanism = words[2] if words[0] == "AUTH" else rounds[n]
    rounds[n] = mechanism
    rounds[n, "n"] = rounds.get((n, "n"), 0) + 1
    if mechanism == "PLAIN" and data:
        return plain(s, n, base64.b64decode(data))
    if mechanism == "EXTERNAL":
        user = next((w[14:] for w in words if w.startswith("cert_username=")), "nobody")
        s.sendall(f"OK\t{n}\tuser={user}\n".encode())
    elif mechanism == "SCRAM-SHA-256" and rounds[n, "n"] == 3:
        s.sendall(f"OK\t{n}\tuser=joe@example.org\n".encode())
    else:
        s.sendall(f"CONT\t{n}\tcm91bmQ=\n".encode())
    return True


def serve(s, greeting):
    rounds = {}
    try:
        s.sendall(greeting.encode())
        if greeting[-6:] != "\nDONE\n":
            return s.close()
        with s.makefile("r") as f:
            for line in f:
                print("<", line.rstrip("\n"), file=sys.stderr, flush=True)
                words = line.rstrip("\n").split("\t")
                if words[0] in ("AUTH", "CONT", "CANCEL") and not judge(s, words, rounds):
                    break
    except OSError:
        pass
    s.close()


def accept(on):
    while True:
        s, _ = on.accept()
        print("connection", file=sys.stderr, flush=True)
        threading.Thread(target=serve, args=(s, GREETINGS[sys.argv[2] if sys.argv[2:] else "all"]), daemon=True).start()


listener = listen()
print("listening", flush=True)
accept(listener)
