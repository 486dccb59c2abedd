#!/usr/bin/env bash
# Every byte of a small pack with two signatures and a timestamp, changed into each of the 255 other values, in both forms: counted, and
# each change noticed.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo test --release -p assize-evidence -- --ignored every_other_value --nocapture --test-threads 1
