/* tlsoptions - a command line; postern-tlsd.t has the wrong ones. */
#include "tlsoptions.h"

#include <string.h>
#include <unistd.h>

#include "unit.h"

int main(void)
{
  char const *const few[] = {"postern-tlsd", "s", "certs", 0};
  char const *const all[] = {"postern-tlsd",
                             "-q",
                             "-u",
                             "a",
                             "-g",
                             "b",
                             "-r",
                             "c",
                             "-m",
                             "640",
                             "-c",
                             "2",
                             "-H3",
                             "-t",
                             "4",
                             "-w",
                             "5",
                             "-T",
                             "0",
                             "-k",
                             "7",
                             "-v",
                             "d",
                             "-d",
                             "9",
                             "--",
                             "s",
                             "certs",
                             0};
  struct tlsoptions o;

  tlsoptions_parse(&o, 3, few);
  ok(!strcmp(o.socket, "s") && !strcmp(o.certs, "certs"), "two words");
  ok(!o.user && !o.group && !o.root && !o.clients && o.ready == -1 &&
         !o.quiet && o.mode == 0666 && o.sessions == 1000 &&
         o.handshakes == 50 && o.deadline == 60 && o.idle == 3600 &&
         o.drain == 60 && o.rotation == 3600,
     "the defaults");
  dup2(0, 9);
  tlsoptions_parse(&o, sizeof all / sizeof *all - 1, all);
  ok(!strcmp(o.user, "a") && !strcmp(o.group, "b") && !strcmp(o.root, "c") &&
         !strcmp(o.clients, "d") && o.ready == 9 && o.quiet && o.mode == 0640 &&
         o.sessions == 2 && o.handshakes == 3 && o.deadline == 4 &&
         o.idle == 5 && !o.drain && o.rotation == 7,
     "every option");
  return done();
}
