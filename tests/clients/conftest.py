"""Fixtures for tests with real clients: those of the end-to-end tests, and servers that are not our own."""
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "support"))

from e2e_fixtures import fixtures  # noqa: E402

globals().update(fixtures())

from tools.servers import AiohttpServer, WebSocketServer  # noqa: E402


@pytest.fixture
def start_aiohttp(started):
    """start_aiohttp({"/path": handler}) -> a running aiohttp server; each handler answers every method."""
    def start(routes):
        return started.add(AiohttpServer(routes))
    return start


@pytest.fixture
def start_websockets(started):
    """start_websockets(handler, **options) -> a running server of the websockets library."""
    def start(handler, **options):
        return started.add(WebSocketServer(handler, **options))
    return start
