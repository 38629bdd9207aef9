# tls.sh - what tests of TLS have in common; after t.sh.

make_cert() {	# make_cert NAME: NAME.pem and NAME.key, who signs itself
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$1.key" -out "$1.pem" -subj "/CN=$1" \
		-addext "subjectAltName=DNS:$1" -days 2 2>/dev/null
}
talk() {	# talk STEP...: tests/helpers/talk.py with the server of serve
	run timeout 60 python3 "$TESTS/helpers/talk.py" "$port" \
		mx.example.org.pem "$@"
}
stand_in() {	# stand_in SOCKET CERT KEY [FACT...]: tests/helpers/tlsd.py
		# instead of postern-tlsd; its stderr is SOCKET.log
	mkfifo "$1.ready"
	python3 "$TESTS/helpers/tlsd.py" "$@" >"$1.ready" 2>"$1.log" &
	servers="${servers-} $!"
	trap 'kill -KILL $servers 2>/dev/null' EXIT
	read -r _ <"$1.ready"
}
