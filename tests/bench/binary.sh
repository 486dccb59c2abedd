#!/usr/bin/env bash
# Reads prometheus v0.315.0 (143.5 MB) and its stripped form: build information, functions with inline trees, linkage and SHA-256, and what the
# vulnerability database says of it, beside the commands that do a part of it. CPU time, time passed and most memory, the best of three.
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
[ -e "$ASSIZE_DATA/vulndb.index" ] || "$assize" data import "$database" --as-of 2026-08-21T00:00:00Z >/dev/null

# measure NAME COMMAND…: user and system time, time passed and most memory of the best of three.
measure() {
    python3 - "$@" <<'PY'
import os, subprocess, sys, time
best = None
for _ in range(3):
    began = time.monotonic()
    child = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, use = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    row = (use.ru_utime + use.ru_stime, time.monotonic() - began, use.ru_maxrss / 1024)
    best = min(best or row, row)
print(f"| {sys.argv[1]} | {best[0]:.3f} s | {best[1]:.3f} s | {best[2]:.0f} MiB |")
PY
}

echo "| command | CPU | time passed | most memory |"
echo "|---|---|---|---|"
for form in plain stripped; do
    program="$work/$form/prometheus"
    measure "$form: \`assize facts\`, information and linkage" "$assize" facts --quiet --layer binary --kind binary.info --kind binary.linkage "$work/$form"
    measure "$form: \`assize facts\`, functions besides" "$assize" facts --quiet --layer binary --kind binary.info --kind binary.linkage --kind binary.functions "$work/$form"
    measure "$form: \`assize facts\`, vulnerabilities" "$assize" facts --quiet --layer binary --kind binary.vulnerabilities "$work/$form"
    measure "$form: \`govulncheck -mode=binary\`" "$work/bin/govulncheck" -mode=binary -db "file://$work/database" "$program"
    measure "$form: \`go version -m\`" go version -m "$program"
    measure "$form: \`go tool nm\`" go tool nm "$program"
    measure "$form: \`sha256sum\`" sha256sum "$program"
done
