/*
 * postern-probe: is this server an open relay?
 *
 * reads   what the server answers
 * writes  commands to the server, messages only with -m; a line for each trick
 *         to stdout, its progress to stderr if that is a terminal
 * exits   0 closed; 1 open; 100 wrong usage; 111 cannot tell
 */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/buffer.h>
#include <skalibs/djbunix.h>
#include <skalibs/iopause.h>
#include <skalibs/random.h>
#include <skalibs/sgetopt.h>
#include <skalibs/sig.h>
#include <skalibs/stralloc.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "addr.h"
#include "conn.h"
#include "trick.h"
#include "json.h"
#include "text.h"

#define NAME "postern-probe"
#define USAGE                                                                  \
  NAME " [ -46jql ] [ -d domain ] [ -r domain ] [ -f sender ] [ -H name ] "    \
       "[ -m address ] [ -t seconds ] host [ port ]"
#define dieusage() strerr_dieusage(100, USAGE)

#define REPLY_MAX 4096 /* bytes in a line of the server's */
#define REPLY_LINES 200
#define REPLIES 50   /* to one batch, before that to QUIT */
#define TEXT_MAX 160 /* bytes of a reply that are shown */
#define WORD 12

struct reply {
  unsigned int code;    /* 0: none, the connection is over */
  unsigned int answers; /* as trick_judge wants them, if it does */
  char text[TEXT_MAX + 1];
};

struct probe {
  struct trick_names names;
  struct addrinfo *ai;
  unsigned int timeout;
  int json, quiet, progress;
  char const *host, *port;
  char word[WORD + 1];
  char date[40];
  char literal[ADDR_FMT + 8];
  stralloc own; /* from the greeting */
  unsigned int stranger[2];
  size_t told[3];
};

struct session {
  struct probe *p;
  int fd;
  struct conn conn;
  struct reply last;
  int chunking;        /* it is offered */
  char const *trouble; /* why nothing can be told, or 0 */
};

/* ---- the wire ---- */

static int wait_connected(int fd, unsigned int seconds)
{
  iopause_fd x = {.fd = fd, .events = IOPAUSE_WRITE};
  socklen_t len = sizeof(int);
  tain now, until;
  int e = ETIMEDOUT, r;

  tain_now_set_stopwatch(&now);
  tain_addsec(&until, &now, (int)seconds);
  while ((r = iopause_stamp(&x, 1, &until, &now)) < 0 && errno == EINTR)
    ;
  if (r > 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0) e = errno;
  errno = e;
  return !e;
}

static int dial(struct probe const *p)
{
  for (struct addrinfo const *a = p->ai; a; a = a->ai_next) {
    int fd =
        socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) return -1;
    if (!connect(fd, a->ai_addr, a->ai_addrlen) ||
        (errno == EINPROGRESS && wait_connected(fd, p->timeout)))
      return fd;
    close(fd);
  }
  return -1;
}

static char const *trouble_of(enum conn_result r)
{
  switch (r) {
  case CONN_TIMEOUT: return "no answer in time";
  case CONN_TOO_LONG: return "the answer is too long";
  case CONN_BARE: return "the answer has a CR or LF of its own";
  default: return "not SMTP";
  }
}

static unsigned int scan_code(char const *s, size_t n)
{
  if (n < 3 || s[0] < '2' || s[0] > '5') return 0;
  for (int i = 1; i < 3; i++)
    if (s[i] < '0' || s[i] > '9') return 0;
  if (n > 3 && s[3] != ' ' && s[3] != '-') return 0;
  return (unsigned int)((s[0] - '0') * 100 + (s[1] - '0') * 10 + s[2] - '0');
}

static void show(char text[TEXT_MAX + 1], char const *s, size_t n)
{
  if (n > TEXT_MAX) n = TEXT_MAX;
  for (size_t i = 0; i < n; i++)
    text[i] = s[i] < ' ' || s[i] > '~' ? '?' : s[i];
  text[n] = 0;
}

