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
    native, plain = pod.get("initContainers", []), pod["containers"]
    sidecar, = [c for c in native + plain if c["name"] == "gate-sidecar"]
    app, = [c for c in plain if c["name"] != "gate-sidecar"]
    config = yaml.safe_load(kinds["ConfigMap"]["data"]["gate-sidecar.yaml"])
    ports = {p["name"]: p["containerPort"] for p in sidecar["ports"]}

    yield from rules_of_all(documents, pod, [sidecar, app])
    yield "an init container is a native sidecar", not native or (native == [sidecar] and sidecar["restartPolicy"] == "Always")
    yield "the sidecar runs as 65532", sidecar["securityContext"]["runAsUser"] == 65532
    yield "the API has another uid", pod["securityContext"]["runAsUser"] != 65532
    yield "the admission policy looks at it", (
        kinds["Deployment"]["spec"]["template"]["metadata"]["labels"]["gate-sidecar/required"] == "true")

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
    wait = app["lifecycle"]["preStop"]
    waits = wait["sleep"]["seconds"] if native else int(wait["exec"]["command"][-1])
    yield "the API outlives the sidecar's delay", waits > delay
    yield "a native sidecar is told early, a plain one by TERM", (
        sidecar["lifecycle"]["preStop"]["exec"]["command"][1:] == ["drain"] if native else "lifecycle" not in sidecar)
    yield from rules_of_key(kinds, pod, config)
    yield "the key's group is the sidecar's", sidecar["securityContext"]["runAsGroup"] == 65532


def rules_of_all(documents, pod, containers):
    """What holds for each Pod."""
    yield "nothing names a namespace", not any("namespace" in d["metadata"] for d in documents)
    yield "no token of the cluster is mounted", pod["automountServiceAccountToken"] is False
    yield "nobody is root", pod["securityContext"]["runAsNonRoot"] is True
    yield "seccomp is on", pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    for container in containers:
        limits = container["securityContext"]
        name = container["name"]
        yield f"{name}: read-only root", limits["readOnlyRootFilesystem"] is True
        yield f"{name}: no capabilities", limits["capabilities"] == {"drop": ["ALL"]}
        yield f"{name}: no escalation", limits["allowPrivilegeEscalation"] is False
        yield f"{name}: memory is bounded", "memory" in container["resources"]["limits"]


def rules_of_key(kinds, pod, config):
    key, = kinds["Secret"]["stringData"].values()
    yield "the key is a placeholder", key == "sk_test_PLACEHOLDER"
    secret = next(v["secret"] for v in pod["volumes"] if "secret" in v)
    yield "the key is readable for its group alone", (
        secret["secretName"] == kinds["Secret"]["metadata"]["name"] and secret["defaultMode"] == 0o440
        and pod["securityContext"]["fsGroup"] == 65532)
    yield "Gate is asked over TLS", config["gate"]["base_url"].startswith("https://")


def rules_of_answering(documents):
    """Of the Deployment that other proxies ask: yields (what must hold, whether it does)."""
    kinds = {d["kind"]: d for d in documents}
    deployment, policy, scaler = kinds["Deployment"], kinds["NetworkPolicy"], kinds["HorizontalPodAutoscaler"]["spec"]
    pod = deployment["spec"]["template"]["spec"]
    container, = pod["containers"]
    config = yaml.safe_load(kinds["ConfigMap"]["data"]["gate-sidecar.yaml"])
    ports = {p["name"]: p["containerPort"] for p in container["ports"]}
    yield from rules_of_all(documents, pod, [container])
    yield from rules_of_key(kinds, pod, config)
    yield "the ports are the configured ones", [f"0.0.0.0:{ports['answer']}", f"0.0.0.0:{ports['status']}"] == [
        config["answer"]["address"], config["status"]["address"]]
    yield "nothing is proxied for others", config["listener"]["address"].startswith("127.0.0.1:")
    yield "the Service leads to the answers", [p["targetPort"] for p in kinds["Service"]["spec"]["ports"]] == ["answer"]
    yield "the policy opens each port to some Pods only", [
        (p["port"], bool(rule.get("from"))) for rule in policy["spec"]["ingress"] for p in rule["ports"]] == [
            (ports["answer"], True), (ports["status"], True)]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    selectors = [deployment["spec"]["selector"]["matchLabels"], kinds["Service"]["spec"]["selector"], policy["spec"]["podSelector"]["matchLabels"],
                 kinds["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
                 pod["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"]]
    yield "each selector finds its Pods", all(set(each.items()) <= set(labels.items()) for each in selectors)
    yield "one replica may go, another stays", (
        kinds["PodDisruptionBudget"]["spec"]["minAvailable"] < scaler["minReplicas"] <= deployment["spec"]["replicas"])
    yield "it scales by its own container", (
        scaler["metrics"][0]["containerResource"]["container"] == container["name"]
        and scaler["scaleTargetRef"]["name"] == deployment["metadata"]["name"])
    yield "a drain ends before the Pod's time is up", (
        seconds(config["shutdown"]["delay"]) + seconds(config["shutdown"]["grace"]) < pod["terminationGracePeriodSeconds"])


def rules_of_doctor(documents):
    """Of the Job that looks at a deployment: yields (what must hold, whether it does)."""
    job, = documents
    spec = job["spec"]
    pod = spec["template"]["spec"]
    container, = pod["containers"]
    yield from rules_of_all(documents, pod, [container])
    yield "it runs doctor", container["args"][0] == "doctor"
    yield "it looks at the configuration of the sidecar", container["env"] == [
        {"name": "GATE_SIDECAR_CONFIG", "value": "/etc/gate-sidecar/config/gate-sidecar.yaml"}]
    yield "it is not repeated, and ends", (
        spec["backoffLimit"] == 0 and spec["activeDeadlineSeconds"] > 0 and pod["restartPolicy"] == "Never")
    yield "it does not look for an API in its own Pod", "--section=upstream" not in container["args"]
    secret = next(v["secret"] for v in pod["volumes"] if "secret" in v)
    yield "the key is readable for its group alone", secret["defaultMode"] == 0o440 and pod["securityContext"]["fsGroup"] == 65532


def rules_for(documents):
    kinds = {d["kind"] for d in documents}
    if "Job" in kinds:
        return rules_of_doctor(documents)
    return rules_of_answering(documents) if "HorizontalPodAutoscaler" in kinds else rules(documents)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        documents = [d for d in yaml.safe_load_all(file) if d]
    broken = [what for what, holds in rules_for(documents) if not holds]
    for what in broken:
        print(f"{sys.argv[1]}: does not hold: {what}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
