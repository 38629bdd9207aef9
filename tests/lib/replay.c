/* replay - run a fuzz target over the files named on the command line. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

extern int LLVMFuzzerTestOneInput(uint8_t const *, size_t);

static int replay(char const *path)
{
  FILE *f = fopen(path, "rb");
  uint8_t *buf = 0;
  size_t len = 0, n;

  if (!f) return perror(path), 1;
  do {
    uint8_t *more = realloc(buf, len + 65536);
    if (!more) return perror("realloc"), 1;
    buf = more;
    len += n = fread(buf + len, 1, 65536, f);
  } while (n);
  fclose(f);
  {
    /* exactly as long as the input: a sanitizer sees a read past its end */
    uint8_t *tight = malloc(len ? len : 1);
    if (!tight) return perror("malloc"), 1;
    for (size_t i = 0; i < len; i++)
      tight[i] = buf[i];
    LLVMFuzzerTestOneInput(tight, len);
    free(tight);
  }
  free(buf);
  return 0;
}

int main(int argc, char **argv)
{
  int bad = 0;

  for (int i = 1; i < argc; i++)
    bad |= replay(argv[i]);
  printf("1..1\n%sok 1 - %d inputs\n", bad ? "not " : "", argc - 1);
  return bad;
}
