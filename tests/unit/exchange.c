/* Unit test of src/auth/exchange.c: every mechanism, right and wrong, before a
   judge who remembers what he was asked. */
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "exchange.h"
#include "unit.h"

/* RFC 7677 section 3. */
#define FIRST "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
#define SALT "W22ZaJ0SNY7soEsUEjb6gQ=="
#define NONCE "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"

#define ALL (EXCHANGE_BIT(EXCHANGE_MECHANISMS) - 1)

struct memory {
  enum judge_result password, known, ask; /* what he is to say */
  unsigned int delay;
  int asked, told, judged;
  enum judge_result last;
  char user[64], secret[64], mechanism[32];
};

static struct memory m;
static stralloc out = STRALLOC_ZERO;

static void copy(char *to, size_t max, char const *from)
{
  snprintf(to, max, "%s", from ? from : "(null)");
}

static enum judge_result password(void *data, struct judge_case const *c,
                                  struct sasl const *s,
                                  char reason[JUDGE_REASON])
{
  (void)data;
  m.judged++;
  copy(m.user, sizeof m.user, c->user);
  copy(m.mechanism, sizeof m.mechanism, c->mechanism);
  copy(m.secret, sizeof m.secret, s->secret.s);
  copy(reason, JUDGE_REASON, "secret");
  return m.password;
}

static enum judge_result secret(void *data, struct judge_case const *c,
                                struct scram_secret *x,
                                char reason[JUDGE_REASON])
{
  size_t n;

  (void)data;
  m.judged++;
  copy(m.user, sizeof m.user, c->user);
  *x = (struct scram_secret){.iterations = 4096};
  base64_decode((char *)x->salt, &n, SALT, strlen(SALT));
  x->salt_len = n;
  scramsecret_derive(x, "pencil");
  copy(reason, JUDGE_REASON, "disabled");
  return m.known;
}

static enum judge_result known(void *data, struct judge_case const *c,
                               char reason[JUDGE_REASON])
{
  (void)data;
  m.judged++;
  copy(m.user, sizeof m.user, c->user);
  copy(reason, JUDGE_REASON, "unknown");
  return m.known;
}

static enum judge_result ask(void *counter, struct judge_case const *c,
                             unsigned int *delay)
{
  (void)counter;
  m.asked++;
  copy(m.user, sizeof m.user, c->user);
  *delay = m.delay;
  return m.ask;
}

static void tell(void *counter, struct judge_case const *c, enum judge_result r)
{
  (void)counter;
  (void)c;
  m.told++;
  m.last = r;
}

static struct judge const judge = {.fold = 1,
                                   .password = password,
                                   .secret = secret,
                                   .known = known,
                                   .ask = ask,
                                   .tell = tell};

static char const *b64(char const *s, size_t n)
{
  static char text[1400];

  base64_encode(text, s, n);
  text[BASE64_ENCODED(n)] = 0;
  return text;
}

#define B64(s) b64(s, sizeof s - 1)

static int sent(char const *want)
{
  return out.len == strlen(want) && !memcmp(out.s, want, out.len);
}

static enum exchange_step feed(struct exchange *x, char const *s)
{
  return exchange_feed(x, s, strlen(s), &out);
}

/* One message that is all: what comes of it. */
static struct {
  char const *name;
  char const *mechanism;
  char const *msg;
  size_t len;
  enum judge_result says;
  enum exchange_step want;
  enum judge_result result;
  char const *reason;
  int judged;
} const one[] = {
    {"right", "PLAIN", "\0Tim\0pw", 7, JUDGE_OK, EXCHANGE_OK, JUDGE_OK, "", 1},
    {"wrong", "PLAIN", "\0Tim\0pw", 7, JUDGE_WRONG, EXCHANGE_FAIL, JUDGE_WRONG,
     "secret", 1},
    {"failed", "PLAIN", "\0Tim\0pw", 7, JUDGE_FAILED, EXCHANGE_FAIL,
     JUDGE_FAILED, "secret", 1},
    {"as another", "PLAIN", "a\0Tim\0pw", 8, JUDGE_OK, EXCHANGE_FAIL,
     JUDGE_WRONG, "syntax", 0},
    {"no password", "PLAIN", "\0Tim\0", 5, JUDGE_OK, EXCHANGE_FAIL, JUDGE_WRONG,
     "syntax", 0},
    {"SCRAM that is none", "SCRAM-SHA-256", "n,,r=1", 6, JUDGE_OK,
     EXCHANGE_FAIL, JUDGE_WRONG, "syntax", 0},
    {"SCRAM as another", "SCRAM-SHA-256", "n,a=b,n=user,r=1", 16, JUDGE_OK,
     EXCHANGE_FAIL, JUDGE_WRONG, "authzid", 0},
    {"a binding that was not made", "SCRAM-SHA-256",
     "p=tls-exporter,,n=user,r=1", 26, JUDGE_OK, EXCHANGE_FAIL, JUDGE_WRONG,
     "syntax", 0},
    {"-PLUS without a channel", "SCRAM-SHA-256-PLUS",
     "p=tls-exporter,,n=user,r=1", 26, JUDGE_OK, EXCHANGE_FAIL, JUDGE_FAILED,
     "binding", 0},
    {"EXTERNAL without a certificate", "EXTERNAL", "", 0, JUDGE_OK,
     EXCHANGE_FAIL, JUDGE_WRONG, "certificate", 0},
    {"no mechanism of ours", "DIGEST-MD5", "", 0, JUDGE_OK, EXCHANGE_FAIL,
     JUDGE_FAILED, "mechanism", 0},
};

