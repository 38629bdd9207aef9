/* Unit test of src/smtp/standing.c: a login, and what becomes of mailboxes.cdb
   afterwards. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cdbmap.h"
#include "standing.h"
#include "unit.h"

#define PATH "boxes.cdb"

/* Replace it by one with joe's record, or without if that is 0. */
static void replace(char const *joe)
{
  int fd = open("new", O_RDWR | O_CREAT | O_TRUNC, 0600);
  cdbmap_make *mk = cdbmap_make_start(fd);

  if (joe) cdbmap_make_add(mk, "joe@x.example", 13, joe, strlen(joe));
  cdbmap_make_add(mk, "ann@x.example", 13, "::::/h", 6);
  if (!cdbmap_make_finish(mk)) abort();
  cdbmap_make_free(mk);
  close(fd);
  rename("new", PATH);
}

static void damage(void)
{
  int fd = open("new", O_WRONLY | O_CREAT | O_TRUNC, 0600);

  if (write(fd, "damaged", 7) != 7) abort();
  close(fd);
  rename("new", PATH);
}

int main(void)
{
  char const *const joe = "Joe@X.example", *const eve = "eve@x.example";
  struct standing st = STANDING_ZERO, other = STANDING_ZERO;

  replace("::::/h");
  ok(standing_look(&st, PATH, joe) == STANDING_GOOD && st.known, "known");
  ok(standing_look(&st, PATH, joe) == STANDING_GOOD, "unchanged");
  ok(standing_look(&other, PATH, eve) == STANDING_GOOD && !other.known,
     "the checker's own user");
  replace("::::/home");
  ok(standing_look(&st, PATH, joe) == STANDING_GOOD, "changed");
  ok(standing_look(&other, PATH, eve) == STANDING_GOOD, "still not known");
  replace("::::/h::nologin");
  ok(standing_look(&st, PATH, joe) == STANDING_LOST, "disabled");
  ok(standing_look(&st, PATH, joe) == STANDING_LOST, "still");
  st = (struct standing)STANDING_ZERO;
  ok(standing_look(&st, PATH, joe) == STANDING_LOST, "from the start");
  replace("::::/h");
  ok(standing_look(&st, PATH, joe) == STANDING_GOOD, "enabled");
  replace(0);
  ok(standing_look(&st, PATH, joe) == STANDING_LOST, "removed");
  ok(standing_look(&other, PATH, eve) == STANDING_GOOD, "never was there");
  replace("x:0:0");
  ok(standing_look(&st, PATH, joe) == STANDING_UNKNOWN && errno == EPROTO,
     "a damaged record");
  damage();
  ok(standing_look(&st, PATH, joe) == STANDING_UNKNOWN && errno == EPROTO,
     "a damaged file");
  unlink(PATH);
  ok(standing_look(&st, PATH, joe) == STANDING_UNKNOWN && errno == ENOENT,
     "no file");
  ok(standing_look(&other, PATH, eve) == STANDING_UNKNOWN,
     "no file, for anybody");
  return done();
}
