"""What holds for each recipe of config/recipes, as far as it can be checked without the platform."""
import json
import os
import pathlib
import re
import subprocess
import tomllib

import pytest
import yaml

RECIPES = pathlib.Path(__file__).parents[2] / "config" / "recipes"
SIDECAR = os.environ.get("GATE_SIDECAR", "gate-sidecar")
FOR_SANITIZERS = {"GATE_SIDECAR_DUMPABLE": "1"} if os.environ.get("GATE_SANITIZE") else {}
# What /usr/bin/gate-sidecar healthcheck, and the status listener, serve.
HEALTH = {"/livez", "/readyz"}
API = ["--host", "127.0.0.1", "--port", "3000"]


class Recipe:
    """What is compared: the sidecar's environment, from where its key comes, the API's arguments, and seconds."""

    def __init__(self, environment, secrets, api, stop, health, published):
        self.environment, self.secrets, self.api = environment, secrets, api
        self.stop, self.health, self.published = stop, health, published


def ecs():
    task = json.loads((RECIPES / "ecs-task-definition.json").read_text(encoding="utf-8"))
    sidecar, api = task["containerDefinitions"]
    assert (sidecar["name"], api["name"]) == ("gate-sidecar", "sample-api")
    assert task["networkMode"] == "awsvpc" and "portMappings" not in api
    assert sidecar["essential"] and api["essential"], "one does not go on without the other"
    assert api["stopTimeout"] >= sidecar["stopTimeout"], "the API outlives the sidecar's last requests"
    assert sidecar["healthCheck"]["command"] == ["CMD", "/usr/bin/gate-sidecar", "healthcheck"]
    return Recipe({e["name"]: e["value"] for e in sidecar["environment"]}, [s["name"] for s in sidecar["secrets"]],
                  api["command"], sidecar["stopTimeout"], HEALTH, [p["containerPort"] for p in sidecar["portMappings"]])


def cloud_run():
    service = yaml.safe_load((RECIPES / "cloud-run.yaml").read_text(encoding="utf-8"))
    template = service["spec"]["template"]
    sidecar, api = template["spec"]["containers"]
    assert "ports" not in api
    assert json.loads(template["metadata"]["annotations"]["run.googleapis.com/container-dependencies"]) == {"gate-sidecar": ["sample-api"]}
    port, = [p["containerPort"] for p in sidecar["ports"]]
    plain = {e["name"]: e["value"] for e in sidecar["env"] if "value" in e}
    assert "GATE_SIDECAR_LISTENER_ADDRESS" not in plain, "PORT decides"
    assert sidecar["startupProbe"]["tcpSocket"]["port"] == port
    return Recipe({**plain, "PORT": str(port)}, [e["name"] for e in sidecar["env"] if "valueFrom" in e], api["args"], 10, HEALTH, [port])


def nomad():
    text = re.sub(r"(?m)\s*#.*$", "", (RECIPES / "gate-sidecar.nomad.hcl").read_text(encoding="utf-8"))
    assert text.count("{") == text.count("}")
    sidecar, api = re.split(r'task "', text)[1:]
    environment = dict(re.findall(r'(GATE_SIDECAR_\w+)\s*= "([^"]*)"', sidecar))
    path = re.search(r'path\s*= "([^"]*)"', text).group(1)
    ports = [int(port) for port in re.findall(r"to = (\d+)", text)]
    assert ports == [8080, 9902] and "ports" not in api
    return Recipe(environment, re.findall(r'data\s*= "(\w+)=\{\{', sidecar), json.loads(re.search(r"args\s*= (\[.*\])", api).group(1)),
                  int(re.search(r'kill_timeout = "(\d+)s"', sidecar).group(1)), {path}, ports[:1])


def fly():
    text = (RECIPES / "fly.toml").read_text(encoding="utf-8")
    app = tomllib.loads(text)
    assert app["checks"]["ready"]["port"] == app["metrics"]["port"] == 9902
    return Recipe(app["env"], re.findall(r"fly secrets set (\w+)=", text), re.search(r"your-api (--host \S+ --port \S+)", text).group(1).split(),
                  app["kill_timeout"], {app["checks"]["ready"]["path"]}, [app["http_service"]["internal_port"]])


def seconds(text):
    return int(text.rstrip("s"))


@pytest.fixture(params=[ecs, cloud_run, nomad, fly], ids=lambda read: read.__name__)
def recipe(request):
    return request.param()


def test_the_environment_is_a_configuration(recipe):
    environment = {"PATH": os.environ["PATH"], "FOIL_SECRET_KEY": "sk_test_recipe", **FOR_SANITIZERS, **recipe.environment}
    done = subprocess.run([SIDECAR, "validate"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = subprocess.run([SIDECAR, "print-config"], env=environment, capture_output=True, text=True, check=True).stdout
    listener = yaml.safe_load(shown)["listener"]["address"]
    assert listener == "0.0.0.0:%d" % recipe.published[0] and len(recipe.published) == 1


def test_the_api_is_on_the_loopback_where_the_sidecar_looks_for_it(recipe):
    assert recipe.api == API
    assert recipe.environment["GATE_SIDECAR_UPSTREAM_URL"] == "http://%s:%s" % (API[1], API[3])


def test_the_key_comes_from_the_secrets_of_the_platform(recipe):
    assert recipe.secrets == ["FOIL_SECRET_KEY"] and "FOIL_SECRET_KEY" not in recipe.environment


def test_the_platform_waits_long_enough_at_the_end(recipe):
    delay = seconds(recipe.environment.get("GATE_SIDECAR_SHUTDOWN_DELAY", "0s"))
    assert delay + seconds(recipe.environment["GATE_SIDECAR_SHUTDOWN_GRACE"]) < recipe.stop


def test_the_health_check_asks_what_is_served(recipe):
    assert recipe.health <= HEALTH


def test_each_recipe_is_listed_with_what_was_checked():
    listed = set(re.findall(r"^\| \[`([^`]*)`\]", (RECIPES / "README.md").read_text(encoding="utf-8"), re.M))
    assert {path.name for path in RECIPES.iterdir()} - {"README.md"} == {name for name in listed if "/" not in name}
