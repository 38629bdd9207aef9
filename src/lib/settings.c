#include <stdlib.h>
#include <string.h>

#include <skalibs/types.h>

#include "crowd.h"
#include "domains.h"
#include "mailbox.h"
#include "relaycerts.h"
#include "settings.h"
#include "text.h"

/* Always 0. */
static int fail(struct settings *s, char const *what, char const *why)
{
  stralloc *out = &s->control.why;

  out->len = 0;
  if (!stralloc_cats(out, what) || !stralloc_cats(out, why) || !stralloc_0(out))
    stralloc_free(out);
  return 0;
}

/* The file, or a copy of fallback. */
static int line_or(struct settings *s, char const *name, stralloc *out,
                   stralloc const *fallback)
{
  int r = control_line(&s->control, name, out);

  if (r) return r > 0;
  if (!stralloc_copy(out, fallback) || !stralloc_0(out))
    return fail(s, name, ": out of memory");
  out->len--;
  return 1;
}

static int read_names(struct settings *s)
{
  if (control_line(&s->control, "me", &s->me) < 0) return 0;
  if (s->me.len && !mailbox_is_domain(s->me.s, s->me.len)) {
    control_path(&s->control, "me", &s->control.why);
    s->control.why.len--;
    return stralloc_cats(&s->control.why, ":1: not a domain") &&
                   stralloc_0(&s->control.why)
               ? 0
               : fail(s, "out of memory", "");
  }
  if (!line_or(s, "smtpgreeting", &s->greeting, &s->me) ||
      !line_or(s, "localiphost", &s->localiphost, &s->me))
    return 0;
  if (!s->greeting.len)
    return fail(s, s->control.dir, ": neither me nor smtpgreeting");
  if (!s->me.len) {
    size_t n = strcspn(s->greeting.s, " ");

    if (!stralloc_copyb(&s->me, s->greeting.s, n) || !stralloc_0(&s->me))
      return fail(s, "me", ": out of memory");
    s->me.len--;
  }
  return 1;
}

/* An address, or @domain. */
static char const *sender_fault(char const *s, size_t n)
{
  return memchr(s, '@', n) ? 0 : "neither an address nor @domain";
}

static int read_lists(struct settings *s)
{
  struct control *c = &s->control;
  int r = control_list(c, "rcpthosts", domains_fault, &s->rcpthosts);

  if (r < 0) return 0;
  s->has_rcpthosts = r;
  return control_list(c, "backupmx", domains_fault, &s->backupmx) >= 0 &&
         control_list(c, "percenthack", domains_fault, &s->percenthack) >= 0 &&
         control_list(c, "badmailfrom", sender_fault, &s->badmailfrom) >= 0;
}

static int read_numbers(struct settings *s)
{
  uint64_t timeout = SETTINGS_TIMEOUT;

  s->databytes = 0;
  s->maxrcpt = SETTINGS_RECIPIENTS;
  if (control_number(&s->control, "databytes", &s->databytes) < 0 ||
      control_number(&s->control, "maxrcpt", &s->maxrcpt) < 0 ||
      control_number(&s->control, "timeoutsmtpd", &timeout) < 0)
    return 0;
  if (!s->maxrcpt) return fail(s, s->control.dir, "/maxrcpt:1: zero");
  if (timeout < 1) timeout = 1;
  if (timeout > SETTINGS_TIMEOUT_MAX) timeout = SETTINGS_TIMEOUT_MAX;
  s->timeout = (unsigned int)timeout;
  return 1;
}

/* Only where names are counted: for others a look would be lost. */
static int read_crowds(struct settings *s)
{
  s->maxnames = CROWD_MOST;
  if (!s->names) return 1;
  if (control_number(&s->control, "maxnames", &s->maxnames) < 0) return 0;
  if (s->maxnames && s->maxnames < CROWD_NAMES) return 1;
  return fail(s, s->control.dir, "/maxnames:1: not a number from 1 to 15");
}

/* Set and not empty. */
static char const *get(char const *name)
{
  char const *x = getenv(name);
  return x && *x ? x : 0;
}

static int is_ok(char const *name)
{
  char const *x = get(name);
  return x && !strcmp(x, "ok");
}

static int read_client(struct settings *s)
{
  s->remote_ip = get("TCPREMOTEIP");
  s->remote_host = get("TCPREMOTEHOST");
  s->remote_info = get("TCPREMOTEINFO");
  s->local_ip = get("TCPLOCALIP");
  s->by = s->me.s;
  s->relayclient = getenv("RELAYCLIENT");
  s->relayreason = getenv("RELAYREASON");
  s->gateway_ok = is_ok("POSTERN_GATEWAY");
  s->rblsmtpd = get("RBLSMTPD");
  s->queue_argv[0] = get("QMAILQUEUE");
  s->queue_argv[1] = 0;
  if (s->queue_argv[0]) s->queue = s->queue_argv;
  return 1;
}

