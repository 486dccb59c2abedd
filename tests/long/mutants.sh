#!/usr/bin/env bash
# Reads 50,000 systematically changed real executables (C; Go for five platforms) by the inventory and the room of binaries.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec cargo test --release --quiet --locked --test main -- --ignored --exact mutants::fifty_thousand_mutants_of_real_programs_are_read_to_an_end --nocapture
