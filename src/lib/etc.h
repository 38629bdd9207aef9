/*
 * etc - the files of /etc that give numbers to names: passwd(5), group(5),
 * services(5).  Pure: the text of a file in, numbers out.
 *
 * For the listener, which is a static executable and cannot load the modules
 * of the name service switch.  A line that is not well formed is no line.
 */
#ifndef POSTERN_ETC_H
#define POSTERN_ETC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ETC_MAX (1 << 24) /* bytes in a file */

struct etc_text {
  char const *s;
  size_t len;
};

/* name points into the text. */
struct etc_account {
  struct etc_text name;
  uid_t uid;
  gid_t gid;
};

/* The account of that name or, if name is 0, of that id: 1, or 0. */
extern int etc_account(struct etc_text const *passwd, char const *name,
                       uid_t uid, struct etc_account *a);

/* The group of that name: 1, or 0. */
extern int etc_group(struct etc_text const *group, char const *name,
                     gid_t *gid);

/* The next group from *pos on, which starts as 0, that lists the user as a
   member: 1, or 0 when there are no more. */
extern int etc_member(struct etc_text const *group, size_t *pos,
                      struct etc_text const *user, gid_t *gid);

/* The TCP port of that service, by its name or an alias: 1, or 0. */
extern int etc_port(struct etc_text const *services, char const *name,
                    uint16_t *port);

#endif
