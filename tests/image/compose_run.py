#!/usr/bin/env python3
"""compose_run.py COMPOSE.yaml SERVICE PREFIX IMAGE - `podman run` arguments that start one service of the example.

For machines without a Compose that knows `network_mode: service:...`. Printed one a line; nothing is published.
Understands what the examples use and refuses the rest. With `--volumes PREFIX` in place of SERVICE PREFIX IMAGE: the
arguments of `podman volume create` for each of its volumes, all of one in a line.
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
            options += ["--network", value if value == "none" else f"container:{prefix}-{value.removeprefix('service:')}"]
        elif key == "volumes":
            options += [f"--volume={prefix}-{v}" for v in value]
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
    path = sys.argv[1]
    with open(path, encoding="utf-8") as file:
        whole = yaml.safe_load(file)
    if sys.argv[2] == "--volumes":
        for name, volume in whole.get("volumes", {}).items():
            print(*[f"--opt={key}={without_size(value)}" for key, value in volume["driver_opts"].items()], f"{sys.argv[3]}-{name}")
        return
    name, prefix, image = sys.argv[2:]
    print("\n".join(arguments(whole["services"][name], name, prefix, image)))


def without_size(options):
    """Podman 4 takes the size of a tmpfs for a quota of the disk below, which most file systems do not have."""
    return ",".join(option for option in options.split(",") if not option.startswith("size="))


if __name__ == "__main__":
    main()
