#include "certdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "secret.h"
#include "text.h"
#include "whole.h"

#define PATH_BYTES 4096

/* --- names --- */

static int cut(char const *s, size_t *n, char const *suffix)
{
  size_t k = strlen(suffix);

  if (*n <= k || memcmp(s + *n - k, suffix, k)) return 0;
  *n -= k;
  return 1;
}

static int is_host(char const *s)
{
  static char const set[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";

  if (!strncmp(s, "*.", 2)) s += 2;
  for (;;) {
    size_t n = strspn(s, set);

    if (!n || n > 63) return 0;
    if (!s[n]) return 1;
    if (s[n] != '.') return 0;
    s += n + 1;
  }
}

int certdir_name(char name[BUNDLE_NAME_MAX + 1], char const *entry, int folder)
{
  size_t n = strlen(entry);

  if (*entry == '.' || (!folder && !cut(entry, &n, ".pem"))) return 0;
  if (!cut(entry, &n, ".rsa") && !cut(entry, &n, ".ecdsa"))
    cut(entry, &n, ".ed25519");
  if (n > BUNDLE_NAME_MAX) return -1;
  memcpy(name, entry, n);
  name[n] = 0;
  text_lower(name, n);
  return is_host(name) ? 1 : -1;
}

/* --- the list --- */

struct listing {
  size_t n;
  char *entry[CERTDIR_ENTRIES];
};

static int by_bytes(void const *a, void const *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void forget(struct listing *l)
{
  while (l->n)
    free(l->entry[--l->n]);
  free(l);
}

static int fill(struct listing *l, DIR *d)
{
  struct dirent *e;

  for (;;) {
    errno = 0;
    e = readdir(d);
    if (!e) return !errno;
    if (e->d_name[0] == '.') continue;
    if (l->n == CERTDIR_ENTRIES) {
      errno = EFBIG;
      return 0;
    }
    l->entry[l->n] = strdup(e->d_name);
    if (!l->entry[l->n]) return 0;
    l->n++;
  }
}

/* Sorted; 0 with errno. */
static struct listing *list(char const *dir)
{
  struct listing *l = calloc(1, sizeof *l);
  DIR *d = l ? opendir(dir) : 0;
  int good = d && fill(l, d), e = errno;

  if (d) closedir(d);
  if (good) {
    qsort(l->entry, l->n, sizeof *l->entry, by_bytes);
    return l;
  }
  if (l) forget(l);
  errno = e;
  return 0;
}

static int join(char path[PATH_BYTES], char const *dir, char const *entry,
                char const *file)
{
  int n = snprintf(path, PATH_BYTES, "%s/%s%s", dir, entry, file);

  if (n > 0 && n < PATH_BYTES) return 1;
  errno = ENAMETOOLONG;
  return 0;
}

/* --- reading --- */

static int say(char why[CERTDIR_WHY], char const *path, char const *reason)
{
  snprintf(why, CERTDIR_WHY, "%.900s: %s", path, reason);
  return 0;
}

/* A FIFO must not hold us up, and a device has no end. */
static int read_file(char const *path, stralloc *sa, char why[CERTDIR_WHY])
{
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), good;

  sa->len = 0;
  if (fd < 0) return say(why, path, strerror(errno));
  if (fstat(fd, &st) < 0)
    good = say(why, path, strerror(errno));
  else if (!S_ISREG(st.st_mode))
    good = say(why, path, "not a regular file");
  else if (!stralloc_ready(sa, (size_t)st.st_size + 1) ||
           !whole_read(fd, sa, BUNDLE_FILE_MAX))
    good = say(why, path, strerror(errno));
  else
    good = sa->len ? 1 : say(why, path, "empty");
  close(fd);
  return good;
}

static int add(stralloc *bundle, char const *name, char const *cert,
               char const *key, char why[CERTDIR_WHY])
{
  stralloc c = STRALLOC_ZERO, k = STRALLOC_ZERO;
  int good =
      read_file(cert, &c, why) && (!*key || read_file(key, &k, why)) ? 1 : 0;

  if (good) {
    struct bundle_entry const e = {name, {cert, c.s, c.len}, {key, k.s, k.len}};

    if (!bundle_add(bundle, &e)) good = say(why, cert, strerror(errno));
  }
  secret_free(&c);
  secret_free(&k);
  return good;
}

static int add_entry(stralloc *bundle, char const *dir, char const *entry,
                     char why[CERTDIR_WHY])
{
  char cert[PATH_BYTES], key[PATH_BYTES] = "", name[BUNDLE_NAME_MAX + 1];
  struct stat st;
  int folder;

  if (!join(cert, dir, entry, "")) return say(why, dir, strerror(errno));
  if (stat(cert, &st) < 0) return say(why, cert, strerror(errno));
  folder = S_ISDIR(st.st_mode);
  switch (certdir_name(name, entry, folder)) {
  case 0: return 1;
  case 1: break;
  default: return say(why, cert, "not a host name");
  }
  if (folder && (!join(cert, dir, entry, "/fullchain.pem") ||
                 !join(key, dir, entry, "/privkey.pem")))
    return say(why, dir, strerror(errno));
  return add(bundle, name, cert, key, why);
}

int certdir_read(stralloc *bundle, char const *dir, char const *clients,
                 char why[CERTDIR_WHY])
{
  struct listing *l = list(dir);
  int good = 1;

  if (!l) return say(why, dir, strerror(errno));
  for (size_t i = 0; good && i < l->n; i++)
    good = add_entry(bundle, dir, l->entry[i], why);
  forget(l);
  if (good && !bundle->len) good = say(why, dir, "no certificate");
  return good &&
         (!clients || add(bundle, BUNDLE_CLIENTS, clients, "", why) ? 1 : 0);
}

/* --- looking --- */

static int see(stralloc *seen, char const *path)
{
  struct stat st;
  uint64_t v[7] = {0};

  if (!stat(path, &st)) {
    v[0] = st.st_dev;
    v[1] = st.st_ino;
    v[2] = (uint64_t)st.st_size;
    v[3] = (uint64_t)st.st_mtim.tv_sec;
    v[4] = (uint64_t)st.st_mtim.tv_nsec;
    v[5] = (uint64_t)st.st_ctim.tv_sec;
    v[6] = (uint64_t)st.st_ctim.tv_nsec;
  }
  return stralloc_catb(seen, (char *)v, sizeof v);
}

static int see_entry(stralloc *seen, char const *dir, char const *entry)
{
  static char const *const file[] = {"", "/fullchain.pem", "/privkey.pem"};
  char path[PATH_BYTES];

  for (size_t i = 0; i < sizeof file / sizeof *file; i++)
    if (join(path, dir, entry, file[i]) && !see(seen, path)) return 0;
  return 1;
}

int certdir_look(stralloc *seen, char const *dir, char const *clients)
{
  struct listing *l = list(dir);
  int good = 1;

  seen->len = 0;
  for (size_t i = 0; l && good && i < l->n; i++)
    good = see_entry(seen, dir, l->entry[i]);
  if (l) forget(l);
  return good && (!clients || see(seen, clients));
}
