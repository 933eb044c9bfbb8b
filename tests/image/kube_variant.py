#!/usr/bin/env python3
"""kube_variant.py MANIFEST GATE_IMAGE SAMPLE_IMAGE SECRET_KEY TOKEN DIRECTORY - an example manifest, made fit for a test.

Printed on standard output: gate-emulator as one more container in Gate's place, the images given, no container ports
(podman would publish them on this machine) and no probes that name them, and the Secret as a ConfigMap (podman before
4.4 mounts a Secret's values as they stand in `data`, without decoding them). DIRECTORY takes the place of an emptyDir,
which podman does not give to the fsGroup.
"""
import sys

import yaml


def main():
    manifest, gate_image, sample_image, secret_key, token, directory = sys.argv[1:]
    with open(manifest, encoding="utf-8") as file:
        documents = [d for d in yaml.safe_load_all(file) if d]
    kinds = {d["kind"]: d for d in documents}

    config = yaml.safe_load(kinds["ConfigMap"]["data"]["gate-sidecar.yaml"])
    config["gate"]["base_url"] = "http://127.0.0.1:9903"
    kinds["ConfigMap"]["data"]["gate-sidecar.yaml"] = yaml.safe_dump(config)
    secret = kinds["Secret"]
    secret["kind"] = "ConfigMap"
    secret["data"] = {name: secret_key for name in secret.pop("stringData")}
    del secret["type"]

    pod = kinds["Deployment"]["spec"]["template"]["spec"]
    sidecar, = pod["initContainers"]
    app, = pod["containers"]
    for volume in pod["volumes"]:
        if "secret" in volume:
            volume["configMap"] = {"name": volume.pop("secret")["secretName"]}
        if volume.pop("emptyDir", None) is not None:
            volume["hostPath"] = {"path": directory, "type": "Directory"}
    sidecar["image"], app["image"] = gate_image, sample_image
    for part in ("ports", "startupProbe", "livenessProbe", "readinessProbe"):
        del sidecar[part]
    pod["containers"].append({
        "name": "gate-emulator", "image": gate_image, "imagePullPolicy": "IfNotPresent",
        "command": ["/usr/bin/gate-emulator"], "args": ["--secret-key", secret_key, "--token", f"{token}=gacct_demo"],
        "securityContext": app["securityContext"],
    })
    yaml.safe_dump_all(documents, sys.stdout)


if __name__ == "__main__":
    main()
