/* Unit test of src/auth/import.c: one row per file. */
#include <stdio.h>
#include <string.h>

#include "import.h"
#include "unit.h"

#define KEYS                                                                   \
  "4096,AA==,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,"                    \
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define SHA512 "$6$0123456789abcdef$x"
#define MD5 "$1$aaaaaaaa$euthSjnYTM2U/WrS8uKZ40" /* of "pw" */
#define DUMP "VERSION=3\nformat=print\ntype=hash\nh_nelem=6\nHEADER=END\n"
#define BYTES "VERSION=3\nformat=bytevalue\ntype=hash\nHEADER=END\n"
#define TIM " tim\\00example.org\\00userPassword\n"

enum { KEEP = 1, IDS = 2, HOME = 4 };

/* What comes out: NAME=PASSWORD;REST or LINE!WHY, a newline after each. */
static struct {
  char const *name;
  enum import_format format;
  int how;
  char const *text;
  char const *want;
} const t[] = {
    {"nothing", IMPORT_DOVECOT, 0, "", ""},
    {"lines", IMPORT_DOVECOT, 0,
     "# x\n\na@b:{CRYPT}" SHA512 ":1:2:g:/h:/s:mail=maildir:~/M x=y:z\nC:\nd:"
     "{SCRAM-SHA-256}" KEYS "\ne:{PLAIN}p w::",
     "a@b=;{CRYPT}" SHA512 ":1:2:g:/h:/s:mail=maildir:~/M x=y:z\n"
     "C=;::::::\nd=;{SCRAM-SHA-256}" KEYS "::::::\ne=;{PLAIN}p w::::::\n"},
    {"no colon", IMPORT_DOVECOT, 0, "a:\nb\nc:\n",
     "a=;::::::\n2!there is no colon\nc=;::::::\n"},
    {"schemes", IMPORT_DOVECOT, 0,
     "a:{SSHA256}x\nb:{SHA512-CRYPT}$5$x\nc:{SCRAM-SHA-256}x\nd:*\n",
     "1!unknown password scheme\n2!the hash is not of the scheme named\n"
     "3!{SCRAM-SHA-256} is not ITERATIONS,SALT,STOREDKEY,SERVERKEY\n"
     "4!not a hash that crypt(3) knows\n"},
    {"schemes kept", IMPORT_DOVECOT, KEEP,
     "a:{SSHA256}x:1:2::/h:\nb:{PLAIN}x\nc:*\nd\n",
     "a=;:1:2::/h::\nb=;{PLAIN}x::::::\nc=;::::::\n4!there is no colon\n"},
    {"ids and homes", IMPORT_DOVECOT, IDS | HOME,
     "Tim@Example.org:\nb::5:6::/h\nc::5\n",
     "Tim@Example.org=;:8:9::/m/example.org/tim::\nb=;:5:6::/h::\n"
     "c=;:5:::/m/c::\n"},
    {"names of directories", IMPORT_DOVECOT, HOME,
     "..:\n.@b:\na@..:\na/b@c:\na@b/../c:\n@b:\na@:\na@b@c:\n...:\n",
     "1!the name cannot be that of a directory\n"
     "2!the name cannot be that of a directory\n"
     "3!the name cannot be that of a directory\n"
     "4!the name cannot be that of a directory\n"
     "5!the name cannot be that of a directory\n"
     "6!the name cannot be that of a directory\n"
     "7!the name cannot be that of a directory\n"
     "a@b@c=;::::/m/c/a@b::\n...=;::::/m/...::\n"},

    {"db_dump -p", IMPORT_SASLDB, 0,
     DUMP TIM " pencil\n anna maria\\00Host\\00userPassword\n te\\\\st, "
              "\\c3\\a4 x\n bob\\00\\00userPassword\n x\nDATA=END\n",
     "tim@example.org=pencil;::::::\n"
     "anna maria@Host=te\\st, \xc3\xa4 x;::::::\nbob=x;::::::\n"},
    {"db_dump", IMPORT_SASLDB, IDS | HOME,
     BYTES " 74696d006578616d706c652e6f7267007573657250617373776f7264\n"
           " 70656e63696c\nDATA=END\n",
     "tim@example.org=pencil;:8:9::/m/example.org/tim::\n"},
    {"an empty dump", IMPORT_SASLDB, 0, DUMP "DATA=END\n", ""},
    {"no end", IMPORT_SASLDB, 0, DUMP TIM " pencil\n",
     "tim@example.org=pencil;::::::\n7!the end is missing\n"},
    {"no data", IMPORT_SASLDB, 0, "VERSION=3\nformat=print\n",
     "2!the end is missing\n"},
    {"half a pair", IMPORT_SASLDB, 0, DUMP TIM, "6!not what db_dump writes\n"},
    {"half a pair and the end", IMPORT_SASLDB, 0, DUMP TIM "DATA=END\n",
     "7!not what db_dump writes\n"},
    {"something behind the end", IMPORT_SASLDB, 0, DUMP "DATA=END\nx\n",
     "7!something follows the end\n"},
    {"two databases", IMPORT_SASLDB, 0,
     DUMP TIM " x\nDATA=END\n" DUMP TIM " y\nDATA=END\n",
     "tim@example.org=x;::::::\n9!something follows the end\n"},
    {"another format", IMPORT_SASLDB, 0,
     "VERSION=3\nformat=other\nHEADER=END\nDATA=END\n", "2!unknown format\n"},
    {"escapes", IMPORT_SASLDB, 0,
     DUMP TIM " a\\0\n" TIM " a\\xy\n" TIM " a\\\n" TIM " a\\0A\nDATA=END\n",
     "6!not what db_dump writes\n8!not what db_dump writes\n"
     "10!not what db_dump writes\n12!not what db_dump writes\n"},
    {"hexadecimal", IMPORT_SASLDB, 0, BYTES " 7\n 70\n 7g\n 70\nDATA=END\n",
     "5!not what db_dump writes\n7!not what db_dump writes\n"},
    {"keys", IMPORT_SASLDB, 0,
     DUMP " tim\n x\n tim\\00h\n x\n \\00h\\00userPassword\n x\n"
          " t@i\\00h\\00userPassword\n x\n tim\\00h\\00userPassword\\00\n x\n"
          " \n x\nDATA=END\n",
     "6!the key is not user, realm and property\n"
     "8!the key is not user, realm and property\n"
     "10!there is no user name\n12!an @ in the name, and a realm\n"
     "14!a property that is not userPassword\n"
     "16!the key is not user, realm and property\n"},
    {"other properties", IMPORT_SASLDB, KEEP,
     DUMP " tim\\00h\\00cmusaslsecretOTP\n x\n" TIM " y\nDATA=END\n",
     "tim@example.org=y;::::::\n"},
    {"passwords", IMPORT_SASLDB, 0,
     DUMP TIM " a\\00b\n" TIM " a\\0ab\n" TIM " \nDATA=END\n",
     "6!a control byte in the password\n8!a control byte in the password\n"
     "10!the password is empty\n"},
    {"passwords, kept", IMPORT_SASLDB, KEEP,
     DUMP TIM " a\\00b\n" TIM " \nDATA=END\n",
     "tim@example.org=;::::::\ntim@example.org=;::::::\n"},
    {"a listing", IMPORT_SASLDB, 0, "tim@h: userPassword\n\n",
     "1!no password in a listing: db_dump -p prints it\n"},
    {"a listing, kept", IMPORT_SASLDB, KEEP,
     "tim@h: userPassword\nann: x@h: userPassword\ntim@h: cmusaslsecretOTP\n\n",
     "tim@h=;::::::\nann: x@h=;::::::\n"},
    {"neither", IMPORT_SASLDB, KEEP, "tim\n: x\ntim:x\ntim: \nVERSION=3\n",
     "1!neither db_dump nor sasldblistusers2 writes that\n"
     "2!neither db_dump nor sasldblistusers2 writes that\n"
     "3!neither db_dump nor sasldblistusers2 writes that\n"
     "4!neither db_dump nor sasldblistusers2 writes that\n"
     "5!neither db_dump nor sasldblistusers2 writes that\n"},

    {"vpasswd", IMPORT_VPOPMAIL, IDS,
     "tim:" MD5 ":0:0:Tim:/v/tim:NOQUOTA\n\n"
     "Ann:" MD5 ":1:0:Ann B:/v/ann:52428800S:pw\nbob::1:0:::NOQUOTA:pw\n"
     "no:" MD5 ":1:0:::NOQUOTA:\n",
     "tim@d.org=;" MD5 ":8:9:Tim:/v/tim::\nAnn@d.org=pw;:8:9:Ann B:/v/ann::\n"
     "bob@d.org=pw;:8:9::::\nno@d.org=;" MD5 ":8:9::::\n"},
    {"homes", IMPORT_VPOPMAIL, HOME, "tim::1:0:::\nann::1:0::/v/ann:\n",
     "tim@d.org=;::::/m/d.org/tim::\nann@d.org=;::::/v/ann::\n"},
    {"flags", IMPORT_VPOPMAIL, 0,
     "a::1:2:::\nb::1:16:::\nc::1:32:::\nd::1:2048:::\ne::1:77:::\n"
     "f::1::::\ng::1:x:::\nh::1:99999999999:::\n",
     "1!gid forbids POP3, SMTP or relaying, or mail bounces\n"
     "2!gid forbids POP3, SMTP or relaying, or mail bounces\n"
     "3!gid forbids POP3, SMTP or relaying, or mail bounces\n"
     "4!gid forbids POP3, SMTP or relaying, or mail bounces\n"
     "e@d.org=;::::::\n6!gid is not a number\n7!gid is not a number\n"
     "8!gid is not a number\n"},
    {"flags, kept", IMPORT_VPOPMAIL, KEEP, "a:" MD5 ":1:2:::\n",
     "a@d.org=;" MD5 "::::::nologin\n"},
    {"two passwords", IMPORT_VPOPMAIL, KEEP, "a:" MD5 ":1:0::::pW\n",
     "1!the hash is not that of the password beside it\n"},
    {"no hash", IMPORT_VPOPMAIL, 0, "a:!" MD5 ":1:0:::\n",
     "1!not a hash that crypt(3) knows\n"},
    {"no hash, kept", IMPORT_VPOPMAIL, KEEP, "a:!:1:0:::\n",
     "a@d.org=;::::::\n"},
    {"fields", IMPORT_VPOPMAIL, KEEP,
     "a:b:1:0::\na:b:1:0:::q:c:\n::1:0:::\n"
     "a@b::1:0:::\n",
     "1!there are not 7 or 8 fields\n2!there are not 7 or 8 fields\n"
     "3!the name is empty, or has a domain\n"
     "4!the name is empty, or has a domain\n"},
};

