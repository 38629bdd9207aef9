# postern-why and a session say the same of every client: thousands of them, in
# configurations made by chance.  tests/admin/agree.py
. "$TESTS/lib/t.sh"

for seed in 1 2; do
	run python3 "$TESTS/admin/agree.py" $seed 20 62
	sed 's/^/# /' out
	check "seed $seed" [ $rc = 0 ]
	check "seed $seed: enough of them" \
		grep -qE '^[0-9]{4} cases, 0 disagree$' out
	rm -rf c[0-9]*
done
done_testing
