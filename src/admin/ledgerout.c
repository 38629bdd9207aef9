#include <string.h>

#include <skalibs/types.h>

#include "json.h"
#include "ledgerout.h"

#define BAR 24 /* columns */
#define HOUR_BAR 48

static char const *const titles[LEDGER_KINDS] = {
    "Users", "Grants", "Certificates", "Rules", "Addresses", "Refused, and why",
};

enum column { MESSAGES, RCPTS, BYTES, REFUSED, WRONG, COLUMNS };

static struct {
  char const *name, *brief;
  size_t width;
} const columns[COLUMNS] = {
    [MESSAGES] = {"messages", "messages", 9},
    [RCPTS] = {"recipients", "recip.", 8},
    [BYTES] = {"bytes", "bytes", 11},
    [REFUSED] = {"refused", "refused", 8},
    [WRONG] = {"wrong", "wrong", 6},
};

/* What a name of that kind can have; the others are always zero. */
#define MAIL (1u << MESSAGES | 1u << RCPTS | 1u << BYTES)
static unsigned int const columns_of[LEDGER_KINDS] = {
    [LEDGER_USER] = MAIL | 1u << REFUSED | 1u << WRONG,
    [LEDGER_GRANT] = MAIL | 1u << REFUSED,
    [LEDGER_CERT] = MAIL,
    [LEDGER_RULE] = MAIL,
    [LEDGER_ADDRESS] = MAIL | 1u << REFUSED | 1u << WRONG,
    [LEDGER_WHY] = 1u << REFUSED,
};

static uint64_t figure(struct tally_figures const *f, int c)
{
  uint64_t const u[] = {f->messages, f->rcpts, f->bytes, f->refused, f->wrong};

  return u[c];
}

static int puts_(stralloc *out, char const *s) { return stralloc_cats(out, s); }

static int put_number(stralloc *out, uint64_t u)
{
  char s[UINT64_FMT];

  return stralloc_catb(out, s, uint64_fmt(s, u));
}

static int put_time(stralloc *out, int64_t t)
{
  char s[LOGLINE_TIME_FMT] = "-";

  if (t) logline_time_fmt(s, t);
  return puts_(out, s);
}

static int put_day(stralloc *out, int64_t day)
{
  char s[LOGLINE_TIME_FMT] = "-";

  if (day) logline_time_fmt(s, day * 86400);
  return stralloc_catb(out, s, day ? 10 : 1);
}

static int repeat(stralloc *out, char c, size_t n)
{
  if (!stralloc_readyplus(out, n)) return 0;
  memset(out->s + out->len, c, n);
  out->len += n;
  return 1;
}

static size_t shown(struct tally const *t, size_t rows)
{
  return rows && rows < t->n ? rows : t->n;
}

static uint64_t scaled(uint64_t u, uint64_t most, uint64_t width)
{
  uint64_t n = most ? (uint64_t)((double)u / (double)most * (double)width) : 0;

  /* what is not nothing is not shown as nothing */
  return u && !n ? 1 : n;
}

static uint64_t most_weight(struct tally const *t)
{
  return t->n ? tally_weight(&t->e[0].f) : 0;
}

static char const *clock_name(struct ledger const *g)
{
  return g->wall ? "local time" : "UTC";
}

/* From when to when; in words, if there was nothing then. */
static int period(struct ledger const *g, stralloc *out)
{
  if (g->first)
    return put_time(out, g->first) && puts_(out, " to ") &&
           put_time(out, g->last) && puts_(out, ", ") &&
           puts_(out, clock_name(g));
  return (g->only ? puts_(out, "nothing on ") && put_day(out, g->only)
                  : puts_(out, "nothing with a time")) &&
         puts_(out, "; ") && put_number(out, g->lines) &&
         puts_(out, " lines of ours, ") && put_number(out, g->foreign) &&
         puts_(out, " others");
}

/* "on 2026-11-22: 1 of 7 judged" */
static int put_habits(struct ledger const *g, stralloc *out)
{
  size_t judged, left = ledger_habits(g, &judged);
  int64_t day = ledger_day(g);

  return (!day || (puts_(out, " on ") && put_day(out, day))) &&
         puts_(out, ": ") && put_number(out, left) && puts_(out, " of ") &&
         put_number(out, judged) && puts_(out, " judged");
}

