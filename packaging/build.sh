#!/usr/bin/env bash
# What is handed out: for each target a tar with one static program, its manual, completions and licences, and SHA256SUMS of them all.
#   packaging/build.sh [TARGET…]          into target/packages; without a target, that of this machine
# Needs make, the target's standard library (rustup target add TARGET) and a C compiler for musl: musl-gcc (Debian: musl-tools) for this
# machine, or CC_<target> for another, as in CC_aarch64_unknown_linux_musl=aarch64-linux-gnu-gcc with
# CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=aarch64-linux-gnu-gcc (Debian: gcc-aarch64-linux-gnu).
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- "$(uname -m)-unknown-linux-musl"

version="$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)"
# The same commit gives the same bytes: the tar has the commit's time, and names of folders are no part of the program.
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}"
export AWS_LC_SYS_USE_SYSTEM=0
export RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=$PWD=/assize --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
packages="$PWD/target/packages"
mkdir -p "$packages"

for target in "$@"; do
    if [ "$target" = "$(uname -m)-unknown-linux-musl" ]; then
        command -v musl-gcc >/dev/null || { echo "packaging: musl-gcc is missing (Debian: musl-tools)" >&2; exit 1; }
        export "CC_${target//-/_}=musl-gcc"
    fi
    cargo build --profile dist --locked --target "$target" --bin assize
    name="assize-$version-$target"
    stage="$(mktemp -d)"
    mkdir -p "$stage/$name/completions"
    cp "target/$target/dist/assize" LICENSE-MIT LICENSE-APACHE README.md CHANGELOG.md "$stage/$name/"
    # The definitions are the same for every target; another machine's program cannot be run here, so a program of this machine prints them.
    printer="target/$target/dist/assize"
    "$printer" --version >/dev/null 2>&1 || printer="${ASSIZE:?another machine\'s program does not run here: name one that does in ASSIZE}"
    "$printer" manual --into "$stage/$name/man"
    for shell in bash zsh fish elvish powershell; do
        "$printer" completions "$shell" >"$stage/$name/completions/assize.$shell"
    done
    tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode=u+rw,go+r,go-w \
        -C "$stage" -cf - "$name" | gzip -n -9 >"$packages/$name.tar.gz"
    rm -rf "$stage"
    echo "$packages/$name.tar.gz"
done
(cd "$packages" && sha256sum -- *.tar.gz >SHA256SUMS)
