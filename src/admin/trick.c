#include <string.h>

#include "base64.h"
#include "trick.h"

#define EHLO "EHLO %H"
#define MAIL "MAIL FROM:<%S>"
#define RCPT "RCPT TO:<%U@%F>"

#define FROM(name, what, sender)                                               \
  {                                                                            \
    name, what, TRICK_FOREIGN, { EHLO, "MAIL FROM:" sender, RCPT }             \
  }
#define HELLO(name, what, hello)                                               \
  {                                                                            \
    name, what, TRICK_FOREIGN, { hello, MAIL, RCPT }                           \
  }
#define TO(name, what, kind, rcpt)                                             \
  {                                                                            \
    name, what, kind, { EHLO, MAIL, "RCPT TO:" rcpt }                          \
  }
#define FOREIGN(name, what, rcpt) TO(name, what, TRICK_FOREIGN, rcpt)
#define LOCAL(name, what, rcpt) TO(name, what, TRICK_LOCAL, rcpt)
#define ODD(name, what, rcpt) TO(name, what, TRICK_ODD, rcpt)
#define LITERAL(name, what, rcpt) TO(name, what, TRICK_LITERAL, rcpt)
#define GLUED(name, what, rcpt) TO(name, what, TRICK_GLUED, rcpt)
#define PLAIN(name, what, login)                                               \
  {                                                                            \
    name, what, TRICK_FOREIGN, { EHLO, "AUTH PLAIN " login, MAIL, RCPT }       \
  }
#define LOGIN(name, what, auth, answer)                                        \
  {                                                                            \
    name, what, TRICK_FOREIGN, { EHLO, auth, answer, MAIL, RCPT }              \
  }

struct trick const trick_controls[2] = {
    LOCAL("stranger", "a user that nobody uses", "<%R@%L>"),
    LITERAL("stranger-literal", "the same at the address literal", "<%R@%I>"),
};

struct trick const tricks[] = {
    /* who sends */
    FROM("plain", "a stranger for a stranger", "<%S>"),
    FROM("null-sender", "the sender of bounces", "<>"),
    FROM("own-sender", "a sender of the server's own", "<postmaster@%L>"),
    FROM("own-literal-sender", "the same by address literal",
         "<postmaster@%I>"),
    FROM("localhost-sender", "a sender at localhost", "<root@localhost>"),
    FROM("bare-sender", "a sender without domain", "<root>"),
    FROM("domain-sender", "a sender that is a domain", "<%L>"),
    FROM("same-sender", "the recipient sends to himself", "<%U@%F>"),
    FROM("spaced-sender", "blanks around the sender", " < postmaster@%L > "),
    FROM("auth-parameter", "a sender who was authenticated elsewhere",
         "<%S> AUTH=<postmaster@%L>"),
    FROM("auth-empty", "one who was not", "<%S> AUTH=<>"),
    FROM("smtputf8", "an internationalised transaction", "<%S> SMTPUTF8"),

    /* who is there */
    HELLO("helo", "HELO instead of EHLO", "HELO %H"),
    HELLO("helo-own", "it calls itself what the server is called", "HELO %L"),
    HELLO("ehlo-own", "the same with EHLO", "EHLO %L"),
    HELLO("helo-localhost", "it calls itself localhost", "HELO localhost"),
    HELLO("helo-literal", "it calls itself the server's address", "HELO %I"),
    HELLO("helo-loopback", "it calls itself 127.0.0.1", "HELO [127.0.0.1]"),
    {"no-hello", "it does not say who it is", TRICK_FOREIGN, {MAIL, RCPT}},
    {"no-mail", "it does not say who sends", TRICK_FOREIGN, {EHLO, RCPT}},

    /* in what order */
    {"after-rset",
     "a second try after RSET",
     TRICK_FOREIGN,
     {EHLO, MAIL, "RSET", MAIL, RCPT}},
    {"after-local",
     "a recipient after one of the server's own",
     TRICK_FOREIGN,
     {EHLO, MAIL, "RCPT TO:<postmaster@%L>", RCPT}},
    {"twice",
     "the same recipient twice",
     TRICK_FOREIGN,
     {EHLO, MAIL, RCPT, RCPT}},
    {"mail-twice",
     "a sender of the server's own, then another",
     TRICK_FOREIGN,
     {EHLO, "MAIL FROM:<postmaster@%L>", MAIL, RCPT}},
    {"hello-twice",
     "EHLO between sender and recipient",
     TRICK_FOREIGN,
     {EHLO, MAIL, "EHLO %L", RCPT}},
    {"pipelined", "all at once", TRICK_BATCH, {EHLO, MAIL "%r%n" RCPT}},
    {"send",
     "SEND instead of MAIL",
     TRICK_FOREIGN,
     {EHLO, "SEND FROM:<%S>", RCPT}},
    {"soml",
     "SOML instead of MAIL",
     TRICK_FOREIGN,
     {EHLO, "SOML FROM:<%S>", RCPT}},
    {"saml",
     "SAML instead of MAIL",
     TRICK_FOREIGN,
     {EHLO, "SAML FROM:<%S>", RCPT}},

