"""Subcommands, flags, and the configuration file."""
import json
import re
import socket

import pytest

from harness.process import Process
from harness.sidecar import BINARY, FOR_SANITIZERS, run_cli

KEY = {"FOIL_SECRET_KEY": "sk_test_hidden"}


@pytest.fixture
def config(tmp_path):
    """config(text) -> the path of a file with that text."""
    def write(text):
        path = tmp_path / "sidecar.yaml"
        path.write_text(text, encoding="utf-8")
        return path
    return write


def test_version_names_itself():
    code, out, _ = run_cli("version")
    assert code == 0 and re.search(r"gate-sidecar \d+\.\d+\.\d+", out)


def test_help_lists_the_subcommands():
    code, out, _ = run_cli("--help")
    assert code == 0
    for name in ("validate", "print-config", "healthcheck", "drain", "verify", "revoke", "explain", "reload",
                 "block", "unblock", "log-level", "doctor", "version"):
        assert name in out


@pytest.mark.parametrize("arguments", [["--no-such-flag"], ["no-such-command"], ["validate", "--nope"], ["--config"]])
def test_a_wrong_command_line_exits_with_2(arguments):
    code, out, err = run_cli(*arguments, env=KEY)
    assert code == 2 and (out + err).strip()


@pytest.mark.parametrize("text", ["", "{}\n", "# nothing\n", "listener:\n  address: 127.0.0.1:8080\n"])
def test_every_key_is_optional(config, text):
    assert run_cli("validate", "--config", config(text), env=KEY)[0] == 0


def test_validate_tells_every_problem_with_its_place(config):
    path = config("listener:\n  adress: 127.0.0.1:1\n"
                  "cache:\n  ttl: 60\n  ttl: 5s\n  max_entries: many\n"
                  "upstream: {url: 'https://api.test/v1'}\n"
                  "gate:\n  timeout: 5parsecs\n"
                  "surprise: 1\n")
    code, out, err = run_cli("validate", "--config", path, env=KEY)
    assert code == 78
    told = out + err
    for place, words in [("2:3", "adress"), ("4:", "ttl"), ("5:3", "ttl"), ("6:", "max_entries"), ("7:", "upstream.url"),
                         ("9:", "timeout"), ("10:1", "surprise")]:
        assert any("sidecar.yaml:" + place in line and words in line for line in told.splitlines()), (place, words, told)
    assert "address" in next(line for line in told.splitlines() if "adress" in line).replace("adress", "", 1)


@pytest.mark.parametrize("text, words", [
    ("<<: {workers: 1}\n", "<<"), ("workers: 1\nworkers: 2\n", "workers"), ("workers: 0777\n", "workers"), ("log: {access: no}\n", "access"),
    ("auth: {mode: maybe}\n", "auth.mode"), ("- a list\n", "sidecar.yaml:1"), ("a: [\n", "sidecar.yaml:"), ("listener: {address: nowhere}\n", "listener.address"),
    ("gate: {secret_key_file: /does/not/exist}\n", "secret_key_file"), ("auth: {header_name: 'a b'}\n", "header_name"),
    ("forwarded: {trusted_proxies: [10.0.0.0/33]}\n", "trusted_proxies"), ("limits: {head_size: 16}\n", "head_size")])
def test_a_bad_file_is_refused(config, text, words):
    path = config(text)
    code, out, err = run_cli("validate", "--config", path, env=KEY)
    assert code == 78 and words in out + err
    assert re.search(r"sidecar\.yaml:\d+:\d+: ", out + err)


def test_a_bad_configuration_does_not_start(config):
    code, out, err = run_cli("--config", config("workers: many\n"), env=KEY)
    assert code == 78 and "sidecar.yaml:1:" in out + err


def test_a_file_that_does_not_exist_does_not_start(tmp_path):
    code, out, err = run_cli("--config", tmp_path / "absent.yaml", env=KEY)
    assert code == 78 and "absent.yaml" in out + err


