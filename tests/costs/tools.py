"""Where the driver and the counting library are, for those who run the scripts by hand."""
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def newest_tools():
    """The folder that GATE_COSTS_TOOLS names, or that of the newest build."""
    if named := os.environ.get("GATE_COSTS_TOOLS"):
        return pathlib.Path(named)
    drivers = sorted(ROOT.glob("build/*/tests/costs/costs_driver"), key=lambda path: path.stat().st_mtime)
    return drivers[-1].parent if drivers else sys.exit("no build/*/tests/costs/costs_driver: `./run profile` builds it")
