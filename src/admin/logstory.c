#include <string.h>

#include <skalibs/types.h>

#include "json.h"
#include "logstory.h"
#include "relay.h"

#define MESSAGE_CONDITIONS                                                     \
  (LOGSEARCH_MSGID | LOGSEARCH_QUEUE | LOGSEARCH_RCPT | LOGSEARCH_SENDER)

/* Who it was. */
struct about {
  int timed;
  int64_t seconds;
  struct logline_span ip, rule, user, mechanism, tls, cert, grant, age;
};

static int is_rcpt(struct logline const *l)
{
  return logline_is(l, "smtpd", "rcpt");
}

static int is_queued(struct logline const *l)
{
  return logline_is(l, "smtpd", "queued");
}

static int is_refusal(struct logline const *l)
{
  struct logline_span const *code = logline_get(l, "code");

  return (is_rcpt(l) || logline_is(l, "smtpd", "refused")) && code &&
         (!code->n || code->s[0] != '2');
}

static int scan(struct logline *l, struct logsearch_session const *s, size_t i)
{
  return logline_scan(l, s->line[i], strlen(s->line[i]));
}

static void learn(struct logline_span *v, struct logline const *l,
                  char const *key)
{
  struct logline_span const *got = logline_get(l, key);

  if (got) *v = *got;
}

static void learn_login(struct about *a, struct logline const *l)
{
  struct logline_span const *result = logline_get(l, "result");

  if (!result || !logline_equal(result, "ok")) return;
  learn(&a->user, l, "user");
  learn(&a->mechanism, l, "mechanism");
}

static void learn_line(struct about *a, struct logline const *l)
{
  if (!a->timed && l->clock != LOGLINE_UNTIMED) {
    a->timed = 1;
    a->seconds = l->seconds;
  }
  if (!a->ip.s) learn(&a->ip, l, "ip");
  if (logline_equal(&l->event, "accept")) learn(&a->rule, l, "rule");
  if (logline_equal(&l->event, "auth") || logline_equal(&l->event, "login"))
    learn_login(a, l);
  if (logline_equal(&l->event, "tls")) {
    learn(&a->tls, l, "protocol");
    learn(&a->cert, l, "name");
  }
  if (logline_is(l, "grant-check", "grant")) {
    learn(&a->grant, l, "user");
    learn(&a->age, l, "age");
  }
}

static struct about learn_all(struct logsearch_session const *s)
{
  struct about a = {0};
  struct logline l;

  for (size_t i = 0; i < s->lines; i++)
    if (scan(&l, s, i)) learn_line(&a, &l);
  return a;
}

/* ---- messages ---- */

/* The recipients of the message queued in line i: the last of the accepted
   ones before it, as many as it says.  Returns the line of the first. */
static size_t first_rcpt(struct logsearch_session const *s, size_t i,
                         struct logline const *queued)
{
  struct logline l;
  uint64_t left;

  if (!logline_number(queued, "rcpts", &left)) left = 0;
  while (left && i) {
    i--;
    if (!scan(&l, s, i)) continue;
    if (is_queued(&l)) return i + 1;
    if (is_rcpt(&l) && !is_refusal(&l)) left--;
  }
  return i;
}

/* Does the message queued in line i fulfil what is asked of messages? */
static int is_wanted(struct logsearch const *q,
                     struct logsearch_session const *s, size_t i,
                     struct logline const *queued)
{
  unsigned int wanted = logsearch_wanted(q) & MESSAGE_CONDITIONS;
  unsigned int held = logsearch_holds(q, queued);
  struct logline l;

  for (size_t k = first_rcpt(s, i, queued); k < i; k++)
    if (scan(&l, s, k) && is_rcpt(&l) && !is_refusal(&l))
      held |= logsearch_holds(q, &l);
  return (held & wanted) == wanted;
}

/* A refusal has no message-id and no number. */
static int is_wanted_refusal(struct logsearch const *q, struct logline const *l)
{
  unsigned int wanted = logsearch_wanted(q) & MESSAGE_CONDITIONS;

  return (logsearch_holds(q, l) & wanted) == wanted;
}

/* ---- in words ---- */

static int say(stralloc *out, char const *s) { return stralloc_cats(out, s); }

static int say_span(stralloc *out, char const *before,
                    struct logline_span const *v, char const *after)
{
  if (!v || !v->s) return 1;
  if (!v->n) return say(out, before) && say(out, "<>") && say(out, after);
  return say(out, before) && stralloc_catb(out, v->s, v->n) && say(out, after);
}

static int say_number(stralloc *out, char const *before, size_t n,
                      char const *after)
{
  char s[SIZE_FMT];

  return say(out, before) && stralloc_catb(out, s, size_fmt(s, n)) &&
         say(out, after);
}

