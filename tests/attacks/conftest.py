"""Fixtures of the attacks: those of the end-to-end tests, and how long an attack lasts."""
import importlib.util
import os
import pathlib

import pytest

HERE = pathlib.Path(__file__).parent

_spec = importlib.util.spec_from_file_location("e2e_fixtures", HERE.parent / "e2e" / "conftest.py")
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)
globals().update({name: thing for name, thing in vars(_fixtures).items() if not name.startswith("_")})


@pytest.fixture
def attack_seconds():
    """How long an attack lasts: 3 s in the test suite, 45 s at full length (`./run attacks`)."""
    return float(os.environ.get("GATE_ATTACK_SECONDS", "3"))
