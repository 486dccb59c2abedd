#!/usr/bin/env bash
# Public servers written in Go, as Debian packs them (coredns, which it does not, is built through the module proxy), each started from a
# deliverable.toml written by hand, and its verdicts held against tests/servers/NAME/expected.toml. The reports are left in target/servers/NAME.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/need.sh
need caddy:caddy etcd:etcd-server nats-server:nats-server prometheus:prometheus openssl:openssl
[ -x target/tools/go/bin/go ] && PATH="$PWD/target/tools/go/bin:$PATH"
coredns=v1.12.0
built="$PWD/target/servers/built-$coredns"
[ -x "$built/coredns" ] || GOENV=off GOFLAGS=-mod=mod GOTOOLCHAIN=auto CGO_ENABLED=0 GOBIN="$built" go install "github.com/coredns/coredns@$coredns"
PATH="$built:$PATH"
cargo build --quiet --locked
assize="${CARGO_TARGET_DIR:-target}/debug/assize" failed=0
for name in caddy etcd nats-server prometheus coredns; do
    place="target/servers/$name"
    rm -rf "$place" "$place.json" "$place.txt"
    mkdir -p "$place"
    cp -r "tests/servers/$name/." "$place/"
    rm "$place/expected.toml"
    install -D "$(command -v "$name")" "$place/dist/$name"
    if [ "$name" = coredns ]; then
        mkdir "$place/run/tls"
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
            -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$place/run/tls/key.pem" -out "$place/run/tls/cert.pem" 2>/dev/null
    fi
    "$assize" verify "$place" --contract tests/servers/contract.toml --format "json=$place.json" --format "human=$place.txt" || true
    python3 - "$name" "$place.json" <<'PYTHON' || failed=1
import json, sys, tomllib
name, result = sys.argv[1], json.load(open(sys.argv[2]))
expected = tomllib.load(open(f"tests/servers/{name}/expected.toml", "rb"))
found = {clause["id"]: clause["verdict"] for clause in result["clauses"]}
open_ = {key: (value, found.get(key)) for key, value in expected["clauses"].items() if found.get(key) != value}
said = json.dumps(result, ensure_ascii=False)
silent = [word for word in expected["says"] if word not in said]
print(f"{name}: {result['verdict']} {found}" + (f"\n  differs: {open_}" if open_ else "") + (f"\n  does not say: {silent}" if silent else ""))
sys.exit(bool(open_ or silent))
PYTHON
done
exit $failed
