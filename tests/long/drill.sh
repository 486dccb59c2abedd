#!/usr/bin/env bash
# Plays every attack that stands beside a clause, those on running services included, against the compliant sample.
set -euo pipefail
cd "$(dirname "$0")/../.."
./sample-deliverables/build.sh auth-api
cargo build --quiet --locked
exec "${CARGO_TARGET_DIR:-target}/debug/assize" drill sample-deliverables/auth-api --jobs 3 --at 2026-09-10T12:00:00Z --vulndb sample-deliverables/vulndb
