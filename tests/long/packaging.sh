#!/usr/bin/env bash
# What is handed out: the static program is built, needs no library, verifies a delivery, and the tar is the same a second time;
# `cargo install` puts a program where it is told to; the image holds the same program and runs it. Needs musl-gcc and the standard
# library of the musl target; for the image buildah and busybox-static.
set -euo pipefail
cd "$(dirname "$0")/../.."
target="$(uname -m)-unknown-linux-musl"
. tests/need.sh
need musl-gcc:musl-tools buildah:buildah busybox:busybox-static
rustup target add "$target" >/dev/null 2>&1 || { echo "rustup has no $target" >&2; exit 1; }
place="$(mktemp -d)"
trap 'buildah --storage-driver vfs --root "$place/storage" --runroot "$place/storage-run" umount --all >/dev/null 2>&1 || true; rm -rf "$place"' EXIT

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

# The image, over a base that is made here (a shell and nothing else), so that no registry is needed.
export BUILDAH_ISOLATION=chroot
engine=(buildah --storage-driver vfs --root "$place/storage" --runroot "$place/storage-run")
mkdir -p "$place/base/bin" "$place/base/tmp"
chmod 1777 "$place/base/tmp"
cp "$(command -v busybox)" "$place/base/bin/"
"$place/base/bin/busybox" --install -s "$place/base/bin"
for link in "$place"/base/bin/*; do
    if [ -L "$link" ]; then ln -sf busybox "$link"; fi
done
base="$("${engine[@]}" from scratch)"
"${engine[@]}" copy --quiet "$base" "$place/base" / >/dev/null
"${engine[@]}" commit --quiet "$base" localhost/base:1 >/dev/null
"${engine[@]}" build --quiet --pull-never --build-arg "BASE=localhost/base:1" --build-arg "MACHINE=$(uname -m)" --ignorefile .dockerignore \
    -f Containerfile -t localhost/assize . >/dev/null
image="$("${engine[@]}" from --pull-never localhost/assize)"
inside="$("${engine[@]}" mount "$image")"
cmp "$place/assize" "$inside/usr/local/bin/assize"
[ -s "$inside/usr/local/share/man/man1/assize-verify.1" ] && [ -s "$inside/usr/local/share/licenses/assize/LICENSE-MIT" ]
"${engine[@]}" run --volume "$PWD/$sample:/delivery:ro" "$image" -- /bin/sh -c \
    'id -u && assize verify /delivery --contract /delivery/contract.toml --layer source,binary --gate rejected --quiet --pack /tmp/pack && assize evidence replay /tmp/pack'
"${engine[@]}" inspect --type image --format '{{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.User}}' localhost/assize

cargo install --path . --locked --root "$place/installed" --quiet
"$place/installed/bin/assize" --version
ls -l "$place/assize" "$place/installed/bin/assize"
