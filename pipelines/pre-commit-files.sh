#!/usr/bin/env bash
# The hook `assize-files`: mistakes in the files that are named, all of them before it ends.
set -euo pipefail
status=0
for file in "$@"; do
    target="$file"
    # A clause is checked with its folder: its examples stand beside it.
    [ "$(basename "$file")" != clause.toml ] || target="$(dirname "$file")"
    "${ASSIZE:-assize}" clause check "$target" || status=$?
done
exit "$status"
