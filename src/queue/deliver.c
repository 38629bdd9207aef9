#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/stralloc.h>

#include "deliver.h"

static int make_lines(stralloc *sa, char const *sender, char const *address)
{
  return stralloc_copys(sa, "Return-Path: <") && stralloc_cats(sa, sender) &&
         stralloc_cats(sa, ">\nDelivered-To: ") && stralloc_cats(sa, address) &&
         stralloc_cats(sa, "\n");
}

static void make_name(char name[MAILDIR_NAME_FMT], unsigned int sequence)
{
  char host[MAILDIR_HOST_MAX + 1] = "localhost";
  struct timespec now;

  clock_gettime(CLOCK_REALTIME, &now);
  gethostname(host, sizeof host - 1);
  maildir_name(name, &now, getpid(), sequence, host);
}

static enum deliver_result prepare(struct delivery *d, struct message const *m,
                                   stralloc const *lines)
{
  if (!maildir_begin(&d->file, d->maildir, d->name)) return DELIVER_CREATE;
  if (!message_write(m, d->file.fd, lines->s, lines->len)) return DELIVER_WRITE;
  if (!maildir_keep(&d->file)) return DELIVER_WRITE;
  return DELIVER_OK;
}

static enum deliver_result prepare_all(struct delivery *d, size_t n,
                                       struct message const *m,
                                       char const *sender, size_t *failed)
{
  stralloc lines = STRALLOC_ZERO;
  enum deliver_result r = DELIVER_OK;

  for (size_t i = 0; i < n && !r; i++) {
    *failed = i;
    make_name(d[i].name, (unsigned int)i);
    r = make_lines(&lines, sender, d[i].address) ? prepare(d + i, m, &lines)
                                                 : DELIVER_MEMORY;
  }
  stralloc_free(&lines);
  return r;
}

static int is_synced(struct delivery const *d, size_t i)
{
  for (size_t j = 0; j < i; j++)
    if (!strcmp(d[j].maildir, d[i].maildir)) return 1;
  return 0;
}

static enum deliver_result publish_all(struct delivery *d, size_t n,
                                       size_t *failed)
{
  for (size_t i = 0; i < n; i++) {
    *failed = i;
    if (!maildir_publish(&d[i].file)) return DELIVER_PUBLISH;
  }
  for (size_t i = 0; i < n; i++) {
    *failed = i;
    if (!is_synced(d, i) && !maildir_sync(d[i].maildir)) return DELIVER_WRITE;
  }
  return DELIVER_OK;
}

enum deliver_result deliver(struct delivery *d, size_t n,
                            struct message const *m, char const *sender,
                            size_t *failed)
{
  enum deliver_result r;
  int e;

  for (size_t i = 0; i < n; i++)
    d[i].file = (struct maildir_message){.fd = -1};
  r = prepare_all(d, n, m, sender, failed);
  if (!r) r = publish_all(d, n, failed);
  if (!r) return r;
  e = errno;
  for (size_t i = 0; i < n; i++)
    maildir_undo(&d[i].file);
  errno = e;
  return r;
}
