"""The JSON Schema of the configuration file: it is what the option table makes, accepts every example, and refuses
what `gate-sidecar validate` refuses."""
import os
import re
import subprocess

import pytest
import yaml
from conftest import ROOT, SCHEMA, read

REFERENCE = (ROOT / "config" / "gate-sidecar.yaml").read_text(encoding="utf-8")


def test_the_file_is_what_the_option_table_makes():
    made = subprocess.run([os.environ["CONFIG_SCHEMA"]], capture_output=True, text=True, check=True).stdout
    assert made == SCHEMA.read_text(encoding="utf-8"), "an option has changed: ./run schema writes the file again"


# Those in the package name the file where the package installs it.
FILES = sorted((ROOT / "config").rglob("gate-sidecar.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_file_names_it_for_editors(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)[1]
    assert named == "/usr/share/gate-sidecar/gate-sidecar.schema.json" or (path.parent / named).resolve() == SCHEMA


def test_there_are_files_for_editors():
    assert len(FILES) >= 3


# ---- examples --------------------------------------------------------------------------------------------------------
BLOCK = re.compile(r"^```yaml\n(.*?)^```$|<<'YAML'\n(.*?)^YAML$", re.M | re.S)


def examples():
    """Every configuration that the project shows: files, those in ConfigMaps, and those in texts."""
    for path in FILES:
        yield pytest.param(path.read_text(encoding="utf-8"), id=str(path.relative_to(ROOT)))
    for path in sorted((ROOT / "config").rglob("*.yaml")):
        if "templates" in path.parts:
            continue  # of a chart: rendered by a test of its own
        for number, document in enumerate(yaml.safe_load_all(path.read_text(encoding="utf-8"))):
            inner = document.get("data", {}).get("gate-sidecar.yaml") if isinstance(document, dict) else None
            if inner:
                yield pytest.param(inner, id="%s:%d" % (path.relative_to(ROOT), number))
    for path in sorted([ROOT / "README.md", *(ROOT / "config").rglob("*.md")]):
        for number, found in enumerate(BLOCK.finditer(path.read_text(encoding="utf-8"))):
            text = found[1] or found[2]
            if not re.search(r"apiVersion:|scrape_configs:|\$", text):
                yield pytest.param(text, id="%s:%d" % (path.relative_to(ROOT), number))
    for key in ("listeners", "upstreams", "routes"):
        commented = re.search(r"For example:\n((?:#   .*\n)+)%s: " % key, REFERENCE, re.M)[1]
        yield pytest.param("%s:\n%s" % (key, commented.replace("#", " ")), id="example of " + key)


@pytest.mark.parametrize("text", examples())
def test_each_example_is_accepted(complaints, text):
    assert complaints(text) == []


def test_there_are_examples():
    assert len(list(examples())) >= 12


# ---- wrong files -----------------------------------------------------------------------------------------------------
WRONG = [
    "lisener: {address: '0.0.0.0:8080'}",
    "upstream: {uri: 'http://127.0.0.1:3000'}",
    "gate.timeout: 5s",
    "cache: {ttl: 60}",
    "cache: {ttl: 61 s}",
    "cache: {ttl: 2h}",
    "cache: {ttl: -1s}",
    "cache: {max_entries: 0}",
    "cache: {max_entries: 1.5}",
    "cache: {refresh_ahead: yes}",
    "cache: {obey_no_store: 1}",
    "auth: {mode: none}",
    "auth: {public_paths: /health}",
    "auth: {public_paths: [health]}",
    "auth: {public_paths: [/a, /a]}",
    "auth: {header_name: 'X Account'}",
    "limits: {head_size: 16KB}",
    "limits: {head_size: 128KiB}",
    "limits: {body_rate: 500B}",
    "limits: {upstream_share: 101%}",
    "limits: {upstream_share: 50}",
    "listener: {address: '8080'}",
    "listener: {address: 'unix:relative.sock'}",
    "listener: {socket_mode: 0660}\nstatus: {socket_mode: '660'}",
    "listener: {socket_mode: '0440'}",
    "listener: {tls: {min_version: '1.1'}}",
    "listener: {tls: {certificates: [{cert_file: a.pem}]}}",
    "listener: {tls: {certificates: [a.pem]}}",
    "listener: {proxy_protocol: maybe}",
    "upstream: {url: 'ftp://127.0.0.1'}",
    "upstream: {url: 'http://127.0.0.1:3000/api'}",
    "gate: {secret_key: sk_test_abc}",
    "gate: {secret_key_file: sk_live_abc}",
    "gate: {budget: 600}",
    "workers: many",
    "workers: 257",
    "log: {level: trace}",
    "log: {level: }",
    "forwarded: {trusted_proxies: [proxy.internal]}",
    "forwarded: {pass: [X-Other]}",
    "answer: {unavailable: 500}",
    "fleet: {url: 'valkey:6379'}",
    "fleet: {url: 'redis://a,b'}",
    "fleet: {url: 'redis://user:word@store'}",
    "fleet: {url: 'redis+sentinel://a,b'}",
    "fleet: {url: 'redis+cluster://a/1'}",
    "fleet: {username: 'two words'}",
    "fleet: {timeout: 2s}",
    "routes: {path: /a}",
    "routes:",
    "routes: [{path: a}]",
    "routes: [{path: /a, auth: maybe}]",
    "routes: [{path: /a, methods: [get]}]",
    "routes: [{path: /a, rate: agents}]",
    "routes: [{path: /a, timeouts: {response: 2h}}]",
    "routes: [{path: []}]",
    "upstreams: {files: {connect_timeout: 1s}}",
    "upstreams: {'a b': {url: 'http://127.0.0.1:1'}}",
    "upstreams: [{url: 'http://127.0.0.1:1'}]",
    "listeners: [{name: public}]",
    "listeners: [{name: status, address: '0.0.0.0:1'}]",
    "- a list",
    "just a text",
]


@pytest.mark.parametrize("text", WRONG)
def test_what_validate_refuses_is_refused(complaints, validate, text):
    code, said = validate(text + "\n")
    assert code == 78 and said, "this file is not wrong"
    assert complaints(text) != []


def test_there_are_thirty_wrong_files():
    assert len(set(WRONG)) >= 30


# ---- ranges ----------------------------------------------------------------------------------------------------------
CANDIDATES = ("0 1 2 7 17 64 100 101 256 257 1000 1001 10000 10001 100000 1000000 1000001 10000000 10000001 1000000000 1000000001 "
              "0ms 1ms 9ms 10ms 99ms 100ms 999ms 1s 1.5s 1.50s 007s 60s 61s 1m 2m 10m 11m 601s 60m 61m 1h 24h 25h 168h 169h "
              "3600s 3601s 3600000ms 3600001ms 0.5ms 1.5ms 1.0ms 1d 1 s s .5s -1s 0B 1B 63B 64B 1023B 1KiB 4KiB 5KiB 64KiB 65KiB 65537B "
              "16MiB 17MiB 1GiB 2GiB 1KB 1.5KiB 0B/s 500B/s 2KiB/s 1GiB/s 2GiB/s 1048577KiB/s 500B/m 0% 1% 50% 100% 101% 050% 5.5% "
              "auto true false yes on none required info json text 1.2 1.3 503 429").split()

# What the program says of a value alone, without a look at others.
ABOUT_THE_VALUE = "needs (a|an|auto|one|permissions|true|\\d+ to)\\b|must be between|has the|.* is too large|must be a whole number"


def scalar_options(schema, prefix=""):
    for name, of in schema["properties"].items():
        if of.get("type") == ["object", "null"] and "properties" in of:
            yield from scalar_options(of, prefix + name + ".")
        elif of.get("type") != "array" and "default" in of:
            yield prefix + name, of


def nested(paths, value):
    """A file that gives each option this value."""
    out = {}
    for path in paths:
        *sections, name = path.split(".")
        at = out
        for section in sections:
            at = at.setdefault(section, {})
        at[name] = value
    return out


def rendered(tree, depth=0):
    lines = []
    for key, value in tree.items():
        inner = rendered(value, depth + 1) if isinstance(value, dict) else None
        lines.append("  " * depth + key + ":" + ("\n" + inner if inner else " " + value))
    return "\n".join(lines)


@pytest.mark.parametrize("value", CANDIDATES)
def test_ranges_are_those_of_the_program(schema, complaints, validate, value):
    """Each option of a kind with a range or with names, given the same value: the schema refuses what the program does."""
    ranged = [path for path, of in scalar_options(schema) if not is_free_text(of)]
    text = rendered(nested(ranged, value)) + "\n"
    _, said = validate(text)
    program = {path for path in ranged if any(re.match(r"%s: (%s)" % (re.escape(path), ABOUT_THE_VALUE), line) for line in said)}
    editor = {path for path, _ in complaints(text)}
    assert editor == program


def is_free_text(of):
    """Texts: their checks know more than a pattern can."""
    measures = re.compile(r"0\*\(|\[0-7\]")
    return of.get("type") == "string" and not measures.search(of.get("pattern", ""))


def test_the_ranges_that_are_compared_are_many(schema):
    assert len([path for path, of in scalar_options(schema) if not is_free_text(of)]) > 60


def test_a_value_of_yaml_1_2_is_read_as_editors_do():
    assert read("a: yes\nb: 0660\nc: 1.2\nd: true\ne:\n") == {"a": "yes", "b": 660, "c": 1.2, "d": True, "e": None}
