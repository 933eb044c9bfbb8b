"""Tests written for Node: the exported functions of a module in the folder node."""
import os
import pathlib
import re
import subprocess

SOURCE = pathlib.Path(__file__).parent.parent / "node"
FOLDER = pathlib.Path(os.environ.get("GATE_NODE_FOLDER", "there is no GATE_NODE_FOLDER"))
INSTALLED = FOLDER / "node_modules"


def names_in(module):
    """The names of the tests in node/<module>.mjs."""
    return re.findall(r"^export async function (\w+)", (SOURCE / (module + ".mjs")).read_text(encoding="utf-8"), re.MULTILINE)


def require_installed():
    assert INSTALLED.is_dir(), "no Node clients in %s: run ctest -R clients.node_modules (or ./run test)" % INSTALLED


class NodeTest:
    """One of them, running: it listens as an upstream on `url`, and begins when it is told where the sidecar is."""

    def __init__(self, module, name):
        require_installed()
        for file in SOURCE.glob("*.mjs"):  # Node looks for node_modules where the importing file lies
            copy = FOLDER / file.name
            if not copy.exists() or copy.read_bytes() != file.read_bytes():
                copy.write_bytes(file.read_bytes())
        self._process = subprocess.Popen(["node", "--no-warnings", str(FOLDER / "run.mjs"), module, name], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        line = self._process.stdout.readline()
        assert line.startswith("listening "), line + self._process.communicate()[0]
        self.url = "http://127.0.0.1:%d" % int(line.split()[1])

    def run(self, sidecar, token, within=60):
        """Fails with what the test printed unless it ended well."""
        try:
            out, _ = self._process.communicate("http://127.0.0.1:%d %s\n" % (sidecar.port, token), timeout=within)
        except subprocess.TimeoutExpired:
            self._process.kill()
            out = "it did not end in time\n" + self._process.communicate()[0]
        assert self._process.returncode == 0, out

    def stop(self):
        self._process.kill()
        self._process.wait()
