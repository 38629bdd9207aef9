/*
 * Fuzz target of src/accept/ident.c: a name that is taken is short, printable
 * and stood in the line.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ident.h"

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t n)
{
  char info[IDENT_INFO_MAX + 1];
  size_t len;

  if (!ident_parse((char const *)data, n, 6193, 23, info)) return 0;
  len = strnlen(info, sizeof info);
  if (!len || len > IDENT_INFO_MAX || n > IDENT_LINE_MAX) abort();
  for (size_t i = 0; i < len; i++)
    if (info[i] < 0x21 || info[i] > 0x7e) abort();
  if (!memmem(data, n, info, len)) abort();
  return 0;
}