static void run_one(size_t i, int initial)
{
  char const *text = b64(one[i].msg, one[i].len);
  struct exchange_request r = {.set = ALL,
                               .mechanism = one[i].mechanism,
                               .host = "h",
                               .initial = initial ? text : 0};
  struct exchange x = {0};
  enum exchange_step step;

  m = (struct memory){.password = one[i].says};
  step = exchange_start(&x, &judge, &r, &out);
  if (!initial && step == EXCHANGE_CONT) {
    ok(!out.len, "an empty challenge");
    step = feed(&x, text);
  }
  ok(step == one[i].want && x.result == one[i].result &&
         !strcmp(x.reason, one[i].reason),
     one[i].name);
  ok(m.judged == one[i].judged && m.asked == m.judged && m.told == m.judged,
     "who is asked");
  if (m.judged)
    ok(!strcmp(m.user, "tim") && !strcmp(m.secret, "pw") &&
           !strcmp(m.mechanism, "PLAIN") && m.last == one[i].says,
       "about what");
  ok(!out.len, "no more is said");
  ok(feed(&x, text) == EXCHANGE_FAIL, "it is over");
  exchange_free(&x);
}

static void login_and_cram(void)
{
  struct exchange_request r = {.set = ALL, .mechanism = "login", .host = "h"};
  struct exchange x = {0};

  m = (struct memory){0};
  ok(exchange_start(&x, &judge, &r, &out) == EXCHANGE_CONT &&
         sent("VXNlcm5hbWU6"),
     "LOGIN asks for the user");
  ok(feed(&x, B64("TIM")) == EXCHANGE_CONT && sent("UGFzc3dvcmQ6"),
     "then for the password");
  ok(feed(&x, B64("pw")) == EXCHANGE_OK && !strcmp(m.user, "tim") &&
         !strcmp(x.about.user, "tim") && !strcmp(x.about.mechanism, "LOGIN"),
     "and judges");
  r.mechanism = "CRAM-MD5";
  ok(exchange_start(&x, &judge, &r, &out) == EXCHANGE_CONT && out.len == 28,
     "CRAM-MD5 challenges");
  ok(feed(&x, B64("tim b913a602c7eda7a495b4e6e7334d3890")) == EXCHANGE_OK &&
         !strcmp(m.secret, "b913a602c7eda7a495b4e6e7334d3890"),
     "and judges");
  exchange_start(&x, &judge, &r, &out);
  ok(feed(&x, "*") == EXCHANGE_FAIL && !strcmp(x.reason, "syntax"),
     "cancelled");
  exchange_free(&x);
}

/* The client's last message for what the server sent: from the RFC's keys. */
static char const *answer(char const *password_of_client, char const *gs2,
                          size_t gs2_len)
{
  static char text[1400];
  char server[512], c[256], bare[1024], *nonce;
  size_t n;

  base64_decode(server, &n, out.s, out.len);
  server[n] = 0;
  nonce = server + 2;
  *strchr(nonce, ',') = 0;
  base64_encode(c, gs2, gs2_len);
  c[BASE64_ENCODED(gs2_len)] = 0;
  snprintf(bare, sizeof bare, "c=%s,r=%s,p=%s", c, nonce, password_of_client);
  snprintf(text, sizeof text, "%s", b64(bare, strlen(bare)));
  return text;
}

