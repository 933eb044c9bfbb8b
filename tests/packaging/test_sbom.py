"""The SBOM: the fields that SPDX 2.3 requires, and each library that is linked, with its version."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT

import sbom as maker  # conftest says where it is

BUILD = os.environ.get("GATE_BUILD", "")


@pytest.fixture(scope="module")
def text(program):
    if shutil.which("dpkg-query") is None or shutil.which("ninja") is None or not (pathlib.Path(BUILD) / "build.ninja").exists():
        pytest.skip("needs dpkg and a build tree of ninja")
    if os.environ.get("GATE_SANITIZE"):
        pytest.skip("a sanitizer's runtime is no part of what is shipped")
    done = subprocess.run([sys.executable, ROOT / "config" / "packaging" / "sbom.py", "--build", BUILD, "--program", program],
                          env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sbom(text):
    return json.loads(text)


# SPDX 2.3, 6: document creation information; 7: packages; 11: relationships. The JSON names of the specification's schema.
def test_the_document_has_what_is_required(sbom):
    assert sbom["spdxVersion"] == "SPDX-2.3" and sbom["dataLicense"] == "CC0-1.0" and sbom["SPDXID"] == "SPDXRef-DOCUMENT"
    assert sbom["name"] and re.fullmatch(r"https://[^#\s]+", sbom["documentNamespace"])
    assert sbom["creationInfo"]["created"] == "2023-11-14T22:13:20Z"
    assert all(re.match(r"(Tool|Person|Organization): \S", each) for each in sbom["creationInfo"]["creators"])


def test_each_package_has_what_is_required(sbom):
    for package in sbom["packages"]:
        assert re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", package["SPDXID"]) and package["name"]
        assert re.fullmatch(r"NOASSERTION|NONE|\w+://\S+", package["downloadLocation"])
        # 7.8 to 7.10: without an analysis of the files there is no verification code to give.
        assert package["filesAnalyzed"] is False and "packageVerificationCode" not in package and "hasFiles" not in package
        assert re.match(r"(Organization|Person): \S|NOASSERTION$", package["supplier"])
        assert package["versionInfo"] and package["licenseConcluded"] not in ("", "NONE", "NOASSERTION")
        assert {"licenseDeclared", "copyrightText", "sourceInfo"} <= set(package)
        for reference in package.get("externalRefs", []):
            assert reference["referenceCategory"] == "PACKAGE-MANAGER" and reference["referenceType"] == "purl"
            assert re.fullmatch(r"pkg:deb/debian/[a-z0-9.%B+-]+@[^\s@:?]+\?arch=[a-z0-9]+", reference["referenceLocator"])


def test_relationships_name_elements_that_exist(sbom):
    known = {package["SPDXID"] for package in sbom["packages"]} | {"SPDXRef-DOCUMENT"}
    assert len(known) == len(sbom["packages"]) + 1
    related = [(each["spdxElementId"], each["relationshipType"], each["relatedSpdxElement"]) for each in sbom["relationships"]]
    assert related[0] == ("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Package-gate-sidecar")
    assert {end for one, _, other in related for end in (one, other)} == known
    assert {how for _, how, _ in related[1:]} <= {"STATIC_LINK", "DYNAMIC_LINK"}


def test_the_program_is_named_by_its_digest(sbom, program):
    digest = hashlib.sha256(pathlib.Path(program).read_bytes()).hexdigest()
    assert sbom["packages"][0]["checksums"] == [{"algorithm": "SHA256", "checksumValue": digest}]


def source_of(path):
    asked = subprocess.run(["dpkg-query", "-S", path, path.removeprefix("/usr")], capture_output=True, text=True, check=False).stdout
    return asked.split(":")[0]


def test_each_linked_library_is_named_with_its_version(sbom, program):
    link = subprocess.run(["ninja", "-C", BUILD, "-t", "commands", "gate-sidecar"], capture_output=True, text=True, check=True).stdout.splitlines()[-1]
    archives = [word for word in link.split() if word.startswith("/usr") and word.endswith(".a")]
    shared = re.findall(r"=> (/\S+)", subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout)
    have = {package["name"]: package["versionInfo"] for package in sbom["packages"]}
    for path in [*archives, *shared]:
        package = source_of(path)
        version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=True).stdout
        assert have.get(package) == version, path
    if archives:
        assert any(name.startswith("libssl") for name in have) and any(name.startswith("libstdc++") for name in have)


def test_what_is_compiled_in_from_headers_is_named(sbom):
    names = {package["name"] for package in sbom["packages"]}
    for part in ("boost", "cli11", "rapidjson", "spdlog", "fmt", "yaml-cpp"):
        assert any(part in name for name in names), part


def test_the_same_program_has_the_same_document(text, program):
    again = subprocess.run([sys.executable, ROOT / "config" / "packaging" / "sbom.py", "--build", BUILD, "--program", program],
                           env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}, capture_output=True, text=True, check=True).stdout
    assert again == text


def test_each_package_is_of_the_architecture_of_the_program_or_of_all(sbom):
    ours = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
    for package in sbom["packages"][1:]:
        assert package["externalRefs"][0]["referenceLocator"].split("?arch=")[1] in (ours, "all"), package["name"]


# Of a system with the libraries of two architectures.
@pytest.mark.parametrize(("listed", "architecture", "package"), [
    ("libssl-dev:amd64, libssl-dev:arm64", "arm64", "libssl-dev:arm64"),
    ("libssl-dev:amd64, libssl-dev:arm64", "amd64", "libssl-dev:amd64"),
    ("libssl-dev:amd64", "arm64", None),
    ("libcli11-dev", "arm64", "libcli11-dev"),
])
def test_of_two_packages_with_one_file_that_of_the_architecture_is_taken(listed, architecture, package):
    assert maker.owner(listed, architecture) == package


def test_architectures_have_the_names_of_debian():
    assert maker.architecture_of("aarch64-linux-gnu") == "arm64"
    with pytest.raises(SystemExit, match="what does Debian call mips"):
        maker.architecture_of("mips-linux-gnu")


def test_a_library_that_the_loader_would_not_find_is_an_error(tmp_path):
    ls = shutil.which("ls")
    with pytest.raises(SystemExit, match="no lib"):
        maker.shared_libraries(ls, [str(tmp_path)])
    names = re.findall(r"^\s*(\S+\.so\S*) =>", subprocess.run(["ldd", ls], capture_output=True, text=True, check=True).stdout, re.M)
    for name in names:
        (tmp_path / name).touch()
    found = maker.shared_libraries(ls, [str(tmp_path / "none"), str(tmp_path)])
    assert found and set(found) <= {str(tmp_path / name) for name in names}


def test_the_libraries_of_a_cross_compiler_have_licences():
    assert {"gcc-12-cross", "cross-toolchain-base"} <= set(maker.LICENCES)
