/*
 * tlsapp: the smallest session that can begin TLS.  Greets with what it was
 * offered and what is known of the wire; answers STARTTLS with "ready", begins
 * TLS and tells what it learnt; every other line comes back.  On stderr, why it
 * could not go on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/stralloc.h>

#include "tlsfacts.h"
#include "ucspitls.h"

#define SECONDS 60

static void say(char const *s)
{
  if (write(1, s, strlen(s)) < 0) _exit(1);
}

/* One line, one write: who reads once has it. */
static void tell(char const *before, struct tlsfacts const *f)
{
  char s[2048];
  size_t n = (size_t)snprintf(s, sizeof s, "%s%s", before,
                              f->active ? "private" : "plain");

  for (size_t i = 0; tlsfacts_names[i]; i++)
    if (tlsfacts_value(f, i) && n < sizeof s)
      n += (size_t)snprintf(s + n, sizeof s - n, " %s=%s", tlsfacts_names[i],
                            tlsfacts_value(f, i));
  if (n > sizeof s - 2) n = sizeof s - 2;
  strcpy(s + n, "\n");
  say(s);
}

static _Noreturn void die(char const *why)
{
  fprintf(stderr, "tlsapp: %s\n", why);
  exit(1);
}

/* Byte by byte: nothing that follows is read with it. */
static int line(char *s, size_t max)
{
  size_t n = 0;

  while (n < max - 1 && read(0, s + n, 1) == 1)
    if (s[n++] == '\n') break;
  s[n] = 0;
  return n && s[n - 1] == '\n';
}

int main(void)
{
  stralloc facts = STRALLOC_ZERO;
  struct ucspitls u;
  struct tlsfacts f;
  char const *why;
  char s[4096];

  if (!ucspitls_get(&u, &why)) die(why);
  if (!tlsfacts_env(&f)) die("the environment is damaged");
  snprintf(s, sizeof s, "%s%s, ", u.offered ? "offered" : "not offered",
           u.required ? ", required" : "");
  tell(s, &f);
  while (line(s, sizeof s)) {
    if (strcmp(s, "STARTTLS\r\n")) {
      say(s);
      continue;
    }
    if (u.offered) say("ready\n");
    if (!ucspitls_start(&u, SECONDS, &facts, &why)) die(why);
    if (!tlsfacts_scan(&f, facts.s, facts.len)) die("the answer is damaged");
    tell("", &f);
  }
  ucspitls_end(&u);
  return 0;
}
