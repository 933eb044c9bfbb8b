"""Fixtures for tests of the page in a browser: those of the end-to-end tests, and a sidecar with an admin token."""
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "support"))

from e2e_fixtures import fixtures  # noqa: E402

globals().update(fixtures())

from browser_tests import BrowserTests, why_not  # noqa: E402


@pytest.fixture(scope="session")
def browser_tests():
    """What runs tests in a browser; skips where there is none."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    return BrowserTests()
