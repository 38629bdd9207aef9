#include <string.h>

#include <skalibs/types.h>

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

#define TO_ME "RCPT TO:<%T>"
#define ENDS "a message ends at "
#define HEADER(name)                                                           \
  "From: postern-probe <%S>%r%n"                                               \
  "To: <%T>%r%n"                                                               \
  "Subject: postern-probe tests where a message ends: " name "%r%n"            \
  "Date: %D%r%n"                                                               \
  "Message-ID: <%R." name "@%H>%r%n"                                           \
  "Auto-Submitted: auto-generated%r%n"
#define TEXT(name, where)                                                      \
  "%r%n"                                                                       \
  "postern-probe, a test of mail servers, was asked to send this here.%r%n"    \
  "Dialogue " name ": " ENDS where "?%r%n"                                     \
  "If NOOP and RSET are missing in it, it does, and that is a hole."
#define HIDDEN "NOOP%r%nRSET"
#define MESSAGE(name, where, end) HEADER(name) TEXT(name, where) end HIDDEN
#define DATA(name, where, message)                                             \
  {                                                                            \
    name, ENDS where, TRICK_MESSAGE,                                           \
    {                                                                          \
      EHLO, MAIL, TO_ME, "DATA", message "%r%n."                               \
    }                                                                          \
  }
#define END(name, where, end) DATA(name, where, MESSAGE(name, where, end))
#define CHUNK(name, where, end)                                                \
  {                                                                            \
    name, ENDS where, TRICK_CHUNK,                                             \
    {                                                                          \
      EHLO, MAIL, TO_ME, "%B" MESSAGE(name, where, end)                        \
    }                                                                          \
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

    /* where a message ends: odd line ends */
    END("end-lf-lf", "LF . LF", "%n.%n"),
    END("end-lf-crlf", "LF . CR LF", "%n.%r%n"),
    END("end-crlf-lf", "CR LF . LF", "%r%n.%n"),
    END("end-cr-cr", "CR . CR", "%r.%r"),
    END("end-cr-crlf", "CR . CR LF", "%r.%r%n"),
    END("end-crlf-cr", "CR LF . CR", "%r%n.%r"),
    END("end-lf-cr", "LF . CR", "%n.%r"),
    END("end-cr-lf", "CR . LF", "%r.%n"),
    END("end-lfcr-lfcr", "LF CR . LF CR", "%n%r.%n%r"),
    END("end-crlf-crcrlf", "CR LF . CR CR LF", "%r%n.%r%r%n"),
    END("end-crcrlf-crcrlf", "CR CR LF . CR CR LF", "%r%r%n.%r%r%n"),
    END("end-vt-vt", "VT . VT", "\v.\v"),
    END("end-ff-ff", "FF . FF", "\f.\f"),
    END("end-next-line", "NEL . NEL, as UTF-8", "\xc2\x85.\xc2\x85"),
    END("end-next-line-byte", "NEL . NEL, a byte each", "\x85.\x85"),
    END("end-line-separator", "U+2028 . U+2028", "\xe2\x80\xa8.\xe2\x80\xa8"),
    END("end-high-bit", "CR LF . CR LF with the high bit set",
        "\x8d\x8a.\x8d\x8a"),
    DATA("end-in-header", "LF . LF in its header",
         HEADER("end-in-header") "Comments: there is more%n.%n" HIDDEN
                                 "%r%n" TEXT("end-in-header",
                                             "LF . LF in its header")),

    /* where a message ends: NULs, and lines that are more than a dot */
    END("end-nul-nul", "NUL . NUL", "%0.%0"),
    END("end-nul-within", "CR NUL LF . CR NUL LF", "%r%0%n.%r%0%n"),
    END("end-nul-before", "a dot behind a NUL", "%r%n%0.%r%n"),
    END("end-nul-behind", "a dot before a NUL", "%r%n.%0%r%n"),
    END("end-blank-before", "a dot behind a blank", "%r%n .%r%n"),
    END("end-blank-behind", "a dot before a blank", "%r%n. %r%n"),
    END("end-tab-before", "a dot behind a TAB", "%r%n\t.%r%n"),
    END("end-tab-behind", "a dot before a TAB", "%r%n.\t%r%n"),
    END("end-bom", "a dot behind a byte order mark", "%r%n\xef\xbb\xbf.%r%n"),
    END("end-two-dots", "two dots, which stand for one", "%r%n..%r%n"),

    /* where a message ends: lines that a reader cuts */
    END("end-cut-1000", "a dot behind 998 to 1000 bytes",
        "%r%n%(998).%r%n%(999).%r%n%(1000).%r%n"),
    END("end-cut-1024", "a dot behind 1022 to 1024 bytes",
        "%r%n%(1022).%r%n%(1023).%r%n%(1024).%r%n"),
    END("end-cut-2048", "a dot behind 2046 to 2048 bytes",
        "%r%n%(2046).%r%n%(2047).%r%n%(2048).%r%n"),
    END("end-cut-4096", "a dot behind 4094 to 4096 bytes",
        "%r%n%(4094).%r%n%(4095).%r%n%(4096).%r%n"),
    END("end-cut-8192", "a dot behind 8190 to 8192 bytes",
        "%r%n%(8190).%r%n%(8191).%r%n%(8192).%r%n"),

    /* where a chunk ends */
    CHUNK("chunk-crlf-crlf", "CR LF . CR LF in a chunk", "%r%n.%r%n"),
    CHUNK("chunk-lf-lf", "LF . LF in a chunk", "%n.%n"),
    {"chunk-refused",
     "a chunk is taken for commands if it is refused",
     TRICK_CHUNK,
     {EHLO, "%B" HIDDEN}},
    {0, 0, TRICK_FOREIGN, {0}},
};

