/*
 * postern-report: who relayed how much, and by what right?
 *
 * reads   logs: directories of s6-log's, files, or stdin
 * writes  the report to stdout: text, JSON lines or a page
 * exits   0 done; 1 done, and something was found; 100 wrong usage; 111 a log
 *         could not be read, or not all of it
 */
#include <string.h>

#include <skalibs/buffer.h>
#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "ledgerout.h"
#include "logdir.h"

#define NAME "postern-report"
#define USAGE NAME " [ -j | -H ] [ -n rows ] [ -d day ] [ logdir | file ... ]"
#define dieusage() strerr_dieusage(100, USAGE)
#define dienomem() strerr_diefu1sys(111, "allocate memory")

#define ROWS 10

enum form { TEXT, JSON, HTML };

struct options {
  enum form form;
  size_t rows;
  int64_t day;
};

/* YYYY-MM-DD, as a day since the epoch. */
static int64_t scan_day(char const *s)
{
  char line[] = "YYYY-MM-DD 00:00:00 p: e";
  struct logline l;
  char back[LOGLINE_TIME_FMT];

  if (strlen(s) != 10) dieusage();
  memcpy(line, s, 10);
  if (!logline_scan(&l, line, sizeof line - 1) || l.seconds <= 0) dieusage();
  logline_time_fmt(back, l.seconds);
  if (memcmp(back, s, 10)) dieusage(); /* there is no February 30 */
  return l.seconds / 86400;
}

static void scan_options(struct options *o, int argc, char const *const *argv,
                         int *used)
{
  subgetopt l = SUBGETOPT_ZERO;

  for (;;) {
    int opt = subgetopt_r(argc, argv, "jHn:d:", &l);

    if (opt == -1) break;
    switch (opt) {
    case 'j': o->form = JSON; break;
    case 'H': o->form = HTML; break;
    case 'n':
      if (!size0_scan(l.arg, &o->rows)) dieusage();
      break;
    case 'd': o->day = scan_day(l.arg); break;
    default: dieusage();
    }
  }
  *used = l.ind;
}

static int take(void *data, char const *block, size_t n)
{
  return ledger_feed(data, block, n);
}

static void warn(void *data, char const *path, char const *why)
{
  (void)data;
  strerr_warnw3x(path, ": ", why);
}

static void put(struct ledger const *g, struct options const *o)
{
  stralloc out = STRALLOC_ZERO;
  int good = o->form == JSON   ? ledgerout_json(g, &out)
             : o->form == HTML ? ledgerout_html(g, o->rows, &out)
                               : ledgerout_text(g, o->rows, &out);

  if (!good) dienomem();
  if (buffer_put(buffer_1, out.s, out.len) < 0 || !buffer_flush(buffer_1))
    strerr_diefu1sys(111, "write to stdout");
  stralloc_free(&out);
}

int main(int argc, char const *const *argv)
{
  static char const *const in[] = {"-"};
  struct options o = {.rows = ROWS};
  struct logdir d = {.source = in, .sources = 1, .trouble = warn};
  struct ledger g;
  size_t judged;
  int used, found;

  PROG = NAME;
  scan_options(&o, argc, argv, &used);
  if (used < argc) {
    d.source = argv + used;
    d.sources = (size_t)(argc - used);
  }
  if (!ledger_init(&g, o.day, LEDGER_ACCOUNTS, LEDGER_ADDRESSES)) dienomem();
  if (!logdir_read(&d, take, &g)) dienomem();
  ledger_end(&g);
  put(&g, &o);
  found = ledger_unexplained(&g) || ledger_habits(&g, &judged);
  ledger_free(&g);
  return d.troubles ? 111 : found;
}