/* A whole reply.  1; 0 with trouble, or with code 0 if the server hung up. */
static int hear(struct session *s)
{
  s->last = (struct reply){.text = "the server hung up"};
  for (unsigned int i = 0; i < REPLY_LINES; i++) {
    unsigned int code;
    char *line;
    size_t n;
    enum conn_result r = conn_line(&s->conn, REPLY_MAX, &line, &n);

    if (r == CONN_EOF || r == CONN_ERROR) return 0;
    code = r ? 0 : scan_code(line, n);
    if (!code) {
      s->trouble = trouble_of(r);
      return 0;
    }
    show(s->last.text, line, n);
    s->last.code = code;
    if (n > 4 && text_equal(line + 4, n - 4, "CHUNKING", 8)) s->chunking = 1;
    if (n == 3 || line[3] == ' ') return 1;
  }
  s->trouble = "the answer does not end";
  return 0;
}

static void say(struct session *s, char const *template)
{
  stralloc line = STRALLOC_ZERO;

  if (!trick_line(&line, template, &s->p->names))
    strerr_diefu1sys(111, "allocate memory");
  conn_put(&s->conn, line.s, line.len);
  stralloc_free(&line);
}

/* The name behind 220. */
static void learn_name(struct probe *p, char const *text)
{
  char const *name = text + strspn(text + 3, " -") + 3;
  size_t n = strcspn(name, " ");

  if (p->names.own || !n) return;
  if (!stralloc_copyb(&p->own, name, n) || !stralloc_0(&p->own))
    strerr_diefu1sys(111, "allocate memory");
  p->names.own = p->own.s;
}

/* A connection that was greeted. */
static int begin(struct session *s, struct probe *p, char const *early)
{
  *s = (struct session){.p = p, .fd = dial(p)};
  if (s->fd < 0) {
    s->trouble = strerror(errno);
    return 0;
  }
  conn_init(&s->conn, s->fd, s->fd, p->timeout, CONN_IN);
  if (early) say(s, early);
  if (early) conn_flush(&s->conn);
  if (!hear(s)) {
    if (!s->trouble) s->trouble = "the server hung up before it greeted";
    return 0;
  }
  if (s->last.code != 220) {
    s->trouble = "the server does not greet";
    return 0;
  }
  learn_name(p, s->last.text);
  return 1;
}

static void end(struct session *s)
{
  if (s->fd >= 0) close(s->fd);
}

/* ---- a trick ---- */

/* What comes until QUIT is answered; the last before that counts. */
static void hear_batch(struct session *s)
{
  struct reply before = {.text = "the server hung up"};
  unsigned int good = 0, n = 0;

  conn_puts(&s->conn, "QUIT\r\n");
  while (hear(s) && s->last.code != 221) {
    before = s->last;
    good += s->last.code / 100 == 2;
    if (++n < REPLIES) continue;
    s->trouble = "the answers do not end";
    break;
  }
  s->last = before;
  s->last.answers = good;
}

/* The message's answer counts, or the next if that is an answer to what stood
   in the message.  421 is none: it may be said at any time. */
static void hear_message(struct session *s)
{
  struct reply first;

  if (!hear(s)) return;
  first = s->last;
  first.answers = 1;
  conn_puts(&s->conn, "QUIT\r\n");
  if (hear(s) && s->last.code != 221 && s->last.code != 421)
    s->last.answers = 2;
  else
    s->last = first;
}

static int is_mail(char const *line) { return !strncmp(line, "MAIL", 4); }

/* Do the lines that lead to a message go on after this one? */
static int leads_on(char const *line, unsigned int code)
{
  return strcmp(line, "DATA") ? code / 100 == 2 : code == 354;
}

static char const *early_line(struct trick const *d)
{
  return d->line[0][0] == '^' ? d->line[0] + 1 : 0;
}

/* Say all lines; leaves the answer that counts in last. */
static void converse(struct session *s, struct trick const *d)
{
  int batch = d->kind == TRICK_BATCH || d->kind == TRICK_GLUED;
  int message = trick_sends_message(d->kind);
  int mailed = 0;

  for (size_t i = !!early_line(d); i < TRICK_LINES && d->line[i]; i++) {
    char const *line = d->line[i];
    int last = i + 1 == TRICK_LINES || !d->line[i + 1];

    if (*line == '>' && s->last.code != 334) continue;
    if (last && d->kind == TRICK_CHUNK && !s->chunking) {
      /* as good as refused; sent, it would be commands indeed */
      s->last = (struct reply){.answers = 1, .text = "no CHUNKING"};
      return;
    }
    say(s, line + (*line == '>'));
    if (last && batch) {
      hear_batch(s);
      return;
    }
    if (last && message) {
      hear_message(s);
      return;
    }
    if (!hear(s)) return;
    if (message && !leads_on(line, s->last.code)) return;
    if (s->last.code == 235) return;
    if (!is_mail(line)) continue;
    /* why it is refused stands here, not in the 503 to what follows */
    if (!last && !mailed && s->last.code / 100 != 2) return;
    mailed = 1;
  }
}