#define ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void scram_wrong(enum judge_result says, char const *reason)
{
  struct exchange_request r = {.set = ALL, .mechanism = "SCRAM-SHA-256"};
  struct exchange x = {0};
  char head[64];
  size_t n;

  m = (struct memory){.known = says};
  exchange_start(&x, &judge, &r, &out);
  ok(feed(&x, B64("n,a=USER,n=User,r=abc")) == EXCHANGE_CONT &&
         !strcmp(m.user, "user") && !m.asked,
     "SCRAM: who says he is who");
  base64_decode(head, &n, out.s, 8);
  ok(!memcmp(head, "r=abc", 5) && out.len > 80, "a challenge for everybody");
  ok(feed(&x, answer(ZEROS, "n,a=USER,", 9)) == EXCHANGE_FAIL &&
         x.result == JUDGE_WRONG && !strcmp(x.reason, reason) && !out.len,
     reason);
  ok(m.asked == 1 && m.told == 1 && m.last == JUDGE_WRONG, "counted");
  exchange_free(&x);
}

static void scram_refused(void)
{
  struct exchange_request r = {.set = ALL, .mechanism = "SCRAM-SHA-256"};
  struct exchange x = {0};

  m = (struct memory){.ask = JUDGE_REFUSED, .delay = 3};
  exchange_start(&x, &judge, &r, &out);
  feed(&x, B64("n,,n=user,r=abc"));
  ok(feed(&x, answer(ZEROS, "n,,", 3)) == EXCHANGE_FAIL &&
         x.result == JUDGE_REFUSED && !strcmp(x.reason, "guessing") &&
         x.delay == 3 && !m.told,
     "SCRAM refused");
  m.judged = 0;
  r.mechanism = "PLAIN";
  exchange_start(&x, &judge, &r, &out);
  ok(feed(&x, B64("\0tim\0pw")) == EXCHANGE_FAIL && x.result == JUDGE_REFUSED &&
         !m.judged && !m.told,
     "PLAIN refused: nobody judges");
  m.known = JUDGE_FAILED;
  r.mechanism = "SCRAM-SHA-256";
  exchange_start(&x, &judge, &r, &out);
  ok(feed(&x, B64("n,,n=user,r=abc")) == EXCHANGE_FAIL &&
         x.result == JUDGE_FAILED && !out.len,
     "SCRAM: nobody can look");
  exchange_free(&x);
}

#define HEX_16 "000102030405060708090a0b0c0d0e0f"
#define HEX_64 HEX_16 HEX_16 HEX_16 HEX_16

/* What the channel and the offer make of the first message. */
static struct {
  char const *name;
  char const *mechanism;
  char const *exporter;
  char const *endpoint;
  unsigned int set;
  char const *msg;
  int good;
} const bound[] = {
    {"tls-exporter", "SCRAM-SHA-256-PLUS", "00ff", 0, ALL,
     "p=tls-exporter,,n=user,r=1", 1},
    {"tls-server-end-point", "SCRAM-SHA-256-PLUS", 0, "00ff", ALL,
     "p=tls-server-end-point,,n=user,r=1", 1},
    {"one that we do not have", "SCRAM-SHA-256-PLUS", "00ff", 0, ALL,
     "p=tls-server-end-point,,n=user,r=1", 0},
    {"-PLUS without one", "SCRAM-SHA-256-PLUS", "00ff", 0, ALL, "n,,n=user,r=1",
     0},
    {"who thinks that we offer none, and we do", "SCRAM-SHA-256", "00ff", 0,
     ALL, "y,,n=user,r=1", 0},
    {"who is right, for we know no channel", "SCRAM-SHA-256", 0, 0, ALL,
     "y,,n=user,r=1", 1},
    {"who is right, for we offer none", "SCRAM-SHA-256", "00ff", 0,
     EXCHANGE_BIT(EXCHANGE_SCRAM), "y,,n=user,r=1", 1},
    {"not hexadecimal", "SCRAM-SHA-256-PLUS", "00fg", 0, ALL,
     "p=tls-exporter,,n=user,r=1", 0},
    {"not hexadecimal at the end", "SCRAM-SHA-256-PLUS", "00ffg", 0, ALL,
     "p=tls-exporter,,n=user,r=1", 0},
    {"upper case", "SCRAM-SHA-256-PLUS", "00FF", 0, ALL,
     "p=tls-exporter,,n=user,r=1", 0},
    {"half a byte", "SCRAM-SHA-256-PLUS", "00f", 0, ALL,
     "p=tls-exporter,,n=user,r=1", 0},
    {"64 bytes", "SCRAM-SHA-256-PLUS", HEX_64, 0, ALL,
     "p=tls-exporter,,n=user,r=1", 1},
    {"a byte more", "SCRAM-SHA-256-PLUS", HEX_64 "01", 0, ALL,
     "p=tls-exporter,,n=user,r=1", 0},
    {"-PLUS that is not allowed", "SCRAM-SHA-256-PLUS", "00ff", 0,
     EXCHANGE_BIT(EXCHANGE_SCRAM), "p=tls-exporter,,n=user,r=1", 0},
};

