#!/usr/bin/env bash
# Ten public modules (those of tests/public-expected.toml) against the Go command and go/ast: the files of every package on four
# platforms equal `go list`; TLS configurations, import "C" and signal handlers equal those of tests/oracle/shapes.go; the tree of every
# declaration is that of tree-sitter's grammar. The packages of the dependencies of three of them, out of the module cache, equal
# `go list -deps`. Then the corpus of every syntax since Go 1.18 with its variations, and every declaration
# of the Go installation, the compiler's own tests included: what `gofmt -e` (of Go 1.27, fetched as a toolchain) accepts has no gap.
set -euo pipefail
cd "$(dirname "$0")/../.."
./tests/setup.sh
[ -x target/tools/go/bin/go ] && PATH="$PWD/target/tools/go/bin:$PATH"
export PATH GOENV=off GOTOOLCHAIN=local GOFLAGS=
field() { sed -n "s/^$1 *= *\"\(.*\)\"/\1/p" tests/public-expected.toml; }
modules=""
while read -r module version; do
    folder=$(cd / && go mod download -json "$module@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    [ -n "$folder" ] || { echo "$module@$version cannot be fetched" >&2; exit 1; }
    modules="$modules $folder"
done < <(paste <(field module) <(field version))
ASSIZE_MODULES="$modules" cargo test -p assize-source --lib -- --ignored --nocapture of_public_modules
beside=""
for name in nats-server restic prometheus; do
    folder=$(printf '%s\n' $modules | grep "/$name\(/v[0-9]*\)\?@")
    copy="$PWD/target/oracles/$name"
    rm -rf "$copy"; mkdir -p "$(dirname "$copy")"; cp -r --no-preserve=mode "$folder" "$copy"
    (cd "$copy" && GOWORK=off go mod download)
    beside="$beside $copy"
done
ASSIZE_MODULES="$beside" ASSIZE_CONTENTS="$(go env GOMODCACHE)" cargo test -p assize-source --lib -- --ignored --nocapture packages_of_dependencies
for folder in $modules; do ASSIZE_TREES="$folder" cargo test -p assize-source --lib -- --nocapture trees_are_those_of_the_grammar; done
(cd / && GOTOOLCHAIN=go1.27.1 go version)
ASSIZE_WHOLE_CORPUS=1 cargo test -p assize-source --lib -- --nocapture go::corpus_tests
