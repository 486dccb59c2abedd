#!/usr/bin/env bash
# Random programs of the kinds in tests/values/told/, run by Go, against what `assize facts` tells of them: told.sh [COUNT [SEED]]
set -euo pipefail
cd "$(dirname "$0")/../.."
./tests/setup.sh
[ -x target/tools/go/bin/go ] && PATH="$PWD/target/tools/go/bin:$PATH"
export PATH
cargo build --release --quiet --locked
target="${CARGO_TARGET_DIR:-target}"
for kind in signals routes clients logs; do
    python3 tests/values/tell.py "$target/release/assize" "$target/told" "$kind" "${1:-500}" "${2:-1}"
done
