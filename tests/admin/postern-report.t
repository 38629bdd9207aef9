#!/bin/sh
# Program test of postern-report: its contract, each of its forms, and the logs
# that s6-log makes.  tests/admin/report/ holds a log and what is told of it.
. "$TESTS/lib/t.sh"

usage='postern-report: usage: postern-report [ -j | -H ] [ -n rows ] [ -d day ] [ logdir | file ... ]'
r=$TESTS/admin/report

golden() {	# golden NAME FILE RC OPTION...
	name=$1 file=$2 want=$3
	shift 3
	run postern-report "$@" "$r/log"
	check "$name" [ "$rc" = "$want" ]
	check "$name: no word to stderr" [ ! -s err ]
	check "$name: as it was" cmp "$r/$file" out
}
refused() {	# refused NAME OPTION...
	name=$1
	shift
	run postern-report "$@" </dev/null
	is "$name" 100 '' "$usage"
}

refused 'an unknown option' -z
refused 'rows that are no number' -n 1x
refused 'a day that is none' -d today
refused 'one that does not exist' -d 2026-02-30
refused 'one before all' -d 1970-01-01
refused 'one with a tail' -d 2026-11-220

golden text text 1
golden 'all rows, one day' day 1 -n 0 -d 2026-11-22
# a longer name has its line for itself
check '80 columns' sh -c "! sed '/^  [^ ]\{27,\}$/d' '$r/text' | grep '.\{81\}'"
golden JSON json 1 -j
golden page html 1 -H
for c in '<script' 'src=' 'href=' '@import' 'url(' '<b>'; do
	check "the page has no $c" sh -c "! grep -qF '$c' out"
done
check 'JSON is JSON' python3 -c 'import json, sys
for line in open(sys.argv[1]):
    json.loads(line)' "$r/json"
check 'the page is well-formed' python3 - out <<'E2'
import html.parser, sys

class Page(html.parser.HTMLParser):
    stack = []
    def handle_starttag(self, tag, attrs):
        if tag not in ('meta', 'br'):
            self.stack.append(tag)
    def handle_startendtag(self, tag, attrs):
        assert tag == 'rect'
    def handle_endtag(self, tag):
        while self.stack and self.stack[-1] != tag:
            assert self.stack.pop() in ('p', 'dt', 'dd', 'td', 'th', 'tr')
        assert self.stack.pop() == tag
page = Page()
page.feed(open(sys.argv[1]).read())
page.close()
assert not page.stack, page.stack
E2

run postern-report <"$r/log"
check 'stdin' cmp "$r/text" out
run postern-report - <"$r/log"
check 'stdin by its name' cmp "$r/text" out
run postern-report </dev/null
check 'nothing: exit 0' [ "$rc" = 0 ]
check 'zero is printed' grep -qx '  relayed without a reason: 0' out
sed '/relay=env/d' "$r/log" >no-env
run postern-report -d 2026-11-21 no-env
check 'no finding: exit 0' [ "$rc" = 0 ]
run postern-report none "$r/log"
check 'a log that is not there' [ "$rc" = 111 ]
check 'is told' [ "$(cat err)" = \
	'postern-report: warning: none: No such file or directory' ]
check 'the others are read' cmp "$r/text" out

# s6-log: rotated, with each of its times
sed 's/^@[0-9a-f]* //' "$r/log" >bare
figures() {	# what does not depend on the time
	postern-report -j "$@" | sed 's/,"\(from\|to\|clock\|first\|last\)":"[^"]*"//g
		s/,"judged":[0-9]*//' |
		grep -v '"hour"\|"habit"'
}
figures bare >want
for t in t T 't T' ''; do
	rm -rf d
	# shellcheck disable=SC2086
	s6-log -b $t n20 s4096 ./d <bare
	check "s6-log $t: several files" [ "$(ls d/@*.s | wc -l)" -ge 2 ]
	figures d >got
	check "s6-log $t: the same figures" cmp want got
	case $t in T) clock='local time' ;; *) clock=UTC ;; esac
	check "s6-log $t: the clock is named" sh -c "postern-report d |
		sed -n '1p' | grep -q ', $clock\$'"
done
now=$(date +%s)
s6-log -b t n20 s4096 ./now <bare
said=$(postern-report -j now | sed -n '1s/.*"to":"\([^"]*\)".*/\1/p')
said=$(date -u -d "$said" +%s)
check 'its times are UTC' [ "$said" -ge "$((now - 1))" ]
check 'and not in the future' [ "$said" -le "$(date +%s)" ]
gzip -c <bare >"d/@40000000000000000000000a.s"
run postern-report d
check 'a compressed file' [ "$rc" = 111 ]
check 'is named' [ "$(cat err)" = \
	'postern-report: warning: d/@40000000000000000000000a.s: it is compressed' ]

# its arithmetic, by somebody else
for seed in 1 2 3 4 5; do
	run python3 "$TESTS/admin/count.py" $seed
	check "counted twice, $seed" [ "$rc" = 0 ]
	check "counted twice, $seed: enough" [ "$(wc -l <log)" -gt 2000 ]
done

# what postern-smtpd logs is what is read: a session for each right
mkdir control q
echo mx.example.org >control/me
echo local.example >control/rcpthosts
smtp() {	# smtp REASON RECIPIENT...: a message by that right
	reason=$1
	shift
	{
		printf '%s\r\n' 'EHLO c' 'MAIL FROM:<a@b.example>'
		printf 'RCPT TO:<%s>\r\n' "$@"
		printf '%s\r\n' DATA 'Message-ID: <m@x>' '' hi . QUIT
	} | env TCPREMOTEIP=192.0.2.7 ${reason:+RELAYCLIENT= RELAYREASON="$reason"} \
		postern-smtpd -q "$HELPERS/fakequeue q" >/dev/null 2>>smtp.log
}
smtp '' x@local.example x@foreign.example
smtp rule:192.0.2. y@foreign.example x@local.example
smtp grant:roam@local.example y@foreign.example z@foreign.example
run postern-report -j smtp.log
want() {	# want LINE: of the report, without the times
	check "$1" grep -qF "$1" out
}
want '"sessions":3,"messages":3,"recipients":5,"bytes":75,"refused":1,"wrong":0'
want '{"kind":"right","name":"local","messages":1,"recipients":2,"bytes":25}'
want '{"kind":"rule","name":"192.0.2.","messages":1,"recipients":1,"bytes":25,'
want '{"kind":"grant","name":"roam@local.example","messages":1,"recipients":2,'
want '{"kind":"address","name":"192.0.2.7","messages":3,"recipients":5,'
want '{"kind":"refusal","name":"rcpthosts",'
want '{"kind":"finding","finding":"unexplained","recipients":0}'
check 'the session tells the time' [ "$(date -u -d "$(sed -n \
	'1s/.*"from":"\([^"]*\)".*/\1/p' out)" +%s)" -ge "$now" ]
smtp nonsense x@foreign.example
run postern-report -j smtp.log
want '{"kind":"finding","finding":"unexplained","recipients":1}'
check 'is a finding' [ "$rc" = 1 ]

# postern-log(5) names each event that the sources name
sed -nE 's/.*(log_start|log_event|smtp_log)\(.*, "([a-z]+)"(, .*)?\);.*/\2/p' \
	"$TOP"/src/*/*.c | sort -u >events
check 'the sources have events' [ "$(wc -l <events)" -gt 15 ]
while read -r e; do
	check "postern-log has $e" \
		grep -qE "^\.It (.*, )?$e( |,|\$)" "$TOP/doc/man/postern-log.5"
done <events
done_testing
