#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/types.h>

#include "scheme.h"
#include "scramsecret.h"
#include "secret.h"
#include "secretfile.h"
#include "userdb.h"
#include "userfile.h"

/* Stands in for a missing hash if the file names no model. */
#define MODEL "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$"

static int problem(struct userfile_problem *p, char const *verb,
                   char const *why)
{
  *p = (struct userfile_problem){verb, why ? why : strerror(errno)};
  return 0;
}

static uint32_t find_iterations(struct userfile const *f, char const *key,
                                uint32_t missing)
{
  char const *data;
  char n[UINT32_FMT];
  size_t len;
  uint32_t u;

  if (cdbmap_find(&f->map, key, strlen(key), &data, &len) != 1 ||
      len >= sizeof n)
    return missing;
  memcpy(n, data, len);
  n[len] = 0;
  return uint320_scan(n, &u) && u >= SCRAM_ITERATIONS_MIN &&
                 u <= SCRAM_ITERATIONS_MAX
             ? u
             : missing;
}

/* The compiler names the model under a key that no user can have. */
static void find_model(struct userfile *f)
{
  char const *name, *why;
  size_t n;

  f->scram = find_iterations(f, USERDB_SCRAM, SCRAM_ITERATIONS);
  f->derive = find_iterations(f, USERDB_DERIVE, 0);
  f->hash = MODEL;
  f->has_model = cdbmap_find(&f->map, USERDB_MODEL, 1, &name, &n) == 1 &&
                 users_find(&f->map, name, n, &f->model_sa, &f->model) == 1 &&
                 scheme_parse(f->model.password, &name, &why) == SCHEME_CRYPT;
  if (f->has_model) f->hash = name;
}

int userfile_open(struct userfile *f, char const *path,
                  struct userfile_problem *p)
{
  char const *why;
  struct stat st;
  int fd = secretfile_open(path, &st, &why), r, e;

  if (fd < 0) return problem(p, why ? "trust" : "open", why);
  r = cdbmap_open_fd(&f->map, fd);
  e = errno;
  close(fd);
  errno = e;
  if (!r) return problem(p, "read", 0);
  find_model(f);
  return 1;
}

int userfile_find(struct userfile *f, char const *name, size_t len,
                  struct userfile_problem *p)
{
  int r = users_find(&f->map, name, len, &f->user_sa, &f->user);

  if (r < 0) problem(p, "read", 0);
  return r;
}

void userfile_close(struct userfile *f)
{
  cdbmap_close(&f->map);
  f->map = (cdbmap)CDBMAP_ZERO;
}

void userfile_free(struct userfile *f)
{
  userfile_close(f);
  secret_free(&f->user_sa);
  secret_free(&f->model_sa);
  *f = (struct userfile){0};
}
