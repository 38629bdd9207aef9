# demo.sh - the demo, started and stopped by a test; after t.sh.
# demo: start it on free ports, wait until it is ready, and read its env file.
# finish SIGNAL: stop it, which must succeed and leave nobody.
# remove_demo: what stands elsewhere because root started it.
export PYTHONDONTWRITEBYTECODE=1
: >out
: >err
for needed in s6-svscan python3 openssl; do
	command -v $needed >out || {
		echo "1..0 # SKIP needs $needed"
		exit 0
	}
done
demo() {
	SMTP_PORT=0 SUBMISSION_PORT=0 SUBMISSIONS_PORT=0 POP3_PORT=0 POP3S_PORT=0 \
		HOME_DIR=$PWD/demo sh "$TOP/package/demo" >demo.out 2>demo.err &
	pid=$!
	until [ -e demo/ready ]; do
		kill -0 $pid || return 1
		sleep 0.1
	done
	. ./demo/env
}
finish() {
	kill -"$1" $pid && wait $pid && [ ! -e demo/ready ] && nobody
}
nobody() {	# nothing that was started from our home runs any more
	for s in "$STATE"/service/* "$STATE"/service/*/log; do
		! s6-svok "$s" || return 1
	done
	! grep -lsz -e "${STATE%home}[h]ome" /proc/[0-9]*/cmdline | grep -q .
}
remove_demo() {
	[ "${STATE#"$PWD"/}" != "$STATE" ] || rm -rf "${STATE%/*}"
}
trap 'kill $pid 2>/dev/null; wait' EXIT
