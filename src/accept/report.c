#include <string.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/types.h>

#include "addr.h"
#include "report.h"

#define FIELD_MAX 100 /* 0.88 cuts there */

static void put(struct report *r, char const *s, size_t n)
{
  if (n > sizeof r->lines - r->len) report_flush(r);
  if (n > sizeof r->lines) n = sizeof r->lines;
  memcpy(r->lines + r->len, s, n);
  r->len += n;
}

static void puts_(struct report *r, char const *s) { put(r, s, strlen(s)); }

static void put_number(struct report *r, uint64_t u)
{
  char s[UINT64_FMT];
  put(r, s, uint64_fmt(s, u));
}

static void put_field(struct report *r, char const *s)
{
  char out[FIELD_MAX + 3];
  size_t n = 0;

  for (; n < FIELD_MAX && s[n]; n++) {
    char c = s[n];
    out[n] = c < 33 || c > 126 || c == '%' || c == ':' ? '?' : c;
  }
  if (n == FIELD_MAX) {
    memcpy(out + n, "...", 3);
    n += 3;
  }
  put(r, out, n);
}

static void put_ip(struct report *r, ip46 const *ip)
{
  char s[ADDR_FMT];
  size_t n = addr_fmt(s, ip);

  if (ip46_is6(ip)) put(r, "[", 1);
  put(r, s, n);
  if (ip46_is6(ip)) put(r, "]", 1);
}

static void start(struct report *r, char const *what)
{
  puts_(r, r->prog);
  put(r, ": ", 2);
  puts_(r, what);
}

void report_status(struct report *r, uint32_t children, uint32_t most)
{
  if (r->verbosity < 2) return;
  start(r, "status: ");
  put_number(r, children);
  put(r, "/", 1);
  put_number(r, most);
  put(r, "\n", 1);
}

void report_pid(struct report *r, pid_t pid, ip46 const *from)
{
  char s[ADDR_FMT];

  if (r->verbosity < 2) return;
  start(r, "pid ");
  put_number(r, (uint64_t)pid);
  put(r, " from ", 6);
  put(r, s, addr_fmt(s, from));
  put(r, "\n", 1);
}

void report_verdict(struct report *r, int allowed, pid_t pid,
                    struct client const *c)
{
  if (r->verbosity < 2) return;
  start(r, allowed ? "ok " : "deny ");
  put_number(r, (uint64_t)pid);
  put(r, " ", 1);
  put_field(r, c->local_host);
  put(r, ":", 1);
  put_ip(r, &c->local);
  put(r, ":", 1);
  put_number(r, c->local_port);
  put(r, " ", 1);
  put_field(r, c->remote_host);
  put(r, ":", 1);
  put_ip(r, &c->remote);
  put(r, ":", 1);
  put_field(r, c->remote_info);
  put(r, ":", 1);
  put_number(r, c->remote_port);
  put(r, "\n", 1);
}

void report_end(struct report *r, pid_t pid, int wait_status)
{
  if (r->verbosity < 2) return;
  start(r, "end ");
  put_number(r, (uint64_t)pid);
  puts_(r, " status ");
  put_number(r, (unsigned int)wait_status);
  put(r, "\n", 1);
}

void report_drop(struct report *r, char const *verb, char const *object,
                 char const *reason)
{
  if (r->verbosity < 1) return;
  start(r, "warning: dropping connection, unable to ");
  puts_(r, verb);
  if (*object) put(r, " ", 1);
  puts_(r, object);
  put(r, ": ", 2);
  puts_(r, reason);
  put(r, "\n", 1);
}

void report_flush(struct report *r)
{
  if (r->len) fd_write(2, r->lines, r->len);
  r->len = 0;
}
