# gateway.sh - a default gateway for a test, after t.sh: in a network namespace
# of the test's own, if that can be had, so that the routes are the test's; else
# the one that this machine has, if it has one.
#
# gateway is its address, gateway_is own or machine.  In a namespace of its own
# the test begins a second time.
gateway=10.99.0.1
routes="ip link set lo up && ip link add v0 type veth peer name v1 &&
	ip link set v0 up && ip link set v1 up &&
	ip addr add 10.99.0.9/24 dev v0 && ip -6 addr add fd00:99::9/64 dev v0 &&
	ip route add default via $gateway dev v0 onlink &&
	ip -6 route add default via fd00:99::1 dev v0 onlink"
if [ -z "${gateway_is-}" ]; then
	export gateway_is=own
	unshare -rn sh -c "$routes" >/dev/null 2>&1 && exec unshare -rn sh "$0"
	gateway_is=machine
fi
if [ "$gateway_is" = own ]; then
	eval "$routes"
else
	gateway=$(ip -4 route show default 2>/dev/null |
		sed -n 's/^default via \([0-9.]*\) .*/\1/p;q')
	[ -n "$gateway" ] || { echo '1..0 # SKIP no default gateway'; exit 0; }
fi
echo "# $gateway_is gateway: $gateway"

from() {	# from ADDRESS [LINE...]: be a client with that address, as the PROXY
		# header says, of the server at port; each LINE waits for one
		# of the server's.  What it says then is printed.
	python3 - "$port" "$@" <<-'EOF'
		import socket, sys
		port, ip, *lines = sys.argv[1:]
		s = socket.create_connection(("127.0.0.1", int(port)), 30)
		four, six = "PROXY TCP4 %s 192.0.2.9 4 25\r\n", "PROXY TCP6 %s 2001:db8::2 4 25\r\n"
		s.sendall(((six if ":" in ip else four) % ip).encode())
		said = s.makefile()
		for line in lines:
		    said.readline()
		    s.sendall((line + "\r\n").encode())
		print(said.read(), end="")
	EOF
}
