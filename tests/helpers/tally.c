/*
 * tally STORE PROCESSES N KILLS - so many processes count to N each, all in one
 * record of the store, while a cleaner cleans; before, they count while so many
 * times one of them is killed with SIGKILL at some moment, and another takes
 * its place.
 *
 * Prints what was counted and what the record says.  Exits 0 if the record has
 * all that was known to be counted, and no more than one beyond that for each
 * kill: what was done, and not noted any more.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <skalibs/types.h>

#include "store.h"

#define MOST 64

struct board {
  atomic_ulong done;
  atomic_int over; /* the killing is */
  atomic_uint left[MOST];
};

static struct board *board;
static char const *word;

static void die(char const *what, char const *why)
{
  fprintf(stderr, "tally: %s: %s\n", what, why);
  exit(111);
}

static enum store_change add_one(enum store_found found, struct store_record *r,
                                 uint64_t now, void *data)
{
  unsigned int n = 0;

  (void)data;
  if (found == STORE_FRESH) uint_scan(r->payload, &n);
  r->set = now;
  r->ttl = 900;
  r->len = uint_fmt(r->payload, n + 1);
  r->payload[r->len] = 0;
  return STORE_SET;
}

static void counter(int i)
{
  struct store s;

  if (!store_open(&s, word, STORE_ALL)) die("open", store_why(&s));
  while (!board->over || board->left[i]) {
    if (!store_change(&s, "tally", 5, add_one, 0)) {
      if (errno != EBUSY) die("change", store_why(&s));
      continue;
    }
    board->done++;
    if (board->over) board->left[i]--;
  }
  store_close(&s);
}

static void cleaner(int i)
{
  struct store_count count;
  struct store s;

  (void)i;
  if (!store_open(&s, word, STORE_ALL)) die("open", store_why(&s));
  for (;;)
    store_clean(&s, &count);
}

static pid_t start(void (*f)(int), int i)
{
  pid_t pid = fork();

  if (pid < 0) die("fork", "failed");
  if (pid) return pid;
  f(i);
  _exit(0);
}

static void kill_one(pid_t pid)
{
  kill(pid, SIGKILL);
  waitpid(pid, 0, 0);
}

static void wait_for(unsigned long more)
{
  struct timespec const ts = {.tv_nsec = 50000};
  unsigned long want = board->done + more;

  while (board->done < want)
    nanosleep(&ts, 0);
}

static void run(int processes, unsigned int each, int kills)
{
  pid_t pid[MOST], clean = start(cleaner, 0);

  srandom(1);
  board->over = !kills;
  for (int i = 0; i < processes; i++) {
    board->left[i] = each;
    pid[i] = start(counter, i);
  }
  for (int k = 0; k < kills; k++) {
    int i = (int)random() % processes;

    wait_for((unsigned long)random() % 10);
    kill_one(pid[i]);
    pid[i] = start(counter, i);
  }
  board->over = 1;
  for (int i = 0; i < processes; i++)
    waitpid(pid[i], 0, 0);
  kill_one(clean);
}

static unsigned int look(void)
{
  struct store_record r;
  struct store_count count;
  struct store s;
  uint64_t now;
  unsigned int n = 0;

  if (!store_open(&s, word, STORE_ALL)) die("open", store_why(&s));
  if (!store_clean(&s, &count)) die("clean", store_why(&s));
  if (count.alien) die("a damaged entry", count.first);
  if (store_get(&s, "tally", 5, &r, &now) != STORE_FRESH) die("get", "lost");
  r.payload[r.len] = 0;
  uint_scan(r.payload, &n);
  store_close(&s);
  return n;
}

int main(int argc, char **argv)
{
  int processes = argc == 5 ? atoi(argv[2]) : 0, kills;
  unsigned int n;

  if (processes < 1 || processes > MOST)
    return fputs("usage: tally STORE PROCESSES N KILLS\n", stderr), 100;
  word = argv[1];
  kills = atoi(argv[4]);
  board = mmap(0, sizeof *board, PROT_READ | PROT_WRITE,
               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (board == MAP_FAILED) die("mmap", "failed");
  run(processes, (unsigned int)atoi(argv[3]), kills);
  n = look();
  printf("counted %lu, recorded %u\n", board->done, n);
  return n < board->done || n > board->done + (unsigned long)kills;
}
