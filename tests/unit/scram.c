/* Unit test of src/auth/scram.c: RFC 7677's exchange, one row per message, and
   every byte changed. */
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "base64.h"
#include "scram.h"
#include "unit.h"

/* RFC 7677 section 3; the password is "pencil". */
#define SECRET                                                                 \
  "4096,W22ZaJ0SNY7soEsUEjb6gQ==,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=" \
  ",wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
#define CNONCE "rOprNGfwEbeRWgbNEkqO"
#define SNONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define FIRST "n,,n=user,r=" CNONCE
#define CHALLENGE "r=" CNONCE SNONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
#define LAST                                                                   \
  "c=biws,r=" CNONCE SNONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define VERIFIER "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

#define EXPORTER "exporter-exporter-exporter-expor"
#define ENDPOINT "endpoint-endpoint-endpoint-endpo"

/* What the server is and knows. */
enum { BARE = 0, PLUS = 1, OFFERED = 2, X = 4, E = 8 };

static struct {
  char const *name;
  int how;
  char const *msg;
  char const *user; /* 0: refused */
  char const *authzid;
} const firsts[] = {
    {"RFC 7677", BARE, FIRST, "user", ""},
    {"y, and we cannot", BARE, "y,,n=u,r=a", "u", ""},
    {"y, and we can", OFFERED, "y,,n=u,r=a", 0, 0},
    {"n, and we can", OFFERED, "n,,n=u,r=a", "u", ""},
    {"p without plus", BARE | X, "p=tls-exporter,,n=u,r=a", 0, 0},
    {"n with plus", PLUS | X, "n,,n=u,r=a", 0, 0},
    {"y with plus", PLUS | X, "y,,n=u,r=a", 0, 0},
    {"exporter", PLUS | X | E, "p=tls-exporter,,n=u,r=a", "u", ""},
    {"end point", PLUS | X | E, "p=tls-server-end-point,,n=u,r=a", "u", ""},
    {"no exporter", PLUS | E, "p=tls-exporter,,n=u,r=a", 0, 0},
    {"no end point", PLUS | X, "p=tls-server-end-point,,n=u,r=a", 0, 0},
    {"no binding", PLUS, "p=tls-exporter,,n=u,r=a", 0, 0},
    {"unique", PLUS | X | E, "p=tls-unique,,n=u,r=a", 0, 0},
    {"a longer type", PLUS | X | E, "p=tls-exporters,,n=u,r=a", 0, 0},
    {"a shorter type", PLUS | X | E, "p=tls-exporte,,n=u,r=a", 0, 0},
    {"another case", PLUS | X | E, "p=TLS-exporter,,n=u,r=a", 0, 0},
    {"no type", PLUS | X | E, "p=,,n=u,r=a", 0, 0},
    {"p alone", PLUS | X | E, "p,,n=u,r=a", 0, 0},
    {"another flag", BARE, "x,,n=u,r=a", 0, 0},
    {"a flag in capitals", BARE, "N,,n=u,r=a", 0, 0},
    {"a flag with a value", BARE, "n=,,n=u,r=a", 0, 0},
    {"no flag", BARE, ",,n=u,r=a", 0, 0},
    {"authzid", BARE, "n,a=v,n=u,r=a", "u", "v"},
    {"authzid escaped", BARE, "n,a==2C=3D,n=u,r=a", "u", ",="},
    {"authzid empty", BARE, "n,a=,n=u,r=a", 0, 0},
    {"authzid without a", BARE, "n,v,n=u,r=a", 0, 0},
    {"authzid with =", BARE, "n,a=b=c,n=u,r=a", 0, 0},
    {"authzid not UTF-8", BARE, "n,a=\xff,n=u,r=a", 0, 0},
    {"no authzid field", BARE, "n,n=u,r=a", 0, 0},
    {"comma", BARE, "n,,n=a=2Cb,r=a", "a,b", ""},
    {"equals", BARE, "n,,n=a=3Db,r=a", "a=b", ""},
    {"escaped once", BARE, "n,,n==3D2C,r=a", "=2C", ""},
    {"other escapes", BARE, "n,,n=a=41,r=a", 0, 0},
    {"small letters", BARE, "n,,n=a=2c,r=a", 0, 0},
    {"small letters, equals", BARE, "n,,n=a=3d,r=a", 0, 0},
    {"= at the end", BARE, "n,,n=a=,r=a", 0, 0},
    {"=2 at the end", BARE, "n,,n=a=2,r=a", 0, 0},
    {"=3 at the end", BARE, "n,,n=a=3,r=a", 0, 0},
    {"= =", BARE, "n,,n=a==,r=a", 0, 0},
    {"a blank", BARE, "n,,n=a b,r=a", "a b", ""},
    {"SASLprep", BARE, "n,,n=I\xc2\xadX,r=a", "IX", ""},
    {"unassigned", BARE, "n,,n=\xf0\x9f\x98\x80,r=a", "\xf0\x9f\x98\x80", ""},
    {"nothing left", BARE, "n,,n=\xc2\xad,r=a", 0, 0},
    {"control byte", BARE, "n,,n=a\tb,r=a", 0, 0},
    {"not UTF-8", BARE, "n,,n=a\xff,r=a", 0, 0},
    {"empty user", BARE, "n,,n=,r=a", 0, 0},
    {"no user", BARE, "n,,r=a", 0, 0},
    {"no nonce", BARE, "n,,n=u", 0, 0},
    {"empty nonce", BARE, "n,,n=u,r=", 0, 0},
    {"the wrong order", BARE, "n,,r=a,n=u", 0, 0},
    {"a blank in the nonce", BARE, "n,,n=u,r=a b", 0, 0},
    {"UTF-8 in the nonce", BARE, "n,,n=u,r=\xc3\xa4", 0, 0},
    {"the odd nonce", BARE, "n,,n=u,r=!=~", "u", ""},
    {"m", BARE, "n,,m=x,n=u,r=a", 0, 0},
    {"m at the end", BARE, "n,,n=u,r=a,m=x", 0, 0},
    {"an extension", BARE, "n,,n=u,r=a,x=y", "u", ""},
    {"extensions", BARE, "n,,n=u,r=a,x=y=z,X=\xc3\xa4", "u", ""},
    {"one before the user", BARE, "n,,x=y,n=u,r=a", 0, 0},
    {"one before the nonce", BARE, "n,,n=u,x=y,r=a", 0, 0},
    {"an empty extension", BARE, "n,,n=u,r=a,", 0, 0},
    {"without a value", BARE, "n,,n=u,r=a,x=", 0, 0},
    {"without =", BARE, "n,,n=u,r=a,xy", 0, 0},
    {"a digit", BARE, "n,,n=u,r=a,1=y", 0, 0},
    {"not UTF-8", BARE, "n,,n=u,r=a,x=\xff", 0, 0},
    {"another user", BARE, "n,,n=u,r=a,n=v", 0, 0},
    {"another nonce", BARE, "n,,n=u,r=a,r=b", 0, 0},
    {"nothing", BARE, "", 0, 0},
    {"one flag", BARE, "n", 0, 0},
    {"flag and comma", BARE, "n,", 0, 0},
    {"a header", BARE, "n,,", 0, 0},
};

