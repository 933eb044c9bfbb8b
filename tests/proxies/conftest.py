"""Fixtures of the tests with other proxies in front: those of the end-to-end tests, and a sidecar that answers."""
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
pytest.register_assert_rewrite("contract")

sys.path.insert(0, str(HERE.parent / "support"))

from e2e_fixtures import fixtures  # noqa: E402

globals().update(fixtures())

from rig import ADMIN_TOKEN, ROUTES, Protected  # noqa: E402


@pytest.fixture
def answering(start_sidecar):
    """answering(original, config) -> a sidecar that answers other proxies and knows ROUTES."""
    def start(original, config=None, **how):
        whole = {"answer": {"address": "127.0.0.1:0", "original": original}, "routes": ROUTES, **(config or {})}
        return start_sidecar(whole, env={"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN}, **how)
    return start


@pytest.fixture
def protect(started, answering, tmp_path, request):
    """protect(proxy_class, config) -> the API behind that proxy, which asks a sidecar with ROUTES."""
    def start(proxy, config=None, upstream=None):
        api = upstream or request.getfixturevalue("upstream")
        sidecar = answering(proxy.original, config)
        discovery = "discovery" in (config or {})
        return Protected(started.add(proxy(tmp_path / "proxy", sidecar.ports["answer"], api.url, discovery)), sidecar, api)
    return start
