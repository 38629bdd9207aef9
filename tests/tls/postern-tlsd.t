#!/bin/sh
# Program test of postern-tlsd: how it starts, reloads, survives and ends.
exec python3 -B "$TESTS/tls/service.py"
