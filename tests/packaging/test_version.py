"""The version stands in CMakeLists.txt; where another file has to repeat it, it is the same."""
import json
import re
import subprocess

import pytest
import yaml
from conftest import ROOT

VERSION = re.search(r"^project\(gate-sidecar VERSION (\S+) ", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"), re.M)[1]


def files_with_images():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "config", "docker", "Dockerfile"], capture_output=True, text=True, check=False)
    names = listed.stdout.splitlines() or [str(path.relative_to(ROOT)) for path in (ROOT / "config").rglob("*") if path.is_file()]
    return [name for name in names if re.search(r"gate-(?:sidecar|sample-api):\d", (ROOT / name).read_text(encoding="utf-8", errors="replace"))]


@pytest.mark.parametrize("name", files_with_images())
def test_images_have_the_version(name):
    found = re.findall(r"gate-(?:sidecar|sample-api):(\d[\w.]*)", (ROOT / name).read_text(encoding="utf-8"))
    assert set(found) == {VERSION}


def test_the_readme_names_the_package_of_this_version():
    found = set(re.findall(r"gate-sidecar_(\d[\w.]*)-1_", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert found == {VERSION}


def test_there_are_files_with_images():
    assert len(files_with_images()) >= 8


def test_the_image_has_the_version_as_its_label():
    assert re.search(r"^ARG VERSION=(\S+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.M)[1] == VERSION


@pytest.mark.parametrize("chart", sorted((ROOT / "config" / "helm").glob("gate-*/Chart.yaml")), ids=lambda path: path.parent.name)
def test_charts_have_the_version(chart):
    read = yaml.safe_load(chart.read_text(encoding="utf-8"))
    assert (read["version"], read["appVersion"]) == (VERSION, VERSION)


def test_the_example_asks_for_that_chart():
    chart = yaml.safe_load((ROOT / "config/helm/examples/api/Chart.yaml").read_text(encoding="utf-8"))
    assert [each["version"] for each in chart["dependencies"]] == [VERSION]


def test_the_kustomization_has_the_version():
    component = yaml.safe_load((ROOT / "config/kustomize/component/kustomization.yaml").read_text(encoding="utf-8"))
    assert [image["newTag"] for image in component["images"]] == [VERSION]


def test_the_task_definition_is_valid_json():
    json.loads((ROOT / "config/recipes/ecs-task-definition.json").read_text(encoding="utf-8"))


def test_the_changelog_begins_with_what_is_not_released():
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert headings[0] == "Unreleased"
    for heading in headings[1:]:
        assert re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2}", heading)


def test_the_program_says_it_in_both_ways(program):
    said = [subprocess.run([program, how], capture_output=True, text=True, check=True) for how in ("version", "--version")]
    assert re.fullmatch(r"gate-sidecar %s \(\S+\)\n" % re.escape(VERSION), said[0].stdout)
    assert (said[1].stdout, said[1].stderr) == (said[0].stdout, "")
