"""Compares findings of govulncheck with items of binary.vulnerabilities: compare.py NAME THEIRS OURS. Fails on a difference that is not explained."""

import json
import sys

name, theirs, ours = sys.argv[1], open(sys.argv[2]).read(), json.load(open(sys.argv[3]))["facts"][0]
affected, linked = set(), set()
decoder, at = json.JSONDecoder(), 0
while at < len(theirs):
    if theirs[at].isspace():
        at += 1
        continue
    message, at = decoder.raw_decode(theirs, at)
    finding = message.get("finding")
    if finding:
        frame = finding["trace"][0]
        affected.add((finding["osv"], frame["module"]))
        if frame.get("function"):
            linked.add((finding["osv"], frame["module"]))
items = [item.get("fields") or item for item in ours["items"]]
# Programs beside the one that is compared are told, too.
items = [item for item in items if item["binary"] == "program"]
by = {(item["id"], item["module"]): item for item in items}
wrong = [f"gap {gap}" for gap in ours["gaps"]]
for key in sorted(affected | set(by)):
    item = by.get(key)
    mine_affected, mine_linked = (item["affected"], item["linked"]) if item else (False, False)
    if (mine_affected is True) == (key in affected) and (mine_linked is True) == (key in linked):
        continue
    if item and key not in affected and item["version"] is None and mine_affected is not False:
        # A main module without a version: govulncheck passes it over, we cannot tell.
        continue
    if item and item["module"] == "toolchain":
        # govulncheck does not ask about the commands of the toolchain; they are listed, and never linked.
        continue
    if item and key in affected and key not in linked and isinstance(mine_linked, dict):
        # No function, but the name of the package or module is there: types alone, which govulncheck takes for absent.
        continue
    wrong.append(f"{key}: govulncheck affected={key in affected} linked={key in linked}, here {mine_affected} {mine_linked}")
print(f"{name}: {len(affected)} affected, {len(linked)} linked, {len(by)} items, {len(wrong)} unexplained differences")
for line in wrong:
    print("  " + line)
sys.exit(1 if wrong else 0)
