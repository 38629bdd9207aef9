#include <string.h>

#include <skalibs/types.h>

#include "json.h"
#include "ledgerout.h"

#define BAR 24 /* columns */
#define HOUR_BAR 48

static char const *const titles[LEDGER_KINDS] = {
    "Users", "Grants", "Certificates", "Rules", "Addresses", "Refused, and why",
};

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

static int bar(stralloc *out, uint64_t u, uint64_t most, size_t width)
{
  size_t n = (size_t)scaled(u, most, width);

  return !n || (puts_(out, "  ") && repeat(out, '#', n));
}

static int head(stralloc *out, char const *title, int account)
{
  size_t n = strlen(title);

  return puts_(out, "\n") && puts_(out, title) &&
         repeat(out, ' ', n < 30 ? 30 - n : 1) &&
         puts_(out, "messages  recip.       bytes refused wrong") &&
         (!account || puts_(out, " addresses")) && puts_(out, "\n");
}

static int figures(stralloc *out, struct tally_figures const *f)
{
  return column(out, 9, f->messages) && column(out, 8, f->rcpts) &&
         column(out, 12, f->bytes) && column(out, 8, f->refused) &&
         column(out, 6, f->wrong);
}

/* The name, and its figures below it if it is long. */
static int put_name(stralloc *out, char const *s, size_t n)
{
  return puts_(out, "  ") && stralloc_catb(out, n ? s : "-", n ? n : 1) &&
         (n > 27 ? puts_(out, "\n") && repeat(out, ' ', 29)
                 : repeat(out, ' ', 27 - (n ? n : 1)));
}

static int row(stralloc *out, struct tally_entry const *e, uint64_t most)
{
  if (!put_name(out, e->name, e->n) || !figures(out, &e->f)) return 0;
  if (e->habit) {
    struct distinct const *d = &e->habit->addresses;
    char s[UINT64_FMT + 1] = "~";
    int about = !distinct_is_exact(d);

    s[uint64_fmt(s + about, distinct_count(d)) + (size_t)about] = 0;
    if (!put_right(out, 10, s)) return 0;
  }
  if (!puts_(out, "\n")) return 0;
  if (!e->first) return 1;
  return puts_(out, "    ") && put_time(out, e->first) && puts_(out, " to ") &&
         put_time(out, e->last) && bar(out, tally_weight(&e->f), most, BAR) &&
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
  if (!head(out, titles[kind], t->accounts)) return 0;
  for (size_t i = 0; i < n; i++)
    if (!row(out, t->e + i, most_weight(t))) return 0;
  return rest(out, t, n);
}

static uint64_t most_rcpts(struct ledger const *g)
{
  uint64_t most = 0;

  for (int r = 0; r < LEDGER_RIGHTS; r++)
    if (g->right[r].rcpts > most) most = g->right[r].rcpts;
  return most;
}

