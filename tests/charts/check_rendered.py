#!/usr/bin/env python3
"""check_rendered.py RENDERED.yaml - what holds for each rendered chart and kustomization, beside the types of the API."""
import json
import pathlib
import sys

import yaml

try:
    import jsonschema
except ImportError:
    sys.exit("python3-jsonschema is not installed")

ROOT = pathlib.Path(__file__).parents[2]


def problems_of_config(text):
    schema = json.loads((ROOT / "config" / "gate-sidecar.schema.json").read_text(encoding="utf-8"))
    return [each.message for each in jsonschema.Draft7Validator(schema).iter_errors(yaml.safe_load(text))]


def rules(documents):
    """Yields (what must hold, whether it does)."""
    by_kind = {d["kind"]: d for d in documents}
    deployment, service, config_map = (by_kind[kind] for kind in ("Deployment", "Service", "ConfigMap"))
    template = deployment["spec"]["template"]
    pod, labels = template["spec"], template["metadata"]["labels"]
    native = pod.get("initContainers", [])
    sidecar, = [c for c in native + pod["containers"] if c["name"] == "gate-sidecar"]
    apps = [c for c in pod["containers"] if c["name"] != "gate-sidecar"]
    config = yaml.safe_load(config_map["data"]["gate-sidecar.yaml"])
    ports = {p["name"]: p["containerPort"] for p in sidecar["ports"]}

    yield "each document is one of its kind", len(by_kind) == len([d for d in documents if d["kind"] != "Secret"]) + ("Secret" in by_kind)
    yield "the configuration is one", problems_of_config(config_map["data"]["gate-sidecar.yaml"]) == []
    yield "the Deployment finds its Pods", deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    yield "the Service finds them", service["spec"]["selector"].items() <= labels.items()
    way_in = service["spec"]["ports"][0]["targetPort"]
    listener = config["listener" if apps else "answer"]["address"]
    yield "the Service leads to the sidecar", listener == f"0.0.0.0:{ports[way_in]}"
    yield "the status port is the configured one", config["status"]["address"] == f"0.0.0.0:{ports['status']}"
    yield "the probes ask it", all(sidecar[p]["httpGet"]["port"] == "status" for p in ("startupProbe", "livenessProbe", "readinessProbe"))
    mounts = {m["name"]: m for m in sidecar["volumeMounts"]}
    volumes = {v["name"]: v for v in pod["volumes"]}
    yield "what it mounts is there, read-only", all(name in volumes and m["readOnly"] for name, m in mounts.items())
    for key, path in secret_files(config):
        yield f"the file of {key} is mounted from a Secret", is_mounted(path, mounts, volumes)
    yield "its ConfigMap is mounted", any(v.get("configMap", {}).get("name") == config_map["metadata"]["name"] for v in volumes.values())
    yield "it runs as 65532, confined", confined(pod, sidecar)
    for app in apps:
        yield f"{app['name']} has neither the key nor the configuration", not {m["name"] for m in app.get("volumeMounts", [])} & set(mounts)
        yield "the sidecar is a native one, or plain", native in ([], [sidecar]) and (not native or sidecar["restartPolicy"] == "Always")
        yield "the admission policy looks at it", labels["gate-sidecar/required"] == "true"
    for policy in (d for d in documents if d["kind"] == "NetworkPolicy"):
        opened = {p["port"] for rule in policy["spec"]["ingress"] for p in rule["ports"]}
        yield "the policy finds the Pods", policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
        yield "the policy opens the sidecar's ports alone", opened == {ports[way_in], ports["status"]}
    for monitor in (d for d in documents if d["kind"] == "PodMonitor"):
        yield "the PodMonitor finds the Pods", monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()


def secret_files(config):
    """(key, path) of each file with a secret that the configuration names."""
    fleet = config.get("fleet", {})
    for name, section in (("gate", config.get("gate", {})), ("fleet", fleet), ("fleet.sentinel", fleet.get("sentinel", {}))):
        for key, path in section.items():
            if key in ("secret_key_file", "key_file", "password_file"):
                yield f"{name}.{key}", pathlib.PurePosixPath(path)


def is_mounted(path, mounts, volumes):
    for name, mount in mounts.items():
        secret = volumes.get(name, {}).get("secret")
        if secret and mount["mountPath"] == str(path.parent):
            return "items" not in secret or path.name in [item["path"] for item in secret["items"]]
    return False


def confined(pod, container):
    context = {**pod.get("securityContext", {}), **container["securityContext"]}
    return (context["runAsUser"] == 65532 and context["runAsNonRoot"] and context["readOnlyRootFilesystem"]
            and context["capabilities"] == {"drop": ["ALL"]} and not context["allowPrivilegeEscalation"]
            and context["seccompProfile"]["type"] == "RuntimeDefault")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        documents = [d for d in yaml.safe_load_all(file) if d]
    broken = [what for what, holds in rules(documents) if not holds]
    for what in broken:
        print(f"{sys.argv[1]}: does not hold: {what}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
