"""UPSTREAM: what is wrong with the API behind the sidecar, and whether others reach it."""
import socket
import ssl

import pytest

from harness.certificates import server_context
from harness.server import raw, silent
from proxies import Nginx

LOOKS_AT = ("upstream",)


def own_address():
    """An address of this host that is not of the loopback, or a skip."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("198.51.100.1", 9))
            return probe.getsockname()[0]
    except OSError:
        pytest.skip("this host has no other address than the loopback's")


def test_an_upstream_that_does_not_listen_is_found(examined):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    examined({"upstream": {"url": "http://127.0.0.1:%d" % port}}).check({"upstream.answers": "fail"}, "upstream.url")


def test_an_upstream_that_does_not_answer_is_found(examined, upstream):
    upstream.handler = silent
    examined({"upstream": {"connect_timeout": "1s", "response_timeout": "100ms"}}).check({"upstream.answers": "fail"}, "upstream.url")


@pytest.mark.parametrize("greeting, fix", [(b"SSH-2.0-OpenSSH_9.2\r\n", "port"), (b"-ERR unknown command\r\n", "port"),
                                           (b"\0\0\x12\4\0\0\0\0\0" + b"\0" * 18, "HTTP/1.1")])
def test_an_upstream_that_speaks_something_else_is_found(examined, upstream, greeting, fix):
    upstream.handler = raw(greeting)
    examined().check({"upstream.protocol": "fail"}, fix)


def test_an_upstream_that_wants_tls_is_found(examined, start_server, authority):
    server = start_server(tls=server_context(*authority.issue("asked-in-the-clear", "DNS:localhost")))
    report = examined({"upstream": {"url": "http://127.0.0.1:%d" % server.port}})
    server.failures.clear()   # what it got was no handshake
    report.check({"upstream.protocol": "fail"}, "https://")


def test_an_upstream_that_says_in_the_clear_that_it_wants_tls_is_found(examined, started, tmp_path, authority):
    nginx = started.add(Nginx(tmp_path / "nginx", [9], certificate=authority.issue("asked-in-the-clear", "DNS:localhost")))
    examined({"upstream": {"url": "http://127.0.0.1:%d" % nginx.port}}).check({"upstream.protocol": "fail"}, "https://")


def upstream_over_tls(examined, start_server, authority, alternative, **more):
    server = start_server(tls=server_context(*authority.issue("api-" + alternative.replace(":", "-"), alternative, **more)))
    url = "https://localhost:%d" % server.port
    report = examined({"upstream": {"url": url, "tls": {"ca_file": str(authority.ca_file)}}})
    server.failures.clear()
    return report


def test_the_certificate_of_an_upstream_is_looked_at(examined, start_server, authority):
    upstream_over_tls(examined, start_server, authority, "DNS:localhost").check({})
    upstream_over_tls(examined, start_server, authority, "DNS:another").check({"upstream.certificate": "fail"}, "upstream.tls.ca_file")


def test_an_upstream_that_wants_a_certificate_is_found_out(examined, start_server, authority):
    context = server_context(*authority.issue("api-that-wants-one", "DNS:localhost"))
    context.load_verify_locations(authority.ca_file)
    context.verify_mode = ssl.CERT_REQUIRED
    server = start_server(tls=context)
    report = examined({"upstream": {"url": "https://localhost:%d" % server.port, "tls": {"ca_file": str(authority.ca_file)}}})
    server.failures.clear()
    report.check({"upstream.answers": "fail"}, "upstream.tls.client_cert_file")


def test_an_upstream_whose_name_is_unknown_is_not_said_to_be_elsewhere(examined):
    report = examined({"upstream": {"url": "http://api.invalid"}})
    report.check({"upstream.answers": "fail"}, "upstream.url")
    assert "another host" not in report.of("upstream.bypass")["message"]


def test_an_upstream_that_can_be_reached_past_the_sidecar_is_found(examined, start_server):
    address = own_address()
    everywhere = start_server(host="0.0.0.0")
    report = examined({"upstream": {"url": "http://127.0.0.1:%d" % everywhere.port}})
    report.check({"upstream.bypass": "fail"}, "127.0.0.1")
    assert address in report.of("upstream.bypass")["message"]


def test_an_upstream_that_the_hosts_of_the_link_can_reach_is_found(examined):
    with open("/proc/net/if_inet6", encoding="ascii") as interfaces:
        if not any(line.startswith("fe80") for line in interfaces):
            pytest.skip("this host has no address of a link")
    with socket.create_server(("::", 0), family=socket.AF_INET6) as everywhere:   # IPv6 alone
        report = examined({"upstream": {"url": "http://[::1]:%d" % everywhere.getsockname()[1], "response_timeout": "100ms"}})
    assert report.state("upstream.bypass") == "fail" and "fe80:" in report.of("upstream.bypass")["message"]


def test_an_upstream_at_an_address_of_others_is_found(examined, start_server):
    server = start_server(host=own_address())
    examined({"upstream": {"url": "http://%s:%d" % (own_address(), server.port)}}).check({"upstream.bypass": "warn"}, "NetworkPolicy")


def test_each_of_several_upstreams_is_told_by_its_name(examined, start_server, upstream):
    other = start_server(raw(b"220 mail ESMTP\r\n"))
    report = examined({"upstreams": {"mail": {"url": other.url}},
                       "routes": [{"path": "/mail/**", "upstream": "mail"}]})
    report.check({"upstream.protocol": "fail"}, "correct the port")
    assert report.state("upstream.protocol", subject="mail") == "fail" and report.state("upstream.protocol") == "pass"
