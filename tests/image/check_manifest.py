#!/usr/bin/env python3
"""check_manifest.py MANIFEST - rules of an example manifest that the Kubernetes API does not know."""
import sys

import yaml


def seconds(text):
    for unit, factor in (("ms", 0.001), ("min", 60), ("s", 1), ("h", 3600)):
        if str(text).endswith(unit):
            return float(text[:-len(unit)]) * factor
    raise ValueError(f"{text!r} has no unit")


def rules_of_socket(path, at, pod, sidecar, app):
    """Of an API on a Unix socket: yields (what must hold, whether it does)."""
    directory = path.rpartition("/")[0]
    yield "the API listens where the sidecar looks for it", at == {"--unix": path}
    mount = {"name": "api-socket", "mountPath": directory}
    yield "the API makes its socket in a volume", mount in app["volumeMounts"]
    yield "the sidecar can put nothing in its place", {**mount, "readOnly": True} in sidecar["volumeMounts"]
    volume, = [v for v in pod["volumes"] if v["name"] == "api-socket"]
    yield "the volume ends with the Pod", "emptyDir" in volume


def rules(documents):
    """Yields (what must hold, whether it does)."""
    kinds = {d["kind"]: d for d in documents}
    pod = kinds["Deployment"]["spec"]["template"]["spec"]
    sidecar, = pod["initContainers"]
    app, = pod["containers"]
    config = yaml.safe_load(kinds["ConfigMap"]["data"]["gate-sidecar.yaml"])
    ports = {p["name"]: p["containerPort"] for p in sidecar["ports"]}

    yield "nothing names a namespace", not any("namespace" in d["metadata"] for d in documents)
    yield "the sidecar is a native one", sidecar["restartPolicy"] == "Always"
    yield "no token of the cluster is mounted", pod["automountServiceAccountToken"] is False
    yield "nobody is root", pod["securityContext"]["runAsNonRoot"] is True
    yield "seccomp is on", pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    for container in (sidecar, app):
        limits = container["securityContext"]
        name = container["name"]
        yield f"{name}: read-only root", limits["readOnlyRootFilesystem"] is True
        yield f"{name}: no capabilities", limits["capabilities"] == {"drop": ["ALL"]}
        yield f"{name}: no escalation", limits["allowPrivilegeEscalation"] is False
        yield f"{name}: memory is bounded", "memory" in container["resources"]["limits"]
    yield "the sidecar runs as 65532", sidecar["securityContext"]["runAsUser"] == 65532
    yield "the API has another uid", pod["securityContext"]["runAsUser"] != 65532

    for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
        yield f"{probe} asks {path}", sidecar[probe]["httpGet"] == {"path": path, "port": "status"}
    yield "the ports are the configured ones", [f"0.0.0.0:{ports['http']}", f"0.0.0.0:{ports['status']}"] == [
        config["listener"]["address"], config["status"]["address"]]
    yield "the Service leads to the sidecar alone", [p["targetPort"] for p in kinds["Service"]["spec"]["ports"]] == [
        "http"]
    allowed = [(p["port"], bool(rule.get("from"))) for rule in kinds["NetworkPolicy"]["spec"]["ingress"]
               for p in rule["ports"]]
    yield "the policy opens its ports only, the status port not to everybody", allowed == [
        (ports["http"], False), (ports["status"], True)]
    yield "the API has no port", "ports" not in app
    at = dict(zip(app["args"][::2], app["args"][1::2]))
    url = config["upstream"]["url"]
    if url.startswith("unix:"):
        yield from rules_of_socket(url.removeprefix("unix:"), at, pod, sidecar, app)
    else:
        yield "the API is on the loopback, where the sidecar looks for it", (
            at["--host"] == "127.0.0.1" and url == f"http://127.0.0.1:{at['--port']}")

    delay, grace = seconds(config["shutdown"]["delay"]), seconds(config["shutdown"]["grace"])
    yield "a drain ends before the Pod's time is up", delay + grace < pod["terminationGracePeriodSeconds"]
    yield "the API outlives the sidecar's delay", app["lifecycle"]["preStop"]["sleep"]["seconds"] > delay
    yield "the sidecar is told early", sidecar["lifecycle"]["preStop"]["exec"]["command"][1:] == ["drain"]

    key, = kinds["Secret"]["stringData"].values()
    yield "the key is a placeholder", key == "sk_test_PLACEHOLDER"
    secret = next(v["secret"] for v in pod["volumes"] if "secret" in v)
    yield "the key is readable for its group alone, and that is the sidecar's", (
        secret["secretName"] == kinds["Secret"]["metadata"]["name"] and secret["defaultMode"] == 0o440
        and pod["securityContext"]["fsGroup"] == sidecar["securityContext"]["runAsGroup"] == 65532)
    yield "Gate is asked over TLS", config["gate"]["base_url"].startswith("https://")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        documents = [d for d in yaml.safe_load_all(file) if d]
    broken = [what for what, holds in rules(documents) if not holds]
    for what in broken:
        print(f"{sys.argv[1]}: does not hold: {what}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
