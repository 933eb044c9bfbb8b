#!/usr/bin/env python3
"""check_compose.py COMPOSE.yaml - what a compose example promises: one way in, and nothing a process can break."""
import sys

import yaml


def rules_of_socket(services, volumes):
    """Of an API on a Unix socket: yields (what must hold, whether it does)."""
    path = services["sidecar"]["environment"]["GATE_SIDECAR_UPSTREAM_URL"].removeprefix("unix:")
    directory = path.rpartition("/")[0]
    api = services["sample-api"]
    yield "the API listens where the sidecar looks for it", api["command"] == ["--unix", path]
    yield "the API needs no network", api["network_mode"] == "none"
    yield "the sidecar can put nothing in the socket's place", services["sidecar"]["volumes"] == [
        f"api-socket:{directory}:ro"]
    yield "the API makes its socket there", api["volumes"] == [f"api-socket:{directory}"]
    yield "nobody else has the socket", "volumes" not in services["gate-emulator"]
    options = volumes["api-socket"]["driver_opts"]["o"].split(",")
    yield "the sidecar's group may connect", {"uid=65533", "gid=65532", "mode=2750"} <= set(options)


def hardening(name, service):
    yield f"{name}: read-only root", service.get("read_only") is True
    yield f"{name}: no capabilities", service.get("cap_drop") == ["ALL"] and "cap_add" not in service
    yield f"{name}: no new privileges", service.get("security_opt") == ["no-new-privileges:true"]
    yield f"{name}: not privileged", "privileged" not in service


def rules_of_fleet(services):
    """Of three sidecars that share a store: yields (what must hold, whether it does)."""
    replicas = ["sidecar-1", "sidecar-2", "sidecar-3"]
    yield "six services", sorted(services) == ["gate-emulator", "sample-api", *replicas, "store"]
    for name, service in services.items():
        yield from hardening(name, service)
        if name != "sidecar-1":
            yield f"{name}: lives on the first sidecar's loopback", service.get("network_mode") == "service:sidecar-1"
            yield f"{name}: publishes nothing", not {"ports", "expose"} & set(service)
    environments = [services[name]["environment"] for name in replicas]
    yield "what is published is reached from this machine only", all(
        port.startswith("127.0.0.1:") for port in services["sidecar-1"]["ports"])
    for name in ("GATE_SIDECAR_FLEET_URL", "GATE_SIDECAR_FLEET_KEY", "GATE_SIDECAR_GATE_BASE_URL", "FOIL_SECRET_KEY"):
        yield f"all have the same {name}", len({each[name] for each in environments}) == 1
    for name in ("GATE_SIDECAR_LISTENER_ADDRESS", "GATE_SIDECAR_STATUS_ADDRESS", "GATE_SIDECAR_ADMIN_ADDRESS"):
        yield f"each has another {name}", len({each[name] for each in environments}) == 3
    for name in ("FOIL_SECRET_KEY", "GATE_SIDECAR_FLEET_KEY"):
        yield f"{name} comes from outside", environments[0][name].startswith("${" + name)


def rules(services, volumes):
    """Yields (what must hold, whether it does)."""
    if "store" in services:
        yield from rules_of_fleet(services)
        return
    on_socket = services["sidecar"]["environment"]["GATE_SIDECAR_UPSTREAM_URL"].startswith("unix:")
    if on_socket:
        yield from rules_of_socket(services, volumes)
    yield "three services", sorted(services) == ["gate-emulator", "sample-api", "sidecar"]
    for name, service in services.items():
        yield from hardening(name, service)
        if name == "gate-emulator" or (name == "sample-api" and not on_socket):
            yield f"{name}: lives on the sidecar's loopback", service.get("network_mode") == "service:sidecar"
        if name != "sidecar":
            yield f"{name}: publishes nothing", not {"ports", "expose"} & set(service)
    sidecar = services["sidecar"]
    yield "the sidecar's port is the only one published", [p.rsplit(":", 1)[-1] for p in sidecar["ports"]] == ["8080"]
    yield "the sidecar checks its own health", sidecar["healthcheck"]["test"] == [
        "CMD", "/usr/bin/gate-sidecar", "healthcheck"]
    yield "the key comes from outside", sidecar["environment"]["FOIL_SECRET_KEY"].startswith("${FOIL_SECRET_KEY")
    grace = sidecar["environment"]["GATE_SIDECAR_SHUTDOWN_GRACE"]
    yield "a stop waits for the grace period", int(grace.rstrip("s")) < int(sidecar["stop_grace_period"].rstrip("s"))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        whole = yaml.safe_load(file)
    broken = [what for what, holds in rules(whole["services"], whole.get("volumes", {})) if not holds]
    for what in broken:
        print(f"{sys.argv[1]}: does not hold: {what}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