static enum trick_verdict run(struct probe *p, struct trick const *d,
                              struct reply *reply)
{
  enum trick_verdict v = TRICK_UNTOLD;
  struct session s;

  if (begin(&s, p, early_line(d))) converse(&s, d);
  end(&s);
  *reply = s.last;
  if (s.trouble) {
    show(reply->text, s.trouble, strlen(s.trouble));
    reply->code = 0;
  } else if (s.last.code == 235) {
    v = TRICK_OPEN;
  } else {
    v = trick_judge(d->kind, s.last.code, s.last.answers,
                    p->stranger[d->kind == TRICK_LITERAL]);
  }
  return v;
}

/* ---- telling ---- */

static char const *const verdicts[] = {
    [TRICK_CLOSED] = "closed",
    [TRICK_OPEN] = "OPEN",
    [TRICK_UNTOLD] = "untold",
};

static void put(char const *s, size_t n)
{
  if (buffer_put(buffer_1, s, n) < 0) strerr_diefu1sys(111, "write to stdout");
}

static void puts_padded(char const *s, size_t width)
{
  static char const blanks[] = "                                ";
  size_t n = strlen(s);

  put(s, n);
  put(blanks, n < width ? width - n : 1);
}

static void tell_json(struct trick const *d, enum trick_verdict v,
                      struct reply const *r)
{
  stralloc sa = STRALLOC_ZERO;

  if (!stralloc_cats(&sa, "{") ||
      !json_member(&sa, "dialogue", d->name, strlen(d->name)) ||
      !json_member(&sa, "verdict", verdicts[v], strlen(verdicts[v])) ||
      !json_member_number(&sa, "code", r->code) ||
      !json_member(&sa, "reply", r->text, strlen(r->text)) ||
      !stralloc_cats(&sa, "}\n"))
    strerr_diefu1sys(111, "allocate memory");
  put(sa.s, sa.len);
  stralloc_free(&sa);
}

static void tell(struct probe *p, struct trick const *d, enum trick_verdict v,
                 struct reply const *r)
{
  p->told[v]++;
  if (p->quiet && v == TRICK_CLOSED) return;
  if (p->json) {
    tell_json(d, v, r);
  } else {
    puts_padded(verdicts[v], 7);
    puts_padded(d->name, 23);
    put(r->text, strlen(r->text));
    if (v == TRICK_OPEN) {
      put("  (", 3);
      put(d->what, strlen(d->what));
      put(")", 1);
    }
    put("\n", 1);
  }
  if (!buffer_flush(buffer_1)) strerr_diefu1sys(111, "write to stdout");
}

static void progress(struct probe const *p, size_t i, size_t n)
{
  char line[2 * SIZE_FMT + 8] = "\r";
  size_t len = 1;

  if (!p->progress) return;
  len += size_fmt(line + len, i);
  line[len++] = '/';
  len += size_fmt(line + len, n);
  if (i == n) line[len++] = '\n';
  allwrite(2, line, len);
}

static void put_count(size_t n, char const *what)
{
  char s[SIZE_FMT];

  put(s, size_fmt(s, n));
  put(what, strlen(what));
}

static void summarise(struct probe const *p)
{
  if (p->json) return;
  puts_padded(p->told[TRICK_OPEN]     ? "OPEN:"
              : p->told[TRICK_UNTOLD] ? "cannot tell:"
                                      : "closed:",
              7);
  put_count(p->told[TRICK_CLOSED], " closed, ");
  put_count(p->told[TRICK_OPEN], " open, ");
  put_count(p->told[TRICK_UNTOLD], " untold; ");
  put(p->names.own, strlen(p->names.own));
  put(" at ", 4);
  put(p->names.literal, strlen(p->names.literal));
  put("\n", 1);
  if (!buffer_flush(buffer_1)) strerr_diefu1sys(111, "write to stdout");
}

static void list(void)
{
  for (struct trick const *d = tricks; d->name; d++) {
    puts_padded(d->name, 23);
    put(d->what, strlen(d->what));
    if (trick_sends_message(d->kind)) put(" (-m)", 5);
    put("\n", 1);
  }
  if (!buffer_flush(buffer_1)) strerr_diefu1sys(111, "write to stdout");
}