    /* who receives: elsewhere, in other words */
    FOREIGN("no-brackets", "an address without brackets", "%U@%F"),
    FOREIGN("trailing-dot", "a domain with a final dot", "<%U@%F.>"),
    FOREIGN("two-dots", "a domain with two final dots", "<%U@%F..>"),
    FOREIGN("quoted", "a quoted local part", "<\"%U\"@%F>"),
    FOREIGN("comment", "a comment in the address", "<%U(%L)@%F>"),
    FOREIGN("blank", "a blank behind it", "<%U@%F >"),
    FOREIGN("tab", "a TAB before it", "\t<%U@%F>"),
    FOREIGN("display-name", "a name before it", "postmaster <%U@%F>"),
    LOCAL("two-paths", "a recipient of the server's own, then it",
          "<%R@%L><%U@%F>"),
    LOCAL("list", "the same with a comma", "<%R@%L>,<%U@%F>"),
    FOREIGN("two-brackets", "brackets in brackets", "<<%U@%F>>"),
    FOREIGN("no-end", "no closing bracket", "<%U@%F"),
    FOREIGN("port", "a port behind the domain", "<%U@%F:25>"),
    FOREIGN("orcpt", "an original recipient of the server's own",
            "<%U@%F> ORCPT=rfc822;postmaster@%L"),
    FOREIGN("own-prefix", "a domain that begins like the server's",
            "<%U@%L.%F>"),
    FOREIGN("literal", "an address literal elsewhere", "<%U@[192.0.2.1]>"),
    FOREIGN("literal-ipv6", "the same for IPv6", "<%U@[IPv6:2001:db8::1]>"),
    FOREIGN("literal-decimal", "an address as a number", "<%U@3221225985>"),
    FOREIGN("literal-hash", "the same behind #", "<%U@#3221225985>"),
    FOREIGN("literal-octal", "an address in octal", "<%U@[0300.0.02.01]>"),
    FOREIGN("source-route", "a route over the server", "<@%L:%U@%F>"),
    FOREIGN("source-route-two", "a route over two", "<@%L,@%F:%U@%F>"),
    FOREIGN("source-route-literal", "a route over its address", "<@%I:%U@%F>"),
    FOREIGN("source-route-localhost", "a route over localhost",
            "<@localhost:%U@%F>"),
    FOREIGN("at-reversed", "two @, the foreign domain last", "<%U@%L@%F>"),
    LOCAL("nul-own", "the server's name, NUL, the foreign one", "<%U@%L%0@%F>"),

    /* who receives: here, to be sent on */
    LOCAL("percent", "a % for the second @", "<%U%%%F@%L>"),
    LOCAL("percent-quoted", "the same in quotes", "<\"%U%%%F\"@%L>"),
    LOCAL("percent-two", "two of them", "<%U%%%F%%%L@%L>"),
    LOCAL("percent-alone", "a % for the only @", "<%U%%%F>"),
    LOCAL("percent-localhost", "a % at localhost", "<%U%%%F@localhost>"),
    LITERAL("percent-literal", "a % at the server's address", "<%U%%%F@%I>"),
    LOCAL("bang", "a UUCP path", "<%F!%U@%L>"),
    LOCAL("bang-alone", "a UUCP path alone", "<%F!%U>"),
    LOCAL("bang-two", "a UUCP path over the server", "<%L!%F!%U>"),
    LOCAL("bang-quoted", "a UUCP path in quotes", "<\"%F!%U\"@%L>"),
    LITERAL("bang-literal", "a UUCP path at the server's address",
            "<%F!%U@%I>"),
    LOCAL("at", "two @, the server's name last", "<%U@%F@%L>"),
    LITERAL("at-literal", "the same with its address", "<%U@%F@%I>"),
    LOCAL("quoted-whole", "the whole address in quotes", "<\"%U@%F\">"),
    LOCAL("quoted-at", "an address in quotes, at the server", "<\"%U@%F\"@%L>"),
    LOCAL("escaped-at", "an escaped @", "<%U\\@%F@%L>"),
    LOCAL("route-in-quotes", "a route in quotes", "<\"@%L:%U@%F\"@%L>"),
    LOCAL("colon", "a colon for the route", "<%F:%U@%L>"),
    ODD("xtext", "an @ as xtext", "<%U+40%F@%L>"),
    ODD("encoded-word", "an encoded word", "<=?utf-8?q?%U=40%F?=@%L>"),
    LOCAL("url-encoded", "an @ as in a URL", "<%U%%40%F@%L>"),
    ODD("utf7", "an @ in UTF-7", "<%U+AEA-%F@%L>"),
    LOCAL("fullwidth-at", "a full-width @", "<%U\xef\xbc\xa0%F@%L>"),
    LOCAL("suffix", "a domain that ends like the server's", "<%U@%R%L>"),
    LOCAL("nul", "the foreign address, NUL, the server's name", "<%U@%F%0@%L>"),
    LOCAL("no-domain", "an @ and nothing behind it", "<%U%%%F@>"),

