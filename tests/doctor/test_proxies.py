"""Real proxies before a sidecar: sound ones, where nothing is found, and as they are often configured."""
import pytest

from harness import ACCOUNT
from harness.admin import WITH_TOKEN
from proxies import NGINX_SOUND, Haproxy, Nginx
from rig import FEW, examine_running, well


@pytest.mark.parametrize("deep", [(), ("--deep",)])
def test_behind_nginx(deployed, started, tmp_path, deep):
    nginx = started.add(Nginx(tmp_path / "nginx", [deployed.port]))
    well(examine_running(deployed, "--url", nginx.url, *deep, env=WITH_TOKEN), "chain.reached", "chain.identity", "chain.spellings",
         "chain.authorization", "chain.refusal", "chain.retry_after", "chain.events", "chain.websocket", *(["chain.framing"] if deep else []))


def test_behind_nginx_with_tls_and_two_replicas(start_sidecar, deployed, started, tmp_path, authority):
    other = start_sidecar(FEW)
    nginx = started.add(Nginx(tmp_path / "nginx", [other.port, deployed.port], certificate=authority.issue("nginx", "DNS:localhost")))
    well(examine_running(deployed, "--url", nginx.url + "/", "--ca-file", authority.ca_file, env=WITH_TOKEN), "chain.tls", "chain.reached")


def test_behind_haproxy(deployed, started, tmp_path):
    haproxy = started.add(Haproxy(tmp_path / "haproxy", [deployed.port]))
    well(examine_running(deployed, "--url", haproxy.url, "--deep", env=WITH_TOKEN), "chain.spellings", "chain.events", "chain.websocket",
         "chain.framing")


def test_behind_a_trusted_proxy(start_sidecar, started, tmp_path):
    sidecar = start_sidecar({**FEW, "forwarded": {"trusted_proxies": ["127.0.0.0/8"]}}, env=WITH_TOKEN)
    nginx = started.add(Nginx(tmp_path / "nginx", [sidecar.port]))
    well(examine_running(sidecar, "--url", nginx.url, env=WITH_TOKEN), "config.trusted_proxies", "spoof.client_address")


# Real proxies with faults that are made again and again.
def test_nginx_as_it_comes(deployed, started, tmp_path):
    """Without a line about upgrades and buffers."""
    nginx = started.add(Nginx(tmp_path / "nginx", [deployed.port], location=""))
    report = examine_running(deployed, "--url", nginx.url, "--section", "chain", env=WITH_TOKEN)
    assert report.wrong() == {"chain.events": "warn", "chain.websocket": "warn"}
    assert "proxy_buffering off" in report.of("chain.events")["fix"] and "proxy_http_version 1.1" in report.of("chain.websocket")["fix"]


@pytest.mark.parametrize("more, location, expected, fix", [
    ("underscores_in_headers on;", "", {"chain.spellings": "warn"}, "underscores_in_headers"),
    ("", 'proxy_set_header Authorization "";', {"chain.authorization": "fail"}, "proxy_set_header Authorization"),
    ("", "proxy_intercept_errors on; error_page 401 =200 /welcome;", {"chain.refusal": "fail"}, "error_page"),
    ("", "proxy_hide_header Retry-After;", {"chain.retry_after": "fail"}, "Retry-After"),
    ("", "proxy_hide_header WWW-Authenticate;", {"chain.refusal": "fail"}, "error_page"),
])
def test_nginx_with_a_fault(deployed, started, tmp_path, more, location, expected, fix):
    more += " location = /welcome { return 200 welcome; }"
    nginx = started.add(Nginx(tmp_path / "nginx", [deployed.port], location=NGINX_SOUND + location, more=more))
    examine_running(deployed, "--url", nginx.url, "--section", "chain", env=WITH_TOKEN).check(expected, fix)


def test_haproxy_as_it_comes(deployed, started, tmp_path):
    haproxy = started.add(Haproxy(tmp_path / "haproxy", [deployed.port], more=""))
    report = examine_running(deployed, "--url", haproxy.url, "--section", "chain", env=WITH_TOKEN)
    report.check({"chain.spellings": "warn"}, "HAProxy")
    assert ACCOUNT not in report.text