static void bindings(void)
{
  for (size_t i = 0; i < sizeof bound / sizeof *bound; i++) {
    struct exchange_request r = {.set = bound[i].set,
                                 .mechanism = bound[i].mechanism,
                                 .exporter = bound[i].exporter,
                                 .endpoint = bound[i].endpoint};
    struct exchange x = {0};
    enum exchange_step step;

    m = (struct memory){0};
    r.initial = b64(bound[i].msg, strlen(bound[i].msg));
    step = exchange_start(&x, &judge, &r, &out);
    ok((step == EXCHANGE_CONT) == bound[i].good, bound[i].name);
    exchange_free(&x);
  }
}

static struct {
  char const *name;
  char const *initial;
  enum judge_result says;
  enum exchange_step want;
  char const *reason;
} const external[] = {
    {"EXTERNAL", "", JUDGE_OK, EXCHANGE_OK, ""},
    {"the empty response", "=", JUDGE_OK, EXCHANGE_OK, ""},
    {"as himself", "VElN", JUDGE_OK, EXCHANGE_OK, ""},
    {"as another", "dG9t", JUDGE_OK, EXCHANGE_FAIL, "authzid"},
    {"not base64", "!", JUDGE_OK, EXCHANGE_FAIL, "syntax"},
    {"who is nobody", "", JUDGE_WRONG, EXCHANGE_FAIL, "unknown"},
    {"nobody can say", "", JUDGE_FAILED, EXCHANGE_FAIL, "unknown"},
    {"asks first", 0, JUDGE_OK, EXCHANGE_CONT, ""},
};

static void certificates(void)
{
  for (size_t i = 0; i < sizeof external / sizeof *external; i++) {
    struct exchange_request r = {.set = ALL,
                                 .mechanism = "EXTERNAL",
                                 .certified = "Tim",
                                 .initial = external[i].initial};
    struct exchange x = {0};

    m = (struct memory){.known = external[i].says};
    ok(exchange_start(&x, &judge, &r, &out) == external[i].want &&
           !strcmp(x.reason, external[i].reason) && !out.len &&
           !strcmp(x.about.user, "tim"),
       external[i].name);
    ok(!m.asked && !m.told, "nothing to guess");
    if (external[i].want == EXCHANGE_CONT)
      ok(feed(&x, "") == EXCHANGE_OK, "and takes the answer");
    exchange_free(&x);
  }
}

static void names(void)
{
  unsigned int set;
  char const *bad;

  for (enum exchange_mechanism i = 0; i < EXCHANGE_MECHANISMS; i++)
    ok(exchange_find(exchange_name(i), strlen(exchange_name(i))) == i,
       exchange_name(i));
  ok(exchange_find("SCRAM-SHA-25", 12) == EXCHANGE_MECHANISMS &&
         exchange_find("", 0) == EXCHANGE_MECHANISMS,
     "no other name");
  ok(exchange_list(" plain  external ", &set, &bad) &&
         set ==
             (EXCHANGE_BIT(EXCHANGE_PLAIN) | EXCHANGE_BIT(EXCHANGE_EXTERNAL)),
     "a list");
  ok(!exchange_list("plain anonymous", &set, &bad) && !strcmp(bad, "anonymous"),
     "a name that is none");
}

int main(void)
{
  names();
  for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
    run_one(i, 0);
    run_one(i, 1);
  }
  login_and_cram();
  scram_wrong(JUDGE_OK, "secret");
  scram_wrong(JUDGE_WRONG, "disabled");
  scram_refused();
  bindings();
  certificates();
  stralloc_free(&out);
  return done();
}
