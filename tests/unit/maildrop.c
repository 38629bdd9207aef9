/* Unit test of src/pop3/maildrop.c, on Maildirs in the test's directory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "maildrop.h"
#include "unit.h"

static void put(char const *path, char const *text)
{
  int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

  write(fd, text, strlen(text));
  close(fd);
}

static int there(char const *path) { return !access(path, F_OK); }

/* The unique-ids in order, with a blank after each. */
static int order_is(struct maildrop const *m, char const *want)
{
  char uid[MAILNAME_UID_MAX];
  size_t len = 0;

  for (size_t i = 0; i < maildrop_count(m); i++) {
    size_t n = maildrop_uid(m, i, uid);

    if (strncmp(want + len, uid, n) || want[len + n] != ' ') return 0;
    len += n + 1;
  }
  return !want[len];
}

static uint64_t octets(struct maildrop *m, size_t i)
{
  uint64_t u;
  return maildrop_octets(m, i, &u) ? u : UINT64_MAX;
}

static void fill(void)
{
  mkdir("box", 0700);
  mkdir("box/new", 0700);
  mkdir("box/cur", 0700);
  mkdir("box/tmp", 0700);
  put("box/new/200.a.h", "a\nb\n");          /* 6 */
  put("box/cur/1000.b.h:2,S", "a\r\nb\r\n"); /* 6 */
  put("box/cur/100.c.h,S=2,W=3:2,", "c\n");  /* told: 3 */
  put("box/cur/101.d.h,S=9,W=10:2,", "d\n"); /* a lie: 3 */
  put("box/cur/102.e.h,W=9999:2,", "e\n");   /* impossible: 3 */
  put("box/cur/strange:2,", "f");            /* no time; 3 */
  put("box/cur/200.A.h:2,S", "");            /* 0 */
  put("box/new/.hidden", "x");
  mkdir("box/cur/300.dir.h:2,", 0700);
  symlink("/etc/passwd", "box/cur/301.link.h:2,");
}

static void snapshot(void)
{
  static uint64_t const want[] = {3, 3, 3, 3, 0, 6, 6};
  struct maildrop m;
  uint64_t sum;
  int sizes = 1;

  ok(maildrop_open(&m, "box"), "open");
  ok(order_is(&m, "strange 100.c.h,S=2,W=3 101.d.h,S=9,W=10 102.e.h,W=9999 "
                  "200.A.h 200.a.h 1000.b.h "),
     "by time, then by name; files only");
  for (size_t i = 0; i < 7; i++)
    sizes &= octets(&m, i) == want[i];
  ok(sizes, "octets on the wire; ,W= when it can be true");
  ok(maildrop_total(&m, &sum) == 7 && sum == 24, "the total");

  put("box/new/50.late.h", "x");
  ok(maildrop_count(&m) == 7, "what arrives later is invisible");
  maildrop_delete(&m, 0);
  maildrop_delete(&m, 6);
  ok(!maildrop_has(&m, 0) && maildrop_has(&m, 1) && maildrop_marked(&m) == 2,
     "deleted messages are marked");
  maildrop_reset(&m);
  ok(maildrop_has(&m, 0) && !maildrop_marked(&m), "and unmarked");
  maildrop_delete(&m, 0);
  maildrop_close(&m);
  ok(there("box/cur/strange:2,") && there("box/new/200.a.h"),
     "without commit nothing has changed");
  unlink("box/new/50.late.h");
}

