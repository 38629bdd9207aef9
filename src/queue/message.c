#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include <skalibs/allreadwrite.h>

#include "message.h"
#include "text.h"

#define CHUNK 1048576

static ssize_t read_some(int fd, char *s, size_t n)
{
  ssize_t r;

  do
    r = read(fd, s, n);
  while (r < 0 && errno == EINTR);
  return r;
}

/* For file systems that know no O_TMPFILE. */
static int open_and_unlink(char const *tmpdir)
{
  char path[4096];
  size_t n = strlen(tmpdir);
  int fd;

  if (n + 16 > sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(path, tmpdir, n);
  memcpy(path + n, "/postern.XXXXXX", 16);
  fd = mkostemp(path, O_CLOEXEC);
  if (fd >= 0) unlink(path);
  return fd;
}

static int open_unnamed(char const *tmpdir)
{
  int fd = open(tmpdir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
    fd = open_and_unlink(tmpdir);
  return fd;
}

/* For what splice(2) cannot read: not a pipe. */
static enum message_result copy_rest(struct message *m, int fd)
{
  char buf[65536];
  ssize_t n;

  while ((n = read_some(fd, buf, sizeof buf)) > 0) {
    if (allwrite(m->tail, buf, (size_t)n) < (size_t)n) return MESSAGE_WRITE;
    m->tlen += (uint64_t)n;
  }
  return n < 0 ? MESSAGE_READ : MESSAGE_OK;
}

static enum message_result splice_rest(struct message *m, int fd)
{
  for (;;) {
    ssize_t n = splice(fd, 0, m->tail, 0, CHUNK, SPLICE_F_MOVE);

    if (!n) return MESSAGE_OK;
    if (n > 0) {
      m->tlen += (uint64_t)n;
    } else if (errno == EINVAL) {
      return copy_rest(m, fd);
    } else if (errno != EINTR) {
      return MESSAGE_WRITE;
    }
  }
}

enum message_result message_read(struct message *m, int fd, char const *tmpdir)
{
  ssize_t n;

  *m = (struct message){malloc(MESSAGE_HEAD_MAX), 0, -1, 0};
  if (!m->head) return MESSAGE_MEMORY;
  while (m->hlen < MESSAGE_HEAD_MAX) {
    n = read_some(fd, m->head + m->hlen, MESSAGE_HEAD_MAX - m->hlen);
    if (n < 0) return MESSAGE_READ;
    if (!n) return MESSAGE_OK;
    m->hlen += (size_t)n;
  }
  m->tail = open_unnamed(tmpdir);
  if (m->tail < 0) return MESSAGE_CREATE;
  return splice_rest(m, fd);
}

static int write_tail(struct message const *m, int fd)
{
  uint64_t left = m->tlen;
  off_t offset = 0;

  while (left) {
    ssize_t n = sendfile(fd, m->tail, &offset, left < CHUNK ? left : CHUNK);

    if (n < 0 && errno == EINTR) continue;
    if (!n) errno = EIO; /* the file was longer a moment ago */
    if (n <= 0) return 0;
    left -= (uint64_t)n;
  }
  return 1;
}

int message_write(struct message const *m, int fd, char const *lines, size_t n)
{
  struct iovec v[2] = {{(char *)lines, n}, {m->head, m->hlen}};

  if (allwritev(fd, v, 2) < n + m->hlen) return 0;
  return m->tail < 0 || write_tail(m, fd);
}

/* The value of a field of that name, without blanks around it; 0 if the line
   is no such field. */
static char const *field_value(char const *line, char const *end,
                               char const *name, size_t *len)
{
  size_t n = strlen(name);

  if ((size_t)(end - line) <= n || !text_equal(line, n, name, n)) return 0;
  line += n;
  if (*line++ != ':') return 0;
  while (line < end && (*line == ' ' || *line == '\t'))
    line++;
  while (end > line && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
    end--;
  *len = (size_t)(end - line);
  return line;
}

int message_was_delivered_to(struct message const *m, char const *address)
{
  char const *s = m->head, *end = m->head + m->hlen;
  size_t alen = strlen(address);

  while (s < end) {
    char const *nl = memchr(s, '\n', (size_t)(end - s)), *value;
    size_t vlen;

    if (!nl) nl = end;
    if (nl == s || (nl == s + 1 && *s == '\r')) return 0;
    value = field_value(s, nl, "Delivered-To", &vlen);
    if (value && text_equal(value, vlen, address, alen)) return 1;
    s = nl < end ? nl + 1 : end;
  }
  return 0;
}
