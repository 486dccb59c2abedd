#!/usr/bin/env bash
# Holds `binary.vulnerabilities` against `govulncheck -mode=binary` on real programs and one and the same database: vulnerabilities.sh [DATABASE.zip]
# (default: the database that `assize data` keeps). Differences are explained in tests/vulnerabilities/compare.py, which fails on any other.
set -euo pipefail
cd "$(dirname "$0")/../.."
place="$PWD/target/vulnerabilities"
mkdir -p "$place/bin" "$place/delivery"
export GOENV=off GOTOOLCHAIN=local GOFLAGS= GOBIN="$place/bin" CGO_ENABLED=0
database="${1:-${ASSIZE_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/assize}/vulndb.zip}"
[ -e "$database" ] || { echo "no database at $database: name one, or run 'assize data update'" >&2; exit 1; }

[ -x "$place/bin/govulncheck" ] || nice go install golang.org/x/vuln/cmd/govulncheck@v1.9.0
# Old enough to have something known in them, of dependencies and of the standard library's modules.
programs="github.com/nats-io/nats-server/v2@v2.9.0 golang.org/x/vuln/cmd/govulncheck@v1.9.0"
for program in $programs; do
    name="$(basename "${program%@*}")"
    [ "$name" = v2 ] && name=nats-server
    [ -e "$place/delivery/$name" ] && continue
    echo "building $program" >&2
    nice go install "$program"
    cp "$place/bin/$name" "$place/delivery/$name"
done

python3 tests/vulnerabilities/database.py "$database" "$place/database"
cargo build --quiet --locked
for program in "$place"/delivery/*; do
    name="$(basename "$program")"
    [ "$name" = deliverable.toml ] && continue
    printf '[[binary]]\nname = "program"\npath = "%s"\n' "$name" >"$place/delivery/deliverable.toml"
    "$place/bin/govulncheck" -mode=binary -db "file://$place/database" -format json "$program" >"$place/theirs.json"
    "${CARGO_TARGET_DIR:-target}/debug/assize" facts --kind binary.vulnerabilities --vulndb "$place/database" "$place/delivery" >"$place/ours.json"
    python3 tests/vulnerabilities/compare.py "$name" "$place/theirs.json" "$place/ours.json"
done
