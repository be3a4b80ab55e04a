"""Judges built manifests: each object against its schema, all of them against our own rules.

    judge.py CUSTOM_RESOURCES MOTCUA OVERLAY.yaml...

Objects of Kubernetes itself are held against three of its releases, strictly: what a schema does not name is a mistake. So are custom
resources, by the schemas of their definitions. A kind that nobody knows is a mistake too.
"""

import pathlib
import sys

import jsonschema
import kubernetes_validate
import yaml

import rules

# The oldest that is meant to work, one between, the newest that the judge knows.
RELEASES = ("1.33", "1.35", "1.37")


def loaded(path):
    """The objects of a file, by the faster of PyYAML's loaders where it is there."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [it for it in yaml.load_all(path.read_text(encoding="utf-8"), loader) if it is not None]


def strict(schema):
    """A schema of a custom resource as JSON Schema that refuses what it does not name."""
    if isinstance(schema, list):
        return [strict(it) for it in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items() if key != "properties"}
    if "properties" in schema:
        made["properties"] = {name: strict(of) for name, of in schema["properties"].items()}
        open_ended = "additionalProperties" in schema or schema.get("x-kubernetes-preserve-unknown-fields")
        if not open_ended:
            made["additionalProperties"] = False
    if schema.get("x-kubernetes-int-or-string"):
        made["type"] = ["integer", "string"]
    if schema.get("nullable") and "type" in made:
        made["type"] = [made["type"], "null"]
    return made


def custom(folder):
    """The judges of custom resources, by API version and kind."""
    judges = {}
    for path in sorted(pathlib.Path(folder).glob("*.yaml")):
        for definition in loaded(path):
            spec = definition["spec"]
            for version in spec["versions"]:
                schema = strict(version["schema"]["openAPIV3Schema"])
                for field in ("apiVersion", "kind", "metadata"):
                    schema["properties"].setdefault(field, {})
                name = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
                judges[name] = jsonschema.Draft202012Validator(schema)
    return judges


def told(error):
    return f"{'.'.join(map(str, error.absolute_path)) or 'the object'}: {error.message}"


def faults(thing, judges):
    """What its schema finds wrong with an object."""
    judge = judges.get((thing["apiVersion"], thing["kind"]))
    if judge:
        return [told(error) for error in judge.iter_errors(thing)]
    found = []
    for release in RELEASES:
        try:
            kubernetes_validate.validate(thing, release, strict=True)
        except kubernetes_validate.SchemaNotFoundError:
            found.append(f"Kubernetes {release} knows no {thing['kind']} of {thing['apiVersion']}")
        except kubernetes_validate.ValidationError as error:
            found.append(f"{told(error)} (Kubernetes {release})")
    return found


def main(folder, motcua, *overlays):
    judges = custom(folder)
    wrong = 0
    for path in map(pathlib.Path, overlays):
        things = loaded(path)
        found = [f"{thing['kind']} {thing['metadata']['name']}: {fault}" for thing in things for fault in faults(thing, judges)]
        found += rules.broken(things, motcua)
        for fault in found:
            print(f"deploy: {path.stem}: {fault}", file=sys.stderr)
        if not found:
            of_others = sum((thing["apiVersion"], thing["kind"]) in judges for thing in things)
            print(f"deploy: {path.stem}: {len(things)} objects ({of_others} custom resources), nothing to remark")
        wrong += len(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
