#!/bin/sh
# Fault test of the store: 1000 recorders and two cleaners, killed with SIGKILL
# at random moments.  On tmpfs, if there is one that we may use.
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

done_testing
