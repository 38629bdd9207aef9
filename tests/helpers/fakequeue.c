/*
 * fakequeue DIRECTORY [EXIT [TEXT]] - a queue program for tests.
 *
 * Stores what descriptor 0 and then descriptor 1 bring as DIRECTORY/message
 * and DIRECTORY/envelope, and some variables of its environment as
 * DIRECTORY/env; writes TEXT to descriptor 4; exits with EXIT.  EXIT may also
 * be "crash", "early" (at once, with 0), "early31" (at once) or "hang" (after
 * the envelope, until killed), "daemon" (leaves a child that keeps the
 * descriptors).  An envelope that does not end as it should: 54, and nothing
 * stored, as qmail-queue does.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *slurp(int fd, size_t *len)
{
  char *buf = 0;
  ssize_t n;

  *len = 0;
  do {
    buf = realloc(buf, *len + 65536);
    if (!buf) _exit(51);
    n = read(fd, buf + *len, 65536);
    if (n < 0) _exit(54);
    *len += (size_t)n;
  } while (n);
  return buf;
}

static void store(char const *dir, char const *name, char const *s, size_t n)
{
  char path[512];
  FILE *f;

  snprintf(path, sizeof path, "%s/%s", dir, name);
  f = fopen(path, "w");
  if (!f || fwrite(s, 1, n, f) != n || fclose(f)) _exit(53);
}

static void store_env(char const *dir)
{
  static char const *const names[] = {"RELAYCLIENT",
                                      "RELAYREASON",
                                      "SMTPAUTHUSER",
                                      "SMTP_AUTH_USER",
                                      "SMTPAUTHMETHOD",
                                      "TCPREMOTEINFO",
                                      "AUTHUSER",
                                      "AUTHPROTOCOL",
                                      "POSTERN_SESSION",
                                      "POSTERN_TLS",
                                      "SSL_PROTOCOL",
                                      "SSL_CIPHER",
                                      "SSL_TLS_SNI_SERVERNAME",
                                      "SSL_CLIENT_S_DN",
                                      "POSTERN_CERT_SHA256",
                                      "POSTERN_TLS_EXPORTER",
                                      "POSTERN_TLS_ENDPOINT",
                                      "UCSPITLS",
                                      "SSLCTLFD",
                                      "SSLREADFD",
                                      "SSLWRITEFD"};
  char buf[4096];
  size_t n = 0;

  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char const *x = getenv(names[i]);
    if (x)
      n += (size_t)snprintf(buf + n, sizeof buf - n, "%s=%s\n", names[i], x);
  }
  store(dir, "env", buf, n);
}

int main(int argc, char **argv)
{
  char const *dir = argc > 1 ? argv[1] : ".", *how = argc > 2 ? argv[2] : "0";
  size_t mlen, elen;
  char *message, *envelope;

  if (!strcmp(how, "early")) return 0;
  if (!strcmp(how, "early31")) return 31;
  message = slurp(0, &mlen);
  envelope = slurp(1, &elen);
  if (elen < 3 || envelope[0] != 'F' || envelope[elen - 1] ||
      envelope[elen - 2])
    return 54;
  store_env(dir);
  store(dir, "message", message, mlen);
  store(dir, "envelope", envelope, elen);
  if (argc > 3 && write(4, argv[3], strlen(argv[3])) < 0) return 81;
  if (!strcmp(how, "crash")) raise(SIGKILL);
  if (!strcmp(how, "hang")) pause();
  if (!strcmp(how, "daemon")) {
    if (!fork()) {
      sleep(30);
      _exit(0);
    }
    return 0;
  }
  return atoi(how);
}