static int say_about(struct about const *a, struct logsearch_session const *s,
                     stralloc *out)
{
  char when[LOGLINE_TIME_FMT] = "";
  int rule = a->rule.s && a->rule.n;

  if (a->timed) logline_time_fmt(when, a->seconds);
  return say(out, "Session ") && say(out, s->name) &&
         (!*when || (say(out, ", ") && say(out, when))) && say(out, ": ") &&
         say_span(out, "", &a->ip, "") && (a->ip.s || say(out, "a client")) &&
         say(out, " connected") &&
         (!rule || say_span(out, " (rule ", &a->rule, ")")) &&
         say_span(out, ", with ", &a->tls, "") &&
         say_span(out, ", with the certificate of ", &a->cert, "") &&
         say_span(out, ", logged in as ", &a->user, "") &&
         say_span(out, " by ", &a->mechanism, "") &&
         say_span(out, ", had a grant of ", &a->grant, "") &&
         say_span(out, " set ", &a->age, " seconds before") && say(out, ".");
}

static int say_rcpts(struct logsearch_session const *s, size_t i,
                     struct logline const *queued, stralloc *out)
{
  struct logline l;
  size_t n = 0;

  for (size_t k = first_rcpt(s, i, queued); k < i; k++) {
    if (!scan(&l, s, k) || !is_rcpt(&l) || is_refusal(&l)) continue;
    if (++n > LOGSTORY_SHOWN) continue;
    if (!say_span(out, n == 1 ? " to " : ", ", logline_get(&l, "to"), "") ||
        !say_span(out, " (", logline_get(&l, "relay"), ")"))
      return 0;
  }
  return n <= LOGSTORY_SHOWN ||
         say_number(out, " and ", n - LOGSTORY_SHOWN, " more");
}

static int say_message(struct logsearch_session const *s, size_t i,
                       struct logline const *l, stralloc *out)
{
  return say_span(out, " The message from ", logline_get(l, "from"), "") &&
         say_rcpts(s, i, l, out) &&
         say_span(out, ", message-id ", logline_get(l, "msgid"), "") &&
         say_span(out, ", ", logline_get(l, "size"), " bytes") &&
         say_span(out, ", was queued as ", logline_get(l, "qp"), "") &&
         say_span(out, ", by right of ", logline_get(l, "relay"), ".");
}

/* A sentence of ours has its blanks again; all else stays escaped. */
static int say_sentence(stralloc *out, struct logline_span const *v)
{
  static char const blank[] = "\\x20";
  size_t n = sizeof blank - 1;

  if (!v || !say(out, " ")) return !v;
  for (size_t i = 0; i < v->n; i++) {
    int is_blank = v->n - i >= n && !memcmp(v->s + i, blank, n);

    if (!stralloc_append(out, is_blank ? ' ' : v->s[i])) return 0;
    if (is_blank) i += n - 1;
  }
  return 1;
}

/* That it was more than nothing: a right was kept back. */
static int say_suppressed(stralloc *out, struct logline_span const *relay)
{
  size_t n = sizeof RELAY_SUPPRESSED - 1;

  if (!relay || relay->n < n || memcmp(relay->s, RELAY_SUPPRESSED, n)) return 1;
  return say_span(out, ", ", relay, "");
}

static int say_refusal(struct logline const *l, size_t n, stralloc *out)
{
  struct logline_span const *to = logline_get(l, "to");
  struct logline_span const *why = logline_get(l, "why");

  return say(out, n == 1 ? " Refused: " : ", ") &&
         (to ? say_span(out, "", to, "")
             : say_span(out, "", logline_get(l, "verb"), "")) &&
         say_span(out, " from ", logline_get(l, "from"), "") &&
         say_span(out, " (", logline_get(l, "code"), "") &&
         say_sentence(out, why ? why : logline_get(l, "reason")) &&
         say_suppressed(out, logline_get(l, "relay")) && say(out, ")");
}

static int say_messages(struct logsearch const *q,
                        struct logsearch_session const *s, stralloc *out)
{
  struct logline l;
  size_t n = 0;

  for (size_t i = 0; i < s->lines; i++) {
    if (!scan(&l, s, i) || !is_queued(&l) || !is_wanted(q, s, i, &l)) continue;
    if (++n <= LOGSTORY_SHOWN && !say_message(s, i, &l, out)) return 0;
  }
  return n <= LOGSTORY_SHOWN ||
         say_number(out, " And ", n - LOGSTORY_SHOWN, " messages more.");
}

static int say_refusals(struct logsearch const *q,
                        struct logsearch_session const *s, stralloc *out)
{
  struct logline l;
  size_t n = 0;

  for (size_t i = 0; i < s->lines; i++) {
    if (!scan(&l, s, i) || !is_refusal(&l) || !is_wanted_refusal(q, &l))
      continue;
    if (++n <= LOGSTORY_SHOWN && !say_refusal(&l, n, out)) return 0;
  }
  if (n > LOGSTORY_SHOWN &&
      !say_number(out, " and ", n - LOGSTORY_SHOWN, " more"))
    return 0;
  return !n || say(out, ".");
}

int logstory_text(struct logsearch const *q, struct logsearch_session const *s,
                  stralloc *out)
{
  struct about a = learn_all(s);

  return say_about(&a, s, out) && say_messages(q, s, out) &&
         say_refusals(q, s, out) &&
         (!s->left_out ||
          say_number(out, " ", s->left_out, " of its lines are left out.")) &&
         say(out, "\n");
}

