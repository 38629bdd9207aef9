/*
 * aliases - other names of mailboxes (doc/man/postern-aliases.5).
 *
 *   address: target[, target ...]
 *   @domain: target[, target ...]      whoever has no mailbox there
 *
 * aliases_parse and aliases_expand are pure.  Addresses are compared in lower
 * case, ASCII letters only, and come out in lower case.
 */
#ifndef POSTERN_ALIASES_H
#define POSTERN_ALIASES_H

#include <stddef.h>

#include <skalibs/genalloc.h>
#include <skalibs/stralloc.h>

#define ALIASES_FILE_MAX 4194304 /* bytes in the file */
#define ALIASES_ADDR_MAX 1000    /* bytes in an address; qmail's limit */
#define ALIASES_TARGETS_MAX 1000 /* in a line */
#define ALIASES_DEPTH_MAX 16     /* aliases of aliases */
#define ALIASES_STEPS_MAX 5000   /* names looked at for one address */

/* Members are private. */
struct aliases {
  stralloc text;    /* addresses, each with its NUL */
  genalloc entries; /* sorted by address */
};

#define ALIASES_ZERO                                                           \
  {                                                                            \
    STRALLOC_ZERO, GENALLOC_ZERO                                               \
  }

struct aliases_error {
  size_t line;     /* counted from 1; 0: the file as a whole */
  char const *why; /* a constant string */
};

/*
 * Parse the n bytes of a file.  1; 0 with *e if a line is not well formed or
 * an address stands twice; -1 with errno if memory ran out.  aliases_free in
 * any case.
 */
extern int aliases_parse(struct aliases *a, char const *s, size_t n,
                         struct aliases_error *e);

/* Read the file and parse it; -1 with errno (ENOENT ...) if it cannot be. */
extern int aliases_load(struct aliases *a, char const *path,
                        struct aliases_error *e);

extern void aliases_free(struct aliases *a);

/* The targets of that very address, or of @domain: NUL-terminated strings, one
   after the other.  How many; 0 if it is no alias. */
extern size_t aliases_find(struct aliases const *a, char const *addr, size_t n,
                           char const **targets);

/* The line in the file of that very address, or of @domain; 0 if it is no
   alias. */
extern size_t aliases_line(struct aliases const *a, char const *addr, size_t n);

/* The same as aliases_find for @domain of an address; 0 if it has no domain. */
extern size_t aliases_find_domain(struct aliases const *a, char const *addr,
                                  size_t n, char const **targets);

enum aliases_result {
  ALIASES_OK,
  ALIASES_LOOP,     /* an alias of itself, by way of another */
  ALIASES_TOO_MANY, /* a limit above */
  ALIASES_ERROR,    /* errno: no memory, or what exists() left */
};

/*
 * Who gets mail for that address?  In this order: its alias, the mailbox of
 * that name, the alias of its domain.  A line that names its own address among
 * the targets means the mailbox: "bob@a.example: bob@a.example, log@a.example"
 * keeps a copy.
 *
 * exists(name, length, data) says whether there is a mailbox: 1, 0, or -1 with
 * errno.  Names that have one are appended to mailboxes, names that are neither
 * mailbox nor alias to unknown; each once, in lower case, with its NUL.
 */
typedef int aliases_exists(char const *, size_t, void *);
extern enum aliases_result aliases_expand(struct aliases const *a,
                                          char const *addr, size_t n,
                                          aliases_exists *exists, void *data,
                                          stralloc *mailboxes,
                                          stralloc *unknown);

#endif
