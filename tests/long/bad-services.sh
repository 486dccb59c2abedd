#!/usr/bin/env bash
# Services and endpoints whose misbehaviour takes minutes to sit out: 1 GB of log, a fork bomb, endpoints that never answer or a byte a second.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec cargo test -p assize --test main -- --ignored --exact bad_services::slow_and_heavy_misbehaviour_is_bounded_too
