#!/bin/sh
# What stands on the wire: protocols, certificates, resumption, bytes.
exec python3 -B "$TESTS/tls/wire.py"
