#!/usr/bin/env bash
# What is too slow for every change: matrices, mutants, kills, whole drills, fuzzing. Runs every script of tests/long/, or the ones named:
#   ./tests/long.sh [NAME…]
# Figures that are worth keeping are recorded in tests/long/FIGURES.md with date and commit.
set -euo pipefail
cd "$(dirname "$0")/.."
./tests/setup.sh
./tests/readers/setup.sh
[ -x target/tools/go/bin/go ] && PATH="$PWD/target/tools/go/bin:$PATH"
export PATH
[ $# -gt 0 ] || set -- $(cd tests/long && ls -- *.sh | sed 's/\.sh$//')
failed=()
for name in "$@"; do
    echo "── $name"
    started=$SECONDS
    "tests/long/$name.sh" || failed+=("$name")
    echo "── $name took $((SECONDS - started)) s"
done
[ ${#failed[@]} = 0 ] || { echo "failed: ${failed[*]}" >&2; exit 1; }
