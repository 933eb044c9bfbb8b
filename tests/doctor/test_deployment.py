"""CONFIG, SPOOF and LIMITS: what is wrong with the configuration and the system."""
import os
import subprocess

import pytest

from harness.sidecar import run_cli
from rig import examine, written

LOOKS_AT = ("config", "key", "upstream")

# Root may raise its limits: what runs under this may not.
BOUND = ["setpriv", "--inh-caps=-sys_resource", "--bounding-set=-sys_resource"] if os.geteuid() == 0 else []


def test_a_bad_configuration_is_told_with_places_and_nothing_is_asked(examined, gate, upstream):
    report = examined({"listener": {"prot": 1}, "cache": {"ttl": 60}})
    problems = [each for each in report.findings if each["id"] == "config.valid"]
    assert len(problems) == len(report.findings) == 2 and all("doctor.yaml:" in each["message"] for each in problems)
    assert report.code == 78 and gate.calls() == 0 and upstream.requests == []


def test_a_missing_key_is_a_problem_of_the_configuration(examined):
    report = examined(env={"FOIL_SECRET_KEY": ""})
    assert report.code == 78 and set(report.wrong()) == {"config.valid"}


@pytest.mark.parametrize("config, flags, expected, fix", [
    ({"forwarded": {"trusted_proxies": ["0.0.0.0/0"]}}, (), {"config.trusted_proxies": "fail"}, "load balancer"),
    ({"auth": {"shadow": True}}, (), {"config.shadow": "warn"}, "auth.shadow"),
    ({"shutdown": {"delay": "5s", "grace": "25s"}}, ("--pod-grace", 30), {"config.grace": "warn"}, "terminationGracePeriodSeconds"),
    ({"listener": {"address": "unix:/tmp/doctor.sock", "socket_mode": "0666"}, "forwarded": {"trusted_proxies": ["unix"]}}, (),
     {"config.warning": "warn"}, "options"),
    ({"forwarded": {"pass": ["X-Original-URL"]}}, ("--section", "spoof"), {"spoof.rerouting": "warn"}, "forwarded.pass"),
])
def test_options_that_do_harm_are_found(examined, config, flags, expected, fix):
    examined(config, *flags).check(expected, fix)


def test_the_grace_is_held_against_that_of_kubernetes(examined):
    config = {"shutdown": {"grace": "60s"}}
    examined(config, env={"KUBERNETES_SERVICE_HOST": "10.0.0.1"}).check({"config.grace": "warn"}, "--pod-grace")
    examined(config, "--pod-grace", 90, env={"KUBERNETES_SERVICE_HOST": "10.0.0.1"}).check({})


def test_what_the_environment_overrides_is_named(examined):
    report = examined({"cache": {"ttl": "10s"}}, env={"GATE_SIDECAR_CACHE_TTL": "30s"})
    report.check({})
    assert "GATE_SIDECAR_CACHE_TTL sets cache.ttl in place of" in report.of("config.environment")["message"]


@pytest.mark.parametrize("limits, expected", [("256:8192", "pass"), ("256:512", "warn")])
def test_too_few_descriptors_are_found(tmp_path, gate, upstream, limits, expected):
    path = written(tmp_path / "doctor.yaml", {"gate": {"base_url": gate.url}, "upstream": {"url": upstream.url},
                                              "limits": {"connections": 2000}})
    report = examine(path, "--section", "limits", under=[*BOUND, "prlimit", "--nofile=" + limits])
    assert report.state("limits.descriptors") == expected
    assert expected == "pass" or "LimitNOFILE" in report.of("limits.descriptors")["fix"]


def test_the_text_has_sections_fixes_and_a_sum_and_no_colour(tmp_path, gate, upstream):
    path = written(tmp_path / "doctor.yaml", {"gate": {"base_url": gate.url}, "upstream": {"url": upstream.url},
                                              "auth": {"shadow": True}})
    code, out, err = run_cli("--config", path, "doctor", env={"FOIL_SECRET_KEY": "sk_test_emulator"}, within=150)
    assert code == 0 and err == "" and "\x1b" not in out
    lines = out.splitlines()
    assert [each for each in lines if each.isupper()] == ["CONFIG", "KEY", "GATE", "UPSTREAM", "SPOOF", "FRAMING", "CHAIN", "FLEET", "LIMITS"]
    assert "  warn    config.shadow: " in out and "          Fix: " in out
    assert " 1 warn, 0 fail, " in lines[-1]
    assert all(len(each) <= 100 for each in lines)


def test_usage_errors_are_told_apart(tmp_path):
    path = written(tmp_path / "doctor.yaml", {})
    for flags in (["--section", "nothing"], ["--url", "ftp://x"], ["--deep"], ["--pod-grace", "soon"],
                  ["--url", "https://localhost", "--ca-file", "/nonexistent"]):
        assert run_cli("--config", path, "doctor", *flags)[0] == 2


def test_where_no_stage_can_be_built_each_section_that_wants_it_says_so(tmp_path):
    """In a network of its own, where not even the loopback is up."""
    alone = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no network namespace can be made")
    report = examine(written(tmp_path / "doctor.yaml", {}), "--section", "framing", under=alone)
    assert report.state("framing.requests") == "skipped" and len(report.findings) == 2
    report = examine(written(tmp_path / "doctor.yaml", {}), "--section", "framing", "--section", "spoof", under=alone)
    assert report.state("framing.requests") == report.state("spoof.identity") == "skipped"
