#!/usr/bin/env bash
# Reads prometheus v0.315.0 (143.5 MB) and its stripped form: build information, functions with inline trees, linkage and SHA-256, and what the
# vulnerability database says of it, beside the commands that do a part of it. The least CPU time and time passed of nine runs (RUNS=), and the most memory.
# Builds the program through the module proxy of the environment. Usage: binary.sh [DATABASE.zip] (default: the one that `assize data` keeps)
set -euo pipefail
cd "$(dirname "$0")/../.."
./tests/setup.sh
[ -x target/tools/go/bin/go ] && PATH="$PWD/target/tools/go/bin:$PATH"
export PATH
command -v python3 >/dev/null || { echo "this needs python3, to measure" >&2; exit 1; }
version=v0.315.0
work="$PWD/target/bench/binary"
mkdir -p "$work/plain" "$work/stripped" "$work/bin"
kept="${ASSIZE_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/assize}"
database="${1:-$kept/vulndb.zip}"
[ -e "$database" ] || { echo "no database at $database: name one, or run 'assize data update'" >&2; exit 1; }
export GOENV=off GOWORK=off GOTOOLCHAIN=local GOFLAGS= CGO_ENABLED=0 GOBIN="$work/bin"

[ -x "$work/bin/govulncheck" ] || nice go install golang.org/x/vuln/cmd/govulncheck@v1.9.0
if [ ! -e "$work/stripped/prometheus" ]; then
    from="$(go mod download -json "github.com/prometheus/prometheus@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')"
    rm -rf "$work/source"
    cp -r "$from" "$work/source"
    chmod -R u+w "$work/source"
    rm -f "$work/source/go.work"
    (cd "$work/source" && nice go build -o "$work/plain/prometheus" ./cmd/prometheus)
    (cd "$work/source" && nice go build -ldflags="-s -w" -o "$work/stripped/prometheus" ./cmd/prometheus)
fi
python3 tests/vulnerabilities/database.py "$database" "$work/database"
cargo build --quiet --release --locked -p assize
assize="$PWD/${CARGO_TARGET_DIR:-target}/release/assize"
export ASSIZE_DATA="$work/data"
"$assize" data import "$database" --as-of 2026-08-21T00:00:00Z >/dev/null

# measure NAME COMMAND…: the least user and system time, the least time passed and the most memory of some runs; each is kept in its own right.
rows="$work/rows.tsv"
: >"$rows"
runs="${RUNS:-9}"
measure() {
    python3 - "$rows" "$runs" "$@" <<'PY'
import os, subprocess, sys, time
kept, runs, name, command = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
seen = []
for _ in range(runs):
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, use = os.wait4(child.pid, 0)
    seen.append((use.ru_utime + use.ru_stime, time.monotonic() - began, use.ru_maxrss / 1024))
    # The peers say with their status what they found, or that there is no symbol.
    if os.waitstatus_to_exitcode(status) != 0 and command[0].endswith("/assize"):
        sys.exit(f"{name}: failed")
cpu, wall, memory = min(r[0] for r in seen), min(r[1] for r in seen), max(r[2] for r in seen)
with open(kept, "a") as file:
    file.write(f"{name}\t{cpu}\t{wall}\t{memory}\n")
print(f"| {name} | {cpu:.3f} s | {wall:.3f} s | {memory:.0f} MiB |", flush=True)
PY
}

facts() {
    local form="$1" name="$2"
    shift 2
    measure "$form: \`assize facts\`, $name" "$assize" facts --quiet --layer binary "$@" "$work/$form"
}

echo "| command | least CPU | least time passed | most memory |"
echo "|---|---|---|---|"
for form in plain stripped; do
    program="$work/$form/prometheus"
    # What is measured is the reading, not the disk.
    cat "$program" >/dev/null
    facts "$form" "\`binary.info\` alone" --kind binary.info
    facts "$form" "linkage besides" --kind binary.info --kind binary.linkage
    facts "$form" "functions besides" --kind binary.info --kind binary.linkage --kind binary.functions
    facts "$form" "vulnerabilities" --kind binary.vulnerabilities
    measure "$form: \`govulncheck -mode=binary\`" "$work/bin/govulncheck" -mode=binary -db "file://$work/database" "$program"
    measure "$form: \`go version -m\`" go version -m "$program"
    measure "$form: \`go tool nm\`" go tool nm "$program"
    measure "$form: \`sha256sum\`" sha256sum "$program"
    # With the processor's own instructions, as here.
    measure "$form: \`openssl dgst -sha256\`" openssl dgst -sha256 "$program"
    ASSIZE_PROGRAM="$program" cargo test --quiet --release --locked -p assize-binary --lib -- --ignored --exact --nocapture \
        tests::how_long_build_information_takes | sed -n "s/^| /| $form: /p"
done
python3 - "$rows" <<'PY'
import sys
rows = {name: [float(n) for n in numbers] for name, *numbers in (line.rstrip("\n").split("\t") for line in open(sys.argv[1]))}
ours, theirs = rows["plain: `assize facts`, vulnerabilities"], rows["plain: `govulncheck -mode=binary`"]
cpu, wall, memory = (their / our for our, their in zip(ours, theirs))
print(f"\nOf the plain program `govulncheck` takes {cpu:.1f} times the CPU, {wall:.1f} times the time and {memory:.1f} times the memory.")
PY
