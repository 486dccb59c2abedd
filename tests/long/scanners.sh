#!/usr/bin/env bash
# The TLS prober against sslyze, sslscan and testssl.sh, point by point: Go and OpenSSL servers of every range of versions, one with a hole,
# one with one suite and two groups. Versions by all three; suites and groups of TLS 1.3 by sslyze.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/need.sh
need sslscan:sslscan testssl:testssl.sh openssl:openssl
venv=target/tools/sslyze
[ -x "$venv/bin/sslyze" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet "sslyze==6.*"; }
export ASSIZE_SSLYZE="$PWD/$venv/bin/sslyze"
cargo test --release --locked -p assize-runtime --lib -- --ignored --nocapture tls::against::established_scanners
