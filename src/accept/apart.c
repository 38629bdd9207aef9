#include <errno.h>
#include <sys/mman.h>

#include "apart.h"

/* Before what the caller gets: how much to unmap. */
union header {
  size_t size;
  max_align_t align;
};

void *apart_alloc(size_t size)
{
  union header *h;

  if (size > (size_t)-1 / 2) {
    errno = ENOMEM;
    return 0;
  }
  size += sizeof *h;
  h = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (h == MAP_FAILED) return 0;
  madvise(h, size, MADV_DONTFORK);
  h->size = size;
  return h + 1;
}

void apart_free(void *p)
{
  union header *h = p;

  if (h) munmap(h - 1, h[-1].size);
}
