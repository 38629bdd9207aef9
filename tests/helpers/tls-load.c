/*
 * tls-load [-i | -t] [-r] [-a base64] [-m] port n clients: hold n SMTP sessions
 * with the port on loopback, clients of them side by side, each a process.
 *
 *   -t  STARTTLS; -i  TLS from the first byte; neither: no TLS
 *   -r  resume TLS sessions, each client the last one of its own
 *   -a  AUTH PLAIN with that response
 *   -m  send a message of 1 kB to u@local.example
 *
 * Acknowledges at once, so that a server that leaves Nagle's algorithm on does
 * not wait 40 ms between its session ticket and its reply: what is measured is
 * work.  Prints sessions per second, and how many of them were resumed.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

static struct options {
  int starttls, implicit, resume, message, port;
  char const *auth;
} o;

static struct totals {
  long done[256];
  long resumed[256];
} * totals;

struct wire {
  int fd;
  SSL *ssl;
  size_t n;
  char buf[8192];
};

static SSL_SESSION *last;

static void die(char const *what)
{
  perror(what);
  ERR_print_errors_fp(stderr);
  exit(111);
}

static int keep_session(SSL *ssl, SSL_SESSION *s)
{
  (void)ssl;
  if (last) SSL_SESSION_free(last);
  last = s;
  return 1;
}

static void say(struct wire *w, char const *s)
{
  int n = (int)strlen(s);

  if ((w->ssl ? SSL_write(w->ssl, s, n) : (int)write(w->fd, s, (size_t)n)) != n)
    die(s);
}

/* Is the reply in buf whole?  Its last line has a blank after the code. */
static int is_whole(struct wire const *w)
{
  char const *line = w->buf, *end;

  if (!w->n || w->buf[w->n - 1] != '\n') return 0;
  for (; (end = strchr(line, '\n')) && end[1]; line = end + 1)
    continue;
  return strlen(line) > 3 && line[3] != '-';
}

static void hear(struct wire *w, char const *code)
{
  int one = 1;

  setsockopt(w->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
  w->n = 0;
  do {
    size_t room = sizeof w->buf - 1 - w->n;
    char *to = w->buf + w->n;
    int r =
        w->ssl ? SSL_read(w->ssl, to, (int)room) : (int)read(w->fd, to, room);

    if (r <= 0) die(code);
    w->n += (size_t)r;
    w->buf[w->n] = 0;
  } while (!is_whole(w));
  if (strncmp(w->buf, code, 3)) {
    fprintf(stderr, "tls-load: not %s: %s", code, w->buf);
    exit(111);
  }
}

static void ask(struct wire *w, char const *command, char const *code)
{
  say(w, command);
  hear(w, code);
}

static void reach(struct wire *w)
{
  struct sockaddr_in a = {.sin_family = AF_INET,
                          .sin_port = htons((unsigned short)o.port),
                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int one = 1;

  w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (w->fd < 0 || connect(w->fd, (struct sockaddr *)&a, sizeof a) < 0)
    die("connect");
  setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void begin_tls(struct wire *w, SSL_CTX *ctx)
{
  SSL *ssl = SSL_new(ctx);

  if (!ssl || !SSL_set_fd(ssl, w->fd)) die("SSL_new");
  if (o.resume && last) {
    /* a copy: OpenSSL resumes a session of TLS 1.3 but once, and not every
       server sends a new ticket then */
    SSL_SESSION *again = SSL_SESSION_dup(last);

    if (!again || !SSL_set_session(ssl, again)) die("SSL_set_session");
    SSL_SESSION_free(again);
  }
  if (SSL_connect(ssl) != 1) die("SSL_connect");
  w->ssl = ssl;
}

static void send_message(struct wire *w, char const *data)
{
  ask(w, "MAIL FROM:<a@remote.example>\r\n", "250");
  ask(w, "RCPT TO:<u@local.example>\r\n", "250");
  ask(w, "DATA\r\n", "354");
  ask(w, data, "250");
}

static void session(SSL_CTX *ctx, char const *data, long *resumed)
{
  struct wire w = {.ssl = 0};
  char line[1024];

  reach(&w);
  if (o.implicit) begin_tls(&w, ctx);
  hear(&w, "220");
  ask(&w, "EHLO client.example\r\n", "250");
  if (o.starttls) {
    ask(&w, "STARTTLS\r\n", "220");
    begin_tls(&w, ctx);
    ask(&w, "EHLO client.example\r\n", "250");
  }
  if (o.auth) {
    snprintf(line, sizeof line, "AUTH PLAIN %s\r\n", o.auth);
    ask(&w, line, "235");
  }
  if (o.message) send_message(&w, data);
  ask(&w, "QUIT\r\n", "221");
  if (w.ssl) {
    *resumed += SSL_session_reused(w.ssl);
    SSL_shutdown(w.ssl);
    SSL_free(w.ssl);
  }
  close(w.fd);
}

static void client(int i, long n)
{
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
  char data[1100] = "Subject: load\r\n\r\n";

  if (!ctx) die("SSL_CTX_new");
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
                                          SSL_SESS_CACHE_NO_INTERNAL);
  if (o.resume) SSL_CTX_sess_set_new_cb(ctx, keep_session);
  while (strlen(data) < 1000)
    strcat(data, "0123456789 0123456789 0123456789 0123456789\r\n");
  strcat(data, ".\r\n");
  for (; totals->done[i] < n; totals->done[i]++)
    session(ctx, data, totals->resumed + i);
  exit(0);
}

static void scan(int argc, char **argv)
{
  int opt;

  while ((opt = getopt(argc, argv, "itra:m")) != -1)
    switch (opt) {
    case 'i': o.implicit = 1; break;
    case 't': o.starttls = 1; break;
    case 'r': o.resume = 1; break;
    case 'a': o.auth = optarg; break;
    case 'm': o.message = 1; break;
    default: exit(100);
    }
  if (argc - optind != 3) exit(100);
  o.port = atoi(argv[optind]);
}

int main(int argc, char **argv)
{
  struct timespec a, b;
  int clients, status, bad = 0;
  long n, done = 0, resumed = 0;

  scan(argc, argv);
  n = atol(argv[optind + 1]);
  clients = atoi(argv[optind + 2]);
  if (clients < 1 || clients > 256) return 100;
  totals = mmap(0, sizeof *totals, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (totals == MAP_FAILED) die("mmap");

  clock_gettime(CLOCK_MONOTONIC, &a);
  for (int i = 0; i < clients; i++)
    if (!fork()) client(i, n / clients + (i < n % clients));
  while (wait(&status) > 0)
    bad |= status;
  clock_gettime(CLOCK_MONOTONIC, &b);
  for (int i = 0; i < clients; i++) {
    done += totals->done[i];
    resumed += totals->resumed[i];
  }
  if (bad || done != n) return 111;
  printf("%.1f /s %ld resumed\n",
         (double)n / ((double)(b.tv_sec - a.tv_sec) +
                      (double)(b.tv_nsec - a.tv_nsec) / 1e9),
         resumed);
  return 0;
}
