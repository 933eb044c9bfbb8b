"""The commands of the README work: every ```sh block is run, unless a comment before it says why not.

A block after `<!-- not run: REASON -->` is skipped, and listed as such. The blocks run in order, in a copy of nothing:
the repository itself is their working directory.
"""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
README = ROOT / "README.md"
BLOCK = re.compile(r"(?:<!--\s*not run:\s*(?P<reason>.*?)\s*-->\s*\n)?^```sh[^\n]*\n(?P<script>.*?)^```\s*$", re.M | re.S)


def blocks():
    if not README.exists():
        return []
    text = README.read_text(encoding="utf-8")
    return [pytest.param(found["script"], found["reason"], id="line %d" % (text.count("\n", 0, found.start("script")) + 1))
            for found in BLOCK.finditer(text)]


@pytest.mark.parametrize("script, reason", blocks())
def test_the_block_runs(script, reason):
    if reason:
        pytest.skip(reason)
    programs = [str(pathlib.Path(os.environ[name]).parent) for name in ("GATE_SIDECAR", "GATE_EMULATOR") if name in os.environ]
    environment = {**os.environ, "PATH": os.pathsep.join([*programs, os.environ["PATH"]])}
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, "%s\n%s\n%s" % (script, done.stdout[-4000:], done.stderr[-4000:])


def test_the_readme_has_commands():
    assert not README.exists() or blocks()
