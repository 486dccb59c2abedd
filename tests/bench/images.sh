#!/usr/bin/env bash
# A 1 GB image of 40 layers (docker-archive, plain and as an OCI layout with gzip): reading it whole against hashing its layers alone.
#   tests/bench/images.sh [BINARY]
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=${1:-}
[ -n "$binary" ] || { cargo build --release --quiet --locked; binary="${CARGO_TARGET_DIR:-target}/release/assize"; }
place="${CARGO_TARGET_DIR:-target}/bench/images"
mkdir -p "$place/plain" "$place/gzip"
python3 - "$place" <<'PY'
# Layers of data files, texts and programs; written once.
import gzip, hashlib, io, json, os, random, sys, tarfile
place = sys.argv[1]
if os.path.exists(f"{place}/done"):
    sys.exit()
program = open("/usr/bin/python3", "rb").read()
rnd = random.Random(7)
def member(tar, name, data, mode=0o644):
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    tar.addfile(info, io.BytesIO(data))
layers = []
for n in range(40):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        member(tar, f"usr/bin/program{n}", program + bytes([n]), 0o755)
        for m in range(100):
            member(tar, f"usr/share/{n}/text{m}", (f"{n} {m} a line of text\n" * 400).encode())
        rest = 25_600_000 - out.tell()
        member(tar, f"var/lib/data{n}", b"".join(rnd.randbytes(2048) * 2 for _ in range(rest // 4096)))
    layers.append(out.getvalue())
def digest(data): return "sha256:" + hashlib.sha256(data).hexdigest()
config = json.dumps({"os": "linux", "architecture": "amd64", "config": {"Entrypoint": ["/usr/bin/program3"]},
                     "rootfs": {"type": "layers", "diff_ids": [digest(l) for l in layers]}}).encode()
with tarfile.open(f"{place}/plain/image.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
    member(tar, "config.json", config)
    for n, layer in enumerate(layers):
        member(tar, f"{n}/layer.tar", layer)
    member(tar, "manifest.json", json.dumps([{"Config": "config.json", "RepoTags": ["bench:1"], "Layers": [f"{n}/layer.tar" for n in range(40)]}]).encode())
with tarfile.open(f"{place}/gzip/image.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
    def blob(data, media):
        member(tar, "blobs/sha256/" + digest(data)[7:], data)
        return {"mediaType": media, "digest": digest(data), "size": len(data)}
    member(tar, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    c = blob(config, "application/vnd.oci.image.config.v1+json")
    ls = [blob(gzip.compress(l, 1, mtime=0), "application/vnd.oci.image.layer.v1.tar+gzip") for l in layers]
    m = blob(json.dumps({"schemaVersion": 2, "config": c, "layers": ls}).encode(), "application/vnd.oci.image.manifest.v1+json")
    member(tar, "index.json", json.dumps({"schemaVersion": 2, "manifests": [m]}).encode())
open(f"{place}/done", "w")
PY
for packing in plain gzip; do
    printf '[[image]]\npath = "image.tar"\n' >"$place/$packing/deliverable.toml"
done
# NAME COMMAND…: least user and system seconds, wall seconds and MiB of five runs.
measure() {
    local name=$1
    shift
    for _ in 1 2 3 4 5; do /usr/bin/time -f '%U %S %e %M' "$@" 2>&1 >/dev/null | tail -n 1; done |
        awk -v name="$name" 'NR == 1 || $1 + $2 < cpu { cpu = $1 + $2 } NR == 1 || $3 < wall { wall = $3 } $4 > mem { mem = $4 }
            END { printf "| %s | %.2f s | %.2f s | %d MiB |\n", name, cpu, wall, mem / 1024 }'
}
echo '| what | CPU | wall | memory |'
echo '|---|---|---|---|'
for packing in plain gzip; do
    image="$place/$packing/image.tar"
    measure "$packing: \`assize facts --kind image.manifest\`" "$binary" facts --kind image.manifest "$place/$packing"
    measure "$packing: sha256sum of the layers, stored" sh -c "tar -xOf '$image' | sha256sum"
    [ "$packing" = plain ] || measure "$packing: the same and unpacked, by gzip" sh -c "tar -xOf '$image' --wildcards 'blobs/*' | sha256sum; tar -xf '$image' --wildcards 'blobs/*' --to-command 'gzip -dcf 2>/dev/null | sha256sum'"
done
