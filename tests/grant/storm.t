#!/bin/sh
# Fault test of the store: 1000 recorders and two cleaners, killed with SIGKILL
# at random moments; and counters.  On tmpfs, if there is one that we may use.
. "$TESTS/lib/t.sh"

dir=$(mktemp -d /dev/shm/postern.XXXXXX 2>/dev/null) || dir=$PWD
trap 'rm -rf "$dir"' EXIT

for kind in make make-sharded; do
	postern-grants "$dir/$kind" $kind
	run "$HELPERS/storm" "$dir/$kind" 1000
	check "$kind: no live record lost, no dead one fresh" \
		[ "$rc" = 0 -a "$(cat out)" = 'missing 0 dead 0 lost 0 early 0' ]
	check "$kind: cleaned, no garbage is left" \
		[ -z "$(find "$dir/$kind" -name '.new*')" ]
	run postern-clean "$dir/$kind"
	is "$kind: cleaned again: nothing to say" 0 '' ''
done

for kind in make make-sharded; do
	postern-grants "$dir/count-$kind" $kind
	run "$HELPERS/tally" "$dir/count-$kind" 8 200 0
	is "$kind: eight count to 200 each" 0 'counted 1600, recorded 1600' ''
	postern-grants "$dir/kill-$kind" $kind
	run "$HELPERS/tally" "$dir/kill-$kind" 8 20 300
	check "$kind: killed while they count, no count is lost" [ "$rc" = 0 ]
	check "$kind: and no garbage is left" \
		[ -z "$(find "$dir/kill-$kind" -name '.new*')" ]
done

done_testing