/* ---- as JSON ---- */

/* A member whose value is escaped, if there is one. */
static int add(stralloc *out, char const *name, struct logline_span const *v)
{
  char text[LOGLINE_MAX];

  if (!v || !v->s) return 1;
  return json_member(out, name, text, logline_unescape(text, v->s, v->n));
}

static int add_number(stralloc *out, char const *name, struct logline const *l,
                      char const *key)
{
  uint64_t u;

  return !logline_number(l, key, &u) || json_member_number(out, name, u);
}

/* A name and the beginning of its value. */
static int open_member(stralloc *out, char const *name, char const *open)
{
  return (out->s[out->len - 1] == '{' || stralloc_append(out, ',')) &&
         json_string(out, name, strlen(name)) && stralloc_append(out, ':') &&
         say(out, open);
}

/* The comma before the next element of an array. */
static int next(stralloc *out)
{
  return out->s[out->len - 1] == '[' || stralloc_append(out, ',');
}

static int add_about(struct about const *a, struct logsearch_session const *s,
                     stralloc *out)
{
  char when[LOGLINE_TIME_FMT] = "";

  if (a->timed) logline_time_fmt(when, a->seconds);
  return json_member(out, "session", s->name, strlen(s->name)) &&
         (!*when || json_member(out, "time", when, strlen(when))) &&
         add(out, "ip", &a->ip) && add(out, "rule", &a->rule) &&
         add(out, "user", &a->user) && add(out, "mechanism", &a->mechanism) &&
         add(out, "tls", &a->tls) && add(out, "certificate", &a->cert) &&
         add(out, "grant", &a->grant);
}

static int add_rcpts(struct logsearch_session const *s, size_t i,
                     struct logline const *queued, stralloc *out)
{
  struct logline l;

  if (!open_member(out, "to", "[")) return 0;
  for (size_t k = first_rcpt(s, i, queued); k < i; k++) {
    if (!scan(&l, s, k) || !is_rcpt(&l) || is_refusal(&l)) continue;
    if (!next(out) || !say(out, "{") ||
        !add(out, "to", logline_get(&l, "to")) ||
        !add(out, "relay", logline_get(&l, "relay")) || !say(out, "}"))
      return 0;
  }
  return say(out, "]");
}

static int add_message(struct logsearch_session const *s, size_t i,
                       struct logline const *l, stralloc *out)
{
  return next(out) && say(out, "{") &&
         add(out, "queue", logline_get(l, "qp")) &&
         add(out, "msgid", logline_get(l, "msgid")) &&
         add(out, "from", logline_get(l, "from")) &&
         add(out, "relay", logline_get(l, "relay")) &&
         add_number(out, "size", l, "size") && add_rcpts(s, i, l, out) &&
         say(out, "}");
}

static int add_refusal(struct logline const *l, stralloc *out)
{
  struct logline_span const *why = logline_get(l, "why");

  return next(out) && say(out, "{") && add(out, "to", logline_get(l, "to")) &&
         add(out, "verb", logline_get(l, "verb")) &&
         add(out, "from", logline_get(l, "from")) &&
         add_number(out, "code", l, "code") &&
         add(out, "relay", logline_get(l, "relay")) &&
         add(out, "why", why ? why : logline_get(l, "reason")) && say(out, "}");
}

static int add_messages(struct logsearch const *q,
                        struct logsearch_session const *s, stralloc *out)
{
  struct logline l;

  if (!open_member(out, "messages", "[")) return 0;
  for (size_t i = 0; i < s->lines; i++)
    if (scan(&l, s, i) && is_queued(&l) && is_wanted(q, s, i, &l) &&
        !add_message(s, i, &l, out))
      return 0;
  return say(out, "]");
}

static int add_refusals(struct logsearch const *q,
                        struct logsearch_session const *s, stralloc *out)
{
  struct logline l;

  if (!open_member(out, "refused", "[")) return 0;
  for (size_t i = 0; i < s->lines; i++)
    if (scan(&l, s, i) && is_refusal(&l) && is_wanted_refusal(q, &l) &&
        !add_refusal(&l, out))
      return 0;
  return say(out, "]");
}

static int add_lines(struct logsearch_session const *s, stralloc *out)
{
  if (!open_member(out, "lines", "[")) return 0;
  for (size_t i = 0; i < s->lines; i++)
    if (!next(out) || !json_string(out, s->line[i], strlen(s->line[i])))
      return 0;
  return say(out, "]");
}

int logstory_json(struct logsearch const *q, struct logsearch_session const *s,
                  stralloc *out)
{
  struct about a = learn_all(s);

  return say(out, "{") && add_about(&a, s, out) && add_messages(q, s, out) &&
         add_refusals(q, s, out) && add_lines(s, out) &&
         (!s->left_out || json_member_number(out, "left_out", s->left_out)) &&
         say(out, "}\n");
}