/* %N the nonce, %P the right proof of what stands before it. */
static struct {
  char const *name;
  int how;
  char const *first;
  char const *last;
  char const *password;
  enum scram_result want;
  char const *error; /* SCRAM_WRONG: what is said */
} const lasts[] = {
    {"right", BARE, "n,,n=u,r=a", "c=biws,r=%N,p=%P", "pencil", SCRAM_OK, 0},
    {"y", BARE, "y,,n=u,r=a", "c=eSws,r=%N,p=%P", "pencil", SCRAM_OK, 0},
    {"authzid", BARE, "n,a=v,n=u,r=a", "c=bixhPXYs,r=%N,p=%P", "pencil",
     SCRAM_OK, 0},
    {"extensions of both", BARE, "n,,n=u,r=a,x=y", "c=biws,r=%N,x=y,z==,p=%P",
     "pencil", SCRAM_OK, 0},
    {"exporter", PLUS | X | E, "p=tls-exporter,,n=u,r=a", "c=%X,r=%N,p=%P",
     "pencil", SCRAM_OK, 0},
    {"end point", PLUS | X | E, "p=tls-server-end-point,,n=u,r=a",
     "c=%E,r=%N,p=%P", "pencil", SCRAM_OK, 0},
    {"wrong password", BARE, "n,,n=u,r=a", "c=biws,r=%N,p=%P", "pencil2",
     SCRAM_WRONG, "e=invalid-proof"},
    {"wrong password, bound", PLUS | X, "p=tls-exporter,,n=u,r=a",
     "c=%X,r=%N,p=%P", "Pencil", SCRAM_WRONG, "e=invalid-proof"},
    {"another header", BARE, "n,,n=u,r=a", "c=eSws,r=%N,p=%P", "pencil",
     SCRAM_WRONG, "e=channel-bindings-dont-match"},
    {"authzid lost", BARE, "n,a=v,n=u,r=a", "c=biws,r=%N,p=%P", "pencil",
     SCRAM_WRONG, "e=channel-bindings-dont-match"},
    {"authzid gained", BARE, "n,,n=u,r=a", "c=bixhPXYs,r=%N,p=%P", "pencil",
     SCRAM_WRONG, "e=channel-bindings-dont-match"},
    {"a binding that was not named", BARE | X | E, "n,,n=u,r=a",
     "c=%X,r=%N,p=%P", "pencil", SCRAM_WRONG, "e=channel-bindings-dont-match"},
    {"the other binding", PLUS | X | E, "p=tls-exporter,,n=u,r=a",
     "c=%E,r=%N,p=%P", "pencil", SCRAM_WRONG, "e=channel-bindings-dont-match"},
    {"exporter's name, end point's bytes", PLUS | X | E,
     "p=tls-exporter,,n=u,r=a", "c=%M,r=%N,p=%P", "pencil", SCRAM_WRONG,
     "e=channel-bindings-dont-match"},
    {"no bytes", PLUS | X | E, "p=tls-exporter,,n=u,r=a",
     "c=cD10bHMtZXhwb3J0ZXIsLA==,r=%N,p=%P", "pencil", SCRAM_WRONG,
     "e=channel-bindings-dont-match"},
    {"base64 that is none", BARE, "n,,n=u,r=a", "c=bi.s,r=%N,p=%P", "pencil",
     SCRAM_WRONG, "e=channel-bindings-dont-match"},
    {"padding too much", BARE, "n,,n=u,r=a", "c=biws====,r=%N,p=%P", "pencil",
     SCRAM_WRONG, "e=channel-bindings-dont-match"},
    {"the client's nonce alone", BARE, "n,,n=u,r=a", "c=biws,r=a,p=%P",
     "pencil", SCRAM_WRONG, "e=other-error"},
    {"another nonce", BARE, "n,,n=u,r=a", "c=biws,r=asnoncf,p=%P", "pencil",
     SCRAM_WRONG, "e=other-error"},
    {"more nonce", BARE, "n,,n=u,r=a", "c=biws,r=%Nx,p=%P", "pencil",
     SCRAM_WRONG, "e=other-error"},
    {"no c", BARE, "n,,n=u,r=a", "r=%N,p=%P", "pencil", SCRAM_BAD, 0},
    {"empty c", BARE, "n,,n=u,r=a", "c=,r=%N,p=%P", "pencil", SCRAM_BAD, 0},
    {"no r", BARE, "n,,n=u,r=a", "c=biws,p=%P", "pencil", SCRAM_BAD, 0},
    {"the wrong order", BARE, "n,,n=u,r=a", "r=%N,c=biws,p=%P", "pencil",
     SCRAM_BAD, 0},
    {"m", BARE, "n,,n=u,r=a", "c=biws,r=%N,m=x,p=%P", "pencil", SCRAM_BAD, 0},
    {"m first", BARE, "n,,n=u,r=a", "m=x,c=biws,r=%N,p=%P", "pencil", SCRAM_BAD,
     0},
    {"two nonces", BARE, "n,,n=u,r=a", "c=biws,r=%N,r=%N,p=%P", "pencil",
     SCRAM_BAD, 0},
    {"two proofs", BARE, "n,,n=u,r=a", "c=biws,r=%N,p=%P,p=%P", "pencil",
     SCRAM_BAD, 0},
    {"something behind the proof", BARE, "n,,n=u,r=a", "c=biws,r=%N,p=%P,x=y",
     "pencil", SCRAM_BAD, 0},
    {"a comma behind the proof", BARE, "n,,n=u,r=a", "c=biws,r=%N,p=%P,",
     "pencil", SCRAM_BAD, 0},
    {"no proof", BARE, "n,,n=u,r=a", "c=biws,r=%N", "pencil", SCRAM_BAD, 0},
    {"an extension, no proof", BARE, "n,,n=u,r=a", "c=biws,r=%N,x=y", "pencil",
     SCRAM_BAD, 0},
    {"an empty proof", BARE, "n,,n=u,r=a", "c=biws,r=%N,p=", "pencil",
     SCRAM_BAD, 0},
    {"a short proof", BARE, "n,,n=u,r=a", "c=biws,r=%N,p=AAAA", "pencil",
     SCRAM_BAD, 0},
    {"a long proof", BARE, "n,,n=u,r=a", "c=biws,r=%N,p=AAAA%P", "pencil",
     SCRAM_BAD, 0},
    {"an empty extension", BARE, "n,,n=u,r=a", "c=biws,r=%N,,p=%P", "pencil",
     SCRAM_BAD, 0},
    {"a new user", BARE, "n,,n=u,r=a", "c=biws,r=%N,n=v,p=%P", "pencil",
     SCRAM_BAD, 0},
    {"nothing", BARE, "n,,n=u,r=a", "", "pencil", SCRAM_BAD, 0},
};

