#!/usr/bin/env bash
# Every go.mod in the graphs of twenty large public modules, ten thousand variations of them, versions, paths, notes and records, against
# golang.org/x/mod. Fetches .mod files through the module proxy of the environment, about 60 MB in target/tmp/graphs.
set -euo pipefail
cd "$(dirname "$0")/../.."
./tests/setup.sh
[ -x target/tools/go/bin/go ] && PATH="$PWD/target/tools/go/bin:$PATH"
export PATH
cargo test -p assize-golang --test mod_oracle -- --ignored --nocapture
