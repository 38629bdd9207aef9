/*
 * Unit test of src/lib/mailbox.c: paths and parameters, the classes of probes
 * for open relays, and every byte value in every position of the grammar's
 * tokens.
 */
#include <string.h>

#include "mailbox.h"
#include "unit.h"

#define F MAILBOX_FORWARD
#define R MAILBOX_REVERSE
#define S64 "0123456789012345678901234567890123456789012345678901234567890123"
#define BYTES(s) s, sizeof s - 1

static struct {
  enum mailbox_path kind;
  char const *in;
  size_t n;
  enum mailbox_result result;
  char const *want;   /* the mailbox */
  char const *domain; /* its domain */
} const t[] = {
    {F, BYTES("<a@b>"), 0, "a@b", "b"},
    {F, BYTES("<a@b> X=Y"), 0, "a@b", "b"},
    {F, BYTES("<A.b+c@Example.ORG>"), 0, "A.b+c@Example.ORG", "Example.ORG"},
    {F, BYTES("<a@b.>"), 0, "a@b", "b"},
    {F, BYTES("<a@b..>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@.b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b..c>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@.>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<@b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<.a@b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a.@b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a..c@b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@-b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b->"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b_c>"), MAILBOX_SYNTAX, 0, 0},
    /* the two that need no mailbox */
    {R, BYTES("<>"), 0, "", ""},
    {F, BYTES("<>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<postmaster>"), 0, "postmaster", ""},
    {F, BYTES("<PostMaster>"), 0, "PostMaster", ""},
    {R, BYTES("<postmaster>"), MAILBOX_NO_DOMAIN, 0, 0},
    {F, BYTES("<root>"), MAILBOX_NO_DOMAIN, 0, 0},
    {F, BYTES("<\"\">"), MAILBOX_SYNTAX, 0, 0},
    /* quotes */
    {F, BYTES("<\"a\"@b>"), 0, "a@b", "b"},
    {F, BYTES("<\"a b\"@b>"), 0, "a b@b", "b"},
    {F, BYTES("<\"a\\\"\\\\\"@b>"), 0, "a\"\\@b", "b"},
    {F, BYTES("<\"a@b\"@c>"), 0, "a@b@c", "c"},
    {F, BYTES("<\"\"@b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<\"a@b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<\"a\"c@b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<\"a\\"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<\"a\0b\"@c>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<\"a\\\0b\"@c>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<\"a\rb\"@c>"), MAILBOX_SYNTAX, 0, 0},
    /* source routes */
    {F, BYTES("<@x:a@b>"), 0, "a@b", "b"},
    {F, BYTES("<@x,@y.z,@[192.0.2.1]:a@b>"), 0, "a@b", "b"},
    {F, BYTES("<@local:v@foreign>"), 0, "v@foreign", "foreign"},
    {F, BYTES("<@x.:a@b>"), 0, "a@b", "b"},
    {F, BYTES("<@x,a@b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<@x:@y:a@b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<@:a@b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<@x:>"), MAILBOX_SYNTAX, 0, 0},
    /* literals */
    {F, BYTES("<a@[192.0.2.1]>"), 0, "a@[192.0.2.1]", "[192.0.2.1]"},
    {F, BYTES("<a@[IPv6:2001:db8::1]>"), 0, "a@[IPv6:2001:db8::1]",
     "[IPv6:2001:db8::1]"},
    {F, BYTES("<a@[2001:db8::1]>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@[IPv6:192.0.2.1]>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@[3221225985]>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@[0300.0.2.1]>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@[0x7f.0.0.1]>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@[192.0.2.1>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@[192.0.2.1].b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@[]>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@[localhost]>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@[192.0.2.1\0]>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@#2130706433>"), MAILBOX_SYNTAX, 0, 0},
    /* tricks with brackets, lists, comments and the end */
    {F, BYTES("<a@b"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("a@b"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("a@b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<<a@b>>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b>,<c@d>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b><c@d>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b,c@d>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("x <a@b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a(x)@b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b(x)>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("< a@b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b >"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a @b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@ b>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b@c>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b\0.c>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b>\0"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b>x"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b>\t"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES(""), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<"), MAILBOX_SYNTAX, 0, 0},
    /* beyond ASCII */
    {F, BYTES("<j\xc3\xbcrg@b\xc3\xbc.example>"), 0,
     "j\xc3\xbcrg@b\xc3\xbc.example", "b\xc3\xbc.example"},
    {F, BYTES("<\"j\xc3\xbc \"@b>"), 0, "j\xc3\xbc @b", "b"},
    {F, BYTES("<a\xc0\xae@b>"), MAILBOX_SYNTAX, 0, 0},
    {F,
     BYTES("<a@b\xc0\xae"
           "c>"),
     MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b\xae.c>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b\xed\xa0\x80>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b\xf4\x90\x80\x80>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b\xc2\x85>"), MAILBOX_SYNTAX, 0, 0},
    {F, BYTES("<a@b\xe2\x80\xa8>"), MAILBOX_SYNTAX, 0, 0},
    {F,
     BYTES("<a@local\xe3\x80\x82"
           "example>"),
     0,
     "a@local\xe3\x80\x82"
     "example",
     "local\xe3\x80\x82"
     "example"},
    /* lengths */
    {F, BYTES("<" S64 "@b>"), 0, S64 "@b", "b"},
    {F, BYTES("<" S64 "x@b>"), MAILBOX_TOO_LONG, 0, 0},
    {R, BYTES("<" S64 "x@b>"), 0, S64 "x@b", "b"},
    {R, BYTES("<" S64 S64 S64 S64 "@b>"), MAILBOX_TOO_LONG, 0, 0},
    {F, BYTES("<a@" S64 ">"), MAILBOX_TOO_LONG, 0, 0},
};

static void paths(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct mailbox m;
    size_t used, dlen;
    enum mailbox_result r = mailbox_path(&m, t[i].kind, t[i].in, t[i].n, &used);
    int good = r == t[i].result;

    if (good && !r) {
      char const *d = mailbox_domain(&m, &dlen);
      good = m.len == strlen(t[i].want) && !strcmp(m.s, t[i].want) &&
             dlen == strlen(t[i].domain) && !memcmp(d, t[i].domain, dlen) &&
             (used == t[i].n || t[i].in[used] == ' ');
    }
    ok(good, t[i].in);
  }
}

/* Whole lengths: 254 fits, 255 does not. */
static void lengths(void)
{
  char s[400];
  struct mailbox m;
  size_t used, n = 0;

  n += (size_t)sprintf(s, "<%s@", S64);
  for (int i = 0; i < 3; i++)
    n += (size_t)sprintf(s + n, "%.61s.", S64);
  strcpy(s + n, "ab>");
  ok(!mailbox_path(&m, F, s, n + 3, &used) && m.len == 253, "253 bytes");
  strcpy(s + n, "abc>");
  ok(!mailbox_path(&m, F, s, n + 4, &used) && m.len == 254, "254 bytes");
  strcpy(s + n, "abc.>");
  ok(!mailbox_path(&m, F, s, n + 5, &used) && m.len == 254, "and a dot");
  strcpy(s + n, "abcd>");
  ok(mailbox_path(&m, F, s, n + 5, &used) == MAILBOX_TOO_LONG, "255 bytes");
}

/* In these texts every byte value is put at the place of the *; class says
   which values may stand there. */
static struct {
  char const *text;
  char const *class; /* beyond letters and digits */
  char const *name;
} const places[] = {
    {"<*>", "", "alone"}, /* only postmaster */
    {"<*b@c>", "!#$%&'*+-/=?^_`{|}~@\"", "first of an atom"},
    {"<a*b@c>", "!#$%&'*+-/=?^_`{|}~.@", "within an atom"},
    {"<b*@c>", "!#$%&'*+-/=?^_`{|}~", "last of an atom"},
    {"<\"*\"@c>", " !#$%&'()*+,-./:;<=>?@[]^_`{|}~", "quoted"},
    {"<\"a\\*\"@c>", " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "after backslash"},
    {"<\"a\"*c>", "@", "between quote and domain"},
    {"<a*c>", "@", "the at"},
    {"<a@*>", "", "one letter of a domain"},
    {"<a@*c>", "", "first of a label"},
    {"<a@b*c>", "-.", "within a label"},
    {"<a@b*>", ".", "last of a domain"},
    {"<a@b.*>", "", "last label"},
    {"<a@[192.0.2.*]>", "", "within a literal"},
    {"<@*:a@b>", "", "a route"},
    {"<@x*a@b>", ":", "the colon"},
    {"<@x*@y:a@b>", ",", "the comma"},
    {"<@x,*y:a@b>", "@", "an at of a route"},
    {"*a@b>", "<", "opening"},
    {"<a@b*", ">", "closing"},
    {"<a@b>*", " ", "after the path"},
};

static int may_stand(size_t place, int c)
{
  char const *text = places[place].text;
  int digit = c >= '0' && c <= '9';
  int letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

  if (c && strchr(places[place].class, c)) {
    /* two that are right for another reason: <"b@c> is not closed, <@b@c> is
       no route, and <a@b@c> has two at signs */
    return !(c == '"' && !strcmp(text, "<*b@c>")) &&
           !(c == '@' && (!strcmp(text, "<*b@c>") || !strcmp(text, "<a*b@c>")));
  }
  if (strstr(text, "192")) return digit;
  if (!strcmp(text, "<*>")) return 0;
  if (!strcmp(text, "<a*c>") || !strcmp(text, "<\"a\"*c>")) return 0;
  if (!strcmp(text, "<@x*a@b>") || !strcmp(text, "<@x*@y:a@b>")) return 0;
  if (!strcmp(text, "<@x,*y:a@b>") || !strcmp(text, "*a@b>")) return 0;
  if (!strcmp(text, "<a@b*") || !strcmp(text, "<a@b>*")) return 0;
  return digit || letter;
}

static void every_byte(void)
{
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    char s[64];
    size_t n = strlen(places[i].text), used, star, wrong = 0;

    memcpy(s, places[i].text, n);
    star = (size_t)(strchr(s, '*') - s);
    for (int c = 0; c < 256; c++) {
      struct mailbox m;
      int good;

      s[star] = (char)c;
      good = !mailbox_path(&m, F, s, n, &used);
      if (good != may_stand(i, c)) {
        printf("# byte 0x%02x\n", (unsigned int)c);
        wrong++;
      }
    }
    ok(!wrong, places[i].name);
  }
}

static struct {
  char const *in;
  char const *suffix;
  char const *want; /* 0 if refused */
} const append[] = {
    {"<a@b>", "", "a@b"},
    {"<a@b>", "@fixme", "a@b@fixme"},
    {"<a@b>", "@fixme.", "a@b@fixme"},
    {"<a@b>", ".gate", "a@b.gate"},
    {"<a@b>", "@", 0},
    {"<a@b>", "@x y", 0},
    {"<a@b>", "@x..y", 0},
    {"<\"a@x\"@b>", "@fixme", 0},
    {"<a@[192.0.2.1]>", "@fixme", "a@[192.0.2.1]@fixme"},
    {"<a@[192.0.2.1]>", ".gate", 0},
};

static void appends(void)
{
  struct mailbox m;
  size_t used, dlen;

  for (size_t i = 0; i < sizeof append / sizeof *append; i++) {
    mailbox_path(&m, F, append[i].in, strlen(append[i].in), &used);
    if (append[i].want)
      ok(mailbox_append(&m, append[i].suffix) && !strcmp(m.s, append[i].want) &&
             m.len == strlen(m.s),
         append[i].want);
    else
      ok(!mailbox_append(&m, append[i].suffix), append[i].in);
  }
  mailbox_path(&m, F, "<a@b>", 5, &used);
  mailbox_append(&m, "@fixme");
  ok(!strcmp(mailbox_domain(&m, &dlen), "fixme") && dlen == 5,
     "the domain is the new one");
  {
    char big[400] = "@";
    memset(big + 1, 'x', 60);
    for (int i = 1; i < 4; i++)
      strcpy(big + strlen(big), ".0123456789012345678901234567890123456789"
                                "0123456789012345678901");
    mailbox_path(&m, F, "<a@b>", 5, &used);
    ok(mailbox_append(&m, big) == (strlen(big) + 3 <= MAILBOX_MAX),
       "as long as may be");
    strcat(big, "." S64);
    ok(!mailbox_append(&m, big), "too long");
  }
}

static struct {
  char const *in;
  int routed;
} const routed[] = {
    {"<a@b>", 0},        {"<a%c@b>", 1},    {"<c!a@b>", 1},
    {"<\"a@c\"@b>", 1},  {"<\":a\"@b>", 1}, {"<\"a:c\"@b>", 0},
    {"<\"a%c\"@b>", 1},  {"<%@b>", 1},      {"<a+c@b>", 0},
    {"<\"@c:a\"@b>", 1},
};

static void others(void)
{
  struct mailbox m;
  size_t used;

  for (size_t i = 0; i < sizeof routed / sizeof *routed; i++)
    ok(!mailbox_path(&m, F, routed[i].in, strlen(routed[i].in), &used) &&
           mailbox_is_routed(&m) == routed[i].routed,
       routed[i].in);
  mailbox_path(&m, F, "<PostMaster>", 12, &used);
  ok(mailbox_is_postmaster(&m) && mailbox_set_domain(&m, "me.example") &&
         !strcmp(m.s, "PostMaster@me.example"),
     "postmaster gets a domain");
  mailbox_path(&m, F, "<postmaster2@b>", 15, &used);
  ok(!mailbox_is_postmaster(&m), "not postmaster");
  mailbox_path(&m, F, "<\"a b\"@b>", 9, &used);
  ok(m.quoted, "quotes were needed");
  mailbox_path(&m, F, "<\"a.b\"@b>", 9, &used);
  ok(!m.quoted, "quotes were not needed");
  ok(!mailbox_scan(&m, "a@b", 3) && mailbox_scan(&m, "a@b ", 4) &&
         mailbox_scan(&m, "a", 1) == MAILBOX_NO_DOMAIN,
     "without brackets");
}

static struct {
  char const *in;
  int n;            /* how many; -1 if one is bad */
  char const *last; /* value of the last */
} const params[] = {
    {"", 0, 0},
    {"   ", 0, 0},
    {" SIZE=1", 1, "1"},
    {" SIZE=1  BODY=8BITMIME ", 2, "8BITMIME"},
    {" SMTPUTF8", 1, 0},
    {" 8-a=b", 1, "b"},
    {" SIZE=", -1, 0},
    {" =1", -1, 0},
    {" -A=1", -1, 0},
    {" A_B=1", -1, 0},
    {" A=b=c", -1, 0},
    {" A=b\x01", -1, 0},
    {" A=b\x7f", -1, 0},
    {" A=\xff", -1, 0},
    {" A=\xc3\xbc", 1, "\xc3\xbc"},
    {"SIZE=1", -1, 0},
    {" SIZE=1\tBODY=7BIT", -1, 0},
};

static void parameters(void)
{
  for (size_t i = 0; i < sizeof params / sizeof *params; i++) {
    char const *s = params[i].in;
    size_t pos = 0;
    struct mailbox_param p = {0};
    int r, n = 0;

    while ((r = mailbox_param(s, strlen(s), &pos, &p)) > 0)
      n++;
    if (r < 0) n = -1;
    ok(n == params[i].n &&
           (n < 1 ||
            (params[i].last ? p.vlen == strlen(params[i].last) &&
                                  !memcmp(p.value, params[i].last, p.vlen)
                            : !p.value)),
       s);
  }
}

int main(void)
{
  paths();
  lengths();
  every_byte();
  appends();
  others();
  parameters();
  return done();
}
