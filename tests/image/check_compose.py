#!/usr/bin/env python3
"""check_compose.py COMPOSE.yaml - what the compose example promises: one way in, and nothing a process can break."""
import sys

import yaml


def rules(services):
    """Yields (what must hold, whether it does)."""
    yield "three services", sorted(services) == ["gate-emulator", "sample-api", "sidecar"]
    for name, service in services.items():
        yield f"{name}: read-only root", service.get("read_only") is True
        yield f"{name}: no capabilities", service.get("cap_drop") == ["ALL"] and "cap_add" not in service
        yield f"{name}: no new privileges", service.get("security_opt") == ["no-new-privileges:true"]
        yield f"{name}: not privileged", "privileged" not in service
        if name != "sidecar":
            yield f"{name}: lives on the sidecar's loopback", service.get("network_mode") == "service:sidecar"
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
        services = yaml.safe_load(file)["services"]
    broken = [what for what, holds in rules(services) if not holds]
    for what in broken:
        print(f"{sys.argv[1]}: does not hold: {what}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
