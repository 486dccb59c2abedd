#!/usr/bin/env bash
# The hook `assize`: the source of the repository against its contract. What was not built cannot be examined before a commit,
# so an incomplete run is no reason to stop; a violation is. Arguments are those of `assize verify`.
set -euo pipefail
# Outside of the repository, which is the delivery here.
out="${ASSIZE_OUT:-${TMPDIR:-/tmp}/assize-$(id -u)/$(basename "$PWD")}"
mkdir -p "$out"
rm -rf "$out/pack.tar"
exec "${ASSIZE:-assize}" verify --layer source --gate rejected --quiet --pack "$out/pack.tar" \
    --format human --format "sarif-failures=$out/assize.sarif" --format "html=$out/report.html" "$@" -- .
