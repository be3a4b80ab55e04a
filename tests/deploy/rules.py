"""Our own rules for an overlay as a whole: what no schema says."""

import pathlib
import re
import subprocess

README = pathlib.Path("deploy/README.md")

SERVICES = ("identity", "dossier", "workflow", "payment", "mailing", "feedback")

# ConfigMaps that whoever installs makes; deploy/README.md says how.
GIVEN_CONFIG_MAPS = {"motcua-trusted"}

# Under which keys an object names a Secret, besides `secretName`.
KEYS_OF_SECRETS = ("secretRef", "secretKeyRef", "passwordSecret", "accessKeyId", "secretAccessKey")

# Where every service listens for calls.
GRPC = 8443

COMPONENT = "app.kubernetes.io/component"

PASSWORD_IN_ADDRESS = re.compile(r"://[^/@\s]*:[^/@\s]+@")


class Overlay:
    """The objects of an overlay, and how they belong together."""

    def __init__(self, things):
        self.things = things

    def of(self, kind):
        return [thing for thing in self.things if thing["kind"] == kind]

    def workloads(self):
        return self.of("Deployment") + self.of("Job")

    def config(self, pod):
        """The settings that a pod is given by ConfigMaps, as variables."""
        maps = {thing["metadata"]["name"]: thing.get("data", {}) for thing in self.of("ConfigMap")}
        given = {}
        for source in pod["containers"][0].get("envFrom", []):
            if "configMapRef" in source:
                given.update(maps.get(source["configMapRef"]["name"], {}))
        return given


def name(thing):
    return f"{thing['kind']} {thing['metadata']['name']}"


def pod_of(workload):
    return workload["spec"]["template"]["spec"]


def labels_of(workload):
    return workload["spec"]["template"]["metadata"]["labels"]


def containers(pod):
    return pod.get("initContainers", []) + pod["containers"]


def matches(selector, labels):
    """Whether a label selector chooses what has these labels."""
    chosen = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    for wanted in selector.get("matchExpressions", []):
        chosen = chosen and wanted["operator"] == "In" and labels.get(wanted["key"]) in wanted["values"]
    return chosen


def no_secret_is_written_down(overlay, _):
    for thing in overlay.things:
        if thing["kind"] == "Secret":
            yield f"{name(thing)} is in the manifests; only its name may be"
        if PASSWORD_IN_ADDRESS.search(str(thing)):
            yield f"{name(thing)} holds an address with a password"


def containers_are_restricted(overlay, _):
    for workload in overlay.workloads():
        pod = pod_of(workload)
        around = pod.get("securityContext", {})
        if around.get("runAsNonRoot") is not True or around.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{name(workload)}: its pod must run as non-root under the runtime's seccomp profile"
        if pod.get("automountServiceAccountToken") is not False:
            yield f"{name(workload)}: its pod must not be given a token of Kubernetes"
        for container in containers(pod):
            own = dict(container.get("securityContext", {}))
            wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
            if own != wanted:
                yield f"{name(workload)}: the securityContext of {container['name']} must be {wanted}"
            resources = container.get("resources", {})
            if not {"cpu", "memory"} <= resources.get("requests", {}).keys() or "memory" not in resources.get("limits", {}):
                yield f"{name(workload)}: {container['name']} must request processor and memory, and limit memory"


def deployments_are_probed_and_bounded(overlay, _):
    budgets = [thing["spec"]["selector"] for thing in overlay.of("PodDisruptionBudget")]
    for deployment in overlay.of("Deployment"):
        if sum(matches(budget, labels_of(deployment)) for budget in budgets) != 1:
            yield f"{name(deployment)} must have one PodDisruptionBudget"
        for container in pod_of(deployment)["containers"]:
            for probe in ("livenessProbe", "readinessProbe"):
                if probe not in container:
                    yield f"{name(deployment)}: {container['name']} has no {probe}"