int trick_sends_message(enum trick_kind kind)
{
  return kind == TRICK_MESSAGE || kind == TRICK_CHUNK;
}

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
  case 'T': return stralloc_cats(out, n->to);
  case 'D': return stralloc_cats(out, n->date);
  case 'A': return add_login(out, n->word);
  case 'r': return stralloc_append(out, '\r');
  case 'n': return stralloc_append(out, '\n');
  case '0': return stralloc_append(out, 0);
  default: return stralloc_append(out, which);
  }
}

static int add_letters(stralloc *out, unsigned int n)
{
  if (!stralloc_readyplus(out, n)) return 0;
  memset(out->s + out->len, 'x', n);
  out->len += n;
  return 1;
}

/* Before what out holds from start on. */
static int insert_bdat(stralloc *out, size_t start)
{
  char s[5 + SIZE_FMT + 7] = "BDAT ";
  size_t n = 5 + size_fmt(s + 5, out->len - start);

  memcpy(s + n, " LAST\r\n", 7);
  return stralloc_insertb(out, start, s, n + 7);
}

int trick_line(stralloc *out, char const *template, struct trick_names const *n)
{
  size_t chunk = 0;
  int chunked = 0;

  for (char const *s = template; *s; s++) {
    unsigned int count;
    int good = 1;

    if (*s != '%') {
      good = stralloc_append(out, *s);
    } else if (*++s == '(') {
      s += 1 + uint_scan(s + 1, &count);
      good = add_letters(out, count);
    } else if (*s == 'B') {
      chunk = out->len;
      chunked = 1;
    } else {
      good = add_name(out, *s, n);
    }
    if (!good) return 0;
  }
  return stralloc_catb(out, "\r\n", 2) && (!chunked || insert_bdat(out, chunk));
}

enum trick_verdict trick_judge(enum trick_kind kind, unsigned int code,
                               unsigned int answers, unsigned int stranger)
{
  if (kind == TRICK_GLUED) return answers > 1 ? TRICK_OPEN : TRICK_CLOSED;
  if (trick_sends_message(kind))
    return answers > 1 ? TRICK_OPEN : answers ? TRICK_CLOSED : TRICK_UNTOLD;
  if (code / 100 == 4 && code != 421) return TRICK_UNTOLD;
  if (code / 100 != 2) return TRICK_CLOSED;
  if (kind == TRICK_FOREIGN || kind == TRICK_BATCH) return TRICK_OPEN;
  if (stranger / 100 == 5) return TRICK_OPEN;
  return kind == TRICK_ODD ? TRICK_CLOSED : TRICK_UNTOLD;
}