/* ---- text ---- */

static int put_right(stralloc *out, size_t width, char const *s)
{
  size_t n = strlen(s);

  return repeat(out, ' ', n < width ? width - n : 1) && puts_(out, s);
}

static int column(stralloc *out, size_t width, uint64_t u)
{
  char s[UINT64_FMT];

  s[uint64_fmt(s, u)] = 0;
  return put_right(out, width, s);
}

static int bar(stralloc *out, char sign, uint64_t u, uint64_t most,
               size_t width)
{
  return repeat(out, sign, (size_t)scaled(u, most, width));
}

static int head(stralloc *out, char const *title, unsigned int has, int account)
{
  size_t n = strlen(title), blank = 28 - n;

  if (!puts_(out, "\n") || !puts_(out, title)) return 0;
  for (int c = 0; c < COLUMNS; c++) {
    blank += columns[c].width;
    if (!(has & 1u << c)) continue;
    if (!put_right(out, blank, columns[c].brief)) return 0;
    blank = 0;
  }
  return (!account || put_right(out, blank + 10, "addresses")) &&
         puts_(out, "\n");
}

/* Two blanks and 26 columns; a longer name has its line for itself. */
static int put_name(stralloc *out, char const *s, size_t n)
{
  if (!n) s = "-", n = 1;
  return puts_(out, "  ") && stralloc_catb(out, s, n) &&
         (n > 26 ? puts_(out, "\n") && repeat(out, ' ', 28)
                 : repeat(out, ' ', 26 - n));
}

static int figures(stralloc *out, struct tally_figures const *f,
                   unsigned int has, struct distinct const *addresses)
{
  size_t blank = 0;

  for (int c = 0; c < COLUMNS; c++) {
    blank += columns[c].width;
    if (!(has & 1u << c)) continue;
    if (!column(out, blank, figure(f, c))) return 0;
    blank = 0;
  }
  if (addresses) {
    char s[UINT64_FMT + 1] = "~";
    int about = !distinct_is_exact(addresses);

    s[uint64_fmt(s + about, distinct_count(addresses)) + (size_t)about] = 0;
    return put_right(out, blank + 10, s);
  }
  return 1;
}

static int row(stralloc *out, struct tally_entry const *e, unsigned int has,
               uint64_t most)
{
  if (!put_name(out, e->name, e->n) ||
      !figures(out, &e->f, has, e->habit ? &e->habit->addresses : 0) ||
      !puts_(out, "\n"))
    return 0;
  if (!e->first) return 1;
  return puts_(out, "    ") && put_time(out, e->first) && puts_(out, " to ") &&
         put_time(out, e->last) && (!tally_weight(&e->f) || puts_(out, "  ")) &&
         bar(out, '#', e->f.rcpts, most, BAR) &&
         bar(out, '-', e->f.refused + e->f.wrong, most, BAR) &&
         puts_(out, "\n");
}

static int rest(stralloc *out, struct tally const *t, size_t n)
{
  if (t->n > n && !(puts_(out, "  and ") && put_number(out, t->n - n) &&
                    puts_(out, " more\n")))
    return 0;
  if (!t->gone) return 1;
  return puts_(out, "  and ") && put_number(out, t->gone) &&
         puts_(out, " that did little; a figure above may be too small by ") &&
         put_number(out, t->short_by) && puts_(out, "\n");
}

static int table(struct ledger const *g, int kind, size_t rows, stralloc *out)
{
  struct tally const *t = g->kind + kind;
  size_t n = shown(t, rows);

  if (!t->n) return 1;
  if (!head(out, titles[kind], columns_of[kind], t->accounts)) return 0;
  for (size_t i = 0; i < n; i++)
    if (!row(out, t->e + i, columns_of[kind], most_weight(t))) return 0;
  return rest(out, t, n);
}

