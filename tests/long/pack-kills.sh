#!/usr/bin/env bash
# Kills 200 writings of a pack in each form at moments spread over the time that one takes; what is left is always a whole pack.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo test -p assize --test main -- --ignored --exact pack_kills::two_hundred_kills_leave_no_broken_pack --nocapture