static void meanwhile(void)
{
  struct maildrop m;
  char c;
  int fd;

  maildrop_open(&m, "box");
  rename("box/new/200.a.h", "box/cur/200.a.h:2,RS");
  rename("box/cur/1000.b.h:2,S", "box/cur/1000.b.h:2,");
  unlink("box/cur/102.e.h,W=9999:2,");
  fd = maildrop_read(&m, 5);
  ok(fd != -1 && read(fd, &c, 1) == 1 && c == 'a', "renamed: found again");
  close(fd);
  ok(maildrop_read(&m, 3) == -1 && errno == ENOENT, "removed: gone");
  ok(!maildrop_has(&m, 3) && octets(&m, 3) == UINT64_MAX, "for good");
  maildrop_delete(&m, 6);
  maildrop_delete(&m, 0);
  unlink("box/cur/strange:2,");
  ok(maildrop_commit(&m) == 0, "commit, one of them gone already");
  ok(!there("box/cur/1000.b.h:2,"), "a renamed file is removed");
  ok(there("box/cur/200.a.h:2,RS"), "another keeps its name");
  maildrop_close(&m);
}

static void to_cur(void)
{
  struct maildrop m;

  put("box/new/400.a.h", "new");
  put("box/new/401.a.h:2,S", "new");
  put("box/new/402.a.h", "new");
  put("box/cur/402.a.h:2,", "old");
  maildrop_open(&m, "box");
  ok(maildrop_count(&m) == 8, "new messages");
  {
    char one[MAILNAME_UID_MAX], two[MAILNAME_UID_MAX];
    size_t n = maildrop_uid(&m, 6, one);

    ok(n == 7 && !memcmp(one, "402.a.h", 7) && maildrop_uid(&m, 7, two) == 65,
       "no two have the same unique-id");
  }
  ok(maildrop_commit(&m) == 0, "commit");
  ok(there("box/cur/400.a.h:2,") && !there("box/new/400.a.h"),
     "what is left of new/ is in cur/");
  ok(there("box/cur/401.a.h:2,S"), "with its flags if it has any");
  ok(there("box/new/402.a.h") && there("box/cur/402.a.h:2,"),
     "nothing is overwritten");
  maildrop_close(&m);
}

/* Two sessions on one mailbox: each sees its own end of it. */
static void two(void)
{
  struct maildrop a, b;

  put("box/new/500.a.h", "x");
  put("box/new/501.a.h", "x");
  maildrop_open(&a, "box");
  maildrop_open(&b, "box");
  maildrop_delete(&a, maildrop_count(&a) - 2);
  maildrop_delete(&b, maildrop_count(&b) - 2);
  maildrop_delete(&b, maildrop_count(&b) - 1);
  ok(maildrop_commit(&a) == 0 && there("box/cur/501.a.h:2,"),
     "the first session deletes one and moves the other");
  ok(maildrop_commit(&b) == 0 && !there("box/cur/501.a.h:2,"),
     "the second deletes both, wherever they are");
  maildrop_close(&a);
  maildrop_close(&b);
}

static void failures(void)
{
  struct maildrop m;
  struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

  ok(!maildrop_open(&m, "nowhere") && errno == ENOENT, "no Maildir");
  maildrop_close(&m);
  mkdir("half", 0700);
  mkdir("half/new", 0700);
  ok(!maildrop_open(&m, "half") && errno == ENOENT, "no cur/");
  maildrop_close(&m);

  put("box/cur/600.a.h:2,", "x");
  maildrop_open(&m, "box");
  maildrop_delete(&m, maildrop_count(&m) - 1);
  unlink("box/cur/600.a.h:2,");
  mkdir("box/cur/600.a.h:2,", 0700); /* not even root can unlink that */
  ok(maildrop_commit(&m) == 1 && errno, "what cannot be removed is counted");
  maildrop_close(&m);

  put("box/tmp/1.a.h", "x");
  put("box/tmp/2.a.h", "x");
  utimensat(AT_FDCWD, "box/tmp/1.a.h", old, 0);
  maildrop_open(&m, "box");
  maildrop_close(&m);
  ok(!there("box/tmp/1.a.h") && there("box/tmp/2.a.h"),
     "what failed deliveries left in tmp/ long ago is removed");
}

int main(void)
{
  fill();
  snapshot();
  meanwhile();
  to_cur();
  two();
  failures();
  return done();
}
