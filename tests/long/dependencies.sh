#!/usr/bin/env bash
# A service with the drivers pgx and go-redis before the stand-ins, with and without TLS, required and optional; then before real servers
# that are started in the sandbox (Redis, PostgreSQL, etcd), and before one that the operator names with --dep.
set -euo pipefail
cd "$(dirname "$0")/../.."
missing=()
command -v redis-server >/dev/null || missing+=(redis-server)
command -v etcd >/dev/null || missing+=(etcd-server)
[ -d /usr/lib/postgresql ] || missing+=(postgresql)
if [ ${#missing[@]} -gt 0 ]; then
    [ "$(id -u)" = 0 ] || { echo "please install: ${missing[*]}" >&2; exit 1; }
    apt-get update >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null
fi
exec cargo test -p assize --test main -- --ignored dependencies::
