"""What the tests of costs are given by CMakeLists.txt."""
import os
import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).resolve().parent.parent / "e2e")]

import measure  # noqa: E402
from harness import store as store_module  # noqa: E402


def named(variable):
    if not os.environ.get(variable):
        pytest.skip("%s is not set" % variable)
    return os.environ[variable]


@pytest.fixture
def program():
    return named("GATE_SIDECAR")


@pytest.fixture
def driver():
    return named("COSTS_DRIVER")


@pytest.fixture
def library():
    return named("COSTS_LIBRARY")


@pytest.fixture
def expected():
    return measure.expected()


@pytest.fixture
def store():
    if not store_module.is_installed():
        pytest.skip("redis-server is not installed")
    one = store_module.Store()
    yield one
    one.stop()
