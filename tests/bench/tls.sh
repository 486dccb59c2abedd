#!/usr/bin/env bash
# One listener on loopback, by the prober and by sslscan in the same run, and the evaluation of seccomp filters; medians of twenty. Needs
# sslscan (Debian: sslscan) and Go. Figures beside this script.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v sslscan >/dev/null || { echo "please install: sslscan" >&2; exit 1; }
echo '| what | wall |'
echo '|---|---|'
cargo test --release --locked -p assize-runtime --lib --quiet -- --ignored --nocapture tls::against::one_listener 2>/dev/null | grep '^|'
cargo test --release --locked -p assize-runtime --lib --quiet -- --nocapture every_call_of_every_numbering 2>/dev/null | grep '^|'