/* ---- the whole ---- */

static void look_up(struct probe *p, int family)
{
  struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
  struct sockaddr_storage ss = {0};
  int e = getaddrinfo(p->host, p->port, &hints, &p->ai);
  uint16_t port;
  ip46 ip;

  if (e) strerr_dief(111, p->host, ": ", gai_strerror(e));
  memcpy(&ss, p->ai->ai_addr, p->ai->ai_addrlen);
  if (!addr_from_sockaddr(&ss, &ip, &port))
    strerr_dief(111, p->host, ": no address");
  strcpy(p->literal, ip46_is6(&ip) ? "[IPv6:" : "[");
  addr_fmt(p->literal + strlen(p->literal), &ip);
  strcat(p->literal, "]");
  p->names.literal = p->literal;
}

/* The answers to which the others are compared; also the server's name. */
static void ask_controls(struct probe *p)
{
  for (size_t i = 0; i < 2; i++) {
    struct session s;

    if (begin(&s, p, 0)) converse(&s, trick_controls + i);
    end(&s);
    if (s.trouble) strerr_dief(111, p->host, ": ", s.trouble);
    p->stranger[i] = s.last.code;
  }
}

static int probe(struct probe *p)
{
  size_t n = 0;

  while (tricks[n].name &&
         (p->names.to || !trick_sends_message(tricks[n].kind)))
    n++;
  for (size_t i = 0; i < n; i++) {
    struct reply r;
    enum trick_verdict v = run(p, tricks + i, &r);

    progress(p, i + 1, n);
    tell(p, tricks + i, v, &r);
  }
  summarise(p);
  return p->told[TRICK_OPEN] ? 1 : p->told[TRICK_UNTOLD] ? 111 : 0;
}

static void date(struct probe *p)
{
  time_t now = time(0);
  struct tm tm;

  if (!gmtime_r(&now, &tm) ||
      !strftime(p->date, sizeof p->date, "%a, %d %b %Y %H:%M:%S +0000", &tm))
    strerr_diefu1sys(111, "tell the date");
  p->names.date = p->date;
}

/* What goes into a command must be able to. */
static char const *word(char const *s)
{
  for (char const *c = s; *c; c++)
    if (*c <= ' ' || *c > '~' || *c == '<' || *c == '>') dieusage();
  if (!*s || strlen(s) > 255) dieusage();
  return s;
}

int main(int argc, char const *const *argv)
{
  struct probe p = {.names = {.foreign = "example.org",
                              .user = "postern-probe",
                              .sender = "postern-probe@example.net",
                              .helo = "probe.example.net"},
                    .timeout = 30,
                    .port = "25"};
  subgetopt l = SUBGETOPT_ZERO;
  int family = AF_UNSPEC;

  PROG = NAME;
  for (;;) {
    int opt = subgetopt_r(argc, argv, "46jqld:r:f:H:m:t:", &l);

    if (opt == -1) break;
    switch (opt) {
    case '4': family = AF_INET; break;
    case '6': family = AF_INET6; break;
    case 'j': p.json = 1; break;
    case 'q': p.quiet = 1; break;
    case 'l': list(); return 0;
    case 'd': p.names.own = word(l.arg); break;
    case 'r': p.names.foreign = word(l.arg); break;
    case 'f': p.names.sender = word(l.arg); break;
    case 'H': p.names.helo = word(l.arg); break;
    case 'm': p.names.to = word(l.arg); break;
    case 't':
      if (!uint0_scan(l.arg, &p.timeout) || !p.timeout || p.timeout > 3600)
        dieusage();
      break;
    default: dieusage();
    }
  }
  argc -= l.ind;
  argv += l.ind;
  if (argc < 1 || argc > 2) dieusage();
  p.host = argv[0];
  if (argc == 2) p.port = argv[1];
  p.progress = isatty(2) && (p.quiet || !isatty(1));
  random_name(p.word, WORD);
  for (char *c = p.word; *c; c++)
    if (*c == '_' || *c == '-') *c = 'x';
  p.names.word = p.word;
  date(&p);

  if (sig_ignore(SIGPIPE) < 0) strerr_diefu1sys(111, "ignore SIGPIPE");
  look_up(&p, family);
  ask_controls(&p);
  return probe(&p);
}
