#!/usr/bin/env bash
# Every report of ten thousand findings: seconds and most memory of the whole program, which reads a pack, derives its verdicts again
# and writes one format. The promise is 2 s and 300 MB. A table for reports.md goes to standard output.
#   tests/bench/reports.sh [ASSIZE]      default: target/release/assize, built where it is missing
set -euo pipefail
cd "$(dirname "$0")/../.."
assize="${1:-target/release/assize}"
[ -x "$assize" ] || cargo build --release --locked --bin assize
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
findings=10000

# A delivery that breaks one clause so often: each file of one package imports C.
mkdir -p "$place/delivery/src"
printf 'module example.com/many\n\ngo 1.26\n' >"$place/delivery/src/go.mod"
printf 'package main\n\nfunc main() {}\n' >"$place/delivery/src/main.go"
for ((n = 0; n < findings; n++)); do
    printf 'package main\n\nimport "C"\n\nvar v%d = 1\n' "$n" >"$place/delivery/src/f$n.go"
done
printf '[deliverable]\nname = "many"\nversion = "1.0.0"\n[source]\nroot = "src"\n' >"$place/delivery/deliverable.toml"
"$assize" verify "$place/delivery" --layer source --clause cgo-disabled --quiet --pack "$place/pack" --format json="$place/result.json" || [ $? = 1 ]
found="$(grep -c '"outcome": "violated"' "$place/result.json")"
[ "$found" -ge "$findings" ] || { echo "only $found findings" >&2; exit 1; }

echo "| format | seconds (user + system) | most memory | bytes |"
echo "|---|--:|--:|--:|"
slow=0
for format in human json sarif sarif-failures junit oscal markdown html; do
    best=""
    for _ in 1 2 3; do
        # time(1) is not everywhere; Python has the same numbers from wait4(2).
        line="$(python3 - "$assize" "$place/pack" "$format" "$place/out" <<'P'
import os, sys
assize, pack, name, out = sys.argv[1:]
child = os.fork()
if child == 0:
    os.execv(assize, [assize, "evidence", "show", pack, "--format", f"{name}={out}"])
_, status, usage = os.wait4(child, 0)
assert status == 0, status
print(f"{usage.ru_utime + usage.ru_stime:.2f} {usage.ru_maxrss // 1024} {os.path.getsize(out)}")
P
)"
        if [ -z "$best" ] || awk "BEGIN { exit !(${line%% *} < ${best%% *}) }"; then best="$line"; fi
    done
    read -r seconds memory bytes <<<"$best"
    echo "| $format | $seconds | $memory MB | $bytes |"
    if awk "BEGIN { exit !($seconds > 2 || $memory > 300) }"; then slow=1; fi
done
[ "$slow" = 0 ] || { echo "more than 2 s or 300 MB" >&2; exit 1; }
