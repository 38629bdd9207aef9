#include <string.h>

#include <skalibs/types.h>

#include "addr.h"
#include "proxyproto.h"

#define V1_MAX 107 /* with its CR LF */
#define V2_HEAD 16

static char const v2_signature[12] = {'\r', '\n', '\r', '\n', 0,   '\r',
                                      '\n', 'Q',  'U',  'I',  'T', '\n'};

/* Cut the next word off *s: it ends with a blank, the last with the NUL. */
static char *word(char **s)
{
  char *w = *s, *blank;

  if (!w) return 0;
  blank = strchr(w, ' ');
  if (blank) *blank++ = 0;
  *s = blank;
  return w;
}

static int port(char const *s, uint16_t *u)
{
  if (!s || (s[0] == '0' && s[1])) return 0;
  return !!uint160_scan(s, u);
}

/* text_is6: did the word look like IPv6?  A mapped address becomes IPv4. */
static int address(char const *s, int is6, ip46 *ip)
{
  return s && !!strchr(s, ':') == is6 && addr_scan(s, ip);
}

static enum proxyproto_result v1_line(char *line, struct proxyproto *p)
{
  char *rest = line, *family;
  int is6;

  word(&rest); /* PROXY */
  family = word(&rest);
  if (!family) return PROXYPROTO_BAD;
  if (!strcmp(family, "UNKNOWN")) return PROXYPROTO_LOCAL;
  is6 = !strcmp(family, "TCP6");
  if (!is6 && strcmp(family, "TCP4")) return PROXYPROTO_BAD;
  if (!address(word(&rest), is6, &p->source) ||
      !address(word(&rest), is6, &p->destination) ||
      !port(word(&rest), &p->source_port) ||
      !port(word(&rest), &p->destination_port) || rest)
    return PROXYPROTO_BAD;
  return PROXYPROTO_CLIENT;
}

static enum proxyproto_result v1(char const *s, size_t n, struct proxyproto *p)
{
  size_t most = n < V1_MAX ? n : V1_MAX, len;
  char const *cr = memchr(s, '\r', most);
  enum proxyproto_result r;
  char line[V1_MAX];

  if (memchr(s, 0, cr ? (size_t)(cr - s) : most)) return PROXYPROTO_BAD;
  if (!cr || cr == s + n - 1) {
    size_t need = cr ? n + 1 : n + 2; /* bytes in the shortest completion */
    return need > V1_MAX ? PROXYPROTO_BAD : PROXYPROTO_MORE;
  }
  len = (size_t)(cr - s);
  if (cr[1] != '\n' || len + 2 > V1_MAX) return PROXYPROTO_BAD;
  memcpy(line, s, len);
  line[len] = 0;
  r = v1_line(line, p);
  if (r > 0) p->len = len + 2;
  return r;
}

/* type, two bytes of length, value; to the very end */
static int framed(char const *s, size_t n)
{
  while (n) {
    uint16_t len;

    if (n < 3) return 0;
    uint16_unpack_big(s + 1, &len);
    if (len > n - 3) return 0;
    s += 3 + len;
    n -= 3 + len;
  }
  return 1;
}

static void unmap(ip46 *ip, char const *a)
{
  static char const mapped[12] = {[10] = '\xff', [11] = '\xff'};

  if (memcmp(a, mapped, 12))
    ip46_from_ip6(ip, a);
  else
    ip46_from_ip4(ip, a + 12);
}

static enum proxyproto_result v2_addresses(char const *s, size_t n, int family,
                                           struct proxyproto *p)
{
  size_t size = family == 0x11 ? 4 : 16;

  if (n < 2 * size + 4 || !framed(s + 2 * size + 4, n - 2 * size - 4))
    return PROXYPROTO_BAD;
  if (size == 4) {
    ip46_from_ip4(&p->source, s);
    ip46_from_ip4(&p->destination, s + 4);
  } else {
    unmap(&p->source, s);
    unmap(&p->destination, s + 16);
  }
  uint16_unpack_big(s + 2 * size, &p->source_port);
  uint16_unpack_big(s + 2 * size + 2, &p->destination_port);
  return PROXYPROTO_CLIENT;
}

static enum proxyproto_result v2(char const *s, size_t n, struct proxyproto *p)
{
  int command, family;
  uint16_t len;
  enum proxyproto_result r;

  if (n < V2_HEAD) return PROXYPROTO_MORE;
  command = (unsigned char)s[12];
  family = (unsigned char)s[13];
  uint16_unpack_big(s + 14, &len);
  if (command != 0x20 && command != 0x21) return PROXYPROTO_BAD;
  if (V2_HEAD + len > PROXYPROTO_MAX) return PROXYPROTO_BAD;
  if (n < (size_t)V2_HEAD + len) return PROXYPROTO_MORE;

  if (command == 0x20 || family == 0)
    r = PROXYPROTO_LOCAL;
  else if (family == 0x11 || family == 0x21) /* TCP over IPv4, over IPv6 */
    r = v2_addresses(s + V2_HEAD, len, family, p);
  else
    r = PROXYPROTO_BAD;
  if (r > 0) p->len = (size_t)V2_HEAD + len;
  return r;
}

/* Do s and t agree as far as both go? */
static int begins(char const *s, size_t n, char const *t, size_t tlen)
{
  return !memcmp(s, t, n < tlen ? n : tlen);
}

enum proxyproto_result proxyproto_parse(char const *s, size_t n,
                                        struct proxyproto *p)
{
  memset(p, 0, sizeof *p);
  if (!n) return PROXYPROTO_MORE;
  if (begins(s, n, "PROXY ", 6)) return n < 6 ? PROXYPROTO_MORE : v1(s, n, p);
  if (begins(s, n, v2_signature, sizeof v2_signature)) return v2(s, n, p);
  return PROXYPROTO_BAD;
}
