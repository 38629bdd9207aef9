#include <stdlib.h>
#include <string.h>

#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "addr.h"
#include "options.h"

#define LETTERS ":dDvqQhHrR1UXx:t:u:g:l:b:B:c:pPoOa:C:f:j:km:N:T:y:"

static _Noreturn void die_usage(struct options const *o)
{
  strerr_dien(
      100, 4, o->prog, ": usage: ", o->prog,
      " [ -1UXpPhHrRoOdDqQvk ] [ -c limit ] [ -C limit ] [ -j count/seconds ] "
      "[ -x rules.cdb ] [ -m refusal ] [ -B banner ] [ -g gid ] [ -u uid ] "
      "[ -b backlog ] [ -l localname ] [ -t timeout ] [ -T timeout ] "
      "[ -y network ] [ -a host:port ] [ -f fd ] [ -N fd ] host port program");
}

/* in 0.88's words */
static _Noreturn void die_letter(struct options const *o, char const *why,
                                 int letter)
{
  char const s[] = {(char)letter, 0};

  strerr_warn(o->prog, ": ", why, " -- ", s);
  die_usage(o);
}

static _Noreturn void die_value(char letter, char const *want, char const *is)
{
  char const option[] = {'-', letter, 0};
  strerr_dief(100, option, ": not ", want, ": ", is);
}

static unsigned int number(char letter, char const *s, unsigned int least,
                           unsigned int most)
{
  char want[64] = "a number from ";
  unsigned int u;
  size_t n = strlen(want);

  if (uint0_scan(s, &u) && u >= least && u <= most) return u;
  n += uint_fmt(want + n, least);
  memcpy(want + n, " to ", 4);
  n += 4;
  want[n + uint_fmt(want + n, most)] = 0;
  die_value(letter, want, s);
}

/* COUNT/SECONDS */
static void rate(struct options *o, char const *s)
{
  size_t n = uint_scan(s, &o->rate_most);

  if (!n || s[n] != '/' || !uint0_scan(s + n + 1, &o->rate_seconds) ||
      !o->rate_most || !o->rate_seconds || o->rate_seconds > 86400)
    die_value('j', "COUNT/SECONDS", s);
}

static void network(struct options *o, char const *s)
{
  struct options_net *net = o->nets + o->nnets;

  if (o->nnets == OPTIONS_NETS_MAX) strerr_dief(100, "-y: too many");
  if (addr_scan(s, &net->ip))
    net->bits = addr_bits(&net->ip);
  else if (!addr_scan_net(s, &net->ip, &net->bits))
    die_value('y', "an address or a network", s);
  o->nnets++;
}

static void more(struct options *o, char const *s)
{
  if (o->nmore == LISTEN_MAX) strerr_dief(100, "-a: too many");
  o->more[o->nmore++] = s;
}

static void adopt(struct options *o, int fd)
{
  if (o->nadopt == LISTEN_MAX) strerr_dief(100, "-f: too many");
  o->adopt[o->nadopt++] = fd;
}

static void ids_from_environment(struct options *o)
{
  o->user = getenv("UID");
  o->group = getenv("GID");
  if (!o->user) strerr_dienotset(100, "UID");
  if (!o->group) strerr_dienotset(100, "GID");
}

static void flag(struct options *o, int letter)
{
  switch (letter) {
  case 'q': o->verbosity = 0; break;
  case 'Q': o->verbosity = 1; break;
  case 'v': o->verbosity = 2; break;
  case '1': o->print_port = 1; break;
  case 'h': o->hosts = 1; break;
  case 'H': o->hosts = 0; break;
  case 'p': o->paranoid = 1; break;
  case 'P': o->paranoid = 0; break;
  case 'r': o->info = 1; break;
  case 'R': o->info = 0; break;
  case 'd': o->no_delay = 0; break;
  case 'D': o->no_delay = 1; break;
  case 'o': o->kill_options = 0; break;
  case 'O': o->kill_options = 1; break;
  case 'k': o->keep = 1; break;
  case 'X': o->may_be_missing = 1; break;
  case 'U': ids_from_environment(o); break;
  default: die_usage(o);
  }
}

static void option(struct options *o, int letter, char const *arg)
{
  switch (letter) {
  case 'x': o->rules = arg; break;
  case 'u': o->user = arg; break;
  case 'g': o->group = arg; break;
  case 'l': o->local_host = arg; break;
  case 'B': o->banner = arg; break;
  case 'm': o->refusal = arg; break;
  case 't': o->timeout = number('t', arg, 1, 86400); break;
  case 'T': o->drain = number('T', arg, 0, 86400); break;
  case 'b': o->backlog = number('b', arg, 1, 65535); break;
  case 'c': o->limit = number('c', arg, 1, OPTIONS_LIMIT_MAX); break;
  case 'C': o->per_ip = number('C', arg, 0, OPTIONS_LIMIT_MAX); break;
  case 'N': o->ready_fd = (int)number('N', arg, 1, 65535); break;
  case 'f': adopt(o, (int)number('f', arg, 0, 65535)); break;
  case 'j': rate(o, arg); break;
  case 'y': network(o, arg); break;
  case 'a': more(o, arg); break;
  default: flag(o, letter);
  }
}

static char const *basename_of(char const *path)
{
  char const *slash = path ? strrchr(path, '/') : 0;
  return slash ? slash + 1 : path ? path : "postern-tcpserver";
}

static void defaults(struct options *o, char const *argv0)
{
  memset(o, 0, sizeof *o);
  o->prog = PROG = basename_of(argv0);
  o->classic = !strcmp(o->prog, "tcpserver");
  o->verbosity = 1;
  o->ready_fd = -1;
  o->hosts = -1;
  o->paranoid = -1;
  o->info = o->classic;
  o->kill_options = 1;
  o->timeout = 26;
  o->drain = o->classic ? 0 : 60;
  o->backlog = o->classic ? 20 : 128;
  o->limit = 40;
  if (o->classic) o->refusal = "";
}

void options_parse(struct options *o, int argc, char const *const *argv)
{
  subgetopt l = SUBGETOPT_ZERO;
  int letter;

  defaults(o, argv[0]);
  while ((letter = subgetopt_r(argc, argv, LETTERS, &l)) != -1) {
    if (letter == '?') die_letter(o, "illegal option", l.problem);
    if (letter == ':') die_letter(o, "option requires an argument", l.problem);
    option(o, letter, l.arg);
  }
  if (argc - l.ind < 3) die_usage(o);
  if (o->hosts < 0) o->hosts = o->classic || o->paranoid == 1;
  if (o->paranoid < 0) o->paranoid = !o->classic;
  if (o->local_host && strlen(o->local_host) > 255)
    die_value('l', "a name of at most 255 bytes", o->local_host);
  argv += l.ind;
  o->host = *argv++;
  o->port = *argv++;
  o->prog_argv = argv;
}

int options_trusts(struct options const *o, ip46 const *ip)
{
  for (unsigned int i = 0; i < o->nnets; i++)
    if (addr_inside(ip, &o->nets[i].ip, o->nets[i].bits)) return 1;
  return 0;
}
