#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "errtext.h"

static struct {
  int number;
  char const *text;
} const table[] = {
    {EINTR, "interrupted system call"},
    {ENOMEM, "out of memory"},
    {ENOENT, "file does not exist"},
    {ETXTBSY, "text busy"},
    {EIO, "input/output error"},
    {ETIMEDOUT, "timed out"},
    {EAGAIN, "temporary failure"},
    {EPIPE, "broken pipe"},
    {EPERM, "permission denied"},
    {EACCES, "access denied"},
    {EPROTO, "protocol error"},
    {EISDIR, "is a directory"},
    {E2BIG, "argument list too long"},
    {ENOEXEC, "exec format error"},
    {EBADF, "file descriptor not open"},
    {ENOTDIR, "not a directory"},
    {EINVAL, "invalid argument"},
    {ENFILE, "system cannot open more files"},
    {EMFILE, "process cannot open more files"},
    {ENOTSOCK, "not a socket"},
    {EPROTONOSUPPORT, "protocol not supported"},
    {EOPNOTSUPP, "operation not supported"},
    {EAFNOSUPPORT, "address family not supported"},
    {EADDRINUSE, "address already used"},
    {EADDRNOTAVAIL, "address not available"},
    {ENETDOWN, "network down"},
    {ENETUNREACH, "network unreachable"},
    {ECONNABORTED, "connection aborted"},
    {ECONNRESET, "connection reset"},
    {ENOBUFS, "out of buffer space"},
    {ENOTCONN, "not connected"},
    {ECONNREFUSED, "connection refused"},
    {ELOOP, "symbolic link loop"},
    {ENAMETOOLONG, "file name too long"},
    {EHOSTUNREACH, "host unreachable"},
};

char const *errtext(int e)
{
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (table[i].number == e) return table[i].text;
  return strerror(e);
}
