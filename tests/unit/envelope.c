/* Unit test of src/queue/envelope.c: one row per case. */
#include <stdlib.h>
#include <string.h>

#include "envelope.h"
#include "unit.h"

#define BYTES(s) s, sizeof s - 1

static struct {
  char const *s;
  size_t n;
  enum envelope_result want;
  size_t count;
  char const *name;
} const t[] = {
    {BYTES("Fa@x\0Tb@y\0\0"), ENVELOPE_OK, 1, "one recipient"},
    {BYTES("F\0Tb@y\0Tc\0\0"), ENVELOPE_OK, 2, "null sender, two recipients"},
    {BYTES("Fa\0\0"), ENVELOPE_OK, 0, "nobody"},
    {BYTES("Fa\0T\xc3\xa4@y\0\0"), ENVELOPE_OK, 1, "UTF-8"},
    {BYTES("Fa b@x\0Tb@y\0\0"), ENVELOPE_OK, 1, "a blank"},
    {BYTES("Fa\0Tb@y\0\0x"), ENVELOPE_BAD, 0, "something after the end"},
    {BYTES("Fa\0Tb@y\0Xc\0\0"), ENVELOPE_BAD, 0, "another letter"},
    {BYTES("Tb@y\0\0"), ENVELOPE_BAD, 0, "no sender"},
    {BYTES("Fa\0Fb@y\0\0"), ENVELOPE_BAD, 0, "two senders"},
    {BYTES("Fa\0T\0\0"), ENVELOPE_BAD, 0, "an empty recipient"},
    {BYTES("\0"), ENVELOPE_BAD, 0, "nothing but the end"},
    {BYTES("Fa\0Tb\n@y\0\0"), ENVELOPE_CONTROL, 0, "newline"},
    {BYTES("Fa\x7f\0Tb@y\0\0"), ENVELOPE_CONTROL, 0, "DEL"},
};

/* Every proper prefix of a good envelope wants more. */
static void prefixes(void)
{
  char const s[] = "Fa@x\0Tb@y\0Tc@z\0";
  struct envelope e;
  int good = 1;

  for (size_t n = 0; n < sizeof s - 1; n++)
    good &= envelope_parse(&e, s, n) == ENVELOPE_MORE;
  ok(good, "every beginning wants more");
}

static void limits(void)
{
  static char s[ENVELOPE_MAX + 8];
  struct envelope e;
  size_t n = 2 + ENVELOPE_ADDR_MAX;

  memset(s, 'a', sizeof s);
  s[0] = 'F';
  s[n - 1] = 0;
  memcpy(s + n, "Tb\0", 4);
  ok(envelope_parse(&e, s, n + 4) == ENVELOPE_OK, "the longest address");
  s[n - 1] = 'a';
  s[n] = 0;
  ok(envelope_parse(&e, s, n + 1) == ENVELOPE_TOO_LONG, "one longer");
  ok(envelope_parse(&e, s, n) == ENVELOPE_TOO_LONG,
     "known before its end is seen");

  memcpy(s, "F\0", 2);
  for (size_t i = 0; i <= ENVELOPE_RCPTS_MAX; i++)
    memcpy(s + 2 + 3 * i, "Tb\0", 3);
  n = 2 + 3 * ENVELOPE_RCPTS_MAX;
  s[n] = 0;
  ok(envelope_parse(&e, s, n + 1) == ENVELOPE_OK &&
         e.count == ENVELOPE_RCPTS_MAX,
     "the most recipients");
  s[n] = 'T';
  ok(envelope_parse(&e, s, n + 3) == ENVELOPE_TOO_MANY, "one more");
}

int main(void)
{
  struct envelope e;
  char const *pos;

  for (size_t i = 0; i < sizeof t / sizeof *t; i++)
    ok(envelope_parse(&e, t[i].s, t[i].n) == t[i].want &&
           (t[i].want || e.count == t[i].count),
       t[i].name);
  prefixes();
  limits();

  ok(!envelope_parse(&e, t[1].s, t[1].n), "parse");
  pos = e.rcpts;
  ok(!*e.sender && !strcmp(envelope_rcpt(&pos), "b@y") &&
         !strcmp(envelope_rcpt(&pos), "c") && !envelope_rcpt(&pos) &&
         !envelope_rcpt(&pos),
     "the recipients in order");
  return done();
}