static void take(char *got, struct import const *i, struct import_user const *u,
                 int r)
{
  got += strlen(got);
  if (r < 0)
    sprintf(got, "%u!%s\n", i->line, i->why);
  else
    sprintf(got, "%s=%.*s;%.*s\n", u->name.s, (int)u->password.len,
            u->password.len ? u->password.s : "", (int)u->rest.len, u->rest.s);
}

int main(void)
{
  for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
    struct import i = {.format = t[k].format,
                       .s = t[k].text,
                       .n = strlen(t[k].text),
                       .domain = "d.org",
                       .uid = t[k].how & IDS ? "8" : 0,
                       .gid = t[k].how & IDS ? "9" : 0,
                       .home = t[k].how & HOME ? "/m" : 0,
                       .keep = t[k].how & KEEP};
    struct import_user u = {0};
    char got[2048] = "";
    int r;

    while ((r = import_next(&i, &u)))
      take(got, &i, &u, r);
    ok(!strcmp(got, t[k].want), t[k].name);
    if (strcmp(got, t[k].want)) printf("# got:\n# %s\n", got);
    import_free(&u);
  }
  ok(import_find("dovecot") == IMPORT_DOVECOT &&
         import_find("sasldb") == IMPORT_SASLDB &&
         import_find("vpopmail") == IMPORT_VPOPMAIL &&
         !import_find("Dovecot") && !import_find(""),
     "names");
  return done();
}