/* Where TLS can be.  Elsewhere no certificate counts, and a plain session need
   not pay for looking. */
static int read_tls(struct settings *s)
{
  if (!tlsfacts_env(&s->tls))
    return fail(s, "TLS", ": damaged facts in the environment");
  if (!ucspitls_get(&s->ucspitls, &s->tls_off) && s->tls.active) s->tls_off = 0;
  if (s->tls.active) ucspitls_close(&s->ucspitls);
  if (!s->tls.active && !s->ucspitls.offered) return 1;
  return control_list(&s->control, "relaycerts", relaycerts_fault,
                      &s->relaycerts) >= 0;
}

static int read_databytes(struct settings *s)
{
  char const *x = get("DATABYTES");

  if (x && !uint640_scan(x, &s->databytes))
    return fail(s, "DATABYTES", ": not a number");
  return 1;
}

static int read_barelf(struct settings *s)
{
  char const *x = get("POSTERN_BARELF");

  s->barelf = EOD_REJECT;
  if (!x || !strcmp(x, "reject")) return 1;
  s->barelf = EOD_NORMALIZE;
  if (!strcmp(x, "normalize")) return 1;
  return fail(s, "POSTERN_BARELF", ": neither reject nor normalize");
}

/* A subset of what the qmail family knows: - 0 (off), "" (as the command line
   says), +cram, cram, each perhaps after a ! (required). */
static int read_smtpauth(struct settings *s)
{
  char const *x = getenv("SMTPAUTH"), *plain = get("POSTERN_PLAINAUTH");

  if (plain && strcmp(plain, "ok"))
    return fail(s, "POSTERN_PLAINAUTH", ": not ok");
  s->plain_auth = !!plain;
  if (!x) return 1;
  if (*x == '!') {
    s->auth_required = 1;
    x++;
  }
  if (!*x) return 1;
  if (!strcmp(x, "-") || !strcmp(x, "0"))
    s->checker = 0, s->auth_socket = 0;
  else if (text_equal(x, strlen(x), "+cram", 5))
    s->cram = CRAM_TOO;
  else if (text_equal(x, strlen(x), "cram", 4))
    s->cram = CRAM_ONLY;
  else
    return fail(s, "SMTPAUTH", ": not one of - 0 +cram cram, after ! or not");
  return 1;
}

/* The classic slip: the program that was to run after the check stands where
   the checker should, and every password is right. */
static int accepts_all(char const *checker)
{
  char const *slash = strrchr(checker, '/');
  return !strcmp(slash ? slash + 1 : checker, "true");
}

static void judge_checker(struct settings *s)
{
  if (!s->checker) {
    s->mechanisms = 0;
  } else if (accepts_all(s->checker[0])) {
    s->mechanisms = 0;
    s->auth_off = "the checker accepts every password";
  } else if (!s->checker[1]) {
    s->mechanisms = 0;
    s->auth_off = "the checker has no program to run";
  }
  if (s->mechanisms && s->cram)
    s->mechanisms =
        (s->cram == CRAM_TOO ? s->mechanisms : 0) | SASL_BIT(SASL_CRAM_MD5);
  if (!s->auth_host) s->auth_host = s->me.s;
}

int settings_control(struct settings *s)
{
  return read_names(s) && read_lists(s) && read_numbers(s) && read_crowds(s);
}

int settings_load(struct settings *s)
{
  if (!settings_control(s) || !read_client(s) || !read_tls(s) ||
      !read_databytes(s) || !read_barelf(s) || !read_smtpauth(s))
    return 0;
  judge_checker(s);
  return 1;
}

void settings_free(struct settings *s)
{
  control_free(&s->control);
  stralloc_free(&s->me);
  stralloc_free(&s->greeting);
  stralloc_free(&s->localiphost);
  stralloc_free(&s->rcpthosts);
  stralloc_free(&s->backupmx);
  stralloc_free(&s->percenthack);
  stralloc_free(&s->badmailfrom);
  stralloc_free(&s->relaycerts);
}

int settings_has_auth(struct settings const *s)
{
  return s->mechanisms || s->auth_socket;
}

/* Is the name one of the words of list? */
static int is_word(char const *list, char const *name)
{
  size_t n;

  for (list += strspn(list, " "); *list; list += n, list += strspn(list, " ")) {
    n = strcspn(list, " ");
    if (text_equal(list, n, name, strlen(name))) return 1;
  }
  return 0;
}

int settings_named(struct settings const *s, char const *name)
{
  int cram = !strcmp(name, sasl_name(SASL_CRAM_MD5));

  if (s->cram == CRAM_ONLY) return cram;
  if (s->cram == CRAM_TOO && cram) return 1;
  return !s->named || is_word(s->named, name);
}
