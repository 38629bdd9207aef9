#include "tlsoptions.h"

#include <fcntl.h>

#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#define USAGE                                                                  \
  "postern-tlsd [ -q ] [ -u user ] [ -g group ] [ -r root ] [ -d fd ]"         \
  " [ -m mode ] [ -c sessions ] [ -H handshakes ] [ -n connections ]"          \
  " [ -t seconds ] [ -w seconds ] [ -T seconds ] [ -k seconds ]"               \
  " [ -v clients.pem ] socket directory"
#define dieusage() strerr_dieusage(100, USAGE)

static void number(char letter, char const *s, unsigned int min,
                   unsigned int max, unsigned int *u)
{
  char const option[] = {'-', letter, 0};
  char a[UINT_FMT], b[UINT_FMT];

  if (uint0_scan(s, u) && *u >= min && *u <= max) return;
  a[uint_fmt(a, min)] = 0;
  b[uint_fmt(b, max)] = 0;
  strerr_dief(100, option, ": not a number from ", a, " to ", b, ": ", s);
}

static void mode(char const *s, mode_t *m)
{
  unsigned int u;

  if (!uint0_oscan(s, &u) || u > 0777) strerr_dief(100, "-m: not a mode: ", s);
  *m = u;
}

static void descriptor(char const *s, int *fd)
{
  unsigned int u;

  number('d', s, 3, 65535, &u);
  if (fcntl((int)u, F_GETFD) < 0)
    strerr_dief(100, "-d: file descriptor not open: ", s);
  fcntl((int)u, F_SETFD, FD_CLOEXEC);
  *fd = (int)u;
}

void tlsoptions_parse(struct tlsoptions *o, int argc, char const *const *argv)
{
  subgetopt l = SUBGETOPT_ZERO;

  *o = (struct tlsoptions){.ready = -1,
                           .mode = 0666,
                           .sessions = 1000,
                           .handshakes = 50,
                           .connections = 100,
                           .deadline = 60,
                           .idle = 3600,
                           .drain = 60,
                           .rotation = 3600};
  for (;;) {
    int opt = subgetopt_r(argc, argv, "qu:g:r:d:m:c:H:n:t:w:T:k:v:", &l);

    if (opt == -1) break;
    switch (opt) {
    case 'q': o->quiet = 1; break;
    case 'u': o->user = l.arg; break;
    case 'g': o->group = l.arg; break;
    case 'r': o->root = l.arg; break;
    case 'd': descriptor(l.arg, &o->ready); break;
    case 'm': mode(l.arg, &o->mode); break;
    case 'c': number('c', l.arg, 1, 65535, &o->sessions); break;
    case 'H': number('H', l.arg, 1, 65535, &o->handshakes); break;
    case 'n': number('n', l.arg, 1, 1000000, &o->connections); break;
    case 't': number('t', l.arg, 1, 86400, &o->deadline); break;
    case 'w': number('w', l.arg, 1, 86400, &o->idle); break;
    case 'T': number('T', l.arg, 0, 86400, &o->drain); break;
    case 'k': number('k', l.arg, 1, 86400, &o->rotation); break;
    case 'v': o->clients = l.arg; break;
    default: dieusage();
    }
  }
  if (argc - l.ind != 2) dieusage();
  o->socket = argv[l.ind];
  o->certs = argv[l.ind + 1];
}
