#!/usr/bin/env bash
# Ten public repositories at pinned versions, fetched from the module proxy of the environment, examined with --layer source,
# and held against tests/public-expected.toml. About 1 GB in target/public; the table is printed and left in target/public/rows.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
./tests/setup.sh
[ -x target/tools/go/bin/go ] && PATH="$PWD/target/tools/go/bin:$PATH"
export PATH
cargo test -p assize --test main -- --ignored --exact public::public_repositories_get_no_wrong_finding --nocapture
