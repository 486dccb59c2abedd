#!/usr/bin/env bash
# Builds one small program in at most 40 ways (systems, machines, stripped, trimmed, vendored, cgo, position independent, as a C library, by four
# toolchains) and holds every fact of the binary layer against what the Go commands say of each. With --only N, only the first N.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder="${ASSIZE_MATRIX:-$PWD/target/matrix}"
mkdir -p "$folder"
./tests/matrix/build.sh "$folder" "$@"
ASSIZE_MATRIX="$folder" cargo test --quiet --test main -- --ignored --exact binaries::every_way_of_building_is_read_as_the_go_commands_read_it
