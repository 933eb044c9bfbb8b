#!/usr/bin/env python3
"""with_extra.py VALUES.yaml - a Deployment and a Service as a chart would make them that takes these extra containers."""
import sys

import yaml

LABELS = {"app.kubernetes.io/name": "sample-api"}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        values = yaml.safe_load(file)
    api = {"name": "sample-api", "image": "sample-api", "args": ["--host", "127.0.0.1", "--port", "3000"],
           "securityContext": {"runAsUser": 65533, "runAsGroup": 65533, "runAsNonRoot": True}}
    template = {"metadata": {"labels": {**LABELS, "gate-sidecar/required": "true"}},
                "spec": {"containers": [api, *values["extraContainers"]], "volumes": values["extraVolumes"]}}
    yaml.safe_dump_all([
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "sample-api"},
         "spec": {"selector": {"matchLabels": LABELS}, "template": template}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "sample-api"},
         "spec": {"selector": LABELS, "ports": [{"name": "http", "port": 80, "targetPort": "gate"}]}},
        *values["extraDeploy"]], sys.stdout)


if __name__ == "__main__":
    main()