    /* one command in another: smuggled line ends */
    GLUED("lf", "a line feed alone", "<postmaster@%L>%n" RCPT),
    GLUED("cr", "a carriage return alone", "<postmaster@%L>%r" RCPT),
    GLUED("nul-line", "a NUL for a line's end", "<postmaster@%L>%0" RCPT),
    GLUED("cr-cr-lf", "CR CR LF", "<postmaster@%L>%r%r%n" RCPT),
    GLUED("lf-cr", "LF CR", "<postmaster@%L>%n%r" RCPT),
    GLUED("next-line", "the C1 control next line",
          "<postmaster@%L>\xc2\x85" RCPT),

    /* who has proved himself */
    PLAIN("auth-plain", "PLAIN, a user that nobody uses", "%A"),
    PLAIN("auth-plain-empty", "PLAIN, nobody and no password", "AAA="),
    PLAIN("auth-plain-anonymous", "PLAIN, anonymous",
          "AGFub255bW91cwBhbm9ueW1vdXM="),
    LOGIN("auth-anonymous", "ANONYMOUS", "AUTH ANONYMOUS", ">cHJvYmU="),
    LOGIN("auth-external", "EXTERNAL without a certificate",
          "AUTH EXTERNAL =", ">="),
    LOGIN("auth-cancelled", "a login that was cancelled", "AUTH PLAIN", ">*"),
    LOGIN("auth-garbage", "a login that is not base64", "AUTH PLAIN", ">%%%%"),
    {"auth-login",
     "LOGIN, a user that nobody uses",
     TRICK_FOREIGN,
     {EHLO, "AUTH LOGIN", ">cHJvYmU=", ">cHJvYmU=", MAIL, RCPT}},
    {"auth-login-empty",
     "LOGIN, nobody and no password",
     TRICK_FOREIGN,
     {EHLO, "AUTH LOGIN", ">", ">", MAIL, RCPT}},
    LOGIN("auth-cram-md5", "CRAM-MD5, a digest made of zeros", "AUTH CRAM-MD5",
          ">cHJvYmUgMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="),
    {"xclient",
     "the address that it would like to have",
     TRICK_FOREIGN,
     {EHLO, "XCLIENT ADDR=127.0.0.1 NAME=localhost", EHLO, MAIL, RCPT}},
    {"xclient-login",
     "the user that it would like to be",
     TRICK_FOREIGN,
     {EHLO, "XCLIENT LOGIN=postmaster", EHLO, MAIL, RCPT}},
    {"xforward",
     "the client that it would like to speak for",
     TRICK_FOREIGN,
     {EHLO, "XFORWARD ADDR=127.0.0.1 NAME=localhost", MAIL, RCPT}},
    {"proxy",
     "the PROXY protocol's first line",
     TRICK_BATCH,
     {"^PROXY TCP4 127.0.0.1 127.0.0.1 1025 25", EHLO "%r%n" MAIL "%r%n" RCPT}},
    {0, 0, TRICK_FOREIGN, {0}},
};

/* NUL word NUL word. */
static int add_login(stralloc *out, char const *word)
{
  char plain[2 * 64 + 2], text[BASE64_ENCODED(sizeof plain)];
  size_t n = strlen(word), len;

  if (n > 64) n = 64;
  len = 2 * n + 2;
  plain[0] = plain[n + 1] = 0;
  memcpy(plain + 1, word, n);
  memcpy(plain + n + 2, word, n);
  base64_encode(text, plain, len);
  return stralloc_catb(out, text, BASE64_ENCODED(len));
}

static int add_name(stralloc *out, char which, struct trick_names const *n)
{
  switch (which) {
  case 'F': return stralloc_cats(out, n->foreign);
  case 'U': return stralloc_cats(out, n->user);
  case 'S': return stralloc_cats(out, n->sender);
  case 'H': return stralloc_cats(out, n->helo);
  case 'L': return stralloc_cats(out, n->own);
  case 'I': return stralloc_cats(out, n->literal);
  case 'R': return stralloc_cats(out, n->word);
  case 'A': return add_login(out, n->word);
  case 'r': return stralloc_append(out, '\r');
  case 'n': return stralloc_append(out, '\n');
  case '0': return stralloc_append(out, 0);
  default: return stralloc_append(out, which);
  }
}

int trick_line(stralloc *out, char const *template, struct trick_names const *n)
{
  for (char const *s = template; *s; s++)
    if (*s == '%' ? !add_name(out, *++s, n) : !stralloc_append(out, *s))
      return 0;
  return stralloc_catb(out, "\r\n", 2);
}

enum trick_verdict trick_judge(enum trick_kind kind, unsigned int code,
                               unsigned int good, unsigned int stranger)
{
  if (kind == TRICK_GLUED) return good > 1 ? TRICK_OPEN : TRICK_CLOSED;
  if (code / 100 == 4 && code != 421) return TRICK_UNTOLD;
  if (code / 100 != 2) return TRICK_CLOSED;
  if (kind == TRICK_FOREIGN || kind == TRICK_BATCH) return TRICK_OPEN;
  if (stranger / 100 == 5) return TRICK_OPEN;
  return kind == TRICK_ODD ? TRICK_CLOSED : TRICK_UNTOLD;
}
