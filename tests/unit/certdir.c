/* certdir - the directory of certificates, as bytes. */
#include "certdir.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "unit.h"

static void names(void)
{
  static struct {
    char const *entry;
    int folder, result;
    char const *name;
  } const row[] = {
      {"mail.example.pem", 0, 1, "mail.example"},
      {"Mail.Example.pem", 0, 1, "mail.example"},
      {"mail.example.rsa.pem", 0, 1, "mail.example"},
      {"mail.example.ecdsa.pem", 0, 1, "mail.example"},
      {"mail.example.ed25519.pem", 0, 1, "mail.example"},
      {"mail.example.pem", 1, 1, "mail.example.pem"},
      {"mail.example", 1, 1, "mail.example"},
      {"mail.example.rsa", 1, 1, "mail.example"},
      {"default.rsa", 1, 1, "default"},
      {"*.example.pem", 0, 1, "*.example"},
      {"xn--bcher-kva.example.pem", 0, 1, "xn--bcher-kva.example"},
      {"mail.example", 0, 0, 0},
      {"README", 0, 0, 0},
      {".hidden.pem", 0, 0, 0},
      {".hidden", 1, 0, 0},
      {".pem", 0, 0, 0},
      {"a b.pem", 0, -1, 0},
      {"a..b.pem", 0, -1, 0},
      {"a.*.b.pem", 0, -1, 0},
      {"*.pem", 0, -1, 0},
      {"a.pem.pem", 0, 1, "a.pem"},
      {"a:b", 1, -1, 0},
      {"\303\274.pem", 0, -1, 0},
  };
  char name[BUNDLE_NAME_MAX + 1], most[BUNDLE_NAME_MAX + 2];

  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    int r = certdir_name(name, row[i].entry, row[i].folder);

    ok(r == row[i].result && (r != 1 || !strcmp(name, row[i].name)),
       row[i].entry);
  }
  memset(most, 'a', sizeof most);
  for (size_t i = 60; i < sizeof most; i += 60)
    most[i] = '.';
  most[BUNDLE_NAME_MAX + 1] = 0;
  ok(certdir_name(name, most, 1) == -1, "too long");
  most[BUNDLE_NAME_MAX] = 0;
  ok(certdir_name(name, most, 1) == 1, "the longest");
}

static void put(char const *path, char const *s)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  write(fd, s, strlen(s));
  close(fd);
}

static int entry(stralloc const *b, size_t *pos, char const *name,
                 char const *cert, char const *key)
{
  struct bundle_entry e;

  return bundle_next(b->s, b->len, pos, &e) == 1 && !strcmp(e.name, name) &&
         e.cert.n == strlen(cert) && !memcmp(e.cert.s, cert, e.cert.n) &&
         e.key.n == strlen(key) && !memcmp(e.key.s, key, e.key.n);
}

static void reading(void)
{
  stralloc b = STRALLOC_ZERO, one = STRALLOC_ZERO, two = STRALLOC_ZERO;
  char why[CERTDIR_WHY];
  size_t pos = 0;

  ok(!certdir_read(&b, "certs", 0, why) &&
         !strcmp(why, "certs: No such file or directory"),
     "no directory");
  mkdir("certs", 0700);
  ok(!certdir_read(&b, "certs", 0, why) &&
         !strcmp(why, "certs: no certificate"),
     "an empty one");
  mkdir("certs/f.example", 0700);
  put("certs/f.example/fullchain.pem", "chain");
  put("certs/f.example/privkey.pem", "key");
  put("certs/default.pem", "both");
  put("certs/README", "text");
  put("clients", "ca");
  ok(certdir_read(&b, "certs", "clients", why), "read");
  ok(entry(&b, &pos, "default", "both", ""), "one file");
  ok(entry(&b, &pos, "f.example", "chain", "key"), "a folder");
  ok(entry(&b, &pos, BUNDLE_CLIENTS, "ca", "") && pos == b.len, "clients");

  ok(certdir_look(&one, "certs", "clients") &&
         certdir_look(&two, "certs", "clients") && one.len == two.len &&
         !memcmp(one.s, two.s, one.len),
     "nothing changes");
  put("new", "yek");
  rename("new", "certs/f.example/privkey.pem");
  ok(certdir_look(&two, "certs", "clients") &&
         (one.len != two.len || memcmp(one.s, two.s, one.len)),
     "a file is replaced");
  certdir_look(&one, "certs", "clients");
  put("clients", "other");
  ok(certdir_look(&two, "certs", "clients") &&
         (one.len != two.len || memcmp(one.s, two.s, one.len)),
     "a file is written");
  ok(certdir_look(&one, "nowhere", 0) && !one.len, "no directory to look at");

  put("certs/a.pem", "");
  ok(!certdir_read(&b, "certs", 0, why) && !strcmp(why, "certs/a.pem: empty"),
     "an empty file");
  unlink("certs/a.pem");
  put("certs/a.pem", "x");
  truncate("certs/a.pem", BUNDLE_FILE_MAX + 1);
  ok(!certdir_read(&b, "certs", 0, why) &&
         !strcmp(why, "certs/a.pem: File too large"),
     "one that is too long");
  unlink("certs/a.pem");
  mkfifo("certs/a.pem", 0600);
  ok(!certdir_read(&b, "certs", 0, why) &&
         !strcmp(why, "certs/a.pem: not a regular file"),
     "a FIFO does not hold it up");
}

int main(void)
{
  names();
  reading();
  return done();
}
