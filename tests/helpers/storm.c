/*
 * storm STORE RECORDERS - so many recorders, ALIVE at a time, and two cleaners
 * at work in one store.  Every recorder, and now and then a cleaner, is killed
 * with SIGKILL at some moment.
 *
 * Each recorder has a key of its own, to which it gives a dead record and then
 * a live one, again and again, so that the cleaners always have a dead record
 * in hand that is being replaced by a live one; and it renews a key that it
 * shares with others.  What it knows to be recorded it notes in shared memory,
 * where it outlives it.
 *
 * Exits 0 if no live record was ever missing, no dead one ever fresh, and if
 * after a last cleaning nothing but live records is left; else says what was
 * wrong.  Kills wait for work done, not for time.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "store.h"

#define MOST 4096
#define CLEANERS 2
#define ALIVE 16
#define SHARED 8

struct board {
  atomic_int own[MOST]; /* 1: a live record of this recorder's stands there */
  atomic_int shared[SHARED];
  atomic_ulong live; /* recorded */
  atomic_ulong busy; /* not recorded, and told so: the lock was held too long */
  atomic_ulong cleaned;
  atomic_ulong lost;
  atomic_ulong early; /* a dead record was taken for fresh */
};

static struct board *board;
static char const *word;

static void die(char const *what, char const *why)
{
  fprintf(stderr, "storm: %s: %s\n", what, why);
  exit(111);
}

static enum store_found get(char const *key)
{
  struct store_record r;
  struct store s;
  enum store_found found;
  uint64_t now;

  if (!store_open(&s, word, STORE_GET)) return STORE_ERROR;
  found = store_get(&s, key, strlen(key), &r, &now);
  store_close(&s);
  return found;
}

static int put(char const *key, uint64_t ago)
{
  struct store_record r = {.set = store_now() - ago, .ttl = 900, .len = 4};
  struct store s;
  int done;

  memcpy(r.payload, "roam", 4);
  if (!store_open(&s, word, STORE_ALL)) return 0;
  done = store_put(&s, key, strlen(key), &r);
  store_close(&s);
  atomic_fetch_add(done ? &board->live : &board->busy, 1);
  return done;
}

static void recorder(int i)
{
  char own[16], shared[16];

  snprintf(own, sizeof own, "own.%d", i);
  snprintf(shared, sizeof shared, "shared.%d", i % SHARED);
  for (;;) {
    board->own[i] = 0;
    if (put(own, 1000) && get(own) == STORE_FRESH) board->early++;
    usleep((unsigned int)random() % 500); /* lets a cleaner find it */
    if (put(own, 0)) {
      board->own[i] = 1;
      if (get(own) != STORE_FRESH) board->lost++;
    }
    if (put(shared, 0)) board->shared[i % SHARED] = 1;
    if (board->shared[i % SHARED] && get(shared) != STORE_FRESH) board->lost++;
    if (board->own[i] && get(own) != STORE_FRESH) board->lost++;
  }
}

static void cleaner(int i)
{
  struct store_count count;
  struct store s;

  (void)i;
  for (;;) {
    if (!store_open(&s, word, STORE_ALL)) die("open", store_why(&s));
    store_clean(&s, &count);
    board->cleaned += count.removed;
    store_close(&s);
  }
}

static pid_t start(void (*f)(int), int i)
{
  pid_t pid = fork();

  if (pid < 0) die("fork", "failed");
  if (pid) return pid;
  f(i);
  _exit(0);
}

/* Let that many records be made. */
static void wait_for(unsigned long more)
{
  struct timespec const ts = {.tv_nsec = 50000};
  unsigned long want = board->live + more;

  while (board->live < want)
    nanosleep(&ts, 0);
}

static void kill_one(pid_t pid)
{
  kill(pid, SIGKILL);
  waitpid(pid, 0, 0);
}

static void run(int n)
{
  pid_t recorders[ALIVE] = {0}, cleaners[CLEANERS];

  srandom(1);
  for (int i = 0; i < CLEANERS; i++)
    cleaners[i] = start(cleaner, i);
  for (int i = 0; i < n + ALIVE; i++) {
    pid_t *r = &recorders[i % ALIVE];

    if (*r) {
      wait_for((unsigned long)random() % 40);
      kill_one(*r);
    }
    *r = i < n ? start(recorder, i) : 0;
    if (random() % 16 == 0) {
      int c = (int)random() % CLEANERS;

      kill_one(cleaners[c]);
      cleaners[c] = start(cleaner, c);
    }
  }
  for (int i = 0; i < CLEANERS; i++)
    kill_one(cleaners[i]);
}

static int see(struct store_entry const *e, void *data)
{
  unsigned long *dead = data;

  *dead += !e->record || !store_fresh(e->record, store_now());
  return 1;
}

static unsigned long look_after(int n)
{
  unsigned long missing = 0, dead = 0;
  struct store_count count;
  struct store s;
  char key[16];

  if (!store_open(&s, word, STORE_ALL)) die("open", store_why(&s));
  if (!store_clean(&s, &count)) die("the last cleaning", store_why(&s));
  if (count.alien) die("a damaged entry", count.first);
  if (!store_each(&s, see, &dead)) die("each", store_why(&s));
  store_close(&s);
  for (int i = 0; i < n; i++) {
    snprintf(key, sizeof key, "own.%d", i);
    missing += board->own[i] && get(key) != STORE_FRESH;
  }
  for (int i = 0; i < SHARED; i++) {
    snprintf(key, sizeof key, "shared.%d", i);
    missing += board->shared[i] && get(key) != STORE_FRESH;
  }
  printf("missing %lu dead %lu lost %lu early %lu\n", missing, dead,
         board->lost, board->early);
  return missing + dead + board->lost + board->early;
}

int main(int argc, char **argv)
{
  int n = argc == 3 ? atoi(argv[2]) : 0;

  if (n < 1 || n > MOST)
    return fputs("usage: storm STORE RECORDERS\n", stderr), 100;
  word = argv[1];
  board = mmap(0, sizeof *board, PROT_READ | PROT_WRITE,
               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (board == MAP_FAILED) die("mmap", "failed");
  run(n);
  fprintf(stderr, "recorded %lu, busy %lu, cleaned %lu\n", board->live,
          board->busy, board->cleaned);
  return look_after(n) ? 1 : 0;
}