static int by_right(struct ledger const *g, stralloc *out)
{
  if (!puts_(out, "\nBy what right                 messages  recip.       "
                  "bytes\n"))
    return 0;
  for (int r = 0; r < LEDGER_RIGHTS; r++) {
    struct tally_figures const *f = g->right + r;
    char const *name = ledger_right_name((enum ledger_right)r);

    if (!f->rcpts && !f->messages) continue;
    if (!put_name(out, name, strlen(name)) || !column(out, 9, f->messages) ||
        !column(out, 8, f->rcpts) || !column(out, 12, f->bytes) ||
        !bar(out, f->rcpts, most_rcpts(g), BAR) || !puts_(out, "\n"))
      return 0;
  }
  return 1;
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
  if (!puts_(out, "\nRecipients by the hour: # relayed, + local, - refused\n"))
    return 0;
  for (int i = 0; i < 24; i++) {
    struct ledger_hour const *h = g->hour + i;
    char name[] = {' ', ' ', (char)('0' + i / 10), (char)('0' + i % 10), 0};

    if (!puts_(out, name) || !column(out, 9, hour_sum(h)) ||
        (hour_sum(h) && !puts_(out, "  ")) ||
        !repeat(out, '#', (size_t)scaled(h->relayed, most, HOUR_BAR)) ||
        !repeat(out, '+', (size_t)scaled(h->local, most, HOUR_BAR)) ||
        !repeat(out, '-', (size_t)scaled(h->refused, most, HOUR_BAR)) ||
        !puts_(out, "\n"))
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

/* "user joe left his habit": without markup, for text and page. */
static int say_finding(struct ledger_finding const *f, stralloc *out)
{
  return puts_(out, ledger_kind_name(f->kind)) && puts_(out, " ") &&
         stralloc_catb(out, f->account->name, f->account->n) &&
         puts_(out, " left its habit: ") && put_number(out, f->rcpts) &&
         puts_(out, " recipients (before: up to ") &&
         put_number(out, f->usual) && puts_(out, "), ") &&
         put_number(out, f->fresh) && puts_(out, " new addresses (up to ") &&
         put_number(out, f->usual_fresh) && puts_(out, ")");
}

static int text_finding(struct ledger_finding const *f, stralloc *out)
{
  return puts_(out, "  ") && say_finding(f, out) && puts_(out, "\n");
}

static int findings(struct ledger const *g, stralloc *out)
{
  return puts_(out, "\nFindings\n  relayed without a reason: ") &&
         put_number(out, ledger_unexplained(g)) && puts_(out, "\n") &&
         each_finding(g, text_finding, out);
}

static int summary(struct ledger const *g, stralloc *out)
{
  struct tally_figures const *f = &g->total;

  return put_time(out, g->first) && puts_(out, " to ") &&
         put_time(out, g->last) && puts_(out, "\n") &&
         put_number(out, g->sessions) && puts_(out, " sessions, ") &&
         put_number(out, f->messages) && puts_(out, " messages, ") &&
         put_number(out, f->rcpts) && puts_(out, " recipients, ") &&
         put_number(out, f->bytes) && puts_(out, " bytes, ") &&
         put_number(out, f->refused) && puts_(out, " refusals, ") &&
         put_number(out, f->wrong) && puts_(out, " wrong passwords\n");
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
  return open_object(out, "total") && member_time(out, "from", g->first) &&
         member_time(out, "to", g->last) &&
         json_member_number(out, "sessions", g->sessions) &&
         member_figures(out, &g->total) &&
         json_member_number(out, "lines", g->lines) &&
         json_member_number(out, "other_lines", g->foreign) &&
         puts_(out, "}\n");
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

/* Light or dark as the reader has it.  Series: relayed, local, refused. */
static char const page_head[] =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" "
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<title>postern-report</title>\n<style>\n"
    ":root{color-scheme:light dark;--ink:#1d2329;--soft:#66707a;"
    "--line:#dfe3e7;--page:#fff;--a:#2563a8;--b:#6fae8d;--c:#c2562d}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e8ec;--soft:#98a2ac;"
    "--line:#333b43;--page:#14181c;--a:#6aa5e3;--b:#5c9a7a;--c:#e2815b}}\n"
    "body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);"
    "background:var(--page);max-width:62rem;margin:2rem auto;padding:0 1rem}\n"
    "h1{font-size:1.4rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .5rem}\n"
    "p{margin:.3rem 0}.soft,caption{color:var(--soft)}\n"
    "dl{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:1.2rem 0}\n"
    "dd{margin:0;font-size:1.5rem;font-variant-numeric:tabular-nums}"
    "dt{color:var(--soft)}dl div{display:flex;flex-direction:column-reverse}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%}\n"
    "th,td{padding:.25rem .6rem;text-align:right;"
    "border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums;"
    "white-space:nowrap}\nth{color:var(--soft);font-weight:normal}\n"
    "th:first-child,td:first-child{text-align:left;padding-left:0;"
    "white-space:normal;overflow-wrap:anywhere;min-width:12rem}\n"
    "svg text{fill:var(--soft);font:11px system-ui,sans-serif}\n"
    ".a{fill:var(--a)}.b{fill:var(--b)}.c{fill:var(--c)}"
    ".bad{color:var(--c)}.key{width:11px;height:11px;margin:0 .3rem 0 .8rem}\n"
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

static int tile(stralloc *out, char const *name, uint64_t u)
{
  return puts_(out, "<div><dt>") && puts_(out, name) &&
         puts_(out, "</dt><dd>") && put_number(out, u) &&
         puts_(out, "</dd></div>\n");
}

static int tiles(struct ledger const *g, stralloc *out)
{
  struct tally_figures const *f = &g->total;

  return puts_(out, "<p class=\"soft\">") && put_time(out, g->first) &&
         puts_(out, " to ") && put_time(out, g->last) &&
         puts_(out, "</p>\n<dl>\n") && tile(out, "sessions", g->sessions) &&
         tile(out, "messages", f->messages) &&
         tile(out, "recipients", f->rcpts) && tile(out, "bytes", f->bytes) &&
         tile(out, "refusals", f->refused) &&
         tile(out, "wrong passwords", f->wrong) && puts_(out, "</dl>\n");
}

static int html_finding(struct ledger_finding const *f, stralloc *out)
{
  stralloc sa = STRALLOC_ZERO;
  int good = say_finding(f, &sa) && puts_(out, "<p class=\"bad\">") &&
             put_escaped(out, sa.s, sa.len) && puts_(out, ".</p>\n");

  stralloc_free(&sa);
  return good;
}

static int html_findings(struct ledger const *g, stralloc *out)
{
  uint64_t n = ledger_unexplained(g);

  return puts_(out, "<h2>Findings</h2>\n<p") &&
         (!n || puts_(out, " class=\"bad\"")) &&
         puts_(out, ">Relayed without a reason: ") && put_number(out, n) &&
         puts_(out, ".</p>\n") && each_finding(g, html_finding, out);
}

#define HOUR_WIDTH 32
#define HOUR_HEIGHT 160

/* <rect class x y width height> */
static int rect(stralloc *out, char const *class, uint64_t x, uint64_t y,
                uint64_t w, uint64_t h)
{
  return !h || (puts_(out, "<rect class=\"") && puts_(out, class) &&
                puts_(out, "\" x=\"") && put_number(out, x) &&
                puts_(out, "\" y=\"") && put_number(out, y) &&
                puts_(out, "\" width=\"") && put_number(out, w) &&
                puts_(out, "\" height=\"") && put_number(out, h) &&
                puts_(out, "\"/>"));
}

static int hour_bars(struct ledger_hour const *h, int i, uint64_t most,
                     stralloc *out)
{
  uint64_t x = (uint64_t)i * HOUR_WIDTH + 4, w = HOUR_WIDTH - 8;
  uint64_t a = scaled(h->relayed, most, HOUR_HEIGHT);
  uint64_t b = scaled(h->local, most, HOUR_HEIGHT);
  uint64_t c = scaled(h->refused, most, HOUR_HEIGHT);
  uint64_t y = HOUR_HEIGHT + 4; /* a few too small to see may add up */

  return puts_(out, "<g><title>") && put_number(out, (uint64_t)i) &&
         puts_(out, ":00, relayed ") && put_number(out, h->relayed) &&
         puts_(out, ", local ") && put_number(out, h->local) &&
         puts_(out, ", refused ") && put_number(out, h->refused) &&
         puts_(out, "</title>") && rect(out, "a", x, y - a, w, a) &&
         rect(out, "b", x, y - a - b, w, b) &&
         rect(out, "c", x, y - a - b - c, w, c) && puts_(out, "<text x=\"") &&
         put_number(out, x) && puts_(out, "\" y=\"180\">") &&
         put_number(out, (uint64_t)i) && puts_(out, "</text></g>\n");
}

static int html_hours(struct ledger const *g, stralloc *out)
{
  uint64_t most = most_hour(g);

  if (!most) return 1;
  if (!puts_(out,
             "<h2>Recipients by the hour</h2>\n<p class=\"soft\">"
             "<svg class=\"key a\"><rect width=\"11\" height=\"11\"/>"
             "</svg>relayed<svg class=\"key b\"><rect width=\"11\" "
             "height=\"11\"/></svg>local<svg class=\"key c\"><rect "
             "width=\"11\" height=\"11\"/></svg>refused; the highest is ") ||
      !put_number(out, most) ||
      !puts_(out, "</p>\n<div class=\"wide\"><svg role=\"img\" "
                  "aria-label=\"recipients by the hour\" width=\"768\" "
                  "height=\"184\" viewBox=\"0 0 768 184\">\n"))
    return 0;
  for (int i = 0; i < 24; i++)
    if (!hour_bars(g->hour + i, i, most, out)) return 0;
  return puts_(out, "</svg></div>\n");
}

/* A cell with a bar of up to 120 units. */
static int bar_cell(stralloc *out, char const *class, uint64_t u, uint64_t most)
{
  return puts_(out, "<td><svg width=\"120\" height=\"10\" "
                    "aria-hidden=\"true\">") &&
         rect(out, class, 0, 0, scaled(u, most, 120), 10) &&
         puts_(out, "</svg></td>");
}

static int cell(stralloc *out, uint64_t u)
{
  return puts_(out, "<td>") && put_number(out, u) && puts_(out, "</td>");
}

static int html_rights(struct ledger const *g, stralloc *out)
{
  if (!puts_(out, "<h2>By what right</h2>\n<div class=\"wide\"><table>\n"
                  "<tr><th>reason</th><th>messages</th><th>recipients</th>"
                  "<th>bytes</th><th></th></tr>\n"))
    return 0;
  for (int r = 0; r < LEDGER_RIGHTS; r++) {
    struct tally_figures const *f = g->right + r;

    if (!f->rcpts && !f->messages) continue;
    if (!puts_(out, "<tr><td>") ||
        !puts_(out, ledger_right_name((enum ledger_right)r)) ||
        !puts_(out, "</td>") || !cell(out, f->messages) ||
        !cell(out, f->rcpts) || !cell(out, f->bytes) ||
        !bar_cell(out,
                  r == LEDGER_LOCAL ? "b"
                  : r < LEDGER_ENV  ? "a"
                                    : "c",
                  f->rcpts, most_rcpts(g)) ||
        !puts_(out, "</tr>\n"))
      return 0;
  }
  return puts_(out, "</table></div>\n");
}

static int html_row(struct tally_entry const *e, uint64_t most, stralloc *out)
{
  struct distinct const *d = e->habit ? &e->habit->addresses : 0;

  return puts_(out, "<tr><td>") &&
         put_escaped(out, e->n ? e->name : "-", e->n ? e->n : 1) &&
         puts_(out, "</td>") && cell(out, e->f.messages) &&
         cell(out, e->f.rcpts) && cell(out, e->f.bytes) &&
         cell(out, e->f.refused) && cell(out, e->f.wrong) &&
         (!d || (puts_(out, distinct_is_exact(d) ? "<td>" : "<td>~") &&
                 put_number(out, distinct_count(d)) && puts_(out, "</td>"))) &&
         puts_(out, "<td>") && put_time(out, e->first) &&
         puts_(out, "</td><td>") && put_time(out, e->last) &&
         puts_(out, "</td>") &&
         bar_cell(out, e->f.rcpts ? "a" : "c", tally_weight(&e->f), most) &&
         puts_(out, "</tr>\n");
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
  if (!puts_(out, "<h2>") || !puts_(out, titles[kind]) ||
      !puts_(out, "</h2>\n<div class=\"wide\"><table>\n<tr><th>") ||
      !puts_(out, ledger_kind_name((enum ledger_kind)kind)) ||
      !puts_(out, "</th><th>messages</th><th>recipients</th><th>bytes</th>"
                  "<th>refused</th><th>wrong</th>") ||
      (t->accounts && !puts_(out, "<th>addresses</th>")) ||
      !puts_(out, "<th>first</th><th>last</th><th></th></tr>\n"))
    return 0;
  for (size_t i = 0; i < n; i++)
    if (!html_row(t->e + i, most_weight(t), out)) return 0;
  return puts_(out, "</table></div>\n") && html_rest(out, t, n);
}

int ledgerout_html(struct ledger const *g, size_t rows, stralloc *out)
{
  if (!puts_(out, page_head) || !tiles(g, out) || !html_findings(g, out) ||
      !html_hours(g, out) || !html_rights(g, out))
    return 0;
  for (int k = 0; k < LEDGER_KINDS; k++)
    if (!html_table(g, k, rows, out)) return 0;
  return puts_(out, "</html>\n");
}
