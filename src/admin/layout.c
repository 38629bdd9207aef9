#include "layout.h"

#define ROOT LAYOUT_ROOT, LAYOUT_ROOT
#define GATE LAYOUT_GATE, LAYOUT_GATE
#define MAIL LAYOUT_MAIL, LAYOUT_MAIL
#define AUTH LAYOUT_AUTH, LAYOUT_AUTH
#define LOG LAYOUT_LOG, LAYOUT_LOG
#define ALWAYS LAYOUT_ALWAYS
#define SPLIT LAYOUT_SPLIT
#define PLAIN LAYOUT_PLAIN

#define START                                                                  \
  "#!/usr/bin/execlineb -P\n"                                                  \
  "fdmove -c 2 1\n"                                                            \
  "export PATH %{path}\n"                                                      \
  "cd %{home}\n"

#define LISTENER "postern-tcpserver -v -N 3 -T 10 -x rules.cdb -c 200 -C 20 "

#define TLSD "postern-tlsd -d 3 "
/* Its clients are ours, so -PLUS may be offered (postern-authd(8), -m). */
#define AUTHD                                                                  \
  "postern-authd -d 3 -s run/authd/s -H %{me}\n"                               \
  "  -m \"PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256 SCRAM-SHA-256-PLUS\"\n"           \
  "  -T users/token.key -G %{home}/guesses users/users.cdb\n"

/* What follows a listener.  submission's AUTH is a must, so a grant would not
   be asked for; its rules may say otherwise with SMTPAUTH. */
#define STARTTLS "postern-starttls run/tlsd/s\n"
#define MUST_STARTTLS "postern-starttls -r run/tlsd/s\n"
#define IN_TLS "postern-starttls -i run/tlsd/s\n"
#define MUST_AUTH "export SMTPAUTH !\n"
#define GRANTS "postern-grant-check %{home}/grants\n"
#define SMTPD "postern-smtpd -C control -U users/mailboxes.cdb -a run/authd/s\n"
#define POPUP "postern-popup -a run/authd/s %{me}\n"

#define QUEUE                                                                  \
  "postern-queue-maildir -m -A control/aliases -t run/spool %{catchall}"       \
  "users/mailboxes.cdb"
/* Where AUTH is no must, a right may rest on an address. */
#define PLAIN_NAMES "  -N %{home}/names\n"
#define SPLIT_NAMES "  -N %{home}/names -n \"s6-sudo run/names/s\"\n"
#define PLAIN_QUEUE "  -q \"" QUEUE "\"\n"
#define SPLIT_QUEUE "  -q \"s6-sudo run/queue/s\"\n"

#define SPLIT_LOGIN "fdmove 2 3 s6-sudo run/login/s\n"
#define LOGIN                                                                  \
  "postern-checkpassword -T users/token.key users/users.cdb\n"                 \
  "postern-grant-record %{home}/grants\n"                                      \
  "postern-pop3d Maildir\n"

/* A service and its log.  The log's user needs nothing but its directory. */
#define SERVICE(when, name, run)                                               \
  {when, ROOT, 0755, "service/" name, 0},                                      \
      {when, ROOT, 0755, "service/" name "/run", START run},                   \
      {when, ROOT, 0644, "service/" name "/notification-fd", "3\n"},           \
      {when, ROOT, 0755, "service/" name "/log", 0},                           \
      {when, ROOT, 0644, "service/" name "/log/notification-fd", "3\n"},       \
      {when, ROOT, 0755, "service/" name "/log/run",                           \
       "#!/usr/bin/execlineb -P\n"                                             \
       "%{as-log}s6-log -b -d 3 -- t n10 s1000000 %{home}/log/" name "\n"},    \
  {                                                                            \
    when, LOG, 0755, "log/" name, 0                                            \
  }

struct layout_entry const layout[] = {
    {ALWAYS, ROOT, 0755, "control", 0},
    {ALWAYS, ROOT, 0644, "control/me", "%{me}\n"},
    {ALWAYS, ROOT, 0644, "control/rcpthosts", "%{domains}"},
    {ALWAYS, ROOT, 0644, "control/databytes", "%{databytes}\n"},
    {ALWAYS, ROOT, 0644, "control/aliases", "%{aliases}"},

    {ALWAYS, ROOT, 0644, "rules", "%{rules}"},

    {ALWAYS, ROOT, 0755, "users", 0},
    {ALWAYS, ROOT, 0600, "users/users", ""},
    {ALWAYS, LAYOUT_ROOT, LAYOUT_AUTH, 0440, "users/users.cdb", ""},
    {ALWAYS, ROOT, 0644, "users/mailboxes.cdb", ""},
    /* who makes tokens, and who believes them and is root */
    {ALWAYS, LAYOUT_ROOT, LAYOUT_AUTH, 0440, "users/token.key", "%{token-key}"},

    /* Keys: for root alone, who reads them out to a process of the tls user
       that lives in the empty directory. */
    {ALWAYS, ROOT, 0755, "tls", 0},
    {ALWAYS, ROOT, 0700, LAYOUT_CERTS, 0},
    {SPLIT, ROOT, 0755, "tls/empty", 0},

