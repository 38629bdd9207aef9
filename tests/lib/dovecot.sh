# dovecot.sh - a Dovecot of the test's own, after t.sh: no port, no file outside
# the directory, and the user who runs the test, root or not.  It authenticates
# and does nothing else.
#
#   mkdir d && echo 'joe:{PLAIN}secret' >d/users
#   dovecot d            start, wait until it answers
#   ... d/run/auth-client
#   dovecot_stop         stop, wait until it is gone
#
# d/users is a passwd-file.  d/extra.conf, if it is there, is included last;
# dovecot_mechanisms are those it offers; dovecot_log is its log.
dovecot_mechanisms='plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256'

dovecot_there() {	# is it installed?
	command -v dovecot >/dev/null
}

dovecot_conf() {	# dovecot_conf DIR USER GROUP: its configuration
	cat <<-EOF
		base_dir = $1/run
		state_dir = $1/run
		log_path = $1/log
		instance_name = test
		protocols =
		ssl = no
		default_internal_user = $2
		default_internal_group = $3
		default_login_user = $2
		auth_mechanisms = $dovecot_mechanisms
		auth_failure_delay = 0
		disable_plaintext_auth = no
		passdb {
		  driver = passwd-file
		  args = $1/users
		}
		userdb {
		  driver = static
		  args = uid=$2 gid=$3 home=/nonexistent
		}
		service auth {
		  user = $2
		  chroot =
		  unix_listener auth-client {
		    mode = 0666
		  }
		  unix_listener auth-userdb {
		    mode = 0600
		  }
		}
		service anvil {
		  chroot =
		  # no delay that grows with an address's failures
		  unix_listener anvil-auth-penalty {
		    mode = 0
		  }
		}
		service stats {
		  chroot =
		}
		!include_try $1/extra.conf
	EOF
}

dovecot_greets() {	# dovecot_greets SOCKET PID: until it does; 0 if it will
	python3 - "$@" <<-'EOF'
		import os, socket, sys, time
		end = time.monotonic() + 30
		while time.monotonic() < end:
		    s = socket.socket(socket.AF_UNIX)
		    s.settimeout(30)
		    try:
		        s.connect(sys.argv[1])
		        got = b""
		        while b"\nDONE\n" not in got:
		            got += s.recv(4096) or sys.exit(1)
		        sys.exit(0)
		    except OSError:
		        os.kill(int(sys.argv[2]), 0)
		        time.sleep(0.02)
		sys.exit(1)
	EOF
}

dovecot() {
	case $1 in /*) dovecot_dir=$1 ;; *) dovecot_dir=$PWD/$1 ;; esac
	dovecot_log=$dovecot_dir/log
	dovecot_conf "$dovecot_dir" "$(id -un)" "$(id -gn)" >"$dovecot_dir/conf"
	command dovecot -F -c "$dovecot_dir/conf" >"$dovecot_dir/out" 2>&1 &
	dovecot_pid=$!
	servers="${servers-} $dovecot_pid"
	trap 'kill -KILL $servers 2>/dev/null' EXIT
	dovecot_greets "$dovecot_dir/run/auth-client" "$dovecot_pid" || {
		echo "Bail out! Dovecot did not start"
		sed 's/^/#   /' "$dovecot_dir/out" "$dovecot_log"
		exit 1
	}
}

dovecot_stop() {
	# an authentication process stays while it has clients
	dovecot_children=$(cat "/proc/$dovecot_pid/task/$dovecot_pid/children")
	kill -TERM "$dovecot_pid" && wait "$dovecot_pid"
	kill -KILL $dovecot_children 2>/dev/null || :
}
