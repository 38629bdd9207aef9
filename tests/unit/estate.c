/* Unit test of src/admin/estate.c: run lines in, and what they name out; one
   row per run line. */
#include <stdlib.h>
#include <string.h>

#include "estate.h"
#include "unit.h"

/* By enum thing_kind. */
static char const *const kinds[THING_KINDS] = {
    "rules", "source", "control", "users", "mailboxes", "aliases",
    "token", "store",  "names",   "certs", "checker",   "gate",
    "group", "open",   "foreign", "path"};

static struct {
  char const *run;
  char const *want; /* kind=path@line; and how many could not be looked at */
} const t[] = {
    {"", ""},
    {"exec sleep 1", ""},
    {"cd /h\npostern-tcpserver -v -x rules.cdb -c 200 -u 801 -g 802 0 25\n"
     "postern-starttls run/tlsd/s postern-grant-check grants\n"
     "postern-smtpd -C control -U users/mailboxes.cdb -a s\n"
     "  -q \"postern-queue-maildir -m -A control/aliases users/m.cdb\"",
     "rules=/h/rules.cdb@2 control=/h/control@4 mailboxes=/h/users/"
     "mailboxes.cdb@4 mailboxes=/h/users/m.cdb@5 aliases=/h/control/aliases@5 "
     "store=/h/grants@3 gate=801@2 group=802@2 "},
    {"tcpserver -x/etc/tcp.smtp.cdb -ummail 0 25 /usr/bin/postern-smtpd",
     "rules=/etc/tcp.smtp.cdb@1 control=/d/control@1 gate=mmail@1 "},
    {"postern-smtpd -C /c vchkpw /bin/true", "control=/c@1 checker=vchkpw@1 "},
    {"postern-smtpd -d -C /c host vchkpw /bin/true",
     "control=/c@1 checker=vchkpw@1 "},
    {"postern-smtpd -d -C /c host", "control=/c@1 "},
    {"postern-smtpd -C /c -a s x y", "control=/c@1 "},
    {"postern-popup HOST\npostern-checkpassword -T k -G /g users.cdb\n"
     "postern-grant-record /r postern-pop3d Maildir",
     "users=/d/users.cdb@2 token=/d/k@2 store=/g@2 store=/r@3 "
     "checker=postern-checkpassword@2 "},
    {"postern-popup -a s HOST postern-mailbox m.cdb x",
     "mailboxes=/d/m.cdb@1 "},
    {"postern-authd -s s -T key -G /g users.cdb",
     "users=/d/users.cdb@1 token=/d/key@1 store=/g@1 "},
    {"postern-authd -x -s s vchkpw true", "checker=vchkpw@1 "},
    {"postern-smtpd -C /c -N /n -n \"s6-sudo s\" -a s",
     "control=/c@1 store=/n@1 names=/n@1 "},
    {"postern-smtpd -C /c -N /n\n-n \"postern-name-record m\"",
     "control=/c@1 store=/n@1 store=/d/m@2 names=/n@1 "},
    {"postern-smtpd -C /c -N $N", "control=/c@1 1 unseen"},
    {"postern-tlsd -d 3 -u 5 -r e run/s certs", "certs=/d/certs@1 "},
    {"postern-tlsd run/s", ""},
    {"*/5 * * * * root postern-clean /a /b\n*/5 * * * * root "
     "postern-clean -r r -x r.cdb /a",
     "rules=/d/r.cdb@2 source=/d/r@2 store=/a@1 store=/b@1 "},
    {"qmail-smtpd", "foreign=/var/qmail/control@1 "},
    {"export PATH /b:/c x", "path=/b:/c@1 "},
    /* an unknown option: it will say so itself */
    {"postern-smtpd -Z -C /c", ""},
    /* RELAYCLIENT */
    {"export RELAYCLIENT \"\" postern-tcpserver 0 25 x", ""},
    {"export RELAYCLIENT \"\" postern-tcpserver -k 0 25 x", "open=@1 "},
    {"export RELAYCLIENT \"\" tcpserver 0 25 x", "open=@1 "},
    {"env RELAYCLIENT= qmail-smtpd", "open=@1 foreign=/var/qmail/control@1 "},
    {"tcpserver 0 25\nenv RELAYCLIENT=@x y", "open=@2 "},
    {"postern-tcpserver 0 25\nexport RELAYCLIENT \"\" y", "open=@2 "},
    /* what is known later */
    {"postern-tcpserver -x $RULES 0 25 x", "1 unseen"},
    {"cd $HOME\npostern-tlsd s ${X}/certs", "1 unseen"},
};

static void show(struct estate const *e, struct findings const *f, char *s,
                 size_t max)
{
  size_t n = 0;

  *s = 0;
  for (int k = 0; k < THING_KINDS; k++) {
    struct thing const *x;
    size_t pos = 0;

    while ((x = estate_next(e, (enum thing_kind)k, &pos)))
      n += (size_t)snprintf(s + n, max - n, "%s=%s@%zu ", kinds[k], x->path,
                            x->said.line);
  }
  if (findings_count(f))
    snprintf(s + n, max - n, "%zu unseen", findings_count(f));
}

int main(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct estate e = {GENALLOC_ZERO, GENALLOC_ZERO};
    struct findings f = {.lost = 0};
    struct runline *r = calloc(1, sizeof *r);
    char got[1024], name[32];
    int good = runline_parse(r, t[i].run, strlen(t[i].run), 1) &&
               estate_read(&e, r, "/d", "run", &f);

    show(&e, &f, got, sizeof got);
    snprintf(name, sizeof name, "run line %zu", i + 1);
    ok(good && !strcmp(got, t[i].want), name);
    if (strcmp(got, t[i].want)) printf("# is: %s\n", got);
    estate_free(&e);
    findings_free(&f);
  }
  return done();
}
