"""A copy of the work tree that may be broken, its build, and the tests in it."""
import os
import pathlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

PYTHON = "/usr/bin/python3"
TEST_TIME_LIMIT = 120  # s: a mutant may make a test hang, which is noticed, too


class Problem(Exception):
    """Why the list or the tree cannot be worked with: not a statement about any rule."""


def run(arguments, log=None, **how):
    return subprocess.run(list(map(str, arguments)), stdout=log or subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **how)


SIMULATION = "simulation"


def layer_of(test):
    """The layer of unit.LAYER; None for any other test."""
    return test.removeprefix("unit.") if test.startswith("unit.") else None


class Workshop:
    def __init__(self, source, directory, jobs=2):
        self.source, self.jobs = source, jobs
        self.tree, self.build_folder = directory / "tree", directory / "build"
        self.log_path, self._report = directory / "build.log", directory / "report.xml"

    # ---- the tree
    def copy_tree(self):
        """Makes the copy equal to the work tree; what is equal already keeps its time, so that little is built."""
        listed = run(["git", "-C", self.source, "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        names = {n for n in listed.stdout.decode().split("\0") if n and (self.source / n).is_file()}
        if listed.returncode != 0 or not names:
            raise Problem("git cannot list the work tree: " + listed.stdout.decode())
        for name in names:
            wanted, copy = self.source / name, self.tree / name
            if not copy.exists() or copy.read_bytes() != wanted.read_bytes():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(wanted, copy)  # with a time of its own: it has changed
        for folder, _, files in os.walk(self.tree):
            for file in files:
                path = pathlib.Path(folder) / file
                if str(path.relative_to(self.tree)) not in names:
                    path.unlink()

    def write(self, file, text):
        (self.tree / file).write_text(text, encoding="utf-8")

    # ---- the build
    def configure(self):
        """Without warnings as errors: what a mutant leaves unused is no reason not to build it."""
        how = ["-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -DNDEBUG", "-DGATE_WERROR=OFF"]
        if shutil.which("ccache"):
            how.append("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
        done = run(["cmake", "-S", self.tree, "-B", self.build_folder, "-G", "Ninja", *how])
        if done.returncode != 0:
            raise Problem("configuring failed:\n" + done.stdout.decode())

    def build(self, tests):
        """Builds what the tests need. False when it cannot be built; the log says why."""
        targets = sorted({"unit_" + layer_of(t) for t in tests if layer_of(t)})
        if SIMULATION in tests:
            targets.append("gate-simulation")
        if any(not layer_of(t) and t != SIMULATION for t in tests):
            targets += ["gate-sidecar", "gate-emulator"]
        with open(self.log_path, "wb") as log:
            return run(["nice", "ninja", "-C", self.build_folder, "-j", self.jobs, *targets], log).returncode == 0

    # ---- the tests
    def failures(self, tests, stop_at_first=True):
        """The names of those that fail."""
        failed = []
        for layer in sorted({layer_of(t) for t in tests if layer_of(t)}):
            failed += self._unit_failures(layer)
        if SIMULATION in tests and not (failed and stop_at_first):
            failed += self._simulation_failures()
        nodes = [t for t in tests if not layer_of(t) and t != SIMULATION]
        if nodes and not (failed and stop_at_first):
            failed += self._end_to_end_failures(nodes, stop_at_first)
        return failed

    def _unit_failures(self, layer):
        program = self.build_folder / "tests" / "unit" / layer / ("unit_" + layer)
        return self._failures_of([program, "-r", "junit", "-o", self._report], "unit." + layer, self.tree)

    def _simulation_failures(self):
        """Of the cells that are the hardest to keep the promises in."""
        program = self.build_folder / "tests" / "simulation" / "gate-simulation"
        return self._failures_of([program, "--only", "100 replicas"], SIMULATION, self.tree)

    def _end_to_end_failures(self, nodes, stop_at_first):
        programs = {"GATE_SIDECAR": str(self.build_folder / "src/app/gate-sidecar"),
                    "GATE_EMULATOR": str(self.build_folder / "src/emulator/gate-emulator"), "GATE_SANITIZE": ""}
        first = ["-x"] if stop_at_first else []
        arguments = [PYTHON, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:warnings", "--tb=no", *first,
                     "--junitxml", self._report, *nodes]
        return self._failures_of(arguments, "e2e", self.tree / "tests", {**os.environ, **programs},
                                 max(TEST_TIME_LIMIT, 30 * len(nodes)))

    def _failures_of(self, arguments, name, folder, env=None, limit=TEST_TIME_LIMIT):
        self._report.unlink(missing_ok=True)
        try:
            done = run(arguments, cwd=folder, env=env, timeout=limit)
        except subprocess.TimeoutExpired:
            return [name + " (hung)"]
        if done.returncode == 0:
            return []
        if name == "e2e" and done.returncode != 1:
            raise Problem("pytest could not run:\n" + done.stdout.decode(errors="replace"))
        try:
            cases = ElementTree.parse(self._report).getroot().iter("testcase")
            named = [c.get("name") for c in cases if c.find("failure") is not None or c.find("error") is not None]
        except (OSError, ElementTree.ParseError):
            named = []
        return ["%s: %s" % (name, n) for n in named] or ["%s (exit code %d)" % (name, done.returncode)]


def note(text):
    print(text, file=sys.stderr, flush=True)
