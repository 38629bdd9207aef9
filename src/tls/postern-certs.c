/*
 * postern-certs: what postern-tlsd would make of a directory of certificates,
 * and how long each lasts.
 *
 * reads   the directory, as postern-tlsd does
 * writes  a line for each certificate to stdout
 * exits   0 all are good; 1 one is not; 100 wrong usage; 111 the directory
 *         cannot be read
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/sgetopt.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include <openssl/x509v3.h>

#include "certdir.h"
#include "certset.h"
#include "secret.h"
#include "text.h"
#include "tlsctx.h"

#define USAGE "postern-certs [ -w days ] directory"
#define dieusage() strerr_dieusage(100, USAGE)

#define DAYS 21 /* a renewal that should have come by then has failed */
#define DAYS_MAX 36500
#define DAY 86400
#define NAMES_MAX 2048 /* bytes of the names of one certificate */
#define SHOWN (4 * CERTSET_WHY)

struct out {
  unsigned int days; /* fewer that are left are too few */
  int bad;
  stralloc line;
};

static void nomem(int good)
{
  if (!good) strerr_diefu1sys(111, "allocate memory");
}

static void add(struct out *o, char const *s, size_t n)
{
  char shown[SHOWN];

  nomem(stralloc_catb(&o->line, shown, text_escape(shown, sizeof shown, s, n)));
}

static void word(struct out *o, char const *s)
{
  if (o->line.len) nomem(stralloc_append(&o->line, ' '));
  add(o, s, strlen(s));
}

static void put(struct out *o)
{
  nomem(stralloc_append(&o->line, '\n'));
  if (allwrite(1, o->line.s, o->line.len) < o->line.len)
    strerr_diefu1sys(111, "write to stdout");
  o->line.len = 0;
}

/* --- one that cannot be used --- */

static void bad(struct out *o, char const *why)
{
  o->bad = 1;
  nomem(stralloc_cats(&o->line, "bad - - - "));
  for (; *why; why++) /* a sentence keeps its blanks */
    if (*why == ' ')
      nomem(stralloc_append(&o->line, ' '));
    else
      add(o, why, 1);
  put(o);
}

/* --- one that can --- */

static void add_name(struct out *o, int *n, ASN1_STRING const *s)
{
  if (!s) return;
  nomem(stralloc_append(&o->line, (*n)++ ? ',' : ' '));
  add(o, (char const *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

/* As RFC 6125: the subject's only where there is no other. */
static void add_names(struct out *o, X509 *x)
{
  GENERAL_NAMES *all = X509_get_ext_d2i(x, NID_subject_alt_name, 0, 0);
  X509_NAME const *subject = X509_get_subject_name(x);
  size_t end = o->line.len + NAMES_MAX;
  int n = 0, at;

  for (int i = 0; i < sk_GENERAL_NAME_num(all) && o->line.len < end; i++) {
    GENERAL_NAME const *g = sk_GENERAL_NAME_value(all, i);
    if (g->type == GEN_DNS) add_name(o, &n, g->d.dNSName);
  }
  GENERAL_NAMES_free(all);
  at = n ? -1 : X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0)
    add_name(o, &n, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (!n) nomem(stralloc_cats(&o->line, " -"));
}

static int days_left(ASN1_TIME const *t)
{
  int days = 0, seconds = 0;

  if (!ASN1_TIME_diff(&days, &seconds, 0, t)) return -DAYS_MAX;
  return seconds < 0 ? days - 1 : days;
}

static char const *verdict(struct out const *o, X509 const *x, int days)
{
  if (X509_cmp_current_time(X509_get0_notBefore(x)) > 0) return "early";
  if (X509_cmp_current_time(X509_get0_notAfter(x)) < 0) return "expired";
  return days < (int)o->days ? "soon" : "good";
}

static void add_time(struct out *o, ASN1_TIME const *t)
{
  struct tm tm;
  char s[64];

  if (ASN1_TIME_to_tm(t, &tm) != 1 ||
      !strftime(s, sizeof s, "%Y-%m-%dT%H:%M:%SZ", &tm))
    strcpy(s, "-");
  word(o, s);
}

static void tell(struct out *o, char const *name, struct certset_pair const *p)
{
  int days = days_left(X509_get0_notAfter(p->cert));
  char const *v = verdict(o, p->cert, days);
  char s[16];

  o->bad |= strcmp(v, "good") != 0;
  snprintf(s, sizeof s, "%d", days);
  word(o, v);
  add_time(o, X509_get0_notAfter(p->cert));
  word(o, s);
  word(o, name);
  word(o, p->path);
  add_names(o, p->cert);
  put(o);
}

static int judge(struct out *o, char const *bundle, size_t n, int show)
{
  struct tickets const none = {0};
  char why[CERTSET_WHY];
  struct tlsctx *t = tlsctx_make(bundle, n, &none, 1, why);

  if (!t) {
    bad(o, why);
    return 0;
  }
  for (size_t i = 0; show && i < t->set->n; i++)
    for (size_t k = 0; k < t->set->name[i].n; k++)
      tell(o, t->set->name[i].name, t->set->name[i].pair + k);
  tlsctx_free(t);
  return 1;
}

/* Each by itself, so that one that is bad does not hide the others; and then
   all of them, because two can be one too many. */
static void judge_all(struct out *o, stralloc const *bundle)
{
  stralloc one = STRALLOC_ZERO;
  struct bundle_entry e;
  size_t pos = 0;
  int good = 1;

  while (bundle_next(bundle->s, bundle->len, &pos, &e) > 0) {
    one.len = 0;
    nomem(bundle_add(&one, &e));
    good &= judge(o, one.s, one.len, 1);
    explicit_bzero(one.s, one.len);
  }
  if (good) judge(o, bundle->s, bundle->len, 0);
  stralloc_free(&one);
}

int main(int argc, char const *const *argv)
{
  struct out o = {.days = DAYS};
  subgetopt l = SUBGETOPT_ZERO;
  stralloc bundle = STRALLOC_ZERO;
  char why[CERTDIR_WHY];

  PROG = "postern-certs";
  for (;;) {
    int opt = subgetopt_r(argc, argv, "w:", &l);
    if (opt == -1) break;
    if (opt != 'w' || !uint0_scan(l.arg, &o.days) || o.days > DAYS_MAX)
      dieusage();
  }
  if (argc - l.ind != 1) dieusage();
  if (access(argv[l.ind], R_OK | X_OK) < 0)
    strerr_diefu2sys(111, "read ", argv[l.ind]);
  if (certdir_read(&bundle, argv[l.ind], 0, why))
    judge_all(&o, &bundle);
  else
    bad(&o, why);
  secret_free(&bundle);
  return o.bad;
}
