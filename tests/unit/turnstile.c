/* Unit test of src/auth/turnstile.c: so many at once, and the next one when
   somebody goes or dies. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>

#include "turnstile.h"
#include "unit.h"

#define PLACES 3

/* A process that goes in, tells its place and stays until it is ended. */
static pid_t person(int fd, int *told)
{
  int p[2];
  pid_t pid;

  if (pipe(p) < 0) exit(1);
  pid = fork();
  if (!pid) {
    int place = turnstile_enter(fd, PLACES);

    (void)write(p[1], &place, sizeof place);
    for (;;)
      pause();
  }
  close(p[1]);
  *told = p[0];
  return pid;
}

static int place_of(int told)
{
  int place = -2;

  (void)read(told, &place, sizeof place);
  return place;
}

static int waits(int told)
{
  struct pollfd x = {.fd = told, .events = POLLIN};

  return poll(&x, 1, 50) == 0;
}

int main(void)
{
  int fd = turnstile_make(), told[PLACES + 1], place[PLACES + 1];
  pid_t pid[PLACES + 1];

  ok(fd >= 0, "made");
  for (int i = 0; i < PLACES; i++) {
    pid[i] = person(fd, told + i);
    place[i] = place_of(told[i]);
    ok(place[i] >= 0 && place[i] < PLACES, "inside");
  }
  ok(place[0] != place[1] && place[1] != place[2] && place[0] != place[2],
     "each in another place");
  pid[PLACES] = person(fd, told + PLACES);
  ok(waits(told[PLACES]), "one more waits");
  for (int i = 0; i < PLACES; i++) {
    kill(pid[i], SIGKILL);
    waitpid(pid[i], 0, 0);
  }
  place[PLACES] = place_of(told[PLACES]);
  ok(place[PLACES] >= 0 && place[PLACES] < PLACES, "until others died");
  place[0] = turnstile_enter(fd, PLACES);
  place[1] = turnstile_enter(fd, PLACES);
  ok(place[0] >= 0 && place[0] != place[PLACES], "another place is free");
  turnstile_leave(fd, place[0]);
  pid[0] = person(fd, told);
  ok(place_of(told[0]) >= 0, "who goes leaves his place");
  kill(pid[0], SIGKILL);
  kill(pid[PLACES], SIGKILL);
  while (wait(0) > 0)
    ;
  return done();
}
