# smtp.sh - postern-smtpd over pipes, after t.sh: it is mx.example.org, who
# relays for local.example, and fakequeue is its queue.
mkdir control q
echo mx.example.org >control/me
echo local.example >control/rcpthosts
queue="$HELPERS/fakequeue q"
L='postern-smtpd:'		# how a line of its log begins,
S='session=t ip=192.0.2.7'	# and what it says of the session

# session [NAME=VALUE...] [-- ARGUMENT...]: standard input is the client.  The
# arguments come after $options.  What differs from run to run in replies and
# log becomes T, P and M.
session() {
	e=
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		e="$e $1"
		shift
	done
	[ $# -eq 0 ] || shift
	rc=0
	# shellcheck disable=SC2086
	env POSTERN_SESSION=t TCPREMOTEIP=192.0.2.7 $e \
		postern-smtpd -q "$queue" ${options-} "$@" >out.raw 2>err.raw || rc=$?
	sed 's/^\(250 2.0.0 ok\) [0-9]* qp [0-9]*/\1 T qp P/; s/\r$//' out.raw >out
	sed 's/ qp=[0-9]*/ qp=P/; s/ ms=[0-9]*/ ms=M/' err.raw >err
}
replies() { # only the codes, in one line
	sed -n 's/^\([0-9][0-9][0-9]\) .*/\1/p' out | tr '\n' ' '
}

codes() { # codes NAME WANTED: of all replies, after those that $before names
	check "$1: $2" [ "$(replies)" = "${before-}${2% } " ]
}
offers() { # offers NAME WANTED: these mechanisms, and once
	check "$1: $2" [ "$(sed -n 's/^250-AUTH //p' out)" = "$2" ]
}
plain=POSTERN_PLAINAUTH=ok
b64() { printf "$1" | base64 -w 0; }