static uint64_t most_rcpts(struct ledger const *g)
{
  uint64_t most = 0;

  for (int r = 0; r < LEDGER_RIGHTS; r++)
    if (g->right[r].rcpts > most) most = g->right[r].rcpts;
  return most;
}

static int is_used(struct tally_figures const *f)
{
  return f->rcpts || f->messages;
}

static int by_right(struct ledger const *g, stralloc *out)
{
  int any = 0;

  if (!head(out, "By what right", MAIL, 0)) return 0;
  for (int r = 0; r < LEDGER_RIGHTS; r++) {
    struct tally_figures const *f = g->right + r;
    char const *name = ledger_right_name((enum ledger_right)r);

    if (!is_used(f)) continue;
    any = 1;
    if (!put_name(out, name, strlen(name)) || !figures(out, f, MAIL, 0) ||
        (f->rcpts && !puts_(out, "  ")) ||
        !bar(out, r == LEDGER_LOCAL ? '+' : '#', f->rcpts, most_rcpts(g),
             BAR - 2) ||
        !puts_(out, "\n"))
      return 0;
  }
  return any || puts_(out, "  nothing was accepted\n");
}

static uint64_t hour_sum(struct ledger_hour const *h)
{
  return h->relayed + h->local + h->refused;
}

static uint64_t most_hour(struct ledger const *g)
{
  uint64_t most = 0;

  for (int i = 0; i < 24; i++)
    if (hour_sum(g->hour + i) > most) most = hour_sum(g->hour + i);
  return most;
}

static int hours(struct ledger const *g, stralloc *out)
{
  uint64_t most = most_hour(g);

  if (!most) return 1;
  if (!puts_(out, "\nRecipients by the hour of the day, ") ||
      !puts_(out, clock_name(g)) ||
      !puts_(out, ": # relayed, + local, - refused\n"))
    return 0;
  for (int i = 0; i < 24; i++) {
    struct ledger_hour const *h = g->hour + i;
    char name[] = {' ', ' ', (char)('0' + i / 10), (char)('0' + i % 10), 0};

    if (!puts_(out, name) || !column(out, 9, hour_sum(h)) ||
        (hour_sum(h) && !puts_(out, "  ")) ||
        !bar(out, '#', h->relayed, most, HOUR_BAR) ||
        !bar(out, '+', h->local, most, HOUR_BAR) ||
        !bar(out, '-', h->refused, most, HOUR_BAR) || !puts_(out, "\n"))
      return 0;
  }
  return 1;
}

/* Calls f for each account that has left its habit. */
static int each_finding(struct ledger const *g,
                        int (*f)(struct ledger_finding const *, stralloc *),
                        stralloc *out)
{
  for (int k = LEDGER_USER; k <= LEDGER_GRANT; k++)
    for (size_t i = 0; i < g->kind[k].n; i++) {
      struct ledger_finding found;

      if (ledger_habit(g, (enum ledger_kind)k, g->kind[k].e + i, &found) &&
          !f(&found, out))
        return 0;
    }
  return 1;
}

/* "1213 recipients (before: up to 55), 52 new addresses (up to 0)" */
static int say_habit(struct ledger_finding const *f, stralloc *out)
{
  return put_number(out, f->rcpts) &&
         puts_(out, " recipients (before: up to ") &&
         put_number(out, f->usual) && puts_(out, "), ") &&
         put_number(out, f->fresh) && puts_(out, " new addresses (up to ") &&
         put_number(out, f->usual_fresh) && puts_(out, ")");
}

static int text_finding(struct ledger_finding const *f, stralloc *out)
{
  return puts_(out, "  ") && puts_(out, ledger_kind_name(f->kind)) &&
         puts_(out, " ") &&
         stralloc_catb(out, f->account->name, f->account->n) &&
         puts_(out, "\n    ") && say_habit(f, out) && puts_(out, "\n");
}

static int findings(struct ledger const *g, stralloc *out)
{
  return puts_(out, "\nFindings\n  relayed without a reason: ") &&
         put_number(out, ledger_unexplained(g)) &&
         puts_(out, "\n  left its habit") && put_habits(g, out) &&
         puts_(out, "\n") && each_finding(g, text_finding, out);
}

