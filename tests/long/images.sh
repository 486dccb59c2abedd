#!/usr/bin/env bash
# Images of random layers, whiteouts and links, as umoci unpacks them and skopeo inspects them, against `assize facts`: images.sh [COUNT [SEED]]
# Each as an OCI layout and as the docker-archive that skopeo makes of it, plain and compressed as a whole.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/need.sh
need skopeo:skopeo umoci:umoci
cargo build --release --quiet --locked
place="${CARGO_TARGET_DIR:-target}/images-oracle"
rm -rf "$place"
mkdir -p "$place"
exec python3 tests/images/oracle.py "${CARGO_TARGET_DIR:-target}/release/assize" "$place" "${1:-200}" "${2:-1}"