def selectors_select(overlay, _):
    pods = [labels_of(workload) for workload in overlay.workloads()]
    chosen = {
        "Service": lambda spec: {"matchLabels": spec["selector"]},
        "PodDisruptionBudget": lambda spec: spec["selector"],
        "PodMonitor": lambda spec: spec["selector"],
    }
    for kind, selector in chosen.items():
        for thing in overlay.of(kind):
            if not any(matches(selector(thing["spec"]), labels) for labels in pods):
                yield f"{name(thing)} selects nothing"
    scaled = {thing["metadata"]["name"] for thing in overlay.of("Deployment")}
    for thing in overlay.of("HorizontalPodAutoscaler"):
        if thing["spec"]["scaleTargetRef"]["name"] not in scaled:
            yield f"{name(thing)} scales nothing"


def scaling_is_measured(overlay, _):
    """The schemas take any word here, the server does not."""
    for thing in overlay.of("HorizontalPodAutoscaler"):
        for metric in thing["spec"]["metrics"]:
            kind = metric["resource"]["target"]["type"]
            if kind not in ("Utilization", "AverageValue"):
                yield f"{name(thing)} scales by {kind}: Kubernetes knows Utilization and AverageValue"


def every_service_is_there(overlay, _):
    for service in SERVICES:
        for kind in ("Deployment", "Service", "ServiceAccount", "PodDisruptionBudget"):
            if f"motcua-{service}" not in [thing["metadata"]["name"] for thing in overlay.of(kind)]:
                yield f"{service} has no {kind}"
        for kind in ("Certificate", "Database", "HorizontalPodAutoscaler"):
            found = [thing["metadata"]["name"] for thing in overlay.of(kind)]
            if found and f"motcua-{service}" not in found:
                yield f"{service} has no {kind}, as others have"
        if f"motcua-{service}-migration" not in [thing["metadata"]["name"] for thing in overlay.of("Job")]:
            yield f"{service} has no migration"
        if f"motcua.{service}.v1" not in [thing["metadata"]["name"] for thing in overlay.of("KafkaTopic")]:
            yield f"{service} has no topic"


def settings_are_known(overlay, motcua):
    """Asks the program itself: it refuses a value that it cannot use, and tells where each came from."""
    for workload in overlay.workloads():
        given = overlay.config(pod_of(workload))
        asked = subprocess.run([motcua, "config"], env=given, capture_output=True, text=True, check=False)
        if asked.returncode != 0:
            yield f"{name(workload)}: {asked.stderr.strip()}"
            continue
        lines = {line.split("environment ")[1].split()[0]: line for line in asked.stdout.splitlines() if "environment " in line}
        for variable in given:
            if variable not in lines:
                yield f"{name(workload)}: {variable} is no setting; `motcua config` lists them"
            elif " (set) " in lines[variable] and not variable.endswith("_DATABASE"):
                yield f"{name(workload)}: {variable} is a secret, and in a ConfigMap"


def ports_are_those_listened_on(overlay, _):
    for workload in overlay.of("Deployment"):
        for container in pod_of(workload)["containers"]:
            open_ports = {port["containerPort"] for port in container.get("ports", [])}
            given = overlay.config(pod_of(workload))
            heard = {int(value.rsplit(":", 1)[1]) for variable, value in given.items() if variable.endswith("_LISTEN")}
            if open_ports != heard:
                yield f"{name(workload)} opens {sorted(open_ports)} and listens on {sorted(heard)}"
            for probe in ("livenessProbe", "readinessProbe"):
                port = container.get(probe, {}).get("grpc", {}).get("port")
                if port is not None and given.get("MOTCUA_HEALTH_LISTEN", "").rsplit(":", 1)[-1] != str(port):
                    yield f"{name(workload)}: its {probe} asks {port}, where health is not told"


def asked_by_settings(overlay):
    """Who asks whom, as the settings say."""
    for deployment in overlay.of("Deployment"):
        service = labels_of(deployment).get(COMPONENT)
        for variable in overlay.config(pod_of(deployment)):
            if variable.startswith("MOTCUA_PEERS_"):
                yield service, variable.removeprefix("MOTCUA_PEERS_").lower()


