#include <string.h>

#include "domains.h"
#include "mailbox.h"
#include "text.h"

/* What is compared of it; 0 if it is no host. */
static size_t without_dot(char const *host, size_t len)
{
  if (!len || host[0] == '.') return 0;
  return host[len - 1] == '.' ? len - 1 : len;
}

static int matches(char const *item, size_t n, char const *host, size_t len)
{
  if (n > len || (item[0] == '.' ? n == len : n != len)) return 0;
  return text_equal(item, n, host + len - n, n);
}

char const *domains_find(char const *list, size_t n, char const *host,
                         size_t len)
{
  len = without_dot(host, len);
  if (!len) return 0;
  for (size_t i = 0; i < n;) {
    size_t l = strlen(list + i);

    if (matches(list + i, l, host, len)) return list + i;
    i += l + 1;
  }
  return 0;
}

int domains_match(char const *list, size_t n, char const *host, size_t len)
{
  return !!domains_find(list, n, host, len);
}

int domains_find_cdb(cdbmap const *m, char const *host, size_t len, size_t *at)
{
  char low[DOMAINS_HOST_MAX];
  char const *data;
  size_t dlen;

  len = without_dot(host, len);
  if (!len || len > sizeof low) return 0;
  memcpy(low, host, len);
  text_lower(low, len);
  for (size_t i = 0; i < len; i++) {
    int r;

    if (i && low[i] != '.') continue;
    r = cdbmap_find(m, low + i, len - i, &data, &dlen);
    *at = i;
    if (r) return r;
  }
  return 0;
}

int domains_match_cdb(cdbmap const *m, char const *host, size_t len)
{
  size_t at;

  return domains_find_cdb(m, host, len, &at);
}

char const *domains_fault(char const *item, size_t n)
{
  struct mailbox m;
  char s[2 + DOMAINS_HOST_MAX] = "x@";

  if (item[0] == '.') {
    item++;
    n--;
  }
  if (n > MAILBOX_MAX - 2) return "too long for a domain";
  if (n && item[n - 1] == '.') return "a domain with a final dot";
  memcpy(s + 2, item, n);
  return mailbox_scan(&m, s, n + 2) ? "not a domain" : 0;
}
