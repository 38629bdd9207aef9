/* Unit test of src/accept/hostname.c: one row per case. */
#include <string.h>

#include "hostname.h"
#include "unit.h"

#define L63 "a23456789012345678901234567890123456789012345678901234567890123"

static struct {
  char const *in;
  char const *want; /* 0 if it is no name */
} const t[] = {
    {"mail.example.org", "mail.example.org"},
    {"Mail.EXAMPLE.org", "mail.example.org"},
    {"mail.example.org.", "mail.example.org"},
    {"a_b-c.9", "a_b-c.9"},
    {"localhost", "localhost"},
    {"", 0},
    {".", 0},
    {"..", 0},
    {".example.org", 0},
    {"a..b", 0},
    {"a b", 0},
    {"a\nb", 0},
    {"a@b", 0},
    {"a=b", 0},
    {"a:b", 0},
    {"x/../y", 0},
    {"b\xc3\xbc"
     "cher.example",
     0},
    {"$(id)", 0},
    {L63 "." L63 "." L63 "."
         "a234567890123456789012345678901234567890123456789"
         "012345678901",
     L63 "." L63 "." L63 "."
         "a234567890123456789012345678901234567890123456789"
         "012345678901"},
    {L63 "." L63 "." L63 "."
         "a234567890123456789012345678901234567890123456789"
         "0123456789012",
     0},
};

int main(void)
{
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    char out[HOSTNAME_MAX + 1] = "untouched";
    int r = hostname_clean(t[i].in, out);

    ok(t[i].want ? r && !strcmp(out, t[i].want) : !r, t[i].in);
  }
  for (int c = 1; c < 256; c++) {
    char const in[] = {'a', (char)c, 'b', 0};
    char out[HOSTNAME_MAX + 1];
    int good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';

    if (hostname_clean(in, out) != good) ok(0, in);
  }
  ok(1, "every byte");
  return done();
}
