"""What reads a configuration file as an editor does, and what `gate-sidecar validate` says of it."""
import json
import os
import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
SCHEMA = ROOT / "config" / "gate-sidecar.schema.json"
SIDECAR = os.environ.get("GATE_SIDECAR", "gate-sidecar")
# A sanitizer has to look into the process at its end, which the program does not allow.
FOR_SANITIZERS = {"GATE_SIDECAR_DUMPABLE": "1"} if os.environ.get("GATE_SANITIZE") else {}


class Yaml12(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors have it: `yes` and `0660` are texts and numbers, no booleans and octals."""
    yaml_implicit_resolvers = {}


for tag, pattern, first in (("bool", r"true|false", "tf"), ("null", r"~|null|", ["~", "n", ""]), ("int", r"[-+]?[0-9]+", "-+0123456789"),
                            ("float", r"[-+]?[0-9]+\.[0-9]*", "-+0123456789")):
    Yaml12.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile("^(?:%s)$" % pattern), first)
Yaml12.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
Yaml12.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(node.value))
Yaml12.add_constructor("tag:yaml.org,2002:bool", lambda loader, node: node.value == "true")


def read(text):
    return yaml.load(text, Yaml12)  # noqa: S506: a safe loader


@pytest.fixture(scope="session")
def schema():
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def complaints(schema):
    """complaints(text) -> [(path of the value, message)], as an editor would show them."""
    jsonschema = pytest.importorskip("jsonschema", reason="python3-jsonschema is not installed")
    jsonschema.Draft7Validator.check_schema(schema)
    checker = jsonschema.Draft7Validator(schema)

    def of(text):
        return [(".".join(map(str, each.absolute_path)), each.message) for each in checker.iter_errors(read(text))]
    return of


@pytest.fixture
def validate(tmp_path):
    """validate(text) -> (exit code, [message])"""
    def of(text):
        path = tmp_path / "c.yaml"
        path.write_text(text, encoding="utf-8")
        environment = {"PATH": os.environ["PATH"], "FOIL_SECRET_KEY": "sk_test_schema", **FOR_SANITIZERS}
        done = subprocess.run([SIDECAR, "validate", "--config", str(path)], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 78), done
        said = (done.stdout + done.stderr).splitlines()
        return done.returncode, [re.sub(r"^.*?:\d+:\d+: ", "", line) for line in said]
    return of
