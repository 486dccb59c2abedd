#!/usr/bin/env bash
# Runs every fuzz target of tests/fuzz for its share of SECONDS (default 1500) under the address sanitizer, beginning with the committed corpus:
#   tests/long/fuzz.sh [SECONDS [TARGET…]]
# A panic, an input that takes more than ten seconds (of a sanitized build) or more than 1 GiB ends it with the input kept in tests/fuzz/artifacts.
# Needs a nightly toolchain (rustup toolchain install nightly --profile minimal).
set -euo pipefail
cd "$(dirname "$0")/../.."
version=0.13.2
tools="$PWD/target/tools/cargo-fuzz"
[ -x "$tools/bin/cargo-fuzz" ] || cargo install --quiet --locked --root "$tools" "cargo-fuzz@$version"
PATH="$tools/bin:$PATH"
rustup toolchain list | grep -q '^nightly' || { echo "fuzz: a nightly toolchain is needed" >&2; exit 1; }
seconds=${1:-1500}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- $(cd tests/fuzz/targets && ls -- *.rs | sed 's/\.rs$//')
share=$((seconds / $#))
[ "$share" -gt 0 ] || share=1
cargo +nightly fuzz build --fuzz-dir tests/fuzz >/dev/null
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
for target in "$@"; do
    # What is found stays out of the committed corpus.
    grown="target/fuzz-corpus/$target"
    mkdir -p "$grown"
    if ! cargo +nightly fuzz run --fuzz-dir tests/fuzz "$target" "$grown" "tests/fuzz/corpus/$target" -- \
        -max_total_time="$share" -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=1024 -max_len=65536 -print_final_stats=1 >"$log" 2>&1; then
        tail -n 60 "$log" >&2
        echo "fuzz: $target failed" >&2
        exit 1
    fi
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    slowest=$(sed -n 's/^stat::slowest_unit_time_sec: *//p' "$log")
    peak=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")
    echo "| $target | $runs | $slowest s | $peak MiB |"
done
