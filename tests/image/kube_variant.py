#!/usr/bin/env python3
"""kube_variant.py MANIFEST GATE_IMAGE SAMPLE_IMAGE SECRET_KEY TOKEN DIRECTORY - an example manifest, made fit for a test.

Printed on standard output: gate-emulator as one more container in Gate's place, the images given, no container ports
(podman would publish them on this machine) and no probes that name them, and a ConfigMap in the place of the Secret (podman
before 4.4 mounts a Secret's values as they stand in `data`, without decoding them). DIRECTORY takes the place of an emptyDir,
which podman does not give to the fsGroup. With `--volumes MANIFEST` only: the names of the volumes that podman makes of it.
"""
import sys

import yaml

KINDS_FOR_PODMAN = ("ConfigMap", "Deployment", "Service")


def read(path):
    with open(path, encoding="utf-8") as file:
        return [d for d in yaml.safe_load_all(file) if d]


def configure(config_map):
    """Asks the emulator, and lets this machine ask for answers."""
    config = yaml.safe_load(config_map["data"]["gate-sidecar.yaml"])
    config.setdefault("gate", {})["base_url"] = "http://127.0.0.1:9903"
    if "answer" in config:
        config["answer"]["trusted_peers"] = ["10.0.0.0/8"]
    config_map["data"]["gate-sidecar.yaml"] = yaml.safe_dump(config)


def key_volume(volume, secret_key):
    """Turns the volume of the Secret into one of a ConfigMap, which it returns."""
    secret = volume.pop("secret")
    volume["configMap"] = {"name": secret["secretName"]}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": secret["secretName"]}, "data": {"secret-key": secret_key}}


def main():
    if sys.argv[1] == "--volumes":
        print(*[d["metadata"]["name"] for d in read(sys.argv[2]) if d["kind"] == "ConfigMap"])
        return
    manifest, gate_image, sample_image, secret_key, token, directory = sys.argv[1:]
    documents = [d for d in read(manifest) if d["kind"] in KINDS_FOR_PODMAN]
    kinds = {d["kind"]: d for d in documents}
    configure(kinds["ConfigMap"])

    deployment = kinds["Deployment"]["spec"]
    deployment["replicas"] = 1
    pod = deployment["template"]["spec"]
    pod.pop("topologySpreadConstraints", None)
    sidecar, = [c for c in pod.get("initContainers", []) + pod["containers"] if c["name"] == "gate-sidecar"]
    apps = [c for c in pod["containers"] if c["name"] != "gate-sidecar"]
    for volume in pod["volumes"]:
        if "secret" in volume:
            documents.insert(0, key_volume(volume, secret_key))
        if volume.pop("emptyDir", None) is not None:
            volume["hostPath"] = {"path": directory, "type": "Directory"}
    sidecar["image"] = gate_image
    for app in apps:
        app["image"] = sample_image
    for part in ("ports", "startupProbe", "livenessProbe", "readinessProbe"):
        del sidecar[part]
    pod["containers"].append({
        "name": "gate-emulator", "image": gate_image, "imagePullPolicy": "IfNotPresent",
        "command": ["/usr/bin/gate-emulator"], "args": ["--secret-key", secret_key, "--token", f"{token}=gacct_demo"],
        "securityContext": (apps or [sidecar])[0]["securityContext"],
    })
    yaml.safe_dump_all(documents, sys.stdout)


if __name__ == "__main__":
    main()