def test_without_a_secret_key_it_does_not_start(config):
    """Rule 17."""
    path = config("listener: {address: 127.0.0.1:0}\nstatus: {address: 127.0.0.1:0}\nadmin: {address: 127.0.0.1:0}\n")
    code, out, err = run_cli("--config", path)
    assert code == 78 and "FOIL_SECRET_KEY" in out + err


def test_print_config_masks_the_secret_and_says_where_values_come_from(config):
    """Rule 25."""
    code, out, err = run_cli("print-config", "--config", config("cache: {ttl: 7s}\n"),
                             env={**KEY, "GATE_SIDECAR_CACHE_NEGATIVE_TTL": "9s"})
    assert code == 0 and "sk_test_hidden" not in out + err
    lines = {line.strip().split(":")[0]: line for line in out.splitlines()}
    assert "7s" in lines["ttl"] and "sidecar.yaml" in lines["ttl"]
    assert "9s" in lines["negative_ttl"] and "GATE_SIDECAR_CACHE_NEGATIVE_TTL" in lines["negative_ttl"]
    assert "default" in lines["max_entries"]


def test_port_sets_the_port_unless_an_address_is_given(config):
    _, out, _ = run_cli("print-config", "--config", config("log: {level: warn}\n"), env={**KEY, "PORT": "7123"})
    line, = [line for line in out.splitlines() if "7123" in line]
    assert line.split() == ["address:", "0.0.0.0:7123", "#", "PORT"]
    _, out, _ = run_cli("print-config", "--config", config("listener: {address: '127.0.0.1:8081'}\n"), env={**KEY, "PORT": "7123"})
    assert "127.0.0.1:8081" in out and "7123" not in out
    code, _, err = run_cli("validate", "--config", config(""), env={**KEY, "PORT": "http"})
    assert code == 78 and "PORT: needs a port" in err


def test_port_sets_the_port_of_the_running_program(started, config):
    with socket.create_server(("0.0.0.0", 0)) as unused:
        port = unused.getsockname()[1]
    path = config("status: {address: '127.0.0.1:0'}\nadmin: {address: '127.0.0.1:0'}\n")
    process = started.add(Process([BINARY, "--config", path], {**KEY, **FOR_SANITIZERS, "PORT": str(port)}))
    line = process.out.wait_for(lambda e: '"listener":"proxy"' in e, "the listener", within=10)
    assert json.loads(line)["server.port"] == port


def test_what_print_config_prints_is_a_valid_file(config, tmp_path):
    code, out, _ = run_cli("print-config", "--config", config("cache: {ttl: 7s}\nauth: {public_paths: [/health]}\n"), env=KEY)
    assert code == 0
    copy = tmp_path / "copy.yaml"
    copy.write_text(out, encoding="utf-8")
    code, told, err = run_cli("validate", "--config", copy, env=KEY)
    assert code == 0, told + err
    again = run_cli("print-config", "--config", copy, env=KEY)[1]
    values = [re.sub(r"\s*#.*", "", line) for line in out.splitlines()]
    assert [re.sub(r"\s*#.*", "", line) for line in again.splitlines()] == values


@pytest.mark.parametrize("name, value", [("GATE_SIDECAR_CACHE_TTL", "60"), ("GATE_SIDECAR_CACHE_TLL", "60s"), ("GATE_SIDECAR_WORKERS", "x")])
def test_the_environment_is_held_to_the_same_rules(config, name, value):
    code, out, err = run_cli("validate", "--config", config(""), env={**KEY, name: value})
    assert code == 78 and name in out + err


def test_print_config_of_a_bad_file(config):
    code, out, err = run_cli("print-config", "--config", config("workers: many\n"), env=KEY)
    assert code == 78 and out == "" and "sidecar.yaml:1:" in err


def test_the_shipped_configuration_is_valid():
    import pathlib
    shipped = pathlib.Path(__file__).parents[2] / "config" / "gate-sidecar.yaml"
    code, out, err = run_cli("validate", "--config", shipped, env=KEY)
    assert code == 0, out + err
