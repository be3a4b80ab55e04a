"""What the image is made of, as CycloneDX: the program's crates as Cargo.lock pins them, and Debian's packages.

    sbom.py PROGRAM SECONDS STATUS_FOLDER     SECONDS since 1970, of the commit
"""

import datetime
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import urllib.parse
import uuid


def crates():
    """Every crate from elsewhere that the program is linked with, and their macros; and its own version."""
    host = re.search(r"^host: (.*)$", subprocess.check_output(["rustc", "-vV"], text=True), re.M)[1]
    asked = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", host]
    metadata = json.loads(subprocess.check_output(asked))
    packages = {it["id"]: it for it in metadata["packages"]}
    nodes = {it["id"]: it for it in metadata["resolve"]["nodes"]}
    own = next(it for it in metadata["packages"] if it["name"] == "motcua" and it["source"] is None)
    found, ahead = set(), [own["id"]]
    while ahead:
        at = ahead.pop()
        if at not in found:
            found.add(at)
            ahead += [it["pkg"] for it in nodes[at]["deps"] if any(kind["kind"] is None for kind in it["dep_kinds"])]
    return own["version"], sorted((packages[it] for it in found if packages[it]["source"]), key=lambda it: (it["name"], it["version"]))


def checksums():
    """Of every crate in Cargo.lock, by name and version."""
    found = {}
    for entry in pathlib.Path("Cargo.lock").read_text(encoding="utf-8").split("[[package]]")[1:]:
        field = dict(re.findall(r'^(\w+) = "(.*)"$', entry, re.M))
        found[field["name"], field["version"]] = field.get("checksum")
    return found


def of_crate(crate, checksum):
    purl = f"pkg:cargo/{crate['name']}@{urllib.parse.quote(crate['version'])}"
    component = {"type": "library", "bom-ref": purl, "name": crate["name"], "version": crate["version"], "purl": purl}
    if checksum:
        component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if crate["license"]:
        # Cargo took a slash for "or" before it took SPDX.
        component["licenses"] = [{"expression": crate["license"].replace("/", " OR ")}]
    return component


def of_package(path, distribution):
    field = dict(re.findall(r"^(\S+): (.*)$", path.read_text(encoding="utf-8"), re.M))
    version = urllib.parse.quote(field["Version"], safe="")
    purl = f"pkg:deb/{distribution['ID']}/{field['Package']}@{version}?arch={field['Architecture']}&distro={distribution['ID']}-{distribution['VERSION_ID']}"
    return {"type": "library", "bom-ref": purl, "name": field["Package"], "version": field["Version"], "purl": purl}


def main(program, seconds, packages):
    os_release = pathlib.Path(packages).joinpath("../../../../usr/lib/os-release").read_text(encoding="utf-8")
    distribution = dict(re.findall(r'^(\w+)="?(.*?)"?$', os_release, re.M))
    version, linked = crates()
    known = checksums()
    components = [of_crate(it, known[it["name"], it["version"]]) for it in linked]
    components += [of_package(it, distribution) for it in sorted(pathlib.Path(packages).iterdir())]
    digest = hashlib.sha256(pathlib.Path(program).read_bytes()).hexdigest()
    moment = datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc)
    subject = {
        "type": "application",
        "bom-ref": "motcua",
        "name": "motcua",
        "version": version,
        "licenses": [{"license": {"id": "Apache-2.0"}}],
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }
    listed = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest + json.dumps(components))}",
        "version": 1,
        "metadata": {"timestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": subject},
        "components": components,
    }
    print(json.dumps(listed, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