static int summary(struct ledger const *g, stralloc *out)
{
  struct tally_figures const *f = &g->total;

  return period(g, out) && puts_(out, "\n") && put_number(out, g->sessions) &&
         puts_(out, " sessions, ") && put_number(out, f->messages) &&
         puts_(out, " messages, ") && put_number(out, f->rcpts) &&
         puts_(out, " recipients, ") && put_number(out, f->bytes) &&
         puts_(out, " bytes\n") && put_number(out, f->refused) &&
         puts_(out, " refusals, ") && put_number(out, f->wrong) &&
         puts_(out, " wrong passwords\n");
}

int ledgerout_text(struct ledger const *g, size_t rows, stralloc *out)
{
  if (!summary(g, out) || !findings(g, out) || !by_right(g, out)) return 0;
  for (int k = 0; k < LEDGER_KINDS; k++)
    if (!table(g, k, rows, out)) return 0;
  return hours(g, out);
}

/* ---- JSON ---- */

static int member(stralloc *out, char const *name, char const *s)
{
  return json_member(out, name, s, strlen(s));
}

static int member_time(stralloc *out, char const *name, int64_t t)
{
  char s[LOGLINE_TIME_FMT];

  if (!t) return 1;
  logline_time_fmt(s, t);
  return member(out, name, s);
}

static int open_object(stralloc *out, char const *kind)
{
  return puts_(out, "{") && member(out, "kind", kind);
}

static int member_figures(stralloc *out, struct tally_figures const *f)
{
  return json_member_number(out, "messages", f->messages) &&
         json_member_number(out, "recipients", f->rcpts) &&
         json_member_number(out, "bytes", f->bytes) &&
         json_member_number(out, "refused", f->refused) &&
         json_member_number(out, "wrong", f->wrong);
}

static int member_name(stralloc *out, struct tally_entry const *e)
{
  char name[TALLY_NAME_MAX];

  return json_member(out, "name", name, logline_unescape(name, e->name, e->n));
}

static int json_total(struct ledger const *g, stralloc *out)
{
  size_t judged;

  ledger_habits(g, &judged);
  return open_object(out, "total") && member_time(out, "from", g->first) &&
         member_time(out, "to", g->last) &&
         (!g->first || member(out, "clock", g->wall ? "local" : "UTC")) &&
         json_member_number(out, "sessions", g->sessions) &&
         member_figures(out, &g->total) &&
         json_member_number(out, "lines", g->lines) &&
         json_member_number(out, "other_lines", g->foreign) &&
         json_member_number(out, "judged", judged) && puts_(out, "}\n");
}

static int json_right(struct ledger const *g, int r, stralloc *out)
{
  struct tally_figures const *f = g->right + r;

  return open_object(out, "right") &&
         member(out, "name", ledger_right_name((enum ledger_right)r)) &&
         json_member_number(out, "messages", f->messages) &&
         json_member_number(out, "recipients", f->rcpts) &&
         json_member_number(out, "bytes", f->bytes) && puts_(out, "}\n");
}

static int json_row(struct tally_entry const *e, char const *kind,
                    stralloc *out)
{
  struct distinct const *d = e->habit ? &e->habit->addresses : 0;

  return open_object(out, kind) && member_name(out, e) &&
         member_figures(out, &e->f) &&
         (!d || json_member_number(out, "addresses", distinct_count(d))) &&
         member_time(out, "first", e->first) &&
         member_time(out, "last", e->last) && puts_(out, "}\n");
}

static int json_rest(struct tally const *t, char const *kind, stralloc *out)
{
  return !t->gone || (open_object(out, "rest") && member(out, "of", kind) &&
                      json_member_number(out, "names", t->gone) &&
                      member_figures(out, &t->of_gone) &&
                      json_member_number(out, "short_by", t->short_by) &&
                      puts_(out, "}\n"));
}

static int json_hour(struct ledger const *g, int i, stralloc *out)
{
  struct ledger_hour const *h = g->hour + i;

  return open_object(out, "hour") &&
         json_member_number(out, "hour", (unsigned int)i) &&
         json_member_number(out, "relayed", h->relayed) &&
         json_member_number(out, "local", h->local) &&
         json_member_number(out, "refused", h->refused) && puts_(out, "}\n");
}

