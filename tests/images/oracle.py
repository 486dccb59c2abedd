"""Makes images of random layers and compares what `assize facts` says of them with umoci's root file system and skopeo's inspection.

    oracle.py ASSIZE FOLDER COUNT [SEED]

Layers add, replace, link, delete and empty files and folders. Compared: every visible file with machine code (path, SHA-256, mode), the digests of
manifest and layers, environment, labels and entrypoint; once as an OCI layout, once as the docker-archive that skopeo makes of it, plain and compressed as a whole.
"""
import gzip, hashlib, io, json, os, random, shutil, subprocess, sys, tarfile

assize, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
first = int(sys.argv[4]) if len(sys.argv) > 4 else 1
program = open("/bin/true", "rb").read()


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Layer:
    """A layer that an honest tool could write: every parent is a folder here or below, nothing comes twice."""

    def __init__(self, rnd, below):
        self.rnd, self.below, self.names, self.out = rnd, below, {}, io.BytesIO()
        self.tar = tarfile.open(fileobj=self.out, mode="w", format=rnd.choice([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]))

    def add(self, name, kind, data=b"", link="", mode=0o644):
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.mode, info.size = kind, link, mode, len(data)
        self.tar.addfile(info, io.BytesIO(data))
        self.names[name] = kind

    def parents(self, name):
        parts = name.split("/")[:-1]
        for n in range(1, len(parts) + 1):
            parent = "/".join(parts[:n])
            if parent not in self.names:
                self.add(parent, tarfile.DIRTYPE, mode=0o755)
            elif self.names[parent] != tarfile.DIRTYPE:
                return False
        return True

    def step(self):
        rnd = self.rnd
        name = "/".join(rnd.choice(["bin", "usr", "opt", "lib", "app", "x y", "é"]) for _ in range(rnd.randint(1, 3))) + f"/{rnd.choice('abcdef')}"
        what = rnd.random()
        if what < 0.12 and self.below:
            # A whiteout stands for something of a lower layer.
            gone = rnd.choice(sorted(self.below))
            at, last = os.path.split(gone)
            white = os.path.join(at, ".wh." + last)
            taken = any(n == gone or n.startswith(gone + "/") for n in self.names)
            if white not in self.names and not taken and self.parents(white):
                self.add(white, tarfile.REGTYPE)
            return
        if what < 0.16 and self.below:
            at = os.path.dirname(rnd.choice(sorted(self.below)))
            opaque = at + "/.wh..wh..opq"
            if at and opaque not in self.names and not any(n.startswith(at + "/") for n in self.names) and self.parents(opaque):
                self.add(opaque, tarfile.REGTYPE)
            return
        if name in self.names or os.path.join(*[p for p in [os.path.dirname(name), ".wh." + os.path.basename(name)] if p]) in self.names:
            return
        if not self.parents(name):
            return
        if what < 0.62:
            self.add(name, tarfile.REGTYPE, program + rnd.randbytes(rnd.choice([0, rnd.randint(0, 40), rnd.randint(60_000, 900_000)])), mode=rnd.choice([0o755, 0o644, 0o4755, 0o600]))
        elif what < 0.75:
            self.add(name, tarfile.REGTYPE, b"text %d\n" % rnd.randint(0, 9))
        elif what < 0.85:
            self.add(name, tarfile.SYMTYPE, link=rnd.choice(["../bin/a", "/usr/b", "nowhere", "."]))
        elif what < 0.95:
            files = [n for n, kind in self.names.items() if kind == tarfile.REGTYPE and "/.wh." not in n and not n.startswith(".wh.")]
            if files:
                self.add(name, tarfile.LNKTYPE, link=rnd.choice(files))
        else:
            self.add(name, tarfile.DIRTYPE, mode=0o755)

    def bytes(self):
        self.tar.close()
        return self.out.getvalue()


def layout(rnd, place):
    os.makedirs(f"{place}/blobs/sha256")

    def blob(data, media):
        with open(f"{place}/blobs/sha256/{sha256(data)[7:]}", "wb") as out:
            out.write(data)
        return {"mediaType": media, "digest": sha256(data), "size": len(data)}

    layers, diffs, below = [], [], set()
    for _ in range(rnd.randint(2, 6)):
        layer = Layer(rnd, below)
        for _ in range(rnd.randint(3, 25)):
            layer.step()
        if not layer.names:
            layer.add("etc", tarfile.DIRTYPE, mode=0o755)
        below |= {n for n, kind in layer.names.items() if ".wh." not in n and kind != tarfile.DIRTYPE}
        data = layer.bytes()
        diffs.append(sha256(data))
        packed = rnd.random() < 0.6
        media = "application/vnd.oci.image.layer.v1.tar" + ("+gzip" if packed else "")
        layers.append(blob(gzip.compress(data, 1, mtime=0) if packed else data, media))
    config = {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": diffs},
              "config": {"Env": ["PATH=/bin", f"N={rnd.randint(0, 99)}"], "Labels": {"a": "b", "n": str(rnd.randint(0, 99))}, "Entrypoint": ["/bin/a"]}}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": blob(json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json"), "layers": layers}
    described = blob(json.dumps(manifest).encode(), manifest["mediaType"])
    described["annotations"] = {"org.opencontainers.image.ref.name": "v"}
    json.dump({"schemaVersion": 2, "manifests": [described]}, open(f"{place}/index.json", "w"))
    json.dump({"imageLayoutVersion": "1.0.0"}, open(f"{place}/oci-layout", "w"))


