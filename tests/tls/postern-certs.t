#!/bin/sh
# Program test of postern-certs: its contract.
. "$TESTS/lib/t.sh"

usage='postern-certs: usage: postern-certs [ -w days ] directory'
run postern-certs
is 'no directory' 100 '' "$usage"
run postern-certs -w x certs
is 'no number' 100 '' "$usage"
run postern-certs certs
is 'not there' 111 '' \
	'postern-certs: fatal: unable to read certs: No such file or directory'
mkdir certs
# Seconds after it was made, a day of it may be gone.
certs() {
	run postern-certs "$@"
	sed -i 's/Z 29 /Z 30 /; s/Z 99 /Z 100 /' out
}
run postern-certs certs
is 'nothing in it' 1 'bad - - - certs: no certificate' ''

make() {	# make FILE DAYS CN NAMES: certificate and key in one file
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout key -out cert -subj "/CN=$3" ${4:+-addext "subjectAltName=$4"} \
		-days "$2" 2>openssl.log && cat cert key >"$1"
}
ends() { date -u -d "$(openssl x509 -in "$1" -noout -enddate | sed 's/.*=//')" +%Y-%m-%dT%H:%M:%SZ; }

make certs/default.pem 100 mx.a.example 'DNS:mx.a.example,DNS:*.b.example,IP:127.0.0.1'
make certs/c.example.pem 30 c.example
certs certs
is 'a line for each: the names are those that count' 0 \
	"good $(ends certs/c.example.pem) 30 c.example certs/c.example.pem c.example
good $(ends certs/default.pem) 100 default certs/default.pem mx.a.example,*.b.example" ''
certs -w 60 certs
is 'fewer days left than wanted' 1 \
	"soon $(ends certs/c.example.pem) 30 c.example certs/c.example.pem c.example
good $(ends certs/default.pem) 100 default certs/default.pem mx.a.example,*.b.example" ''

rm certs/*
mkdir certs/d.example
make both 100 d.example 'DNS:d.example'
cp cert certs/d.example/fullchain.pem
cp key certs/d.example/privkey.pem
certs certs
is 'a folder, as certbot has' 0 \
	"good $(ends cert) 100 d.example certs/d.example/fullchain.pem d.example" ''

make certs/e.example.pem 100 e.example
make other 100 other
cp key certs/d.example/privkey.pem
cp cert certs/f.example.pem
certs certs
is 'what is bad does not hide the others' 1 \
	"bad - - - certs/d.example/privkey.pem: the key is not that of the first certificate
good $(ends certs/e.example.pem) 100 e.example certs/e.example.pem e.example
bad - - - certs/f.example.pem: no key" ''

rm -r certs/*
make certs/g.pem 100 g
cp certs/g.pem certs/g.ecdsa.pem
certs certs
check 'two of one type: the whole is bad' [ "$rc" = 1 ]
check 'and says which' grep -q '^bad - - - certs/g.pem: ' out

rm certs/*
make certs/g.pem 100 g
openssl req -new -key key -subj /CN=g -out csr
: >index
echo 01 >serial
cat >ca.cnf <<'EOC'
[ca]
default_ca=d
[d]
database=index
serial=serial
new_certs_dir=.
default_md=sha256
policy=p
[p]
commonName=supplied
EOC
openssl ca -batch -config ca.cnf -selfsign -keyfile key -in csr -out cert -notext \
	-startdate 20200101000000Z -enddate 20210101000000Z 2>openssl.log
cat cert key >certs/g.pem
certs certs
check 'one that has ended' [ "$rc" = 1 ]
check 'its day' grep -q '^expired 2021-01-01T00:00:00Z -[0-9]* g certs/g.pem g$' out
rm index*
: >index
openssl ca -batch -config ca.cnf -selfsign -keyfile key -in csr -out cert -notext \
	-startdate 20900101000000Z -enddate 20910101000000Z 2>openssl.log
cat cert key >certs/g.pem
certs certs
check 'one that has not begun' [ "$(cut -d' ' -f1,2,4- out)" = \
	'early 2091-01-01T00:00:00Z g certs/g.pem g' ]
done_testing
