import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "config" / "packaging"))

# A sanitizer has to look into the process at its end, which the program does not allow.
if os.environ.get("GATE_SANITIZE"):
    os.environ["GATE_SIDECAR_DUMPABLE"] = "1"


@pytest.fixture(scope="session")
def program():
    return os.path.abspath(os.environ.get("GATE_SIDECAR", "gate-sidecar"))