def ours(root, path):
    with open(f"{root}/deliverable.toml", "w") as out:
        out.write(f'[[image]]\npath = "{path}"\n')
    said = subprocess.run([assize, "facts", "--quiet", "--kind", "image.manifest", "--kind", "image.files", root], capture_output=True, check=True).stdout
    sheets = json.loads(said)
    sheets = {sheet["kind"]: sheet for sheet in sheets["facts"]}
    gaps = [gap for sheet in sheets.values() for gap in sheet.get("gaps", [])]
    code = {(i["path"], i["sha256"].removeprefix("sha256:"), i["mode"]) for i in (item["fields"] for item in sheets["image.files"]["items"]) if i["visible"] and i["executable_content"]}
    return sheets["image.manifest"]["items"][0]["fields"], code, gaps


def theirs(bundle):
    root = f"{bundle}/rootfs"
    found = set()
    for at, _, names in os.walk(root):
        for name in names:
            path = os.path.join(at, name)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            data = open(path, "rb").read()
            if data.startswith(b"\x7fELF"):
                found.add((path[len(root):], hashlib.sha256(data).hexdigest(), os.stat(path).st_mode & 0o7777))
    return found


wrong = files = 0
for seed in range(first, first + count):
    rnd, root = random.Random(seed), f"{folder}/{seed}"
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    layout(rnd, f"{root}/image")
    tools = {"check": True, "capture_output": True}
    subprocess.run(["umoci", "unpack", "--image", f"{root}/image:v", f"{folder}/bundle"], **tools)
    expected = theirs(f"{folder}/bundle")
    shutil.rmtree(f"{folder}/bundle")
    inspected = json.loads(subprocess.run(["skopeo", "inspect", f"oci:{root}/image:v"], **tools).stdout)
    manifest, found, gaps = ours(root, "image")
    mistakes = []
    if gaps:
        mistakes.append(f"gaps {gaps}")
    if found != expected:
        mistakes.append(f"files: umoci alone {sorted(expected - found)}, ours alone {sorted(found - expected)}")
    for name, theirs_value, ours_value in [
        ("digest", inspected["Digest"], "sha256:" + manifest["digest"].removeprefix("sha256:")),
        ("layers", len(inspected["Layers"]), manifest["layers"]),
        ("env", inspected["Env"], manifest["env"]),
        ("labels", sorted(f"{k}={v}" for k, v in inspected["Labels"].items()), sorted(manifest["labels"])),
        ("platform", f"{inspected['Os']}/{inspected['Architecture']}", manifest["platform"]),
        ("agree", True, manifest["digests_agree"]),
    ]:
        if theirs_value != ours_value:
            mistakes.append(f"{name}: {theirs_value} and {ours_value}")
    os.makedirs(f"{root}/archive")
    subprocess.run(["skopeo", "copy", "--insecure-policy", f"oci:{root}/image:v", f"docker-archive:{root}/archive/image.tar:x:v"], **tools)
    _, again, gaps = ours(f"{root}/archive", "image.tar")
    if again != expected or gaps:
        mistakes.append(f"as a docker-archive: {sorted(again ^ expected)} {gaps}")
    os.makedirs(f"{root}/packed")
    with open(f"{root}/archive/image.tar", "rb") as plain, gzip.open(f"{root}/packed/image.tar.gz", "wb", 1) as out:
        shutil.copyfileobj(plain, out)
    _, again, gaps = ours(f"{root}/packed", "image.tar.gz")
    if again != expected or gaps:
        mistakes.append(f"as a docker-archive, compressed: {sorted(again ^ expected)} {gaps}")
    files += len(expected)
    wrong += bool(mistakes)
    print(*(f"image {seed}: {mistake}" for mistake in mistakes), sep="\n", end="\n" if mistakes else "")
    shutil.rmtree(root)
print(f"{count} images, {files} files with machine code, {wrong} images not as umoci and skopeo see them")
sys.exit(bool(wrong))
