"""A copy of the work tree that may be broken, its build, and the tests in it."""
import hashlib
import os
import pathlib
import shutil
import subprocess
import time
import xml.etree.ElementTree as ElementTree

PYTHON = "/usr/bin/python3"
SIMULATION = "simulation"
PATIENCE = "3"  # of the end-to-end tests: half of what they have elsewhere, because here most of them fail


class Problem(Exception):
    """Why the list or the tree cannot be worked with: not a statement about any rule."""


def run(arguments, log=None, **how):
    return subprocess.run(list(map(str, arguments)), stdout=log or subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **how)


def layer_of(test):
    """The layer of unit.LAYER; None for any other test."""
    return test.removeprefix("unit.") if test.startswith("unit.") else None


def is_end_to_end(test):
    return test != SIMULATION and not layer_of(test)


def files_of(source):
    """What git sees in a work tree."""
    listed = run(["git", "-C", source, "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    names = sorted(n for n in listed.stdout.decode().split("\0") if n and (source / n).is_file())
    if listed.returncode != 0 or not names:
        raise Problem("git cannot list the work tree: " + listed.stdout.decode())
    return names


def digest_of(source):
    """Of all that a mutant's fate depends on, but for the list of the mutants."""
    whole = hashlib.sha256()
    for name in files_of(source):
        if not name.startswith("tests/mutants/"):
            whole.update(b"%s\0%s\0" % (name.encode(), hashlib.sha256((source / name).read_bytes()).digest()))
    return whole.hexdigest()[:16]


class Workshop:
    """`usual_times` is {test: seconds} of the unbroken tree: a test that takes many times as long hangs."""

    def __init__(self, source, directory, jobs, usual_times):
        self.source, self.jobs, self.usual_times = source, jobs, usual_times
        self.directory, self.tree, self.build_folder = directory, directory / "tree", directory / "build"
        self.log_path, self._report = directory / "build.log", directory / "report.xml"

    # ---- the tree
    def copy_tree(self):
        """Makes the copy equal to the work tree; what is equal already keeps its time, so that little is built."""
        names = files_of(self.source)
        for name in names:
            wanted, copy = self.source / name, self.tree / name
            if not copy.exists() or copy.read_bytes() != wanted.read_bytes():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(wanted, copy)  # with a time of its own: it has changed
        known = set(names)
        for folder, _, files in os.walk(self.tree):
            for file in files:
                path = pathlib.Path(folder) / file
                if str(path.relative_to(self.tree)) not in known:
                    path.unlink()

    def write(self, file, text):
        (self.tree / file).write_text(text, encoding="utf-8")

    # ---- the build
    def configure(self):
        """Without warnings as errors: what a mutant leaves unused is no reason not to build it. The layers are shared
        libraries, so that a change in one of them links that one, and no program."""
        how = ["-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O1 -DNDEBUG", "-DGATE_WERROR=OFF",
               "-DGATE_SHARED_LAYERS=ON", "-DCMAKE_LINK_DEPENDS_NO_SHARED=ON"]
        if shutil.which("ccache"):
            how.append("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
        done = run(["cmake", "-S", self.tree, "-B", self.build_folder, "-G", "Ninja", *how], env=self._build_environment())
        if done.returncode != 0:
            raise Problem("configuring failed:\n" + done.stdout.decode())

    def build(self, tests, jobs=None):
        """Builds what the tests need. False when it cannot be built; the log says why."""
        targets = sorted({"unit_" + layer_of(t) for t in tests if layer_of(t)})
        if SIMULATION in tests:
            targets.append("gate-simulation")
        if any(is_end_to_end(t) for t in tests):
            targets += ["gate-sidecar", "gate-emulator"]
        with open(self.log_path, "wb") as log:
            command = ["ninja", "-C", self.build_folder, "-j", jobs or self.jobs, *targets]
            return run(command, log, env=self._build_environment()).returncode == 0

    def _build_environment(self):
        """So that several workshops share what ccache holds."""
        return {**os.environ, "CCACHE_BASEDIR": str(self.directory), "CCACHE_NOHASHDIR": "1"}

    # ---- the tests
    def failures(self, tests, stop_at_first=True):
        """The names of those that fail; the quickest are run first."""
        failed = []
        for layer in sorted({layer_of(t) for t in tests if layer_of(t)}):
            if not (failed and stop_at_first):
                failed += self._unit_failures(layer, stop_at_first)
        if SIMULATION in tests and not (failed and stop_at_first):
            failed += self._simulation_failures()
        nodes = [t for t in tests if is_end_to_end(t)]
        if nodes and not (failed and stop_at_first):
            failed += self._end_to_end_failures(nodes, stop_at_first)
        return failed

    def usual_time(self, test):
        """How long a test takes in the unbroken tree; where it fails, that is a Problem."""
        began = time.monotonic()
        failed = self.failures([test], stop_at_first=False)
        if failed:
            raise Problem("this fails without any mutant:\n" + "\n".join(failed))
        return time.monotonic() - began

    def _unit_failures(self, layer, stop_at_first):
        # A layer may have a program of its own for what it does with other processes: unit.store_server.
        program = next((self.build_folder / "tests" / "unit").glob("*/unit_" + layer))
        first = ["--abort"] if stop_at_first else []
        return self._failures_of([program, *first, "-r", "junit", "-o", self._report], ["unit." + layer], self.tree)

    def _simulation_failures(self):
        """Of the cells that are the hardest to keep the promises in."""
        program = self.build_folder / "tests" / "simulation" / "gate-simulation"
        return self._failures_of([program, "--only", "100 replicas"], [SIMULATION], self.tree)

    def _end_to_end_failures(self, nodes, stop_at_first):
        programs = {"GATE_SIDECAR": str(self.build_folder / "src/app/gate-sidecar"),
                    "GATE_EMULATOR": str(self.build_folder / "src/emulator/gate-emulator"),
                    "GATE_SANITIZE": "", "GATE_PATIENCE": PATIENCE}
        first = ["-x"] if stop_at_first else []
        arguments = [PYTHON, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:warnings", "--tb=no", *first,
                     "--junitxml", self._report, *nodes]
        return self._failures_of(arguments, nodes, self.tree / "tests", {**os.environ, **programs})

    def _time_limit(self, tests):
        """A mutant may make a test hang, which is noticed, too."""
        return sum(30 + 10 * self.usual_times.get(t, 12) for t in tests)

    def _failures_of(self, arguments, tests, folder, env=None):
        name = "e2e" if is_end_to_end(tests[0]) else tests[0]
        self._report.unlink(missing_ok=True)
        try:
            done = run(arguments, cwd=folder, env=env, timeout=self._time_limit(tests))
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
