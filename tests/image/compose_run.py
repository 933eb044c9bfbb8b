#!/usr/bin/env python3
"""compose_run.py COMPOSE.yaml SERVICE PREFIX IMAGE - `podman run` arguments that start one service of the example.

For machines without a Compose that knows `network_mode: service:...`. Printed one a line; nothing is published.
Understands what the example uses and refuses the rest.
"""
import re
import sys

import yaml

IGNORED = {"image", "build", "ports", "depends_on", "restart", "stop_grace_period", "healthcheck"}


def expand(text):
    """${NAME:-default} as in a shell without NAME."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def arguments(service, name, prefix, image):
    options, command = ["run", "-d", "--pull", "never", "--no-healthcheck", "--name", f"{prefix}-{name}"], []
    for key, value in service.items():
        if key in IGNORED:
            continue
        if key in ("read_only", "init"):
            options += [f"--{key.replace('_', '-')}"] if value else []
        elif key == "cap_drop":
            options += [f"--cap-drop={v}" for v in value]
        elif key == "security_opt":
            options += [f"--security-opt={v.removesuffix(':true')}" for v in value]
        elif key == "user":
            options += ["--user", value]
        elif key == "environment":
            options += [f"--env={k}={expand(v)}" for k, v in value.items()]
        elif key == "network_mode":
            options += ["--network", f"container:{prefix}-{value.removeprefix('service:')}"]
        elif key == "entrypoint":
            options += ["--entrypoint", value[0]]
            command = value[1:] + command
        elif key == "command":
            command += value
        else:
            raise SystemExit(f"{name}: {key} is not understood here")
    if "network_mode" not in service:
        options += ["--network", "none"]
    return [*options, image, *command]


def main():
    path, name, prefix, image = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        service = yaml.safe_load(file)["services"][name]
    print("\n".join(arguments(service, name, prefix, image)))


if __name__ == "__main__":
    main()
