#!/usr/bin/env bash
# What is handed out: the static program is built, needs no library, verifies a delivery, and the tar is the same a second time;
# `cargo install` puts a program where it is told to. Needs musl-gcc and the standard library of the musl target.
set -euo pipefail
cd "$(dirname "$0")/../.."
target="$(uname -m)-unknown-linux-musl"
if ! command -v musl-gcc >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends musl-tools >/dev/null
    else
        echo "please install: musl-tools" >&2
        exit 1
    fi
fi
rustup target add "$target" >/dev/null 2>&1 || { echo "rustup has no $target" >&2; exit 1; }
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT

tar_file="$(packaging/build.sh "$target" | tail -n 1)"
(cd "$(dirname "$tar_file")" && sha256sum --check --strict SHA256SUMS)
first="$(sha256sum <"$tar_file")"
[ "$first" = "$(sha256sum <"$(packaging/build.sh "$target" | tail -n 1)")" ] || { echo "the tar differs from run to run" >&2; exit 1; }
tar -xzf "$tar_file" -C "$place" --strip-components=1
for file in assize LICENSE-MIT LICENSE-APACHE man/assize-verify.1 completions/assize.bash; do
    [ -s "$place/$file" ] || { echo "the tar lacks $file" >&2; exit 1; }
done
# A static program names no interpreter and no library (ELF's PT_INTERP and DT_NEEDED).
if readelf -lW "$place/assize" | grep -q INTERP || readelf -dW "$place/assize" 2>/dev/null | grep -q NEEDED; then
    echo "the program is not static" >&2
    exit 1
fi
./sample-deliverables/build.sh auth-api
sample=sample-deliverables/auth-api
# With an environment of nothing: what it needs it has.
env -i "$place/assize" verify "$sample" --contract "$sample/contract.toml" --quiet --pack "$place/pack" --format "json=$place/result.json"
env -i "$place/assize" evidence replay "$place/pack"

cargo install --path . --locked --root "$place/installed" --quiet
"$place/installed/bin/assize" --version
ls -l "$place/assize" "$place/installed/bin/assize"
