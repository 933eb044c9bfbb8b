"""Deployments that are well: nothing warns, nothing fails."""
from harness.admin import WITH_TOKEN
from harness.certificates import server_context
from harness.fleet import FLEET_KEY
from proxies import Nginx
from rig import FEW, examine, examine_running, well

WITH_KEY = {"GATE_SIDECAR_FLEET_KEY": FLEET_KEY, **WITH_TOKEN}


def test_native(deployed, gate):
    report = well(examine_running(deployed, "--pod-grace", 30, env=WITH_TOKEN), "config.valid", "config.grace", "config.environment",
                  "config.trusted_proxies", "config.shadow", "key.form", "key.accepted", "gate.dns", "gate.connect", "gate.answers",
                  "gate.form", "gate.latency", "gate.clock", "upstream.answers", "upstream.protocol", "upstream.bypass",
                  "spoof.identity", "spoof.connection", "spoof.client_address", "spoof.rerouting", "framing.requests")
    assert {each["id"] for each in report.findings if each["state"] == "skipped"} == \
        {"gate.tls", "gate.budget", "chain.reached", "fleet.store"}
    assert gate.calls() == 1


def test_without_a_file(gate, upstream):
    env = {"GATE_SIDECAR_GATE_BASE_URL": gate.url, "GATE_SIDECAR_UPSTREAM_URL": upstream.url,
           "GATE_SIDECAR_LIMITS_CONNECTIONS": "500"}
    report = well(examine(None, env=env))
    assert "GATE_SIDECAR_UPSTREAM_URL sets upstream.url" in report.of("config.environment")["message"]


def test_unix_sockets(start_sidecar, start_server, started, tmp_path):
    api = start_server(unix=tmp_path / "api.sock")
    front = tmp_path / "front.sock"
    sidecar = start_sidecar({**FEW, "listener": {"address": "unix:%s" % front}, "upstream": {"url": api.url}}, upstream=api,
                            env=WITH_TOKEN)
    nginx = started.add(Nginx(tmp_path / "nginx", [front]))
    well(examine_running(sidecar, "--url", nginx.url, env=WITH_TOKEN), "upstream.bypass", "chain.websocket", "chain.events")


def test_tls_on_both_sides(start_sidecar, start_server, authority):
    pair = authority.issue("both-sides", "DNS:localhost")
    api = start_server(tls=server_context(*pair))
    config = {**FEW, "listener": {"address": "127.0.0.1:0", "tls": {"certificates": [{"cert_file": str(pair[0]), "key_file": str(pair[1])}]}},
              "upstream": {"url": "https://localhost:%d" % api.port, "tls": {"ca_file": str(authority.ca_file)}}}
    sidecar = start_sidecar(config, upstream=api, env=WITH_TOKEN)
    url = "https://localhost:%d" % sidecar.port
    whole = examine_running(sidecar, "--url", url, "--ca-file", authority.ca_file, env=WITH_TOKEN)
    assert whole.state("upstream.certificate") == "pass"
    # Nothing stands before the sidecar that drops unusual names: that alone is said.
    assert whole.wrong() == {"chain.spellings": "warn"}
    api.failures.clear()   # a connection that only shook hands


def test_answering_other_proxies(start_sidecar, gate):
    sidecar = start_sidecar({**FEW, "answer": {"address": "127.0.0.1:0"}})
    config = sidecar.path.read_text(encoding="utf-8")
    sidecar.path.write_text(config.replace("upstream:", "unused:"), encoding="utf-8")
    assert examine_running(sidecar).code == 78   # a key that nobody knows
    sidecar.path.write_text("\n".join(line for line in config.split("\n") if "upstream" not in line and "  url:" not in line), encoding="utf-8")
    report = well(examine_running(sidecar))
    assert report.state("upstream.answers") == "skipped" and report.state("key.accepted") == "pass"


def test_what_a_proxy_that_asks_passes_on_itself_is_no_fault_of_the_chain(start_sidecar, upstream):
    """Nothing that comes by --url comes to the sidecar's own port."""
    sidecar = start_sidecar({**FEW, "answer": {"address": "127.0.0.1:0"}}, env=WITH_TOKEN)
    report = well(examine_running(sidecar, "--url", upstream.url, "--section", "chain", env=WITH_TOKEN))
    assert report.state("chain.reached") == "skipped" and "answer.address" in report.of("chain.reached")["message"]
    assert upstream.requests == []


def test_a_fleet(start_fleet):
    sidecars = start_fleet(2, FEW)
    for each in sidecars:
        well(examine_running(each, env=WITH_KEY), "fleet.store", "fleet.seal", "fleet.events", "fleet.clock")


def test_routes_and_several_upstreams(start_sidecar, start_server, tmp_path):
    other = start_server(unix=tmp_path / "other.sock")
    config = {**FEW, "upstreams": {"other": {"url": other.url}},
              "auth": {"header_name": "X-Account"},
              "routes": [{"path": "/health", "auth": "none"}, {"path": "/other/**", "upstream": "other"}, {"path": "/admin/**", "auth": "deny"}]}
    report = well(examine_running(start_sidecar(config)))
    assert report.state("upstream.answers", subject="other") == "pass"
    assert "X-Account" in report.of("spoof.identity")["message"]


def test_a_gate_with_tls_and_a_budget(start_sidecar, start_gate, authority):
    certificate, key = authority.issue("gate-of-good", "DNS:localhost")
    gate = start_gate("--tls-cert", certificate, "--tls-key", key, "--limit", 600)
    config = {**FEW, "gate": {"base_url": "https://localhost:%d" % gate.port, "ca_file": str(authority.ca_file)}}
    well(examine_running(start_sidecar(config, gate=gate)), "gate.tls", "gate.budget", "gate.clock")
