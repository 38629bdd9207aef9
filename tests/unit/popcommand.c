/* Unit test of src/pop3/popcommand.c. */
#include <string.h>

#include "popcommand.h"
#include "unit.h"

#define BYTES(s) s, sizeof s - 1

static struct {
  char const *line;
  size_t len;
  enum pop_verb verb;
  char const *arg;
} const lines[] = {
    {BYTES("STAT"), POP_STAT, ""},
    {BYTES("stat"), POP_STAT, ""},
    {BYTES("sTaT "), POP_STAT, ""},
    {BYTES("STATS"), POP_UNKNOWN, ""},
    {BYTES("STA"), POP_UNKNOWN, ""},
    {BYTES(""), POP_UNKNOWN, ""},
    {BYTES(" STAT"), POP_UNKNOWN, "STAT"},
    {BYTES("STAT\t"), POP_UNKNOWN, ""},
    {BYTES("PASS  a b "), POP_PASS, " a b "},
    {BYTES("USER joe"), POP_USER, "joe"},
    {BYTES("USER j\0e"), POP_UNKNOWN, ""},
    {BYTES("US\0R joe"), POP_UNKNOWN, ""},
    {BYTES("LIST 1"), POP_LIST, "1"},
    {BYTES("APOP a b"), POP_APOP, "a b"},
    {BYTES("AUTH PLAIN"), POP_AUTH, "PLAIN"},
    {BYTES("CAPA"), POP_CAPA, ""},
    {BYTES("DELE 7"), POP_DELE, "7"},
    {BYTES("NOOP"), POP_NOOP, ""},
    {BYTES("QUIT"), POP_QUIT, ""},
    {BYTES("RETR 1"), POP_RETR, "1"},
    {BYTES("RSET"), POP_RSET, ""},
    {BYTES("Stls"), POP_STLS, ""},
    {BYTES("TOP 1 2"), POP_TOP, "1 2"},
    {BYTES("UIDL"), POP_UIDL, ""},
};

/* want is the sum of the numbers, or 0 for a refusal. */
static struct {
  char const *arg;
  size_t n;
  int good;
  uint64_t sum;
} const numbers[] = {
    {"1", 1, 1, 1},
    {"0", 1, 1, 0},
    {"007", 1, 1, 7},
    {"1 ", 1, 1, 1},
    {"18446744073709551615", 1, 1, UINT64_MAX},
    {"18446744073709551616", 1, 0, 0},
    {"18446744073709551617", 1, 0, 0},
    {"99999999999999999999999999", 1, 0, 0},
    {"", 1, 0, 0},
    {" ", 1, 0, 0},
    {" 1", 1, 0, 0},
    {"1x", 1, 0, 0},
    {"x", 1, 0, 0},
    {"+1", 1, 0, 0},
    {"-1", 1, 0, 0},
    {"0x1", 1, 0, 0},
    {"1.", 1, 0, 0},
    {"1\t", 1, 0, 0},
    {"1 2", 1, 0, 0},
    {"1 2", 2, 1, 3},
    {"1  2", 2, 1, 3},
    {"1 2 ", 2, 1, 3},
    {"1", 2, 0, 0},
    {"1 ", 2, 0, 0},
    {"1 x", 2, 0, 0},
    {"1 2x", 2, 0, 0},
    {"1 2 3", 2, 0, 0},
};

static struct {
  char const *arg;
  size_t name; /* 0: refused */
} const apops[] = {
    {"joe c4c9334bac560ecc979e58001b3e22fb", 3},
    {"jo e c4c9334bac560ecc979e58001b3e22fb", 4},
    {"joe  c4c9334bac560ecc979e58001b3e22fb", 4},
    {"joe c4c9334bac560ecc979e58001b3e22f", 0},
    {"joe c4c9334bac560ecc979e58001b3e22fb0", 0},
    {"joe C4C9334BAC560ECC979E58001B3E22FB", 0},
    {"joe c4c9334bac560ecc979e58001b3e22fg", 0},
    {"joe c4c9334bac560ecc979e58001b3e22fb ", 0},
    {" c4c9334bac560ecc979e58001b3e22fb", 0},
    {"c4c9334bac560ecc979e58001b3e22fb", 0},
    {"joe", 0},
    {"", 0},
};

static struct {
  char const *arg;
  int good;
  size_t mech;
  char const *initial;
} const auths[] = {
    {"PLAIN", 1, 5, 0},         {"PLAIN =", 1, 5, "="}, {"PLAIN ", 1, 5, ""},
    {"PLAIN a b", 1, 5, "a b"}, {"", 0, 0, 0},          {" PLAIN", 0, 0, 0},
};

#define EACH(t) for (size_t i = 0; i < sizeof t / sizeof *t; i++)

static struct pop_command with(char const *arg)
{
  return (struct pop_command){POP_UNKNOWN, arg, strlen(arg)};
}

int main(void)
{
  EACH(lines)
  {
    struct pop_command c = popcommand_parse(lines[i].line, lines[i].len);

    ok(c.verb == lines[i].verb && c.len == strlen(lines[i].arg) &&
           !memcmp(c.arg, lines[i].arg, c.len),
       lines[i].line);
  }
  EACH(numbers)
  {
    struct pop_command c = with(numbers[i].arg);
    uint64_t u[2] = {0, 0};
    int r = popcommand_numbers(&c, u, numbers[i].n);

    ok(r == numbers[i].good && (!r || u[0] + u[1] == numbers[i].sum),
       numbers[i].arg);
  }
  EACH(apops)
  {
    struct pop_command c = with(apops[i].arg);
    size_t n = 0;

    ok(popcommand_apop(&c, &n) == !!apops[i].name && n == apops[i].name,
       apops[i].arg);
  }
  EACH(auths)
  {
    struct pop_command c = with(auths[i].arg);
    char const *initial, *want = auths[i].initial;
    size_t m, n;
    int r = popcommand_auth(&c, &m, &initial, &n);

    ok(r == auths[i].good &&
           (!r ||
            (m == auths[i].mech && !initial == !want &&
             (!want || (n == strlen(want) && !memcmp(initial, want, n))))),
       auths[i].arg);
  }
  {
    struct pop_command none = with(""), some = with("  "), more = with(" x");
    ok(popcommand_bare(&none) && popcommand_bare(&some) &&
           !popcommand_bare(&more),
       "blanks are no argument");
  }
  return done();
}
