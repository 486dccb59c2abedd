#!/usr/bin/env bash
# How long the verification of auth-api takes, against the waiting that its clauses ask for (`--dry-run`), and what the tool itself uses:
# its own processor time and most memory, without the service's. The least of three runs; prints a table.
set -euo pipefail
cd "$(dirname "$0")/../.."
./sample-deliverables/build.sh auth-api >/dev/null
cargo build --release --quiet --locked
assize="${CARGO_TARGET_DIR:-target}/release/assize" sample=sample-deliverables/auth-api
at=$(sed -n 's/^at *= *"\(.*\)"/--at=\1/p' "$sample/expected.toml")
exec python3 - "$assize" "$sample" ${at:+"$at"} <<'PYTHON'
import json, os, subprocess, sys, tempfile, time
assize, sample, *more = sys.argv[1:]
base = [assize, "verify", sample, "--contract", f"{sample}/contract.toml", *more]
plan = subprocess.run([*base, "--dry-run", "--lang=en"], capture_output=True, text=True, check=True).stdout
waits = float(next(line for line in plan.splitlines() if " in all: " in line).split()[0])
ticks = os.sysconf("SC_CLK_TCK")

def run():
    with tempfile.TemporaryDirectory() as place:
        begun = time.monotonic()
        tool = subprocess.Popen([*base, "--format=json", f"--pack={place}/pack"], stdout=subprocess.DEVNULL)
        own = memory = 0
        while tool.poll() is None:
            try:
                fields = open(f"/proc/{tool.pid}/stat").read().rsplit(")", 1)[1].split()
                own = (int(fields[11]) + int(fields[12])) / ticks
                status = open(f"/proc/{tool.pid}/status").read()
                memory = int(status.split("VmHWM:")[1].split()[0]) / 1024
            except (OSError, IndexError):
                pass
            time.sleep(0.02)
        wall = time.monotonic() - begun
        assert tool.returncode == 0, f"exit {tool.returncode}: not accepted"
        record = json.load(open(f"{place}/pack/run.json"))
        runtime = next(s["took"] for s in record["steps"] if s["name"] == "runtime") / 1000
        return wall, runtime, own, memory

runs = [run() for _ in range(3)]
wall, runtime, own, memory = (min(run[at] for run in runs) for at in range(4))
print("| what | figure |\n|---|---|")
print(f"| waiting that the clauses ask for | {waits:.1f} s |")
print(f"| runtime layer | {runtime:.1f} s (waiting + {runtime - waits:.1f} s) |")
print(f"| whole verification | {wall:.1f} s (waiting + {wall - waits:.1f} s) |")
print(f"| the tool's own processor time | {own:.2f} s ({100 * own / wall:.1f} % of one core) |")
print(f"| the tool's most memory | {memory:.0f} MiB |")
PYTHON
