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
tls_service() {	# tls_service SOCKET [OPTION...]: postern-tlsd itself, with the
		# certificate of mx.example.org for everybody; leaves service,
		# its keeper
	service=$1
	shift
	[ -d certs ] || mkdir certs
	cat mx.example.org.pem mx.example.org.key >certs/default.pem
	[ "$(id -u)" != 0 ] || set -- -u 65534 -g 65534 "$@"
	mkfifo "$service.ready"
	postern-tlsd -d 3 "$@" "$service" certs 3>"$service.ready" 2>"$service.log" &
	set -- "$service"
	service=$!
	servers="${servers-} $service"
	trap 'kill -KILL $servers 2>/dev/null' EXIT
	read -r _ <"$1.ready"
}