static struct scram_secret secret;
static stralloc out = STRALLOC_ZERO;

static void begin(struct scram *s, int how)
{
  *s = (struct scram){.plus = !!(how & PLUS), .offer_plus = !!(how & OFFERED)};
  memcpy(s->binding.exporter, EXPORTER, 32);
  memcpy(s->binding.endpoint, ENDPOINT, 32);
  s->binding.exporter_len = how & X ? 32 : 0;
  s->binding.endpoint_len = how & E ? 32 : 0;
}

static int said(char const *want)
{
  return out.len == strlen(want) && !memcmp(out.s, want, out.len);
}

static enum scram_result first(struct scram *s, char const *msg)
{
  return scram_first(s, msg, strlen(msg));
}

static enum scram_result last(struct scram *s, char const *msg)
{
  return scram_last(s, msg, strlen(msg), &out);
}

/* The client's arithmetic, by RFC 5802 section 3 and OpenSSL alone. */
static void prove(char *to, char const *password, char const *message)
{
  unsigned char salted[32], key[32], stored[32], sign[32];

  PKCS5_PBKDF2_HMAC(password, -1, secret.salt, (int)secret.salt_len, 4096,
                    EVP_sha256(), 32, salted);
  HMAC(EVP_sha256(), salted, 32, (void const *)"Client Key", 10, key, 0);
  SHA256(key, 32, stored);
  HMAC(EVP_sha256(), stored, 32, (void const *)message, strlen(message), sign,
       0);
  for (int i = 0; i < 32; i++)
    key[i] ^= sign[i];
  base64_encode(to, (char const *)key, 32);
  to[BASE64_ENCODED(32)] = 0;
}

