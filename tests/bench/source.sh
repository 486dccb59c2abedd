#!/usr/bin/env bash
# The whole source layer on kubernetes v1.37.2 and prometheus v0.315.0, beside ripgrep, ast-grep and semgrep with ten rules of the
# same purpose (tests/bench/rules). Fetches the modules through the Go module proxy into target/bench, ast-grep from npm, semgrep from
# PyPI. The least of five runs (of one for semgrep); the table goes to target/bench/source.md.
set -euo pipefail
cd "$(dirname "$0")/../.."
./tests/setup.sh
[ -x target/tools/go/bin/go ] && PATH="$PWD/target/tools/go/bin:$PATH"
export PATH GOENV=off GOTOOLCHAIN=local GOFLAGS=
bench="$PWD/target/bench"; tools="$PWD/target/tools"; rules="$PWD/tests/bench/rules"
mkdir -p "$bench" "$tools"
command -v rg >/dev/null || { apt-get update >/dev/null; apt-get install -y --no-install-recommends ripgrep >/dev/null; }
[ -x "$tools/npm/node_modules/@ast-grep/cli-linux-x64-gnu/ast-grep" ] || npm install --silent --prefix "$tools/npm" @ast-grep/cli@0.51.0
[ -x "$tools/semgrep/bin/semgrep" ] || { python3 -m venv "$tools/semgrep"; "$tools/semgrep/bin/pip" --quiet install semgrep==1.185.0; }
astgrep=$(ls "$tools"/npm/node_modules/@ast-grep/cli-*/ast-grep | head -n 1)

unpack() {
    [ -f "$bench/$1/go.mod" ] && return
    local folder; folder=$(cd / && go mod download -json "$2" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    rm -rf "${bench:?}/$1"; cp -r --no-preserve=mode "$folder" "$bench/$1"
}
unpack kubernetes k8s.io/kubernetes@v1.37.2
unpack prometheus github.com/prometheus/prometheus@v0.315.0
# Of itself semgrep passes over tests and vendored folders, which everything else here reads: an empty list keeps it from that.
: > "$bench/prometheus/.semgrepignore"
cargo build --release --quiet
assize="$PWD/target/release/assize"
# Every kind that a check of the source layer asks for.
kinds=(inventory.files inventory.build_settings inventory.suppressions source.files source.cgo_imports source.tls_configs source.listeners
    source.signal_handlers source.log_calls source.health_handlers source.seccomp_loads source.runtime_settings)
asked=(); for kind in "${kinds[@]}"; do asked+=(--kind "$kind"); done

measure() { python3 tests/bench/measure.py "$@" | tee -a "$bench/source.md"; }
printf '| | CPU s | wall s | MiB |\n|---|---|---|---|\n' | tee "$bench/source.md"
for tree in kubernetes prometheus; do
    folder="$bench/$tree"
    measure "$tree: assize facts, the source layer" 5 "$assize" facts --quiet "${asked[@]}" "$folder"
    measure "$tree: ast-grep, ten rules" 5 "$astgrep" scan -c "$rules/ast-grep/sgconfig.yml" --no-ignore hidden --no-ignore vcs --no-ignore dot --json=stream "$folder"
    measure "$tree: ripgrep, ten literals" 5 rg -F -f "$rules/literals.txt" -t go --no-ignore --hidden "$folder"
done
PATH="$tools/semgrep/bin:$PATH" measure "prometheus: semgrep, ten rules" 1 semgrep scan --metrics=off --disable-version-check --no-git-ignore -j 2 \
    --config "$rules/semgrep/rules.yml" --json --quiet --max-target-bytes 0 "$bench/prometheus"
