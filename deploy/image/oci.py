"""An image as an archive in the layout of OCI, a layer for each folder; with the index that older engines load by.

    oci.py ARCHIVE SECONDS FOLDER...     SECONDS since 1970, of the commit

Nothing in it tells when, where or by whom it was put together, so the same folders make the same image. Prints its digest.
"""

import datetime
import gzip
import hashlib
import io
import json
import pathlib
import platform
import sys
import tarfile

NAME = "motcua:local"

# Of the user `nonroot`, to whom the folder for data belongs.
USER = 65532
OWN = "var/lib/motcua"

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def entry(path, name):
    """A file as it is in the image: what depends on the machine is left out."""
    info = tarfile.TarInfo(name)
    mode = path.lstat().st_mode
    if path.is_symlink():
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, str(path.readlink()), 0o777
    elif path.is_dir():
        info.type, info.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
    else:
        info.size, info.mode = path.stat().st_size, 0o755 if mode & 0o100 else 0o644
    if name == OWN:
        info.uid = info.gid = USER
    return info


def packed(folder):
    folder, layer = pathlib.Path(folder), io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            info = entry(path, str(path.relative_to(folder)))
            with path.open("rb") if info.isreg() else io.BytesIO() as content:
                tar.addfile(info, content if info.isreg() else None)
    return layer.getvalue()


class Blobs(dict):
    """What the image consists of, by digest."""

    def put(self, content):
        digest = hashlib.sha256(content).hexdigest()
        self[digest] = content
        return digest

    def described(self, kind, content, **more):
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{self.put(content)}", "size": len(content), **more}


def text(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def main(archive, seconds, *folders):
    created = datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    blobs, layers, diffs = Blobs(), [], []
    for folder in folders:
        layer = packed(folder)
        diffs.append(f"sha256:{hashlib.sha256(layer).hexdigest()}")
        layers.append(blobs.described("layer.v1.tar+gzip", gzip.compress(layer, compresslevel=6, mtime=0)))
    config = {
        "created": created,
        "architecture": ARCHITECTURES[platform.machine()],
        "os": "linux",
        "config": {
            "User": f"{USER}:{USER}",
            "Entrypoint": ["/usr/bin/motcua"],
            "WorkingDir": "/",
            "Labels": {"org.opencontainers.image.title": "Motcua", "org.opencontainers.image.licenses": "Apache-2.0"},
        },
        "rootfs": {"type": "layers", "diff_ids": diffs},
        "history": [{"created": created, "comment": pathlib.Path(folder).name} for folder in folders],
    }
    config = blobs.described("config.v1+json", text(config))
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": layers}
    names = {"io.containerd.image.name": f"docker.io/library/{NAME}", "org.opencontainers.image.ref.name": NAME.split(":")[1]}
    manifest = blobs.described("manifest.v1+json", text(manifest), annotations=names)
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [manifest]}
    blob = lambda it: f"blobs/sha256/{it['digest'].removeprefix('sha256:')}"
    older = [{"Config": blob(config), "RepoTags": [NAME], "Layers": [blob(it) for it in layers]}]
    files = {"oci-layout": text({"imageLayoutVersion": "1.0.0"}), "index.json": text(index), "manifest.json": text(older)}
    files |= {f"blobs/sha256/{digest}": content for digest, content in blobs.items()}
    with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in sorted(files.items()):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    print(manifest["digest"])


if __name__ == "__main__":
    main(*sys.argv[1:])
