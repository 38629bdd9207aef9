/*
 * grantload STORE N - fill a store with N grants and print what one more record
 * and one check cost, in microseconds, store opened and closed each time, as
 * the programs do.  Medians of rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "grant.h"

#define ROUNDS 15
#define BATCH 2000

static double clock_us(void)
{
  struct timespec ts;

  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static void die(char const *what, char const *why)
{
  fprintf(stderr, "grantload: %s: %s\n", what, why);
  exit(111);
}

static void address(ip46 *ip, unsigned int i)
{
  char a[4] = {10, (char)(i >> 16), (char)(i >> 8), (char)i};
  ip46_from_ip4(ip, a);
}

static void record(char const *word, unsigned int i)
{
  struct store s;
  char const *why;
  ip46 ip;

  address(&ip, i);
  if (!store_open(&s, word, STORE_ALL)) die("open", store_why(&s));
  if (!grant_record(&s, &ip, GRANT_BITS6, "roam@local.example", GRANT_TTL,
                    &why))
    die("record", why);
  store_close(&s);
}

static void check(char const *word, unsigned int i)
{
  struct store s;
  struct grant g;
  uint64_t now;
  char const *why;
  ip46 ip;

  address(&ip, i);
  if (!store_open(&s, word, STORE_GET)) die("open", store_why(&s));
  if (grant_check(&s, &ip, GRANT_BITS6, GRANT_TTL_MAX, &g, &now, &why) !=
      GRANT_FRESH)
    die("check", "not fresh");
  store_close(&s);
}

static int by_size(void const *a, void const *b)
{
  double x = *(double const *)a, y = *(double const *)b;
  return (x > y) - (x < y);
}

static double median(char const *word, unsigned int n,
                     void (*f)(char const *, unsigned int))
{
  double us[ROUNDS];
  unsigned int at = 1;

  for (int r = 0; r < ROUNDS; r++) {
    double start = clock_us();

    for (int i = 0; i < BATCH; i++) {
      at = at * 1664525u + 1013904223u;
      f(word, (at >> 8) % n);
    }
    us[r] = (clock_us() - start) / BATCH;
  }
  qsort(us, ROUNDS, sizeof *us, by_size);
  return us[ROUNDS / 2];
}

int main(int argc, char **argv)
{
  unsigned int n = argc == 3 ? (unsigned int)atoi(argv[2]) : 0;

  if (!n) return fputs("usage: grantload STORE N\n", stderr), 100;
  for (unsigned int i = 0; i < n; i++)
    record(argv[1], i);
  printf("%.2f %.2f\n", median(argv[1], n, record), median(argv[1], n, check));
  return 0;
}
