"""Fixtures of the attacks: those of the end-to-end tests, and how long an attack lasts."""
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent

sys.path.insert(0, str(HERE.parent / "support"))

from e2e_fixtures import fixtures  # noqa: E402

globals().update(fixtures())


@pytest.fixture
def attack_seconds():
    """How long an attack lasts: 3 s in the test suite, 45 s at full length (`./run attacks`)."""
    return float(os.environ.get("GATE_ATTACK_SECONDS", "3"))
