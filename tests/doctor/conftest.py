"""Fixtures of the tests of `doctor`: those of the end-to-end tests, and deployments that it looks at."""
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "support"))

from e2e_fixtures import fixtures  # noqa: E402

globals().update(fixtures())

from balancers import Balancer  # noqa: E402
from rig import CHAIN, FEW, examine, examine_running, sections, written  # noqa: E402
from harness import sidecar as sidecar_module  # noqa: E402
from harness.admin import WITH_TOKEN  # noqa: E402


@pytest.fixture
def examined(tmp_path, request):
    """examined(config, *flags) -> what doctor says of it, where no sidecar runs. Its upstream and Gate are the fixtures unless configured.
    Without --section, it looks at those that the module names in LOOKS_AT, or at all but this machine."""
    def look(config=None, *flags, **how):
        if "--section" not in flags:
            flags = (*flags, *sections(*getattr(request.module, "LOOKS_AT", ())))
        config, whole = config or {}, {**sidecar_module.BASE, **FEW}
        if "url" not in config.get("upstream", {}):
            whole["upstream"] = {"url": request.getfixturevalue("upstream").url}
        if "base_url" not in config.get("gate", {}):
            whole["gate"] = {"base_url": request.getfixturevalue("gate").url}
        return examine(written(tmp_path / "doctor.yaml", sidecar_module.merged(whole, config)), *flags, **how)
    return look


@pytest.fixture
def deployed(start_sidecar):
    """A sidecar on ports, as a native service or a sidecar of Kubernetes has it."""
    return start_sidecar(FEW, env=WITH_TOKEN)


@pytest.fixture
def target(start_sidecar):
    """A sidecar with an admin token, behind a load balancer."""
    return start_sidecar(env=WITH_TOKEN)


@pytest.fixture
def behind(started, target):
    """behind(how...) -> what doctor finds with such a load balancer before the sidecar."""
    def look(*flags, **how):
        balancer = started.add(Balancer(target.port, **how))
        return examine_running(target, *CHAIN, "--url", balancer.url, *flags, env=WITH_TOKEN)
    return look
