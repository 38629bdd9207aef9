/*
 * ledgerout - a ledger, to be read: text, JSON lines, a page.  Pure.
 *
 * Append to out; 0 if memory ran out.  rows: of each table, at most; 0: all.
 * JSON has all of them, whatever rows says.  In text and page the names stand
 * as in the log, escaped; JSON has them as they were.
 */
#ifndef POSTERN_LEDGEROUT_H
#define POSTERN_LEDGEROUT_H

#include <skalibs/stralloc.h>

#include "ledger.h"

/* Lines of up to 80 columns or so, with bars. */
extern int ledgerout_text(struct ledger const *g, size_t rows, stralloc *out);

/* An object on a line each: total, right, user, grant, cert, rule, address,
   refusal, hour, rest, finding. */
extern int ledgerout_json(struct ledger const *g, stralloc *out);

/* One self-contained HTML file with SVG charts: no script, nothing fetched. */
extern int ledgerout_html(struct ledger const *g, size_t rows, stralloc *out);

#endif