static int json_finding(struct ledger_finding const *f, stralloc *out)
{
  return open_object(out, "finding") && member(out, "finding", "habit") &&
         member(out, "of", ledger_kind_name(f->kind)) &&
         member_name(out, f->account) &&
         json_member_number(out, "recipients", f->rcpts) &&
         json_member_number(out, "usual", f->usual) &&
         json_member_number(out, "new_addresses", f->fresh) &&
         json_member_number(out, "usual_new_addresses", f->usual_fresh) &&
         puts_(out, "}\n");
}

static int json_tables(struct ledger const *g, stralloc *out)
{
  for (int k = 0; k < LEDGER_KINDS; k++) {
    char const *kind = ledger_kind_name((enum ledger_kind)k);
    struct tally const *t = g->kind + k;

    for (size_t i = 0; i < t->n; i++)
      if (!json_row(t->e + i, kind, out)) return 0;
    if (!json_rest(t, kind, out)) return 0;
  }
  return 1;
}

int ledgerout_json(struct ledger const *g, stralloc *out)
{
  if (!json_total(g, out)) return 0;
  for (int r = 0; r < LEDGER_RIGHTS; r++)
    if (!json_right(g, r, out)) return 0;
  if (!json_tables(g, out)) return 0;
  for (int i = 0; i < 24 && most_hour(g); i++)
    if (!json_hour(g, i, out)) return 0;
  return open_object(out, "finding") && member(out, "finding", "unexplained") &&
         json_member_number(out, "recipients", ledger_unexplained(g)) &&
         puts_(out, "}\n") && each_finding(g, json_finding, out);
}

/* ---- HTML ---- */

/* Light or dark as the reader has it; on paper light.  Series: relayed, local,
   refused.  On a small screen a row of a table becomes a paragraph. */
static char const page_head[] =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" "
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<title>postern-report</title>\n<style>\n"
    ":root{color-scheme:light dark;--ink:#1d2329;--soft:#5c6670;"
    "--line:#dfe3e7;--page:#fff;--a:#2563a8;--b:#4f9a73;--c:#b84a22}\n"
    "@media screen and (prefers-color-scheme:dark){:root{--ink:#e4e8ec;"
    "--soft:#98a2ac;--line:#333b43;--page:#14181c;--a:#6aa5e3;--b:#5c9a7a;"
    "--c:#e2815b}}\n"
    "body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);"
    "background:var(--page);max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "overflow-wrap:anywhere}\n"
    "h1{font-size:1.4rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .5rem;"
    "break-after:avoid}p{margin:.3rem 0}\n"
    ".soft,th,dt,.plot{color:var(--soft)}"
    ".bad{border-left:4px solid var(--c);padding-left:.6rem}\n"
    "dl{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:1.5rem 0}"
    "dl div{display:flex;flex-direction:column-reverse}\n"
    "dd,.plot,td{font-variant-numeric:tabular-nums}dd{margin:0;font-size:1."
    "5rem}"
    "\n"
    "table{border-collapse:collapse;width:100%}tr{break-inside:avoid}"
    "th,td{padding:.3rem 0 .3rem 1rem;text-align:right;white-space:nowrap;"
    "border-bottom:1px solid var(--line)}th{font-weight:normal}\n"
    "th:first-child,td:first-child{text-align:left;padding-left:0;width:99%;"
    "min-width:10rem;white-space:normal}\n"
    "svg{display:block;width:100%;print-color-adjust:exact}"
    ".bar{height:5px;margin-top:2px}"
    ".a{fill:var(--a)}.b{fill:var(--b)}.c{fill:var(--c)}\n"
    ".key{display:inline-block;width:11px;height:11px;margin:0 .3rem 0 .8rem}"
    ".key:first-child{margin-left:0}\n"
    ".plot{display:grid;grid-template-columns:auto 1fr;gap:.2rem .6rem;"
    "font-size:12px;break-inside:avoid}.plot svg{height:160px;"
    "border:solid var(--line);border-width:1px 0;box-sizing:border-box}\n"
    ".y{display:flex;flex-direction:column;justify-content:space-between;"
    "align-items:end}.x{grid-column:2;display:grid;"
    "grid-template-columns:repeat(8,1fr)}\n"
    "@media print{body{margin:0;max-width:none;font-size:11px}}\n"
    "@media screen and (max-width:54rem){table,tbody{display:block}"
    "tr{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:.5rem 0;"
    "border-bottom:1px solid var(--line)}tr:first-child{display:none}\n"
    "td{border:0;padding:0;text-align:left}td:first-child{width:100%}"
    "td+td::before{content:attr(data-n);display:block;font-size:12px;"
    "color:var(--soft)}}\n"
    "</style>\n<h1>Who relayed, and by what right</h1>\n";

