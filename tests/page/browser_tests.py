"""Tests written for a browser: the exported functions of the modules in the folder browser, run by Node with playwright-core."""
import json
import os
import pathlib
import re
import shutil
import subprocess

from harness.wait import PATIENCE

SOURCE = pathlib.Path(__file__).parent / "browser"
FOLDER = pathlib.Path(os.environ.get("GATE_PAGE_FOLDER", "build/page"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MODULES = ("watching", "operating", "looks")


def names():
    """(module, name) of each test."""
    found = [(module, re.findall(r"^export async function (\w+)", (SOURCE / (module + ".mjs")).read_text(encoding="utf-8"), re.MULTILINE))
             for module in MODULES]
    return [(module, name) for module, all_of_it in found for name in all_of_it]


def browser():
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def why_not():
    """Why no browser can be driven here; "" if one can."""
    if not browser():
        return "no browser: the page is not tested (apt-get install chromium)"
    if not shutil.which("node") or not shutil.which("npm"):
        return "no Node.js with npm: the page is not tested in a browser (apt-get install nodejs npm)"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < 20:
        return "Node.js %s: the page is not tested in a browser, which needs 20 or newer" % version
    return install()


def install():
    """Installs what package-lock.json names into FOLDER, unless it is there. Why not, or ""."""
    lock = (SOURCE / "package-lock.json").read_bytes()
    installed = FOLDER / "installed-lock.json"
    if installed.exists() and installed.read_bytes() == lock:
        return ""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, FOLDER / name)
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=FOLDER, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return "npm could not install what drives the browser: the page is not tested (%s)" % done.stderr.strip().splitlines()[-1:]
    installed.write_bytes(lock)
    return ""


class BrowserTests:
    def __init__(self):
        for file in SOURCE.glob("*.mjs"):  # Node looks for node_modules where the importing file lies
            shutil.copy(file, FOLDER / file.name)
        self.shots = FOLDER / "shots"
        self.shots.mkdir(exist_ok=True)

    def run(self, module, name, within=60, **given):
        """Fails with what the test printed unless it ended well."""
        facts = {"browser": browser(), "patience": PATIENCE, "shots": str(self.shots.resolve()), **given}
        process = subprocess.Popen(["node", str(FOLDER / "run.mjs"), module, name], env={**os.environ, "PAGE_TEST": json.dumps(facts)},
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        try:
            out, _ = process.communicate(timeout=within * PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)  # its own session: the browser goes with it
            out = "it did not end in time\n" + process.communicate()[0]
        assert process.returncode == 0, out
