/* Unit test of src/smtp/verbs.c: a command, its reply. */
#include "dialogue.h"
#include "unit.h"

#define MISSING "530 5.7.0 Must issue a STARTTLS command first"

static struct {
  char const *in;
  char const *want;
} const t[] = {
    {"NOOP", "250 2.0.0 ok"},
    {"noop anything", "250 2.0.0 ok"},
    {"RSET", "250 2.0.0 flushed"},
    {"RSET x", "501 5.5.4 no argument here"},
    {"VRFY", "252 2.5.0 send some mail, i'll try my best"},
    {"HELO me", "250 mx.example"},
    {"HELO", "501 5.5.4 a host name, please"},
    {"HELO \xff", "501 5.5.4 a host name, please"},
    {"EXPN x", "502 5.5.1 unimplemented"},
    {"STARTTLS", "502 5.5.1 unimplemented"},
    {"STARTTLS x", "501 5.5.4 no argument here"},
    {"XCLIENT ADDR=127.0.0.1", "500 5.5.2 unrecognised"},
    {"PROXY TCP4 127.0.0.1 127.0.0.1 1 1", "500 5.5.2 unrecognised"},
    {"MAILFROM:<a@b>", "500 5.5.2 unrecognised"},
    {"MAIL", "501 5.5.4 MAIL FROM:<address>"},
    {"MAIL FROM <a@b>", "501 5.5.4 MAIL FROM:<address>"},
    {"mail from:<a@b>", "250 2.1.0 ok"},
    {"MAIL FROM: <a@b>", "250 2.1.0 ok"},
    {"MAIL FROM:<a@b> SIZE=18446744073709551616",
     "552 5.3.4 sorry, that message size exceeds my databytes limit"},
    {"MAIL FROM:<a@b> SIZE=1000", "250 2.1.0 ok"},
    {"MAIL FROM:<a@b> SIZE=-1", "501 5.5.4 SIZE is a number"},
    {"MAIL FROM:<a@b> SIZE=000000000000000000001",
     "501 5.5.4 SIZE is a number"},
    {"MAIL FROM:<a@b> SMTPUTF8=1", "501 5.5.4 SMTPUTF8 has no value"},
    {"MAIL FROM:<a@b> AUTH=<>", "555 5.5.4 unknown parameter"},
    {"RCPT TO:<a@b>", "503 5.5.1 MAIL first"},
};

static struct {
  char const *in;
  char const *want;
} const auth[] = {
    {"<>", "250 2.1.0 ok"},
    {"a+2Bb@c", "250 2.1.0 ok"},
    {"a+2bb", "501 5.5.4 AUTH is xtext or <>"},
    {"a+2", "501 5.5.4 AUTH is xtext or <>"},
    {"a+", "501 5.5.4 AUTH is xtext or <>"},
};

/* TLS is required, and not there. */
static struct {
  char const *in;
  char const *want; /* 0: 530 */
} const clear[] = {
    {"EHLO x", "250-mx.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n"
               "250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n"
               "250-CHUNKING\r\n250 HELP"},
    {"HELO x", "250 mx.example"},
    {"NOOP", "250 2.0.0 ok"},
    {"RSET", "250 2.0.0 flushed"},
    {"HELP", "214 2.0.0 this is postern: RFC 5321 says it all"},
    {"QUIT", "221 2.0.0 mx.example"},
    {"STARTTLS", "454 4.7.0 TLS not available"},
    {"STARTTLS x", "501 5.5.4 no argument here"},
    {"FOO", "500 5.5.2 unrecognised"},
    {"BDAT 6 LAST\r\nNOOP", 0},
    {"MAIL FROM:<a@b>", 0},
    {"MAIL", 0},
    {"RCPT TO:<a@b>", 0},
    {"DATA", 0},
    {"AUTH PLAIN", 0},
    {"VRFY a", 0},
    {"EXPN a", 0},
    {"ETRN a", 0},
};

static int replies(struct settings const *set, char const *in, char const *want)
{
  char line[256], expected[256];

  snprintf(line, sizeof line, "%s\r\n", in);
  snprintf(expected, sizeof expected, "%s\r\n", want);
  return !strcmp(dialogue_rest(set, line), expected);
}

int main(void)
{
  struct settings set = dialogue_settings();

  set.databytes = 1000;
  for (size_t i = 0; i < sizeof t / sizeof *t; i++)
    ok(replies(&set, t[i].in, t[i].want), t[i].in);
  set.mechanisms = SASL_BIT(SASL_PLAIN);
  for (size_t i = 0; i < sizeof auth / sizeof *auth; i++) {
    char line[128];

    snprintf(line, sizeof line, "MAIL FROM:<a@b> AUTH=%s", auth[i].in);
    ok(replies(&set, line, auth[i].want), auth[i].in);
  }
  ok(!strstr(dialogue_rest(&set, "EHLO x\r\n"), "AUTH"), "no AUTH in clear");
  set.tls.active = 1;
  ok(!!strstr(dialogue_rest(&set, "EHLO x\r\n"), "250-AUTH PLAIN\r\n"),
     "AUTH with TLS");
  set.tls.active = 0;
  set.ucspitls.required = 1;
  for (size_t i = 0; i < sizeof clear / sizeof *clear; i++)
    ok(replies(&set, clear[i].in, clear[i].want ? clear[i].want : MISSING),
       clear[i].in);
  set.tls.active = 1;
  ok(replies(&set, "STARTTLS", "503 5.5.1 TLS is active"), "TLS is there");
  ok(replies(&set, "MAIL FROM:<a@b>", "250 2.1.0 ok"), "as it must be");
  settings_free(&set);
  return done();
}
