#!/usr/bin/env bash
# Computes `h1:` of every zip and every extracted folder of prometheus's modules from the bytes, and holds them against go.sum: assize
# (release build) beside `go mod verify`, which holds them against the cache's own hashes, in one run. CPU time and most memory, the best
# of three. Fetches about 300 MB through the module proxy of the environment and unpacks 1.5 GB, in target/bench. Usage: modules.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
./tests/setup.sh
[ -x target/tools/go/bin/go ] && PATH="$PWD/target/tools/go/bin:$PATH"
export PATH
command -v python3 >/dev/null || { echo "this needs python3, to measure" >&2; exit 1; }
version=v0.315.0
work="$PWD/target/bench/modules"
mkdir -p "$work/delivery" "$work/gopath"
export GOENV=off GOWORK=off GOTOOLCHAIN=local GOFLAGS=-modcacherw GOPATH="$work/gopath" GOMODCACHE="$work/gopath/pkg/mod"

if [ ! -e "$work/done" ]; then
  from="$(cd "$work" && go mod download -json "github.com/prometheus/prometheus@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')"
  cp "$from/go.mod" "$from/go.sum" "$work/delivery/"
  (cd "$work/delivery" && go mod download)
  chmod -R u+w "$work/gopath/pkg/mod/github.com/prometheus/prometheus@$version"
  rm -rf "$work/gopath/pkg/mod/github.com/prometheus/prometheus@$version"
  touch "$work/done"
fi
cargo build --quiet --release --locked -p assize
assize="$PWD/${CARGO_TARGET_DIR:-target}/release/assize"

# measure NAME COMMAND…: user and system time, time passed and most memory of the best of three.
measure() {
  python3 - "$@" <<'PY'
import os, subprocess, sys, time
best = None
for _ in range(3):
    began = time.monotonic()
    child = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL)
    _, status, use = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{sys.argv[1]}: exit status {child.returncode}")
    row = (use.ru_utime + use.ru_stime, time.monotonic() - began, use.ru_maxrss / 1024)
    best = min(best or row, row)
print(f"| {sys.argv[1]} | {best[0]:.2f} s | {best[1]:.2f} s | {best[2]:.0f} MiB |")
PY
}

examined() {
  "$assize" facts --layer source --kind module.contents --modules "$GOPATH" --quiet "$work/delivery" | python3 -c '
import json, sys
from collections import Counter
items = json.load(sys.stdin)["facts"][0]["items"]
forms = Counter((i["fields"]["form"], i["fields"]["agrees"] is True) for i in items)
said = {True: "agree", False: "differ or were not seen"}
print(", ".join(f"{n} {form} {said[good]}" for (form, good), n in sorted(forms.items(), key=str)))'
}

cat "$work/gopath/pkg/mod/cache/download"/*/*/*/@v/*.zip >/dev/null 2>&1 || true # warm
(cd "$work/delivery" && go mod verify >/dev/null)
echo "prometheus $version: $(examined)"
echo
echo "| command | CPU | time passed | most memory |"
echo "|---|---|---|---|"
measure "\`go mod verify\` ($(go env GOVERSION))" sh -c "cd '$work/delivery' && exec go mod verify"
measure "\`assize facts --kind module.contents\`" "$assize" facts --layer source --kind module.contents --modules "$GOPATH" --quiet "$work/delivery"