static int put_escaped(stralloc *out, char const *s, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    char const *e = s[i] == '<'    ? "&lt;"
                    : s[i] == '>'  ? "&gt;"
                    : s[i] == '&'  ? "&amp;"
                    : s[i] == '"'  ? "&quot;"
                    : s[i] == '\'' ? "&#39;"
                                   : 0;

    if (!(e ? puts_(out, e) : stralloc_append(out, s[i]))) return 0;
  }
  return 1;
}

/* Three digits and a unit of 1000: what a page has room for. */
static int put_bytes(stralloc *out, uint64_t u)
{
  static char const units[] = "BkMGTPE";
  uint64_t tenths = 0;
  size_t i = 0;

  for (; u >= 1000; u /= 1000, i++)
    tenths = u % 1000 / 100;
  return put_number(out, u) &&
         (!i || (puts_(out, ".") && put_number(out, tenths))) &&
         puts_(out, "&nbsp;") && stralloc_append(out, units[i]) &&
         (!i || puts_(out, "B"));
}

static int put_figure(stralloc *out, struct tally_figures const *f, int c)
{
  return c == BYTES ? put_bytes(out, f->bytes) : put_number(out, figure(f, c));
}

static int tile(stralloc *out, char const *name)
{
  return puts_(out, "<div><dt>") && puts_(out, name) && puts_(out, "</dt><dd>");
}

static int tiles(struct ledger const *g, stralloc *out)
{
  static char const *const names[COLUMNS] = {"messages", "recipients", "bytes",
                                             "refusals", "wrong passwords"};

  if (!puts_(out, "<dl>\n") || !tile(out, "sessions") ||
      !put_number(out, g->sessions) || !puts_(out, "</dd></div>\n"))
    return 0;
  for (int c = 0; c < COLUMNS; c++)
    if (!tile(out, names[c]) || !put_figure(out, &g->total, c) ||
        !puts_(out, "</dd></div>\n"))
      return 0;
  return puts_(out, "</dl>\n");
}

static int html_finding(struct ledger_finding const *f, stralloc *out)
{
  return puts_(out, "<p class=\"bad\">") &&
         puts_(out, ledger_kind_name(f->kind)) && puts_(out, " <strong>") &&
         put_escaped(out, f->account->name, f->account->n) &&
         puts_(out, "</strong>: ") && say_habit(f, out) && puts_(out, "</p>\n");
}

static int open_line(stralloc *out, int bad)
{
  return puts_(out, bad ? "<p class=\"bad\">" : "<p>");
}

static int html_findings(struct ledger const *g, stralloc *out)
{
  uint64_t n = ledger_unexplained(g);
  size_t judged;

  return puts_(out, "<p class=\"soft\">") && period(g, out) &&
         puts_(out, "</p>\n<h2>Findings</h2>\n") && open_line(out, !!n) &&
         puts_(out, "Relayed without a reason: ") && put_number(out, n) &&
         puts_(out, "</p>\n") && open_line(out, !!ledger_habits(g, &judged)) &&
         puts_(out, "Left its habit") && put_habits(g, out) &&
         puts_(out, "</p>\n") && each_finding(g, html_finding, out);
}

#define HOUR_WIDTH 32
#define HOUR_HEIGHT 160

