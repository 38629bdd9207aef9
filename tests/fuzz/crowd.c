/* Fuzz target: names that clients give, and records of them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t len);

static void must(int good)
{
  if (!good) abort();
}

/* A record can have it, and it is its own; but for what is only dots. */
static void write_name(char const *s, size_t n)
{
  char helo[300], name[CROWD_NAME + 1], again[CROWD_NAME + 1];

  if (n >= sizeof helo) n = sizeof helo - 1;
  memcpy(helo, s, n);
  helo[n] = 0;
  crowd_name(name, helo);
  must(*name && strlen(name) <= CROWD_NAME);
  must(!name[strcspn(name, "+ABCDEFGHIJKLMNOPQRSTUVWXYZ \r\n\\%/")]);
  for (char const *c = name; *c; c++)
    must(*c > ' ' && *c <= '~');
  crowd_name(again, name);
  must(!strcmp(name, again) || name[strlen(name) - 1] == '.');
}

static void read_record(char const *s, size_t n)
{
  struct store_record r = {.set = 1, .ttl = CROWD_TTL};
  struct store_entry e = {.name = "10.0.0.5", .klen = 8, .record = &r};
  struct crowd c;
  size_t plus = 1;
  ip46 ip;

  if (n > sizeof r.payload) return;
  memcpy(e.key, "10.0.0.5", 8);
  memcpy(r.payload, s, n);
  r.len = n;
  if (!crowd_from(&ip, &c, &e)) return;
  must(strlen(c.names) == n && !memcmp(c.names, s, n));
  for (size_t i = 0; i < n; i++)
    plus += s[i] == '+';
  must(c.n == plus && c.n <= CROWD_NAMES);
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t len)
{
  if (!len) return 0;
  write_name((char const *)data, len);
  read_record((char const *)data, len);
  return 0;
}
