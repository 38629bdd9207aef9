#include "naming.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/env.h>

#include "chain.h"
#include "child.h"
#include "limits.h"

/* 0 if it did what it is for; else why not: for the rest it has a word of its
   own on descriptor 2. */
static char const *run(char const *const *argv, char const *const *envp)
{
  int null = open("/dev/null", O_RDWR | O_CLOEXEC), failed = 0, code = 0;
  struct chain_fd const fds[] = {{null, 0}, {null, 1}};
  pid_t pid;

  if (null < 0) return strerror(errno);
  pid = chain_spawn(argv, envp, fds, 2, CHAIN_CALL, &failed);
  if (pid < 0) failed = errno;
  if (pid > 0) code = child_wait(pid, LIMIT_NAMING);
  close(null);
  if (failed) return strerror(failed);
  if (code == CHILD_LATE) return "it took too long";
  if (code >= CHILD_SIGNAL) return "it crashed";
  return code ? "it failed" : 0;
}

/* 1, or 0 after a warning. */
static int record(struct smtp *s, char const *name)
{
  char const *const *argv = s->set->recorder, *why = "out of memory";
  stralloc modifs = STRALLOC_ZERO;
  char const **envp = 0;

  if (env_addmodif(&modifs, "PROTO", "TCP") &&
      env_addmodif(&modifs, "TCPREMOTEIP", s->set->remote_ip) &&
      env_addmodif(&modifs, "SMTPHELOHOST", name))
    envp = smtp_environ(&modifs);
  if (envp) why = run(argv, envp);
  if (why) smtp_warn(s, argv[0], why);
  free(envp);
  stralloc_free(&modifs);
  return !why;
}

/* Is there a crowd, with him? */
static int is_crowd(struct smtp *s, struct crowd *c)
{
  char name[CROWD_NAME + 1];
  int many;

  crowd_name(name, s->helo.len ? s->helo.s : "");
  many = gate_crowd(&s->gate, name, c);
  if (!c->n || c->settled) return many;
  if (!record(s, name)) return 1;
  many = gate_crowd(&s->gate, name, c);
  if (many || c->settled) return many;
  smtp_warn(s, s->set->recorder[0], "the name is not in the store of -N");
  return 1;
}

LOG_ASIDE void naming_ask(struct smtp *s)
{
  struct gate_facts f;
  int before = s->crowd;
  struct crowd c;

  if (!s->set->names) return;
  f = smtp_facts(s);
  s->crowd = 0;
  if (!gate_rests_on_address(&s->gate, &f)) return;
  s->crowd = is_crowd(s, &c);
  if (s->crowd && !before && c.n > s->set->maxnames)
    smtp_warn(s, "too many names behind a private address: no right by it",
              c.names);
}
