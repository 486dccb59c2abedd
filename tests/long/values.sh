#!/usr/bin/env bash
# Random programs that set a server's TLS floor in all the ways of shapes.toml, run by Go, against what `assize facts` tells: values.sh [COUNT [SEED]]
set -euo pipefail
cd "$(dirname "$0")/../.."
./tests/setup.sh
[ -x target/tools/go/bin/go ] && PATH="$PWD/target/tools/go/bin:$PATH"
export PATH
cargo build --release --quiet --locked
target="${CARGO_TARGET_DIR:-target}"
exec python3 tests/values/play.py "$target/release/assize" "$target/values" "${1:-3000}" "${2:-1}"
