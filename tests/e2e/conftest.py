"""Fixtures of the end-to-end tests. Each test has programs of its own, all on free ports."""
import itertools
import sys
import pathlib

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import ACCOUNT, TOKEN  # noqa: E402
from harness import emulator as emulator_module  # noqa: E402
from harness import names as names_module  # noqa: E402
from harness import server as server_module  # noqa: E402
from harness import sidecar as sidecar_module  # noqa: E402
from harness import store as store_module  # noqa: E402
from harness.certificates import Authority  # noqa: E402
from harness.fleet import fleet_of, wait_for_fleet  # noqa: E402
from harness.started import Started  # noqa: E402


@pytest.fixture
def started():
    things = Started()
    yield things
    things.stop()


@pytest.fixture
def start_gate(started):
    """start_gate(*flags, tokens={token: account}) -> a running gate-emulator."""
    def start(*flags, tokens=None):
        return started.add(emulator_module.Emulator(tokens if tokens is not None else {TOKEN: ACCOUNT}, flags))
    return start


@pytest.fixture
def gate(start_gate):
    """A gate-emulator that knows TOKEN and has no limit."""
    return start_gate()


@pytest.fixture
def start_server(started):
    """start_server(handler) -> a scripted server: a second upstream, or a Gate that answers what the test wants."""
    def start(handler=None, **how):
        return started.add(server_module.Server(handler, **how))
    return start


@pytest.fixture
def upstream(start_server):
    """The API behind the proxy; answers 200 "ok" until the test gives it another handler."""
    return start_server()


@pytest.fixture
def start_sidecar(started, tmp_path, request):
    """start_sidecar(config) -> a running gate-sidecar; its upstream and Gate are the fixtures unless configured."""
    def start(config=None, gate=None, upstream=None, **how):
        gate = gate or request.getfixturevalue("gate")
        upstream = upstream or request.getfixturevalue("upstream")
        wiring = {"upstream": {"url": upstream.url}, "gate": {"base_url": gate.url}}
        whole = sidecar_module.merged(sidecar_module.merged(sidecar_module.BASE, wiring), config or {})
        directory = tmp_path / ("sidecar%d" % len(started.things))
        directory.mkdir()
        return started.add(sidecar_module.Sidecar(directory, whole, **how))
    return start


@pytest.fixture
def sidecar(start_sidecar):
    """A gate-sidecar with default options."""
    return start_sidecar()


@pytest.fixture
def start_store(started):
    """start_store(*flags) -> a running redis-server, or a sentinel with its `file`."""
    def start(*flags, file=None):
        if not store_module.is_installed():
            pytest.skip("redis-server is not installed")
        return started.add(store_module.Store(flags, file))
    return start


@pytest.fixture
def store(start_store):
    return start_store()


@pytest.fixture
def tokens():
    """Good ones that nobody has seen, where the emulator has --accept-all agt_new."""
    return ("agt_new%d" % number for number in itertools.count())


@pytest.fixture
def start_fleet(start_sidecar, request):
    """start_fleet(count, config) -> so many sidecars that share the fixture `store`, and hear one another."""
    def start(count=3, config=None, store=None, key=None, env=None, wait=True, **how):
        store = store or request.getfixturevalue("store")
        own, environment = fleet_of(store, **({"key": key} if key else {}))
        whole = sidecar_module.merged(own, config or {})
        sidecars = [start_sidecar(whole, env={**environment, **(env or {})}, **how) for _ in range(count)]
        if wait:
            wait_for_fleet(sidecars)
        return sidecars
    return start


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("pki") / "ca")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("pki") / "stranger")


@pytest.fixture(scope="session")
def names_library(tmp_path_factory):
    return names_module.build_library(tmp_path_factory.mktemp("names"))


@pytest.fixture
def name(tmp_path):
    """The file that says which addresses NAME has: see set_addresses."""
    return tmp_path / "names"


@pytest.fixture
def names_environment(names_library, name):
    """For a program that is to resolve NAME by that file."""
    return {"LD_PRELOAD": str(names_library), "NAMES": str(name)}
