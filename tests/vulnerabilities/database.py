"""Lays a zip of OSV entries out as govulncheck wants its database: database.py ZIP FOLDER."""

import json
import os
import sys
import zipfile

WHEN = "2026-08-21T00:00:00Z"
archive, folder = zipfile.ZipFile(sys.argv[1]), sys.argv[2]
os.makedirs(folder + "/ID", exist_ok=True)
os.makedirs(folder + "/index", exist_ok=True)
modules, entries = {}, []
for name in archive.namelist():
    if not os.path.basename(name).startswith("GO-"):
        continue
    entry = json.loads(archive.read(name))
    entry["modified"] = WHEN
    with open(f"{folder}/ID/{entry['id']}.json", "w") as file:
        json.dump(entry, file)
    entries.append({"id": entry["id"], "modified": WHEN, "aliases": entry.get("aliases", [])})
    for affected in entry["affected"]:
        modules.setdefault(affected["package"]["name"], {})[entry["id"]] = {"id": entry["id"], "modified": WHEN}
index = {
    "modules": [{"path": path, "vulns": list(found.values())} for path, found in sorted(modules.items())],
    "vulns": entries,
    "db": {"modified": WHEN},
}
for name, value in index.items():
    with open(f"{folder}/index/{name}.json", "w") as file:
        json.dump(value, file)
