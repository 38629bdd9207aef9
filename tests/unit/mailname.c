/* Unit test of src/pop3/mailname.c. */
#include <string.h>

#include "mailname.h"
#include "unit.h"

#define NONE UINT64_MAX

static struct {
  char const *name;
  size_t unique;
  uint64_t time;
  uint64_t size; /* NONE: not given */
  uint64_t octets;
} const t[] = {
    {"1000.1.host", 11, 1000, NONE, NONE},
    {"1000.1.host:2,S", 11, 1000, NONE, NONE},
    {"1000.1.host:2,S:2,", 11, 1000, NONE, NONE},
    {"1000.1.host,S=12:2,S", 16, 1000, 12, NONE},
    {"1000.1.host,S=12,W=14:2,", 21, 1000, 12, 14},
    {"1000.1.host,W=14,S=12", 21, 1000, 12, 14},
    {"1000.1.host,S=12x", 17, 1000, NONE, NONE},
    {"1000.1.host,S=", 14, 1000, NONE, NONE},
    {"1000.1.host,S=-1", 16, 1000, NONE, NONE},
    {"1000.1.host,S=18446744073709551616", 34, 1000, NONE, NONE},
    {"1000.1.host,S=18446744073709551614", 34, 1000, UINT64_MAX - 1, NONE},
    {"1000.1.host:2,S=12", 11, 1000, NONE, NONE},
    {"1000.1.host,S=000000000000000000000000000000000000012", 53, 1000, NONE,
     NONE},
    {"1000", 4, 0, NONE, NONE},
    {"1000x.1", 7, 0, NONE, NONE},
    {"x1000.1", 7, 0, NONE, NONE},
    {"99999999999999999999.1", 22, 0, NONE, NONE},
    {":2,S", 0, 0, NONE, NONE},
    {"", 0, 0, NONE, NONE},
};

static struct {
  char const *unique;
  unsigned int again;
  char const *uid;
} const uids[] = {
    {"1000.1.host", 0, "1000.1.host"},
    {"1234567890123456789012345678901234567890123456789012345678901234567890",
     0,
     "1234567890123456789012345678901234567890123456789012345678901234567890"},
    {"a b", 0,
     ".c8687a08aa5d6ed2044328fa6a697ab8e96dc34291e8c2034ae8c38e6fcc6d65"},
    {"\xc3\xa4", 0, 0},
    {"", 0,
     ".e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"1234567890123456789012345678901234567890123456789012345678901234567890"
     "1",
     0, 0},
    {"1000.1.host", 1, 0},
};

static int right(size_t i)
{
  char uid[MAILNAME_UID_MAX];
  size_t n =
      mailname_uid(uid, uids[i].unique, strlen(uids[i].unique), uids[i].again);

  if (uids[i].uid)
    return n == strlen(uids[i].uid) && !memcmp(uid, uids[i].uid, n);
  if (n != 65 || uid[0] != '.') return 0;
  for (size_t k = 0; k < n; k++)
    if (uid[k] < 0x21 || uid[k] > 0x7e) return 0;
  return 1;
}

int main(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct mailname m = mailname_parse(t[i].name, strlen(t[i].name));

    ok(m.unique == t[i].unique && m.time == t[i].time &&
           m.has_size == (t[i].size != NONE) &&
           (!m.has_size || m.size == t[i].size) &&
           m.has_octets == (t[i].octets != NONE) &&
           (!m.has_octets || m.octets == t[i].octets),
       t[i].name);
  }
  for (size_t i = 0; i < sizeof uids / sizeof *uids; i++)
    ok(right(i), *uids[i].unique ? uids[i].unique : "(empty)");
  {
    char one[MAILNAME_UID_MAX], two[MAILNAME_UID_MAX];
    mailname_uid(one, "a", 1, 1);
    mailname_uid(two, "a", 1, 2);
    ok(memcmp(one, two, 65), "each file of the same unique part has its own");
  }
  return done();
}
