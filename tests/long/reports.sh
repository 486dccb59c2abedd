#!/usr/bin/env bash
# The pages of whole samples in a browser, by axe: what `verifier/report` tries on a small case, on hundreds of findings.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --quiet --locked
./sample-deliverables/build.sh auth-api legacy-gateway
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
plan=()
for name in auth-api legacy-gateway incomplete-handover; do
    sample="sample-deliverables/$name"
    target/debug/assize verify "$sample" --contract "$sample/contract.toml" --lang both --quiet --pack "$place/$name" --format "html=$place/$name.html" || true
    [ -s "$place/$name.html" ]
    for form in '"width": 360, "scheme": "light"' '"width": 1280, "scheme": "dark"'; do
        plan+=("{\"page\": \"$place/$name.html\", $form, \"media\": \"screen\", \"axe\": true}")
    done
done
(IFS=,; echo "[${plan[*]}]") >"$place/plan.json"
node tests/readers/page.mjs "$PWD/target/tools/readers" "$(command -v chromium)" "$place/plan.json" >"$place/seen.json"
node -e '
const seen = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
let bad = 0;
for (const one of seen) {
  const wrong = [...one.said, ...one.axe_found.map((v) => JSON.stringify(v)), ...["folded", "unfolded"].flatMap((f) => [...one[f].sticking_out, ...one[f].lost])];
  console.log(`${one.page.split("/").pop()} at ${one.width} ${one.scheme}: ${wrong.length ? wrong.join("; ") : "nothing found"}`);
  bad += wrong.length;
}
process.exit(seen.length === 6 && bad === 0 ? 0 : 1);
' "$place/seen.json"
