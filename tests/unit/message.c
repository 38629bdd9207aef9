/* Unit test of src/queue/message.c. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "message.h"
#include "unit.h"

static struct {
  char const *name;
  char const *text;
  int want;
} const t[] = {
    {"one", "Delivered-To: bob@a.example\n\nbody\n", 1},
    {"case", "From: x\nDELIVERED-TO:BOB@A.example \n\n", 1},
    {"no newline", "Delivered-To: bob@a.example", 1},
    {"CR LF", "Delivered-To: bob@a.example\r\n\r\nx\r\n", 1},
    {"the second", "Delivered-To: e@a\nDelivered-To: bob@a.example\n\n", 1},
    {"in the body", "From: x\n\nDelivered-To: bob@a.example\n", 0},
    {"in it, CR LF", "F: x\r\n\r\nDelivered-To: bob@a.example\r\n", 0},
    {"longer", "Delivered-To: bob@a.example.org\n\n", 0},
    {"longer before", "Delivered-To: xbob@a.example\n\n", 0},
    {"another field", "X-Delivered-To: bob@a.example\n\n", 0},
    {"no colon", "Delivered-To bob@a.example\n\n", 0},
    {"only the name", "Delivered-To\n\n", 0},
    {"no value", "Delivered-To:\n\n", 0},
    {"no header", "\nDelivered-To: bob@a.example\n", 0},
    {"nothing", "", 0},
};

static char byte_at(size_t i) { return (char)(i * 2654435761u >> 13); }

/* n bytes through a pipe or a file, and out again. */
static int passes(size_t n, int through_pipe)
{
  struct message m;
  char *buf = malloc(n + 1);
  int fd[2], out, good;

  for (size_t i = 0; i < n; i++)
    buf[i] = byte_at(i);
  if (through_pipe) {
    pipe(fd);
    if (!fork()) {
      for (size_t i = 0; i < n;)
        i += (size_t)write(fd[1], buf + i, n - i);
      _exit(0);
    }
    close(fd[1]);
  } else {
    fd[0] = open("in", O_RDWR | O_CREAT | O_TRUNC, 0600);
    write(fd[0], buf, n);
    lseek(fd[0], 0, SEEK_SET);
  }
  good = message_read(&m, fd[0], ".") == MESSAGE_OK && m.hlen + m.tlen == n;
  close(fd[0]);
  if (through_pipe) wait(0);
  for (int twice = 0; twice < 2; twice++) {
    out = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);
    good &= message_write(&m, out, "Lines\n", 6);
    good &= (size_t)lseek(out, 0, SEEK_CUR) == n + 6;
    lseek(out, 6, SEEK_SET);
    memset(buf, 0, n);
    good &= read(out, buf, n + 1) == (ssize_t)n;
    for (size_t i = 0; i < n; i++)
      good &= buf[i] == byte_at(i);
    close(out);
  }
  free(buf);
  free(m.head);
  if (m.tail >= 0) close(m.tail);
  return good;
}

int main(void)
{
  static size_t const sizes[] = {0,
                                 1,
                                 65536,
                                 MESSAGE_HEAD_MAX - 1,
                                 MESSAGE_HEAD_MAX,
                                 MESSAGE_HEAD_MAX + 1,
                                 3 * 1048576 + 17};

  for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
    struct message m = {(char *)t[i].text, strlen(t[i].text), -1, 0};

    ok(message_was_delivered_to(&m, "Bob@a.example") == t[i].want, t[i].name);
  }
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    char name[64];

    sprintf(name, "%zu bytes", sizes[i]);
    ok(passes(sizes[i], 1) && passes(sizes[i], 0), name);
  }
  {
    struct message m;
    int fd = open(".", O_RDONLY);

    ok(message_read(&m, fd, ".") == MESSAGE_READ, "a directory");
    free(m.head);
    close(fd);
    fd = open("in", O_RDONLY);
    ok(message_read(&m, fd, "nonexistent") == MESSAGE_CREATE,
       "no directory for the rest");
    free(m.head);
    close(fd);
  }
  ok(!access("in", F_OK) && access("postern.*", F_OK), "no file is left");
  return done();
}
