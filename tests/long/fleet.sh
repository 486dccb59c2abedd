#!/usr/bin/env bash
# Builds the small services of tests/fleet and plays each case of tests/fleet/cases.toml: what the runtime checks say of it must be what stands there.
#   FLEET=NAME,… ./tests/long.sh fleet      some cases only
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo test --locked -p assize --test main -- --ignored --exact fleet::every_service_of_the_fleet_gets_its_verdict --nocapture