static int rect(stralloc *out, char const *class, uint64_t x, uint64_t y,
                uint64_t h)
{
  return !h || (puts_(out, "<rect class=\"") && puts_(out, class) &&
                puts_(out, "\" x=\"") && put_number(out, x) &&
                puts_(out, "\" y=\"") && put_number(out, y) &&
                puts_(out, "\" width=\"24\" height=\"") && put_number(out, h) &&
                puts_(out, "\"/>"));
}

static int hour_bars(struct ledger_hour const *h, int i, uint64_t most,
                     stralloc *out)
{
  uint64_t x = (uint64_t)i * HOUR_WIDTH + 4;
  uint64_t a = scaled(h->relayed, most, HOUR_HEIGHT);
  uint64_t b = scaled(h->local, most, HOUR_HEIGHT);
  uint64_t c = scaled(h->refused, most, HOUR_HEIGHT);
  uint64_t y = HOUR_HEIGHT + 4; /* a few too small to see may add up */

  return puts_(out, "<g><title>") && put_number(out, (uint64_t)i) &&
         puts_(out, ":00, relayed ") && put_number(out, h->relayed) &&
         puts_(out, ", local ") && put_number(out, h->local) &&
         puts_(out, ", refused ") && put_number(out, h->refused) &&
         puts_(out, "</title>") && rect(out, "a", x, y - a, a) &&
         rect(out, "b", x, y - a - b, b) &&
         rect(out, "c", x, y - a - b - c, c) && puts_(out, "</g>\n");
}

static int key(stralloc *out, char const *class, char const *name)
{
  return puts_(out, "<svg class=\"key ") && puts_(out, class) &&
         puts_(out, "\"><rect width=\"11\" height=\"11\"/></svg>") &&
         puts_(out, name);
}

static int html_hours(struct ledger const *g, stralloc *out)
{
  uint64_t most = most_hour(g);

  if (!most) return 1;
  if (!puts_(out, "<h2>Recipients by the hour of the day, ") ||
      !puts_(out, clock_name(g)) || !puts_(out, "</h2>\n<p class=\"soft\">") ||
      !key(out, "a", "relayed") || !key(out, "b", "local") ||
      !key(out, "c", "refused") ||
      !puts_(out, "</p>\n<div class=\"plot\"><div class=\"y\"><span>") ||
      !put_number(out, most) ||
      !puts_(out, "</span><span>0</span></div><svg role=\"img\" "
                  "aria-label=\"recipients by the hour\" "
                  "viewBox=\"0 0 768 164\" preserveAspectRatio=\"none\">\n"))
    return 0;
  for (int i = 0; i < 24; i++)
    if (!hour_bars(g->hour + i, i, most, out)) return 0;
  if (!puts_(out, "</svg><div class=\"x\">")) return 0;
  for (unsigned int i = 0; i < 24; i += 3)
    if (!puts_(out, "<span>") || !put_number(out, i) ||
        !puts_(out, ":00</span>"))
      return 0;
  return puts_(out, "</div></div>\n");
}

/* A part of a bar, in percent of the width. */
static int part(stralloc *out, char const *class, uint64_t x, uint64_t w)
{
  return !w || (puts_(out, "<rect class=\"") && puts_(out, class) &&
                puts_(out, "\" x=\"") && put_number(out, x) &&
                puts_(out, "%\" width=\"") && put_number(out, w) &&
                puts_(out, "%\" height=\"5\"/>"));
}

/* The first cell of a row: the name, and under it its bar. */
static int name_cell(stralloc *out, char const *s, size_t n, char const *class,
                     uint64_t good, uint64_t bad, uint64_t most)
{
  uint64_t w = scaled(good, most, 100);

  return puts_(out, "<tr><td>") && put_escaped(out, n ? s : "-", n ? n : 1) &&
         puts_(out, "<svg class=\"bar\" aria-hidden=\"true\">") &&
         part(out, class, 0, w) && part(out, "c", w, scaled(bad, most, 100)) &&
         puts_(out, "</svg></td>");
}

/* data-n: what the cell is, for a screen too small for the heading. */
static int open_cell(stralloc *out, char const *name)
{
  return puts_(out, "<td data-n=\"") && puts_(out, name) && puts_(out, "\">");
}

