#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include <cdb.h>

#include "cdbmap.h"

#define TOC 2048 /* bytes of the table of contents, before the first record */

static int init(cdbmap *m, int fd)
{
  m->cdb = malloc(sizeof *m->cdb);
  if (!m->cdb) return 0;
  if (!cdb_init(m->cdb, fd)) return 1;
  free(m->cdb);
  m->cdb = 0;
  return 0;
}

int cdbmap_open_fd(cdbmap *m, int fd) { return init(m, fd); }

int cdbmap_open(cdbmap *m, char const *path)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  int r, e;

  if (fd < 0) return 0;
  r = init(m, fd);
  e = errno;
  close(fd);
  errno = e;
  return r;
}

static unsigned int unpack(struct cdb *c, unsigned int pos)
{
  unsigned char const *p = cdb_get(c, 4, pos);
  return p ? cdb_unpack(p) : 0;
}

/* Does the record at pos lie before the tables, and hash to hash? */
static int check_record(struct cdb *c, unsigned int pos, unsigned int hash)
{
  unsigned int klen, dlen;
  void const *key;

  if (pos < TOC || pos > c->cdb_dend - 8) return 0;
  klen = unpack(c, pos);
  dlen = unpack(c, pos + 4);
  if (klen > c->cdb_dend - 8 - pos) return 0;
  if (dlen > c->cdb_dend - 8 - pos - klen) return 0;
  key = cdb_get(c, klen, pos + 8);
  return key && cdb_hash(key, klen) == hash;
}

static int check_tables(struct cdb *c, size_t records)
{
  size_t found = 0;

  for (unsigned int t = 0; t < 256; t++) {
    unsigned int pos = unpack(c, t * 8), slots = unpack(c, t * 8 + 4);

    if (!slots) continue;
    if (pos < c->cdb_dend || pos > c->cdb_fsize) return 0;
    if (slots > (c->cdb_fsize - pos) / 8) return 0;
    for (unsigned int i = 0; i < slots; i++) {
      unsigned int hash = unpack(c, pos + i * 8);
      unsigned int rec = unpack(c, pos + i * 8 + 4);

      if (!rec) continue;
      if (hash % 256 != t || !check_record(c, rec, hash)) return 0;
      found++;
    }
  }
  return found == records;
}

/* Does a search for the record at hand find it, or an earlier one? */
static int check_search(struct cdb *c)
{
  unsigned int pos = cdb_keypos(c);

  return cdb_find(c, cdb_getkey(c), cdb_keylen(c)) > 0 && cdb_keypos(c) <= pos;
}

static int check(struct cdb *c)
{
  size_t records = 0;
  unsigned int pos;
  int r;

  cdb_seqinit(&pos, c);
  while ((r = cdb_seqnext(&pos, c)) > 0) {
    records++;
    if (!check_search(c)) return 0;
  }
  return !r && pos == c->cdb_dend && check_tables(c, records);
}

static int copy(int to, int from)
{
  ssize_t n;

  do {
    n = sendfile(to, from, 0, 1 << 30);
  } while (n > 0);
  return !n;
}

int cdbmap_load(cdbmap *m, int fd)
{
  int mem = memfd_create("rules", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  int e = 0;

  m->cdb = 0;
  if (mem < 0) return 0;
  if (!copy(mem, fd) ||
      fcntl(mem, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0 ||
      !init(m, mem)) {
    e = errno;
  } else if (!check(m->cdb)) {
    cdbmap_close(m);
    e = EPROTO;
  }
  close(mem);
  errno = e;
  return !e;
}

void cdbmap_close(cdbmap *m)
{
  if (!m->cdb) return;
  m->cdb->cdb_fd = -1;
  cdb_free(m->cdb);
  free(m->cdb);
  m->cdb = 0;
}

int cdbmap_find(cdbmap const *m, char const *key, size_t klen,
                char const **data, size_t *dlen)
{
  int r;

  if (klen > 0xffffff) return 0; /* no such key is ever written */
  r = cdb_find(m->cdb, key, (unsigned int)klen);
  if (r > 0) {
    *dlen = cdb_datalen(m->cdb);
    *data = cdb_getdata(m->cdb);
    if (!*data) r = -1;
  }
  if (r < 0) errno = EPROTO;
  return r;
}

int cdbmap_next(cdbmap const *m, uint32_t *pos, char const **key, size_t *klen,
                char const **data, size_t *dlen)
{
  unsigned int p = *pos ? *pos : TOC;
  int r = cdb_seqnext(&p, m->cdb);

  if (r > 0) {
    *klen = cdb_keylen(m->cdb);
    *key = cdb_getkey(m->cdb);
    *dlen = cdb_datalen(m->cdb);
    *data = cdb_getdata(m->cdb);
    *pos = p;
    if (!*key || !*data) r = -1;
  }
  if (r < 0) errno = EPROTO;
  return r;
}

cdbmap_make *cdbmap_make_start(int fd)
{
  cdbmap_make *mk = malloc(sizeof *mk);

  if (mk && cdb_make_start(mk, fd) < 0) {
    free(mk);
    mk = 0;
  }
  return mk;
}

int cdbmap_make_add(cdbmap_make *mk, char const *key, size_t klen,
                    char const *data, size_t dlen)
{
  if (klen > 0xffffff || dlen > 0xffffff) {
    errno = EINVAL;
    return 0;
  }
  return !cdb_make_add(mk, key, (unsigned int)klen, data, (unsigned int)dlen);
}

int cdbmap_make_finish(cdbmap_make *mk)
{
  int r = !cdb_make_finish(mk);

  mk->cdb_fd = -1; /* finish frees the tables: not twice */
  return r;
}

void cdbmap_make_free(cdbmap_make *mk)
{
  if (!mk) return;
  if (mk->cdb_fd >= 0) cdb_make_finish(mk);
  free(mk);
}
