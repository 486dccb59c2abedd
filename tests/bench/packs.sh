#!/usr/bin/env bash
# A pack of a million facts in each form: written, verified, replayed; time and the most memory of each. Figures beside this script.
#   ASSIZE_FACTS=100000 ./tests/bench/packs.sh   # fewer
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --release --locked --quiet
assize="${CARGO_TARGET_DIR:-target}/release/assize"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
measure() {
    local name=$1 expected=$2 status=0
    shift 2
    /usr/bin/time -f '%e %U %S %M' -o "$place/time" "$@" >"$place/said" 2>&1 || status=$?
    [ "$status" = "$expected" ] || { cat "$place/said" >&2; exit 1; }
    # GNU time says first where a status was not 0.
    tail -n 1 "$place/time" | awk -v name="$name" '{ printf "| %s | %.1f s | %.1f s | %d MiB |\n", name, $1, $2 + $3, $4 / 1024 }'
}
test_binary=$(cargo test --release --locked -p assize-evidence --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*assize_evidence[^"]*\)".*/\1/p' | tail -n 1)
echo '| | wall | processor | memory |'
echo '|---|---|---|---|'
for form in pack pack.tar; do
    export ASSIZE_MILLION="$place/$form"
    measure "made, judged and written ($form)" 0 "$test_binary" --ignored --exact million::a_million_facts_are_written
    measure "verified ($form)" 2 "$assize" evidence verify "$place/$form"
    measure "replayed ($form)" 0 "$assize" evidence replay "$place/$form"
done
du -sh "$place/pack" | awk '{ print "size of the folder: " $1 }'
