#!/bin/sh
# Chain test: TLS and AUTH as real clients see them, in the home that
# postern-conf makes; with the chain fused, and with every word executed.
. "$TESTS/lib/t.sh"
. "$TESTS/chain/demo.sh"

clients() {	# clients NAME
	check "$1: the home comes up" demo || return
	for what in clients service; do
		mkdir "$1-$what"
		run sh -c "cd '$1-$what' && exec python3 '$TESTS/chain/tls-$what.py' '$PWD/demo/env'"
		cp out "$1-$what.out"
		sed -n 's/^ok [0-9]* - \(.*\) # SKIP/# skipped: \1:/p' out
		check "$1: tls-$what.py" [ "$rc" = 0 ] && check "$1: none failed" lacks '^not ok' out
		rm -rf "$1-$what"
	done
	check "$1: it stops, and leaves nobody" finish TERM
}

clients fused
POSTERN_FUSE=0
export POSTERN_FUSE
clients executed
remove_demo
done_testing
