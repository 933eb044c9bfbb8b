"""Runs `gate-sidecar doctor` and reads what it says."""
import json
import os
import subprocess

import yaml

from harness.sidecar import BINARY, FOR_SANITIZERS, SECRET_KEY

SOUND = ("pass", "skipped")
FEW = {"limits": {"connections": 500}}
CHAIN = ("--section", "chain")
SECTIONS = ("config", "key", "gate", "upstream", "spoof", "framing", "chain", "fleet", "limits")


def sections(*names):
    """The flags that ask for these."""
    return tuple(word for each in names for word in ("--section", each))


class Report:
    """The findings; `code` is the exit code."""

    def __init__(self, code, text, said):
        self.code, self.text = code, text
        assert text, "doctor has printed nothing; it exited with %d and said: %s" % (code, said)
        document = json.loads(text)
        assert document["version"] == 1
        self.result, self.counts, self.findings = document["result"], document["counts"], document["findings"]
        assert all(count == sum(each["state"] == state for each in self.findings) for state, count in self.counts.items())

    def of(self, name, subject=None):
        """The finding with that id."""
        found = [each for each in self.findings if each["id"] == name and each.get("subject") == subject]
        assert len(found) == 1, "%d findings with the id %s in %s" % (len(found), name, self)
        return found[0]

    def state(self, name, subject=None):
        return self.of(name, subject)["state"]

    def wrong(self):
        """{id: state} of all that warn or fail."""
        return {each["id"]: each["state"] for each in self.findings if each["state"] not in SOUND}

    def check(self, expected, fix=None):
        """Nothing is found but `expected`, {id: state}; each has a fix, and one of them says `fix`."""
        assert self.wrong() == expected, self
        fixes = [each["fix"] for each in self.findings if each["state"] not in SOUND]
        assert all(fixes) and (not expected or (fix and any(fix in each for each in fixes))), "%s: %s" % (fixes, self)
        failed = "fail" in expected.values()
        assert self.result == ("fail" if failed else "warn" if expected else "pass")
        assert self.code == (1 if failed else 0)

    def __repr__(self):
        return "\n".join("%(state)s %(id)s: %(message)s" % each for each in self.findings)


def written(path, config):
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return path


def examine(path, *flags, env=None, under=(), within=150):
    """`under`: what runs it, with its arguments. `path`: None: there is no file. Without --section it looks at all but this machine."""
    if "--section" not in flags:
        flags = (*flags, *sections(*(each for each in SECTIONS if each != "limits")))
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GATE_SIDECAR_", "FOIL_", "KUBERNETES_", "PORT"))}
    environment.update({"FOIL_SECRET_KEY": SECRET_KEY, **FOR_SANITIZERS, **(env or {})})
    file = ["--config", path] if path else []
    done = subprocess.run([*under, BINARY, *file, "doctor", "--json", *map(str, flags)], env=environment, capture_output=True,
                          text=True, timeout=within, check=False)
    return Report(done.returncode, done.stdout, done.stderr)


def examine_running(sidecar, *flags, **how):
    """doctor with the configuration of a running sidecar, and the ports that it has got."""
    config = yaml.safe_load(sidecar.path.read_text(encoding="utf-8"))
    for name, where in sidecar.ports.items():
        if isinstance(where, int):
            section = "listener" if name == "proxy" else name
            if section in ("listener", "status", "admin", "answer"):
                config[section]["address"] = "127.0.0.1:%d" % where
            else:
                next(each for each in config["listeners"] if each["name"] == name)["address"] = "127.0.0.1:%d" % where
    return examine(written(sidecar.path.with_name("doctor.yaml"), config), *flags, **how)


def well(report, *passing):
    report.check({})
    assert {report.state(each) for each in passing} <= {"pass"}, report
    return report
