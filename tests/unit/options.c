/* Unit test of src/accept/options.c: what is accepted; tests/accept has what is
   refused. */
#include <string.h>

#include "addr.h"
#include "options.h"
#include "unit.h"

static struct options parse(char const *const *argv)
{
  struct options o;
  int argc = 0;

  while (argv[argc])
    argc++;
  options_parse(&o, argc, argv);
  return o;
}

#define PARSE(...) parse((char const *const[]){__VA_ARGS__, 0})

int main(void)
{
  struct options o = PARSE("/x/tcpserver", "0", "25", "prog", "-v");
  ip46 ip;

  ok(o.classic && !strcmp(o.prog, "tcpserver") && o.hosts && !o.paranoid &&
         o.info && !o.drain && o.limit == 40 && o.backlog == 20 &&
         o.timeout == 26 && o.verbosity == 1 && o.kill_options && !*o.refusal &&
         !strcmp(o.prog_argv[1], "-v"),
     "0.88's defaults");
  o = PARSE("postern-tcpserver", "0", "25", "prog");
  ok(!o.classic && !o.hosts && o.paranoid && !o.info && o.drain == 60 &&
         !o.refusal && !o.per_ip && !o.rate_most,
     "our defaults");
  o = PARSE("postern-tcpserver", "-h", "0", "25", "prog");
  ok(o.hosts && o.paranoid, "names must point back");
  o = PARSE("postern-tcpserver", "-hP", "0", "25", "prog");
  ok(o.hosts && !o.paranoid, "unless they need not");
  o = PARSE("postern-tcpserver", "-p", "0", "25", "prog");
  ok(o.hosts && o.paranoid, "-p asks for names");
  o = PARSE("postern-tcpserver", "-pH", "0", "25", "prog");
  ok(!o.hosts, "-H does not");
  o = PARSE("tcpserver", "-HRv1", "-c5", "-C", "3", "-j", "10/60", "-x", "r",
            "-t", "9", "-T7", "-b", "1", "-l0", "-B", "b", "-m", "no", "-N",
            "4", "-f0", "-k", "-o", "-D", "-X", "h", "p", "prog");
  ok(!o.hosts && !o.info && o.verbosity == 2 && o.print_port && o.limit == 5 &&
         o.per_ip == 3 && o.rate_most == 10 && o.rate_seconds == 60 &&
         !strcmp(o.rules, "r") && o.timeout == 9 && o.drain == 7 &&
         o.backlog == 1 && !strcmp(o.local_host, "0") &&
         !strcmp(o.banner, "b") && !strcmp(o.refusal, "no") &&
         o.ready_fd == 4 && o.nadopt == 1 && !o.adopt[0] && o.keep &&
         !o.kill_options && o.no_delay && o.may_be_missing &&
         !strcmp(o.host, "h") && !strcmp(o.port, "p"),
     "every option");
  o = PARSE("t", "-y", "10.0.0.0/8", "-y", "2001:db8::/32", "-y", "192.0.2.1",
            "-a", "a:1", "-a", "b:2", "0", "0", "prog");
  ok(o.nnets == 3 && o.nmore == 2 && !strcmp(o.more[1], "b:2"), "repeated");
  addr_scan("10.1.2.3", &ip);
  ok(options_trusts(&o, &ip), "in a network");
  addr_scan("192.0.2.1", &ip);
  ok(options_trusts(&o, &ip), "the address");
  addr_scan("192.0.2.2", &ip);
  ok(!options_trusts(&o, &ip), "its neighbour");
  return done();
}
