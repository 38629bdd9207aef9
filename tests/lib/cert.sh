# cert.sh - certificates for tests, made when they are needed.
make_cert() {	# make_cert NAME: NAME.pem and NAME.key, who signs itself
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$1.key" -out "$1.pem" -subj "/CN=$1" \
		-addext "subjectAltName=DNS:$1" -days 2 2>/dev/null
}
