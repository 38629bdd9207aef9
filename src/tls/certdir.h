/*
 * certdir - the directory of certificates, read as bytes.  What is in the files
 * is not looked at here (certset.h).
 *
 *   NAME.pem    certificate, chain and key in one file
 *   NAME/       a folder with fullchain.pem and privkey.pem, as certbot has
 *
 * NAME is a host name, *.HOST for the names one level below, or "default"; a
 * suffix .rsa, .ecdsa or .ed25519 tells keys of different types apart and is no
 * part of it.  Names that begin with a dot, and files that do not end with
 * .pem, are none of ours.
 */
#ifndef POSTERN_CERTDIR_H
#define POSTERN_CERTDIR_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#include "bundle.h"

#define CERTDIR_ENTRIES 4096 /* at most */
#define CERTDIR_WHY 1024     /* bytes of a reason */

/*
 * Append to bundle every certificate of dir, and the file clients if it is not
 * 0, in the order of their names.  1; or 0, and why says in one line, with the
 * path first, what is wrong.  Whoever calls wipes the bundle.
 */
extern int certdir_read(stralloc *bundle, char const *dir, char const *clients,
                        char why[CERTDIR_WHY]);

/*
 * What can be seen without reading: overwritten with device, inode, size and
 * times of each file.  The same bytes, the same files.  0 without memory.
 */
extern int certdir_look(stralloc *seen, char const *dir, char const *clients);

/* The name of a directory entry.  1; 0: none of ours; -1: no host name. */
extern int certdir_name(char name[BUNDLE_NAME_MAX + 1], char const *entry,
                        int folder);

#endif