static int cells(stralloc *out, struct tally_figures const *f, unsigned int has)
{
  for (int c = 0; c < COLUMNS; c++)
    if (has & 1u << c && (!open_cell(out, columns[c].name) ||
                          !put_figure(out, f, c) || !puts_(out, "</td>")))
      return 0;
  return 1;
}

static int html_head(stralloc *out, char const *title, char const *name,
                     unsigned int has)
{
  if (!puts_(out, "<h2>") || !puts_(out, title) ||
      !puts_(out, "</h2>\n<table>\n<tr><th>") || !puts_(out, name) ||
      !puts_(out, "</th>"))
    return 0;
  for (int c = 0; c < COLUMNS; c++)
    if (has & 1u << c && (!puts_(out, "<th>") || !puts_(out, columns[c].name) ||
                          !puts_(out, "</th>")))
      return 0;
  return 1;
}

static int html_rights(struct ledger const *g, stralloc *out)
{
  if (!most_rcpts(g))
    return puts_(out, "<h2>By what right</h2>\n<p>Nothing was accepted.</p>\n");
  if (!html_head(out, "By what right", "reason", MAIL) ||
      !puts_(out, "</tr>\n"))
    return 0;
  for (int r = 0; r < LEDGER_RIGHTS; r++) {
    struct tally_figures const *f = g->right + r;
    char const *name = ledger_right_name((enum ledger_right)r);
    char const *class = r == LEDGER_LOCAL ? "b" : r < LEDGER_ENV ? "a" : "c";

    if (!is_used(f)) continue;
    if (!name_cell(out, name, strlen(name), class, f->rcpts, 0,
                   most_rcpts(g)) ||
        !cells(out, f, MAIL) || !puts_(out, "</tr>\n"))
      return 0;
  }
  return puts_(out, "</table>\n");
}

static int html_row(struct tally_entry const *e, unsigned int has,
                    uint64_t most, stralloc *out)
{
  struct distinct const *d = e->habit ? &e->habit->addresses : 0;

  return name_cell(out, e->name, e->n, "a", e->f.rcpts,
                   e->f.refused + e->f.wrong, most) &&
         cells(out, &e->f, has) &&
         (!d || (open_cell(out, "addresses") &&
                 (distinct_is_exact(d) || puts_(out, "~")) &&
                 put_number(out, distinct_count(d)) && puts_(out, "</td>"))) &&
         open_cell(out, "first, last") && put_time(out, e->first) &&
         puts_(out, "<br>") && put_time(out, e->last) &&
         puts_(out, "</td></tr>\n");
}

static int html_rest(stralloc *out, struct tally const *t, size_t n)
{
  stralloc sa = STRALLOC_ZERO;
  int good = rest(&sa, t, n) &&
             (!sa.len || (puts_(out, "<p class=\"soft\">") &&
                          stralloc_cat(out, &sa) && puts_(out, "</p>\n")));

  stralloc_free(&sa);
  return good;
}

static int html_table(struct ledger const *g, int kind, size_t rows,
                      stralloc *out)
{
  struct tally const *t = g->kind + kind;
  size_t n = shown(t, rows);

  if (!t->n) return 1;
  if (!html_head(out, titles[kind], ledger_kind_name((enum ledger_kind)kind),
                 columns_of[kind]) ||
      (t->accounts && !puts_(out, "<th>addresses</th>")) ||
      !puts_(out, "<th>first, last</th></tr>\n"))
    return 0;
  for (size_t i = 0; i < n; i++)
    if (!html_row(t->e + i, columns_of[kind], most_weight(t), out)) return 0;
  return puts_(out, "</table>\n") && html_rest(out, t, n);
}

int ledgerout_html(struct ledger const *g, size_t rows, stralloc *out)
{
  if (!puts_(out, page_head) || !html_findings(g, out) || !tiles(g, out) ||
      !html_rights(g, out) || !html_hours(g, out))
    return 0;
  for (int k = 0; k < LEDGER_KINDS; k++)
    if (!html_table(g, k, rows, out)) return 0;
  return puts_(out, "</html>\n");
}
