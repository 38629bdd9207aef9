/* Unit test of src/lib/ruleline.c: one row per line.  What 0.88 does with a
   line is compared with 0.88 itself in tests/compat/tcprules.t. */
#include <string.h>

#include "ruleline.h"
#include "unit.h"

/* Keys and data as text: the keys separated by blanks, then " -> " and the
   data, where | stands for NUL. */
static struct {
  char const *line;
  char const *want;
  char const *warn; /* a part of the warning, or 0 */
} const good[] = {
    {"", "", 0},
    {" \t", "", 0},
    {"# anything", "", 0},
    {"192.0.2.7:allow", "192.0.2.7 ->", 0},
    {"192.0.2.7:deny", "192.0.2.7 -> D|", 0},
    {"192.0.2.7:deny \t", "192.0.2.7 -> D|", 0},
    {"192.0.2.:allow,A=\"b\"", "192.0.2. -> +A=b|", 0},
    {"192.0.:allow,A=/b c/,_B1=xx", "192.0. -> +A=b c|+_B1=|", 0},
    {"192.:deny,A=\"b\"", "192. -> D|+A=b|", 0},
    {"1.2.3.9-11:allow", "1.2.3.9 1.2.3.10 1.2.3.11 ->", 0},
    {"1.9-10.:deny", "1.9. 1.10. -> D|", 0},
    {"9-10.2.3.4:allow", "9.2.3.4 10.2.3.4 ->", 0},
    {"08-09.:allow", "8. 9. ->", 0},
    {"255-255.:allow", "255. ->", 0},
    {":allow", " ->", 0},
    {":deny", " -> D|", 0},
    {"=:deny", "= -> D|", 0},
    {"=mx.example.org:allow", "=mx.example.org ->", 0},
    {"=.example.org:deny", "=.example.org -> D|", 0},
    {"me@192.0.2.7:allow", "me@192.0.2.7 ->", 0},
    {"@192.0.2.7:allow", "@192.0.2.7 ->", 0},
    {"A b@c@192.0.2.7:allow", "A b@c@192.0.2.7 ->", 0},
    {"me@=mx.example.org:deny", "me@=mx.example.org -> D|", 0},
    {"::1:allow", "::1 ->", 0},
    {"2001:DB8:0::1:deny", "2001:db8::1 -> D|", 0},
    {"me@2001:DB8:0::1:deny", "me@2001:db8::1 -> D|", 0},
    {"::ffff:192.0.2.7:allow", "192.0.2.7 ->", 0},
    {"2001:db8::/32:allow", "2001:db8::/32 ->", 0},
    {"::/0:deny", "::/0 -> D|", 0},
    {"2001:db8::1/128:allow", "2001:db8::1 ->", 0},
    {"192.0.2.7/32:allow", "192.0.2.7 ->", 0},
    {"192.0.2.4/30:deny", "192.0.2.4 192.0.2.5 192.0.2.6 192.0.2.7 -> D|", 0},
    {"192.0.2.0/24:allow", "192.0.2. ->", 0},
    {"192.0.2.0/23:allow", "192.0.2. 192.0.3. ->", 0},
    {"192.6.0.0/15:allow", "192.6. 192.7. ->", 0},
    {"10.0.0.0/8:allow", "10. ->", 0},
    {"10.0.0.0/7:deny", "10. 11. -> D|", 0},
    {"1.2.3.4:allow,A=\":deny\"", "1.2.3.4 -> +A=:deny|", 0},
    {":allow,RELAYCLIENT=\"\"", " -> +RELAYCLIENT=|", "everybody"},
    {":deny,RELAYCLIENT=\"\"", " -> D|+RELAYCLIENT=|", 0},
    {":allow,RELAYCLIENTS=\"\"", " -> +RELAYCLIENTS=|", 0},
    {"=:allow,RELAYCLIENT=\"\"", "= -> +RELAYCLIENT=|", "name"},
    {"=.a:allow,RELAYCLIENT=\"\"", "=.a -> +RELAYCLIENT=|", "name"},
    {"u@=a:allow,RELAYCLIENT=\"\"", "u@=a -> +RELAYCLIENT=|", "name"},
    {"u@1.2.3.4:allow,RELAYCLIENT=\"\"", "u@1.2.3.4 -> +RELAYCLIENT=|", 0},
    {"10.:allow,RELAYCLIENT=\"\"", "10. -> +RELAYCLIENT=|", 0},
    {"127.:allow,RELAYCLIENT=\"\"", "127. -> +RELAYCLIENT=|", 0},
    {"192.168.:allow,RELAYCLIENT=\"\"", "192.168. -> +RELAYCLIENT=|", 0},
    {"11.:allow,RELAYCLIENT=\"\"", "11. -> +RELAYCLIENT=|", "/16"},
    {"10-11.:allow,RELAYCLIENT=\"\"", "10. 11. -> +RELAYCLIENT=|", "/16"},
    {"11.2.:allow,RELAYCLIENT=\"\"", "11.2. -> +RELAYCLIENT=|", 0},
    {"11.2-3.:allow,RELAYCLIENT=\"\"", "11.2. 11.3. -> +RELAYCLIENT=|", "/16"},
    {"11.2.0.0/15:allow,RELAYCLIENT=\"\"", "11.2. 11.3. -> +RELAYCLIENT=|",
     "/16"},
    {"::/0:allow,RELAYCLIENT=\"\"", "::/0 -> +RELAYCLIENT=|", "/32"},
    {"2001:db8::/32:allow,RELAYCLIENT=\"\"", "2001:db8::/32 -> +RELAYCLIENT=|",
     0},
    {"fc00::/7:allow,RELAYCLIENT=\"\"", "fc00::/7 -> +RELAYCLIENT=|", 0},
    {"fe80::/10:allow,RELAYCLIENT=\"\"", "fe80::/10 -> +RELAYCLIENT=|", 0},
};