static void add_binding(char *to, char const *header, char const *bytes)
{
  char raw[128];

  snprintf(raw, sizeof raw, "%s%s", header, bytes);
  to += strlen(to);
  base64_encode(to, raw, strlen(raw));
  to[BASE64_ENCODED(strlen(raw))] = 0;
}

/* Build the last message of a row; the challenge is in out. */
static void build(char *msg, size_t i)
{
  char const *bare = strchr(strchr(lasts[i].first, ',') + 1, ',') + 1;
  char auth[1024], proof[64];

  *msg = 0;
  for (char const *p = lasts[i].last; *p; p++) {
    if (*p != '%') {
      strncat(msg, p, 1);
      continue;
    }
    switch (*++p) {
    case 'N': strcat(msg, "asnonce"); break;
    case 'X': add_binding(msg, "p=tls-exporter,,", EXPORTER); break;
    case 'E': add_binding(msg, "p=tls-server-end-point,,", ENDPOINT); break;
    case 'M': add_binding(msg, "p=tls-exporter,,", ENDPOINT); break;
    case 'P':
      snprintf(auth, sizeof auth, "%s,%.*s,%.*s", bare, (int)out.len, out.s,
               (int)strlen(msg) - 3, msg);
      prove(proof, lasts[i].password, auth);
      strcat(msg, proof);
    }
  }
}

