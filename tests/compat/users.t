#!/bin/sh
# What Dovecot and Cyrus SASL store of a password is good here, and what we
# store is good for Dovecot.
. "$TESTS/lib/t.sh"
umask 077

uid=$(id -u) gid=$(id -g)
if [ "$uid" = 0 ]; then uid=12345 gid=12346; fi

lets_in() { # lets_in USER PASSWORD
	printf '%s\0%s\0\0' "$1" "$2" >fd3
	run postern-checkpassword -p users.cdb true 3<fd3
	[ "$rc" = 0 ]
}
keeps_out() { # keeps_out USER PASSWORD
	lets_in "$@"
	[ "$rc" = 1 ]
}
compile() {
	run postern-passwd compile users users.cdb mailboxes.cdb
	check "$1" [ "$rc" = 0 ]
}
skip() { # skip COUNT WHY
	for i in $(seq "$1"); do
		n=$((n + 1))
		echo "ok $n # SKIP $2"
	done
}

# --- Dovecot
schemes='CRYPT SHA512-CRYPT SHA256-CRYPT MD5-CRYPT BLF-CRYPT PLAIN CLEARTEXT
CRAM-MD5 HMAC-MD5 SCRAM-SHA-256'
secret='corr ect h0rse'
if command -v doveadm >/dev/null; then
	# without a configuration of its own doveadm reads the system's
	: >dovecot.conf
	dovepw() { doveadm -c dovecot.conf pw "$@"; }
	for s in $schemes; do
		r=
		case $s in CRYPT | BLF-CRYPT) r='-r 5' ;; esac
		echo "$s@example.org:$(dovepw $r -s "$s" -p "$secret"):$uid:$gid::/::" >>passwd
	done
	rm -f users
	run postern-passwd import dovecot passwd
	check 'doveadm pw: all are taken' [ "$rc" = 0 ]
	compile 'and compiled'
	for s in $schemes; do
		check "$s: the password" lets_in "$s@example.org" "$secret"
		check "$s: another" keeps_out "$s@example.org" "$secret."
	done
	echo "x:$(dovepw -s SSHA512 -p "$secret")" >passwd
	run postern-passwd import -p dovecot passwd
	is 'a scheme that we do not have' 100 '' \
		'postern-passwd: error: passwd:1: unknown password scheme
postern-passwd: fatal: passwd has 1 error, nothing was written'

	for s in yescrypt bcrypt sha512crypt scram-sha-256 cram-md5 plain; do
		rm -f users
		echo "$secret" | postern-passwd add -s $s -c -n "$(
			case $s in yescrypt) echo 1 ;; bcrypt) echo 4 ;; sha512crypt) echo 1000 ;; *) echo 0 ;; esac)" u
		run dovepw -t "$(sed -n 's/^u:\([^:]*\):.*/\1/p' users)" -p "$secret"
		check "doveadm pw -t: our $s" [ "$rc" = 0 ]
		run dovepw -t "$(sed -n 's/^u:\([^:]*\):.*/\1/p' users)" -p "$secret."
		check "doveadm pw -t: our $s, another password" [ "$rc" != 0 ]
		case $s in yescrypt | plain)
			for f in scram_sha_256:SCRAM-SHA-256 cram_md5:CRAM-MD5; do
				v=$(sed "s/.*${f%:*}=\([^ ]*\).*/\1/" users)
				run dovepw -t "{${f#*:}}$v" -p "$secret"
				check "doveadm pw -t: our field ${f%:*}" [ "$rc" = 0 ]
				run dovepw -t "{${f#*:}}$v" -p "$secret."
				check "and another password" [ "$rc" != 0 ]
			done ;;
		esac
	done
else
	skip 43 'no doveadm'
fi

# --- Cyrus SASL
if command -v saslpasswd2 >/dev/null && command -v db_dump >/dev/null; then
	sasl() { # sasl USER REALM PASSWORD
		printf '%s\n' "$3" | saslpasswd2 -p -c -f ./sasldb2 -u "$2" "$1"
	}
	sasl tim example.org "$secret"
	sasl ann Example.NET 'back\slash, comma = \c3'
	sasl uml example.org "$(printf 'z\303\244h')"
	rm -f users
	for o in -p ''; do
		rm -f users
		db_dump $o sasldb2 >dump
		run postern-passwd import -n 1 -u $uid -g $gid sasldb dump
		is "db_dump $o" 0 '' ''
		check 'everybody' [ "$(wc -l <users)" = 3 ]
		sed 's/{CRYPT}[^:]*//' users >keys
		for f in users keys; do
			[ $f = users ] || mv $f users
			compile "$f are good"
			check 'tim' lets_in tim@example.org "$secret"
			check 'tim, another' keeps_out tim@example.org "$secret."
			check 'ann' lets_in ann@example.net 'back\slash, comma = \c3'
			check 'uml' lets_in uml@example.org "$(printf 'z\303\244h')"
		done
		check 'uml, in another spelling, which a hash would not take' \
			lets_in uml@example.org "$(printf 'za\314\210h')"
	done
	sasldblistusers2 -f ./sasldb2 >listing
	run postern-passwd import -p sasldb listing
	check 'a listing alone' [ "$rc" = 100 ]
	run postern-passwd import -p -k sasldb listing
	check 'a listing, kept' sh -c 'sort out | diff - want >&2' \
		"$(printf '%s\n' ann@Example.NET:::::::  tim@example.org::::::: \
			uml@example.org::::::: >want)"
else
	skip 28 'no saslpasswd2 or no db_dump'
fi

done_testing
