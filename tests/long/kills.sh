#!/usr/bin/env bash
# Kills the tool with SIGKILL at two hundred random moments of its run; each time nothing may be left two seconds later.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec cargo test -p assize --test main -- --ignored --exact kills::a_tool_killed_at_two_hundred_random_moments_leaves_nothing