def allowed(overlay, way, other):
    """The pairs of services between which policies open the gRPC port, looking one way."""
    pods = {labels_of(it)[COMPONENT]: labels_of(it) for it in overlay.of("Deployment") if COMPONENT in labels_of(it)}
    for policy in overlay.of("NetworkPolicy"):
        here = [service for service, labels in pods.items() if matches(policy["spec"]["podSelector"], labels)]
        for rule in policy["spec"].get(way, []):
            if not opens_grpc(rule):
                continue
            for peer in rule.get(other, [{"podSelector": {}}]):
                there = [it for it, labels in pods.items() if "podSelector" in peer and matches(peer["podSelector"], labels)]
                yield from ((mine, yours) for mine in here for yours in there)


def opens_grpc(rule):
    """Without ports every one is open; else one is named, numbered, or the first of a range."""
    for it in rule.get("ports") or [{}]:
        port = it.get("port")
        if port in (None, "grpc") or (isinstance(port, int) and port <= GRPC <= it.get("endPort", port)):
            return True
    return False


def network_lets_through_what_is_asked(overlay, _):
    if not overlay.of("NetworkPolicy"):
        return
    asked = set(asked_by_settings(overlay))
    outward = set(allowed(overlay, "egress", "to"))
    inward = {(asker, service) for service, asker in allowed(overlay, "ingress", "from")}
    for where, let in (("egress", outward), ("ingress", inward)):
        for asker, service in sorted(asked - let):
            yield f"no {where} policy lets {asker} ask {service}, as its settings say"
        for asker, service in sorted(let - asked):
            yield f"an {where} policy lets {asker} ask {service}, and its settings do not say that it does"


def references(thing, key):
    """Every value under a key, however deep."""
    if isinstance(thing, list):
        for it in thing:
            yield from references(it, key)
    elif isinstance(thing, dict):
        for found, value in thing.items():
            if found == key:
                yield value
            yield from references(value, key)


def references_lead_somewhere(overlay, _):
    """ConfigMaps are here; Secrets are made by a Certificate, or by an operator whom the README tells so."""
    maps = {thing["metadata"]["name"] for thing in overlay.of("ConfigMap")} | GIVEN_CONFIG_MAPS
    made = {thing["spec"]["secretName"] for thing in overlay.of("Certificate")}
    readme = README.read_text(encoding="utf-8")
    accounts = {thing["metadata"]["name"] for thing in overlay.of("ServiceAccount")}
    for workload in overlay.workloads():
        pod = pod_of(workload)
        if pod.get("serviceAccountName", "default") not in accounts | {"default"}:
            yield f"{name(workload)}: there is no ServiceAccount {pod['serviceAccountName']}"
        used = [it["name"] for it in [*references(pod, "configMapRef"), *references(pod, "configMap")]]
        yield from (f"{name(workload)}: there is no ConfigMap {it}" for it in used if it not in maps)
    for thing in overlay.things:
        keyed = [it["name"] for key in KEYS_OF_SECRETS for it in references(thing, key)] + list(references(thing, "secretName"))
        for secret in sorted(set(keyed) - made):
            if not any(f"\n| `{it}`" in readme for it in (secret, *generalised(secret))):
                yield f"{name(thing)}: deploy/README.md does not tell of the Secret {secret}"


def generalised(secret):
    """As the README writes of all services at once."""
    return [secret.replace(f"-{service}-", "-SERVICE-") for service in SERVICES if f"-{service}-" in secret]


RULES = (
    no_secret_is_written_down,
    containers_are_restricted,
    deployments_are_probed_and_bounded,
    selectors_select,
    scaling_is_measured,
    every_service_is_there,
    settings_are_known,
    ports_are_those_listened_on,
    network_lets_through_what_is_asked,
    references_lead_somewhere,
)


def broken(things, motcua):
    """What breaks a rule."""
    return [fault for rule in RULES for fault in rule(Overlay(things), motcua)]