static struct {
  char const *line;
  char const *why;
} const refused[] = {
    {"192.0.2.7", "no colon: write ADDRESS:allow"},
    {"192.0.2.7 allow", "no colon: write ADDRESS:allow"},
    {" 192.0.2.7:allow", "a blank begins the line"},
    {" # no comment", "a blank begins the line"},
    {"192.0.2.7 :allow", "a blank before the colon"},
    {"192.0.2.7:allow\r", "a CR ends the line"},
    {"\r", "a CR ends the line"},
    {"192.0.2.7:Allow", "allow is written in lower case"},
    {"192.0.2.7:DENY", "deny is written in lower case"},
    {"192.0.2.7:", "neither allow nor deny follows the colon"},
    {"192.0.2.7: allow", "neither allow nor deny follows the colon"},
    {"192.0.2.7:allowed", "neither a comma nor the end of the line follows"},
    {"192.0.2.7:allow ,A=\"b\"",
     "neither a comma nor the end of the line follows"},
    {"192.0.2.7:allow,A=\"b\"c",
     "neither a comma nor the end of the line follows"},
    {"192.0.2.7:allow,", "a variable is not NAME=\"VALUE\""},
    {"192.0.2.7:allow,A", "a variable is not NAME=\"VALUE\""},
    {"192.0.2.7:allow,A=", "a variable is not NAME=\"VALUE\""},
    {"192.0.2.7:allow,A=\"b", "a variable is not NAME=\"VALUE\""},
    {"192.0.2.7:allow,=\"b\"", "a variable has no name"},
    {"192.0.2.7:allow,a=\"b\"",
     "a variable's name consists of A to Z, 0 to 9 and _"},
    {"192.0.2.7:allow, A=\"b\"",
     "a variable's name consists of A to Z, 0 to 9 and _"},
    {"192.0.2.7:allow,1A=\"b\"",
     "a variable's name consists of A to Z, 0 to 9 and _"},
    {"192.0.2.7:allow,LD_PRELOAD=\"b\"", "a rule may not set this variable"},
    {"192.0.2.7:allow,PATH=\"b\"", "a rule may not set this variable"},
    {"192.0.2.7:allow,IFS=\"b\"", "a rule may not set this variable"},
    {"192.0.2.7:allow,ENV=\"b\"", "a rule may not set this variable"},
    {"192.0.2.7:deny,BASH_ENV=\"b\"", "a rule may not set this variable"},
    {"192.0.2.7:allow,RELAYREASON=\"b\"",
     "only the listener sets this variable"},
    {"192.0.2.7:allow,A=\"b\rc\"", "a CR in a variable's value"},
    {"192.0.2.7:allow,POSTERN_GATEWAY=\"yes\"", "POSTERN_GATEWAY is not ok"},
    {"192.0.2.7:allow,POSTERN_GATEWAY=\"\"", "POSTERN_GATEWAY is not ok"},
    {"192.0.2.256:allow", "an octet is over 255"},
    {"192.0.2.1-300:allow", "an octet is over 255"},
    {"192.0.2.99999999999999999999:allow", "an octet is over 255"},
    {"192.0.2.9-4:allow", "the range is reversed"},
    {"192.0.2.4-:allow", "the range has no end"},
    {"192.0.2.-4:allow", "the range has no beginning"},
    {"1.2.3.4-1.2.3.9:allow", "a range covers one octet: write 192.0.2.4-9"},
    {"1-2.3-4.:allow", "more than one range"},
    {"1-2-3.:allow", "not an address"},
    {"192.0.2:allow", "less than four octets must end with a dot"},
    {"192:allow", "less than four octets must end with a dot"},
    {"192.0.2.7.:allow", "four octets must not end with a dot"},
    {"192.0.2.7.8:allow", "more than four octets"},
    {"192..2.7:allow", "an octet is empty"},
    {".:allow", "an octet is empty"},
    {"192.0.02.7:allow", "an octet has a leading zero"},
    {"192.0.2.*:allow", "there is no *: end a prefix with a dot"},
    {"*:allow", "there is no *: end a prefix with a dot"},
    {"mx.example.org:allow", "not an address"},
    {"all:allow", "not an address"},
    {"192.0.2.0/33:allow", "more bits than the address has"},
    {"192.0.2.1/24:allow", "bits are set beyond the network's prefix"},
    {"2001:db8::1/64:allow", "bits are set beyond the network's prefix"},
    {"192.0.2/24:allow", "not a network: write 192.0.2.0/24 or 2001:db8::/32"},
    {"192.0.2.0/:allow", "not a network: write 192.0.2.0/24 or 2001:db8::/32"},
    {"192.0.2.0/255.255.255.0:allow",
     "not a network: write 192.0.2.0/24 or 2001:db8::/32"},
    {"::ffff:10.0.0.0/104:allow", "write an IPv4 network as IPv4"},
    {"0.0.0.0/0:allow",
     "everybody is the empty address: write :allow or :deny"},
    {"[::1]:allow", "an IPv6 address stands without brackets"},
    {"::1::allow", "not an IPv6 address"},
    {"fe80::1%eth0:allow", "not an IPv6 address"},
    {"2001:db8::allow:allow",
     "neither a comma nor the end of the line follows"},
    {"=Mx.example.org:allow", "a host name is compared in lower case"},
    {"=*.example.org:allow", "there is no *: write =.example.org"},
    {"=mx.example.org.:allow", "a host name has an empty label"},
    {"=mx..org:allow", "a host name has an empty label"},
    {"=.:allow", "a host name has an empty label"},
    {"=mx example:allow", "no host name contains such a byte"},
    {"=m\xc3\xbc:allow", "no host name contains such a byte"},
    {"me@192.0.2.:allow", "after @ stands one whole address or =host"},
    {"me@192.0.2.4-5:allow", "after @ stands one whole address or =host"},
    {"me@192.0.2.0/24:allow", "after @ stands one whole address or =host"},
    {"me@:allow", "after @ stands one whole address or =host"},
    {"me@=.example.org:allow", "after @ stands a whole host name"},
    {"me@=:allow", "a host name has an empty label"},
};