static void run_lasts(void)
{
  for (size_t i = 0; i < sizeof lasts / sizeof *lasts; i++) {
    char msg[1024];
    struct scram s;
    enum scram_result r;

    begin(&s, lasts[i].how);
    first(&s, lasts[i].first);
    scram_challenge(&s, &secret, "snonce", &out);
    build(msg, i);
    r = last(&s, msg);
    ok(r == lasts[i].want, lasts[i].name);
    ok(r == SCRAM_OK      ? out.len == 46 && !memcmp(out.s, "v=", 2)
       : r == SCRAM_WRONG ? said(lasts[i].error)
                          : said(""),
       "what is said of it");
    ok(last(&s, msg) == SCRAM_BAD, "and not again");
    ok(!strcmp(s.user.s, "u"), "of whom");
    scram_free(&s);
  }
}

static void run_firsts(void)
{
  for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
    struct scram s;
    enum scram_result r;

    begin(&s, firsts[i].how);
    r = first(&s, firsts[i].msg);
    ok(r == (firsts[i].user ? SCRAM_OK : SCRAM_BAD), firsts[i].name);
    if (r == SCRAM_OK)
      ok(firsts[i].user && !strcmp(s.user.s, firsts[i].user) &&
             s.user.len == strlen(s.user.s) &&
             !strcmp(s.authzid.s, firsts[i].authzid) &&
             s.authzid.len == strlen(s.authzid.s),
         "who");
    else
      ok(scram_challenge(&s, &secret, 0, &out) == SCRAM_BAD && !out.len &&
             !s.user.s,
         "nothing follows");
    scram_free(&s);
  }
}

static void rfc7677(void)
{
  struct scram s;

  begin(&s, BARE);
  ok(first(&s, FIRST) == SCRAM_OK && !strcmp(s.user.s, "user"), "first");
  ok(scram_challenge(&s, &secret, SNONCE, &out) == SCRAM_OK && said(CHALLENGE),
     "challenge");
  ok(last(&s, LAST) == SCRAM_OK && said(VERIFIER), "last");
  scram_free(&s);
  ok(!s.user.s && !s.nonce.s && !s.secret.iterations, "and gone");
}

/* Every byte of the last message as every other byte, and every end. */
static void mutations(void)
{
  char msg[] = LAST;
  size_t const n = sizeof msg - 1;
  int passed = 0;

  for (size_t i = 0; i < n; i++)
    for (int c = 1; c < 256; c++) {
      struct scram s;

      begin(&s, BARE);
      first(&s, FIRST);
      scram_challenge(&s, &secret, SNONCE, &out);
      msg[i] ^= (char)c;
      passed += scram_last(&s, msg, n, &out) == SCRAM_OK;
      msg[i] ^= (char)c;
      scram_free(&s);
    }
  ok(!passed, "no changed byte is right");
  for (size_t i = 0; i < n; i++) {
    struct scram s;

    begin(&s, BARE);
    first(&s, FIRST);
    scram_challenge(&s, &secret, SNONCE, &out);
    passed += scram_last(&s, msg, i, &out) == SCRAM_OK;
    scram_free(&s);
  }
  ok(!passed, "nor is a part");
}

