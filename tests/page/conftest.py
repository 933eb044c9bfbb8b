"""Fixtures for tests of the page in a browser: those of the end-to-end tests, and a sidecar with an admin token."""
import importlib.util
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

_spec = importlib.util.spec_from_file_location("e2e_fixtures", HERE.parent / "e2e" / "conftest.py")
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)
globals().update({name: thing for name, thing in vars(_fixtures).items() if not name.startswith("_")})

from browser_tests import BrowserTests, why_not  # noqa: E402


@pytest.fixture(scope="session")
def browser_tests():
    """What runs tests in a browser; skips where there is none."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    return BrowserTests()
