#include <string.h>

#include "relay.h"

static struct {
  enum relay relay;
  char const *prefix;
  int may_be_empty;
} const reasons[] = {
    {RELAY_GRANT, "grant:", 0},
    {RELAY_CERT, "cert:", 0},
    {RELAY_RULE, "rule:", 1},
};

static enum relay by_reason(char const *reason, char const **name)
{
  for (size_t i = 0; reason && i < sizeof reasons / sizeof *reasons; i++) {
    size_t n = strlen(reasons[i].prefix);

    if (strncmp(reason, reasons[i].prefix, n)) continue;
    if (!reason[n] && !reasons[i].may_be_empty) break;
    *name = reason + n;
    return reasons[i].relay;
  }
  return RELAY_ENV;
}

static int is_suppressed(char const *reason)
{
  size_t n = strlen(RELAY_SUPPRESSED);

  return reason && !strncmp(reason, RELAY_SUPPRESSED, n) && reason[n];
}

enum relay relay_right(struct relay_facts const *f, char const **name)
{
  enum relay r = RELAY_NONE;

  *name = "";
  if (f->user && *f->user) {
    *name = f->user;
    return RELAY_AUTH;
  }
  if (f->relayclient)
    r = by_reason(f->relayreason, name);
  else if (is_suppressed(f->relayreason))
    *name = f->relayreason;
  if (r != RELAY_GRANT && f->cert && *f->cert) {
    *name = f->cert;
    return RELAY_CERT;
  }
  return r;
}

enum relay relay_decide(struct relay_facts const *f, char const **name)
{
  enum relay right = relay_right(f, name);

  if (f->local) {
    *name = "";
    return RELAY_LOCAL;
  }
  if (right > RELAY_BACKUP || !f->backup) return right;
  *name = "";
  return RELAY_BACKUP;
}

char const *relay_prefix(enum relay r, char const *name)
{
  switch (r) {
  case RELAY_ENV: return "env";
  case RELAY_BACKUP: return "backup";
  case RELAY_RULE: return "rule:";
  case RELAY_CERT: return "cert:";
  case RELAY_GRANT: return "grant:";
  case RELAY_AUTH: return "auth:";
  case RELAY_LOCAL: return "local";
  case RELAY_NONE: break;
  }
  return is_suppressed(name) ? "" : "none";
}
