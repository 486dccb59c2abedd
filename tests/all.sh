#!/usr/bin/env bash
# Every check of a change: formatting, lints, all tests. Under 15 minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."
./tests/setup.sh
./tests/readers/setup.sh
[ -x target/tools/go/bin/go ] && PATH="$PWD/target/tools/go/bin:$PATH"
export PATH
started=$SECONDS

cargo fmt --check
cargo clippy --workspace --all-targets --quiet -- -D warnings
./sample-deliverables/build.sh
cargo test --workspace --no-fail-fast
echo "all checks took $((SECONDS - started)) s"
