/* Unit test of src/smtp/data.c: what of a dialogue reaches the queue. */
#include "dialogue.h"
#include "unit.h"

#define START "EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<joe@local.example>\r\n"

static struct {
  char const *name;
  char const *in;
  char const *reply; /* is among the replies */
  char const *body;  /* of the message, after Received; 0: none is queued */
} const t[] = {
    {"DATA", START "DATA\r\nx\r\n..y\r\n.\r\n", "250 2.0.0 ok", "x\n.y\n"},
    {"no end", START "DATA\r\nx\r\n", "354", 0},
    {"a false end", START "DATA\r\nx\n.\r\ny\r\n.\r\n", "550 5.6.11", 0},
    {"too large", START "DATA\r\n0123456789\r\n0123456789\r\n.\r\n", "552", 0},
    {"BDAT", START "BDAT 3\r\nx\r\nBDAT 1 LAST\r\ny", "250 2.0.0 ok", "x\ny"},
    {"BDAT without its last", START "BDAT 3\r\nx\r\n", "250 2.0.0 3 octets", 0},
    {"BDAT cut off", START "BDAT 9 LAST\r\nx\r\n", "250", 0},
    {"BDAT and DATA", START "BDAT 3\r\nx\r\nDATA\r\n", "503", 0},
};

static char const *slurp(char const *name, size_t *n)
{
  static char buf[4096];
  FILE *f = fopen(name, "r");

  *n = f ? fread(buf, 1, sizeof buf - 1, f) : 0;
  if (f) fclose(f);
  buf[*n] = 0;
  return buf;
}

static int queued(char const *body)
{
  static char const envelope[] = "Fa@b\0Tjoe@local.example\0";
  size_t n, b = body ? strlen(body) : 0;
  char const *got = slurp("envelope", &n);

  if (!body) return !n;
  if (n != sizeof envelope || memcmp(got, envelope, n)) return 0;
  got = slurp("message", &n);
  return n > b && !strcmp(got + n - b, body) && !strncmp(got, "Received: ", 10);
}

int main(void)
{
  struct settings set = dialogue_settings();

  set.databytes = 20;
  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    unlink("envelope");
    unlink("message");
    ok(strstr(dialogue_rest(&set, t[i].in), t[i].reply) && queued(t[i].body),
       t[i].name);
  }
  settings_free(&set);
  return done();
}