    {ALWAYS, LAYOUT_MAIL, LAYOUT_GATE, 0750, "grants", 0},
    {ALWAYS, LAYOUT_MAIL, LAYOUT_GATE, 0750, "names", 0},
    {ALWAYS, AUTH, 0700, "guesses", 0},
    /* who checks passwords enters the homes, and sees nothing there */
    {ALWAYS, MAIL, 0711, "mail", 0},

    {ALWAYS, ROOT, 0755, "run", 0},
    {ALWAYS, MAIL, 0700, "run/spool", 0},
    {ALWAYS, ROOT, 0755, "log", 0},
    {ALWAYS, ROOT, 0755, "service", 0},

    /* Who may connect is who may enter the directory. */
    {ALWAYS, LAYOUT_ROOT, LAYOUT_GATE, 0710, "run/tlsd", 0},
    SERVICE(PLAIN, "tlsd", TLSD "run/tlsd/s %{certs}\n"),
    SERVICE(SPLIT, "tlsd", TLSD "%{tls} -r tls/empty run/tlsd/s %{certs}\n"),
    {ALWAYS, LAYOUT_AUTH, LAYOUT_GATE, 0710, "run/authd", 0},
    SERVICE(ALWAYS, "authd", "%{as-auth}" AUTHD),

    SERVICE(PLAIN, "smtp",
            LISTENER "%{smtp}\n" STARTTLS GRANTS SMTPD PLAIN_NAMES PLAIN_QUEUE),
    SERVICE(PLAIN, "submission",
            MUST_AUTH LISTENER
            "%{submission}\n" MUST_STARTTLS SMTPD PLAIN_QUEUE),
    SERVICE(PLAIN, "submissions",
            MUST_AUTH LISTENER "%{submissions}\n" IN_TLS SMTPD PLAIN_QUEUE),
    SERVICE(PLAIN, "pop3", LISTENER "%{pop3}\n" STARTTLS POPUP LOGIN),
    SERVICE(PLAIN, "pop3s", LISTENER "%{pop3s}\n" IN_TLS POPUP LOGIN),

    SERVICE(SPLIT, "smtp",
            LISTENER
            "%{gate} %{smtp}\n" STARTTLS GRANTS SMTPD SPLIT_NAMES SPLIT_QUEUE),
    SERVICE(SPLIT, "submission",
            MUST_AUTH LISTENER
            "%{gate} %{submission}\n" MUST_STARTTLS SMTPD SPLIT_QUEUE),
    SERVICE(SPLIT, "submissions",
            MUST_AUTH LISTENER
            "%{gate} %{submissions}\n" IN_TLS SMTPD SPLIT_QUEUE),
    SERVICE(SPLIT, "pop3",
            LISTENER "%{gate} %{pop3}\n" STARTTLS POPUP SPLIT_LOGIN),
    SERVICE(SPLIT, "pop3s",
            LISTENER "%{gate} %{pop3s}\n" IN_TLS POPUP SPLIT_LOGIN),

    /* s6-sudo hands over descriptors 0, 1 and 2: just what a queue program
       needs. */
    {SPLIT, LAYOUT_MAIL, LAYOUT_GATE, 0710, "run/queue", 0},
    SERVICE(SPLIT, "queue",
            "fdmove 1 3\n"
            "%{as-mail}s6-ipcserver -1 -a 0666 -c 200 run/queue/s\n"
            "env POSTERN_SESSION=\n"
            "s6-sudod -t 10000\n" QUEUE "\n"),

    /* likewise, for who writes names down */
    {SPLIT, LAYOUT_MAIL, LAYOUT_GATE, 0710, "run/names", 0},
    SERVICE(SPLIT, "names",
            "fdmove 1 3\n"
            "%{as-mail}s6-ipcserver -1 -a 0666 -c 200 run/names/s\n"
            "env PROTO=TCP TCPREMOTEIP= SMTPHELOHOST=\n"
            "s6-sudod -t 10000 postern-name-record %{home}/names\n"),

    /* A checkpassword program reads descriptor 3.  Here 0 and 1 are the client,
       so it travels as 2, and the log waits on 5.  The only program that runs
       as root while somebody is connected: it reads 512 bytes, in which the
       password is authd's token, and becomes the mailbox's user. */
    {SPLIT, LAYOUT_ROOT, LAYOUT_GATE, 0710, "run/login", 0},
    SERVICE(SPLIT, "login",
            "fdmove 1 3\n"
            "fdmove -c 5 2\n"
            "s6-ipcserver -1 -a 0666 -c 200 run/login/s\n"
            "env PROTO=TCP TCPREMOTEIP= POSTERN_SESSION= POSTERN_POPUP=\n"
            "s6-sudod -t 10000\n"
            "fdmove 3 2 fdmove 2 5\n" LOGIN),

    {SPLIT, ROOT, 0644, "cron",
     "# For /etc/cron.d: remove what has expired.\n"
     "*/5 * * * * root %{as-mail}%{bin}/postern-clean %{home}/grants "
     "%{home}/names\n"
     "*/5 * * * * root %{as-auth}%{bin}/postern-clean %{home}/guesses\n"},
    {PLAIN, ROOT, 0644, "cron",
     "# For crontab(1): remove what has expired.\n"
     "*/5 * * * * %{bin}/postern-clean %{home}/grants %{home}/guesses "
     "%{home}/names\n"},
    {LAYOUT_NEVER, ROOT, 0, 0, 0},
};