static void show(ruleline const *r, char *out)
{
  size_t n = 0;

  for (unsigned long i = r->from; i <= r->to; i++) {
    n += ruleline_key(r, i, out + n);
    out[n++] = ' ';
  }
  n += (size_t)snprintf(out + n, 8, "->%s", r->data.len ? " " : "");
  for (size_t i = 0; i < r->data.len; i++)
    out[n++] = r->data.s[i] ? r->data.s[i] : '|';
  out[n] = 0;
}

static void accepts(ruleline *r)
{
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    char const *line = good[i].line, *warn = good[i].warn;
    char got[4096] = "";

    if (ruleline_strict(r, line, strlen(line)) == RULELINE_RULE) show(r, got);
    ok(!strcmp(got, good[i].want), line);
    ok(warn ? r->warn && strstr(r->warn, warn) : !r->warn, line);
  }
}

static void refuses(ruleline *r)
{
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    char const *line = refused[i].line;
    enum ruleline_kind kind = ruleline_strict(r, line, strlen(line));

    ok(kind == RULELINE_BAD && !strcmp(r->why, refused[i].why), line);
  }
  ok(ruleline_strict(r, "1.2.3.4:al\0low", 14) == RULELINE_BAD, "a NUL");
  ok(ruleline_strict(r, "1.2.3.4:allow,A=\"\0\"", 19) == RULELINE_BAD,
     "a NUL in a value");
}

static void lengths(ruleline *r)
{
  static char line[RULELINE_MAX + 2];
  char const end[] = "@192.0.2.7:allow";

  memset(line, 'a', sizeof line);
  memcpy(line, "192.0.2.7:allow,A=\"", 19);
  line[RULELINE_MAX - 1] = '"';
  ok(ruleline_strict(r, line, RULELINE_MAX) == RULELINE_RULE, "the longest");
  line[RULELINE_MAX - 1] = 'a';
  line[RULELINE_MAX] = '"';
  ok(ruleline_strict(r, line, RULELINE_MAX + 1) == RULELINE_BAD, "too long");

  memset(line, 'a', sizeof line);
  memcpy(line + RULE_KEY_MAX - 10, end, sizeof end);
  ok(ruleline_strict(r, line, RULE_KEY_MAX + 6) == RULELINE_RULE &&
         r->hlen == RULE_KEY_MAX,
     "the longest key");
  memset(line, 'a', sizeof line);
  memcpy(line + RULE_KEY_MAX - 9, end, sizeof end);
  ok(ruleline_strict(r, line, RULE_KEY_MAX + 7) == RULELINE_BAD,
     "a key too long");
  memset(line, 'a', sizeof line);
  line[0] = '=';
  memcpy(line + 256, ":deny", 5);
  ok(ruleline_strict(r, line, 261) == RULELINE_RULE, "the longest host name");
  memcpy(line + 256, "a:deny", 6);
  ok(ruleline_strict(r, line, 262) == RULELINE_BAD, "a host name too long");
}

int main(void)
{
  ruleline r = RULELINE_ZERO;

  accepts(&r);
  refuses(&r);
  lengths(&r);
  ruleline_free(&r);
  return done();
}
