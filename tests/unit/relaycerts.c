/* Unit test of src/lib/relaycerts.c. */
#include <string.h>

#include "relaycerts.h"
#include "unit.h"

#define H "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UP "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"
#define C8 "01:23:45:67:89:AB:CD:ef:"
#define COLONS C8 C8 C8 "01:23:45:67:89:AB:CD:ef"
#define OTHER "ff23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char const digest[] = "not a SHA-256 fingerprint";

static struct {
  char const *item;
  char const *fault;
  char const *name; /* whom H is found to be */
} const t[] = {
    {H " mx2", 0, "mx2"},
    {UP "\t mx2.example.org", 0, "mx2.example.org"},
    {COLONS " j\xc3\xb6@b", 0, "j\xc3\xb6@b"},
    {OTHER " mx2", 0, 0},
    {H, "no name", 0},
    {H " ", "no name", 0},
    {H " a b", "blank in the name", 0},
    {H " a\tb", "blank in the name", 0},
    {H "0 mx2", digest, 0},
    {H ":00 mx2", digest, 0},
    {H ": mx2", digest, 0},
    {H "mx2", digest, 0},
    {":" H " mx2", digest, 0},
    {"0" H " mx2", digest, 0},
    {"01::23:45:67:89:AB:CD:ef:" C8 C8 "01:23:45:67:89:AB:CD:ef x", digest, 0},
    {"0:12" H " mx2", digest, 0},
    {"mx2 " H, digest, 0},
    {"SHA256:" H " mx2", digest, 0},
    {"", digest, 0},
    {"0011 mx2", digest, 0},
};

static int same(char const *a, char const *b)
{
  return a && b ? !strcmp(a, b) : a == b;
}

int main(void)
{
  static char const list[] = OTHER " first\0" COLONS " second\0" H " third";
  char item[400] = H " ";
  size_t n;

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    n = strlen(t[i].item);
    ok(same(relaycerts_fault(t[i].item, n), t[i].fault), t[i].item);
    if (!t[i].fault)
      ok(same(relaycerts_find(t[i].item, n + 1, H), t[i].name), "found");
  }
  n = strlen(item);
  memset(item + n, 'x', RELAYCERTS_NAME + 1);
  ok(!relaycerts_fault(item, n + RELAYCERTS_NAME), "a long name");
  ok(same(relaycerts_fault(item, n + RELAYCERTS_NAME + 1), "name too long"),
     "too long");
  ok(same(relaycerts_find(list, sizeof list, H), "second"), "the first counts");
  ok(same(relaycerts_find(list, sizeof list, OTHER), "first"), "another");
  ok(!relaycerts_find(list, sizeof list, UP), "facts are in lower case");
  ok(!relaycerts_find(list, sizeof list, "") &&
         !relaycerts_find(list, sizeof list, "01"),
     "no fingerprint");
  ok(!relaycerts_find("", 0, H), "no list");
  return done();
}