/* Every byte of the first message that is taken as another changes the proof.
 */
static void first_is_proved(void)
{
  char msg[] = FIRST;
  int passed = 0;

  for (size_t i = 0; i < sizeof msg - 1; i++)
    for (int c = 1; c < 256; c++) {
      struct scram s;

      begin(&s, BARE);
      msg[i] ^= (char)c;
      if (first(&s, msg) == SCRAM_OK) {
        scram_challenge(&s, &secret, SNONCE, &out);
        passed += last(&s, LAST) == SCRAM_OK;
      }
      msg[i] ^= (char)c;
      scram_free(&s);
    }
  ok(!passed, "the first message is under the proof");
}

static void sizes(void)
{
  char msg[SCRAM_MESSAGE_MAX + 2];
  struct scram s;
  int n;

  begin(&s, BARE);
  n = snprintf(msg, sizeof msg, "n,,n=u,r=%0*d", SCRAM_NONCE_MAX, 0);
  ok(scram_first(&s, msg, (size_t)n) == SCRAM_OK, "the longest nonce");
  n = snprintf(msg, sizeof msg, "n,,n=u,r=%0*d", SCRAM_NONCE_MAX + 1, 0);
  ok(scram_first(&s, msg, (size_t)n) == SCRAM_BAD, "a longer nonce");
  snprintf(msg, sizeof msg, "n,,n=u,r=a,x=%0*d", SCRAM_MESSAGE_MAX - 13 + 1, 0);
  ok(scram_first(&s, msg, SCRAM_MESSAGE_MAX) == SCRAM_OK, "the longest");
  ok(scram_first(&s, msg, SCRAM_MESSAGE_MAX + 1) == SCRAM_BAD, "a longer one");
  ok(scram_first(&s, "n,,n=u\0v,r=a", 12) == SCRAM_BAD, "NUL in the user");
  ok(scram_first(&s, "n,,n=u,r=a\0", 11) == SCRAM_BAD, "NUL at the end");
  ok(scram_first(&s, "n,,n=u,r=a,x=\0", 14) == SCRAM_BAD, "in an extension");
  scram_free(&s);
}

static void order(void)
{
  struct scram s;
  stralloc again = STRALLOC_ZERO;

  begin(&s, BARE);
  ok(scram_challenge(&s, &secret, 0, &out) == SCRAM_BAD, "no first message");
  ok(last(&s, LAST) == SCRAM_BAD, "nor a challenge");
  first(&s, FIRST);
  ok(last(&s, LAST) == SCRAM_BAD, "no challenge");
  ok(scram_challenge(&s, &secret, "a,b", &out) == SCRAM_BAD &&
         scram_challenge(&s, &secret, "", &out) == SCRAM_BAD,
     "a nonce that is none");
  ok(scram_challenge(&s, &secret, 0, &out) == SCRAM_OK, "ours");
  ok(scram_challenge(&s, &secret, 0, &again) == SCRAM_BAD && !again.len,
     "one challenge");
  first(&s, FIRST);
  ok(scram_challenge(&s, &secret, 0, &again) == SCRAM_OK &&
         again.len == out.len && memcmp(again.s, out.s, out.len) &&
         again.len == sizeof CHALLENGE - 1 - (sizeof SNONCE - 1) + 24,
     "another nonce each time");
  stralloc_free(&again);
  scram_free(&s);
}

int main(void)
{
  ok(scramsecret_scan(&secret, SECRET), "the secret");
  rfc7677();
  run_firsts();
  run_lasts();
  mutations();
  first_is_proved();
  sizes();
  order();
  stralloc_free(&out);
  return done();
}
