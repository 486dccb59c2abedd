#!/usr/bin/env bash
# The TLS prober against sslyze, sslscan and testssl.sh, point by point: Go and OpenSSL servers of every range of versions, one with a hole,
# one with one suite and two groups. Versions by all three; suites and groups of TLS 1.3 by sslyze.
set -euo pipefail
cd "$(dirname "$0")/../.."
missing=()
for need in sslscan:sslscan testssl:testssl.sh openssl:openssl; do
    command -v "${need%%:*}" >/dev/null || missing+=("${need##*:}")
done
if [ "${#missing[@]}" -gt 0 ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null
    else
        echo "please install: ${missing[*]}" >&2
        exit 1
    fi
fi
venv=target/tools/sslyze
[ -x "$venv/bin/sslyze" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet "sslyze==6.*"; }
export ASSIZE_SSLYZE="$PWD/$venv/bin/sslyze"
cargo test --release --locked -p assize-runtime --lib -- --ignored --nocapture tls::against::established_scanners
