#include <string.h>

#include <skalibs/types.h>

#include "received.h"
#include "text.h"

#define PROTOCOL_MAX 16
#define CIPHER_MAX 100

static int is_plain(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || (c && strchr(".-_@%+/=:[]~#!", c));
}

/* At most max bytes.  Those beyond ASCII stay where the message may hold them
   (RFC 6531). */
static int add_most(stralloc *out, char const *s, size_t max, int utf8)
{
  size_t n = strlen(s);

  if (n > max) n = max;
  for (size_t i = 0; i < n; i++) {
    char c = is_plain(s[i]) || (utf8 && (unsigned char)s[i] > 127) ? s[i] : '?';
    if (!stralloc_append(out, c)) return 0;
  }
  return 1;
}

static int add(stralloc *out, char const *s, int utf8)
{
  return add_most(out, s, RECEIVED_TOKEN_MAX, utf8);
}

static int add_from(struct received const *r, stralloc *out)
{
  char const *name = r->helo && *r->helo ? r->helo : r->host;
  char const *ip = r->ip ? r->ip : "unknown";

  if (!stralloc_cats(out, "Received: from ") ||
      !add(out, name ? name : "unknown", 0) || !stralloc_cats(out, " ("))
    return 0;
  if (r->info && *r->info &&
      (!add(out, r->info, 0) || !stralloc_cats(out, "@")))
    return 0;
  if (r->host && (!add(out, r->host, 0) || !stralloc_cats(out, " "))) return 0;
  return stralloc_cats(out, strchr(ip, ':') ? "[IPv6:" : "[") &&
         add(out, ip, 0) && stralloc_cats(out, "])\n");
}

/* RFC 3848; for SMTPUTF8 RFC 6531 section 4.3. */
static int add_protocol(struct received const *r, stralloc *out)
{
  char const *base = r->utf8 ? "UTF8SMTP" : r->esmtp ? "ESMTP" : "SMTP";

  if (!stralloc_cats(out, base)) return 0;
  if (!r->esmtp && !r->utf8) return 1;
  return (!r->tls || stralloc_cats(out, "S")) &&
         (!r->authenticated || stralloc_cats(out, "A"));
}

/* Names of the library's, and short: what is said of them fits into the line
   with the rest. */
static int add_tls(struct received const *r, stralloc *out)
{
  if (!r->tls) return 1;
  return add_most(out, r->protocol ? r->protocol : "TLS", PROTOCOL_MAX, 0) &&
         (!r->cipher || (stralloc_cats(out, " cipher ") &&
                         add_most(out, r->cipher, CIPHER_MAX, 0))) &&
         stralloc_cats(out, ", ");
}

static int add_by(struct received const *r, stralloc *out)
{
  if (!stralloc_cats(out, "  by ") || !add(out, r->by, 0) ||
      !stralloc_cats(out, " with ") || !add_protocol(r, out))
    return 0;
  return stralloc_cats(out, " (") && add_tls(r, out) &&
         stralloc_cats(out, "relay ") && add(out, r->relay, 0) &&
         stralloc_cats(out, ") id ") && add(out, r->id, 0);
}

static int add_for(struct received const *r, stralloc *out)
{
  if (!r->rcpt || strlen(r->rcpt) > 255) return 1;
  for (char const *s = r->rcpt; *s; s++)
    if (!strchr("!#$%&'*+-/=?^_`{|}~.@[]:", *s) && !is_plain(*s) &&
        !(r->utf8 && (unsigned char)*s > 127))
      return 1;
  return stralloc_cats(out, "\n  for <") && stralloc_cats(out, r->rcpt) &&
         stralloc_cats(out, ">");
}

static size_t two(char *s, unsigned int n)
{
  s[0] = (char)('0' + n / 10 % 10);
  s[1] = (char)('0' + n % 10);
  return 2;
}

/* A day of the Gregorian calendar, days counted from 1970-01-01.  Years are
   taken to begin in March, so that the leap day is the last of one. */
struct day {
  unsigned int year;
  unsigned int month; /* 0 to 11 */
  unsigned int day;
};

static struct day day_of(uint64_t days)
{
  uint64_t since = days + 719468; /* days from 0000-03-01 */
  uint64_t era = since / 146097, in_era = since % 146097;
  uint64_t y =
      (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
  uint64_t in_year = in_era - (365 * y + y / 4 - y / 100);
  uint64_t march = (5 * in_year + 2) / 153;
  unsigned int month = (unsigned int)(march + 2) % 12;

  return (struct day){(unsigned int)(era * 400 + y) + (month < 2), month,
                      (unsigned int)(in_year - (153 * march + 2) / 5 + 1)};
}

/* "; Sun, 22 Nov 2026 00:19:19 +0000".  Not gmtime: it reads the time zone's
   file first. */
static int add_date(time_t now, stralloc *out)
{
  static char const days[] = "Thu, Fri, Sat, Sun, Mon, Tue, Wed, ";
  static char const months[] =
      "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ";
  uint64_t t = now > 0 ? (uint64_t)now : 0, day = t / 86400;
  unsigned int seconds = (unsigned int)(t % 86400);
  struct day d = day_of(day);
  char s[64];
  size_t n = 5;

  memcpy(s, days + 5 * (day % 7), 5);
  n += uint_fmt(s + n, d.day);
  s[n++] = ' ';
  memcpy(s + n, months + 4 * d.month, 4);
  n += 4;
  n += uint_fmt(s + n, d.year);
  s[n++] = ' ';
  n += two(s + n, seconds / 3600);
  s[n++] = ':';
  n += two(s + n, seconds / 60 % 60);
  s[n++] = ':';
  n += two(s + n, seconds % 60);
  return stralloc_cats(out, "; ") && stralloc_catb(out, s, n) &&
         stralloc_cats(out, " +0000\n");
}

int received_add(struct received const *r, stralloc *out)
{
  return add_from(r, out) && add_by(r, out) && add_for(r, out) &&
         add_date(r->now, out);
}

static struct {
  char const *name;
  size_t len;
} const fields[] = {{"received:", 9}, {"delivered-to:", 13}};

#define ALL 3u /* a bit for each */

/* The byte number h->matched of a line. */
static void match(struct hops *h, char c)
{
  for (unsigned int f = 0; f < 2; f++) {
    if (!(h->may & 1u << f)) continue;
    if (!text_equal(&c, 1, fields[f].name + h->matched, 1))
      h->may &= ~(1u << f);
    else if (h->matched + 1 == fields[f].len) {
      h->count++;
      h->may = 0;
    }
  }
  h->matched++;
}

void hops_feed(struct hops *h, char const *s, size_t n)
{
  for (size_t i = 0; i < n && !h->in_body; i++) {
    if (s[i] == '\n') {
      h->in_body = !h->matched;
      h->matched = 0;
      h->may = ALL;
    } else if (h->may) {
      match(h, s[i]);
    } else {
      char const *lf = memchr(s + i, '\n', n - i);
      i = (lf ? (size_t)(lf - s) : n) - 1;
    }
  }
}
