"""CHAIN: what load balancers, sound and broken, do to requests and responses on their way to a running sidecar."""
import pytest

from balancers import PLAIN, Balancer, drop_unusual, instead_of, without
from harness.admin import WITH_TOKEN
from harness.certificates import server_context
from harness.server import reply
from rig import CHAIN, examine_running

ALL = {"chain.connect", "chain.reached", "chain.identity", "chain.spellings", "chain.authorization", "chain.refusal",
       "chain.retry_after", "chain.events", "chain.websocket"}


def test_nothing_is_found_in_a_sound_chain(behind, target, gate, upstream):
    report = behind()
    report.check({})
    assert {each["id"] for each in report.findings} == ALL | {"config.valid"}
    assert all(each["state"] == "pass" for each in report.findings)
    assert gate.calls() == 0 and upstream.requests == []
    opened, closed = (target.wait_for_log(lambda e, w=what: e["message"] == "%s temporary echo was %s" % w, what[1])
                      for what in (("a", "opened"), ("the", "closed")))
    assert opened["until"] and closed["requests"] >= 5


def refuse(head):
    return None if b"Upgrade: websocket" in head else drop_unusual(head)


def with_another(head):
    """The load balancer's own credentials, as for an API with Basic authentication."""
    return head.replace(b"\r\n\r\n", b"\r\nAuthorization: Basic bGI6c2VjcmV0\r\n\r\n", 1)


@pytest.mark.parametrize("fault, expected, fix", [
    ({"request": lambda head: head}, {"chain.spellings": "warn"}, "underscores_in_headers"),
    ({"request": lambda head: without("Authorization")(drop_unusual(head))}, {"chain.authorization": "fail"}, "proxy_set_header Authorization"),
    ({"request": lambda head: with_another(without("Authorization")(drop_unusual(head)))}, {"chain.authorization": "fail"}, "proxy_set_header Authorization"),
    ({"request": lambda head: with_another(drop_unusual(head))}, {"chain.authorization": "fail"}, "authenticate clients itself"),
    ({"response": instead_of(401, PLAIN)}, {"chain.refusal": "fail"}, "error_page"),
    ({"response": without("WWW-Authenticate")}, {"chain.refusal": "fail"}, "errors"),
    ({"response": without("Retry-After")}, {"chain.retry_after": "fail"}, "Retry-After"),
    ({"response": instead_of(503, PLAIN)}, {"chain.retry_after": "fail"}, "503"),
    ({"request": refuse}, {"chain.websocket": "warn"}, "Upgrade"),
    ({"request": lambda head: without("Upgrade")(drop_unusual(head))}, {"chain.websocket": "warn"}, "Upgrade"),
], ids=["underscores", "authorization", "authorization-replaced", "authorization-added", "401-to-200", "no-challenge", "no-retry-after", "503-to-200", "upgrade-refused", "upgrade-dropped"])
def test_a_fault_of_the_load_balancer_is_found(behind, fault, expected, fix):
    behind(**fault).check(expected, fix)


def test_a_load_balancer_that_buffers_is_found(behind):
    report = behind(buffers=True)
    assert report.wrong() == {"chain.events": "warn", "chain.websocket": "warn"} and "buffer" in report.of("chain.events")["fix"]


def test_a_load_balancer_that_passes_unclear_requests_on_is_found_where_it_is_asked_for(behind):
    behind("--deep").check({"chain.framing": "warn"}, "RFC 9112")

    def refuse_both(head):
        return None if b"Transfer-Encoding" in head and b"Content-Length" in head else drop_unusual(head)
    assert behind("--deep", request=refuse_both).state("chain.framing") == "pass"


def test_the_default_name_is_sent_too_where_another_is_configured(started, start_sidecar):
    sidecar, seen = start_sidecar({"auth": {"header_name": "X-Account"}}, env=WITH_TOKEN), []

    def note(head):
        seen.append(head)
        return drop_unusual(head)
    examine_running(sidecar, *CHAIN, "--url", started.add(Balancer(sidecar.port, request=note)).url, env=WITH_TOKEN).check({})
    assert all(any(b"\r\n%s: " % name in head for head in seen) for name in (b"X_Account", b"X-Gate-Account-Id", b"X_Gate_Account_Id"))


def test_a_field_of_the_load_balancers_own_is_no_unusual_spelling(behind):
    behind(request=lambda head: drop_unusual(head).replace(b"\r\n\r\n", b"\r\nX-Gate-Region: eu\r\n\r\n", 1)).check({})


def test_a_url_that_leads_past_the_sidecar_is_found(started, target, upstream):
    balancer = started.add(Balancer(upstream.port))
    report = examine_running(target, *CHAIN, "--url", balancer.url, env=WITH_TOKEN)
    report.check({"chain.reached": "fail"}, "sidecar's port")


def test_a_url_that_redirects_is_found(target, start_server):
    elsewhere = start_server(reply(301, b"", [("Location", "https://api.example.com/")]))
    report = examine_running(target, *CHAIN, "--url", elsewhere.url, env=WITH_TOKEN)
    report.check({"chain.reached": "fail"}, "give it by --url")
    assert "https://api.example.com/" in report.of("chain.reached")["message"]


def test_a_url_where_nobody_listens_is_found(started, target):
    balancer = Balancer(target.port)
    balancer.stop()
    examine_running(target, *CHAIN, "--url", balancer.url, env=WITH_TOKEN).check({"chain.connect": "fail"}, "--url")


@pytest.mark.parametrize("alternative, dates, expected", [
    ("DNS:localhost", {}, {}),
    ("DNS:localhost", {"not_after": "20210101000000Z"}, {"chain.tls": "fail"}),
    ("DNS:another", {}, {"chain.tls": "fail"}),
])
def test_the_certificate_of_the_load_balancer_is_looked_at(behind, authority, alternative, dates, expected):
    context = server_context(*authority.issue("lb-%d" % len(dates) + alternative[4:], alternative, **dates))
    behind("--ca-file", authority.ca_file, tls=context).check(expected, "renew the load balancer's certificate")


def test_a_prefix_that_the_load_balancer_takes_off_or_leaves_makes_no_difference(started, target):
    for change in (lambda head: head.replace(b" /api/", b" /", 1), lambda head: head):
        balancer = started.add(Balancer(target.port, request=lambda head, change=change: change(drop_unusual(head))))
        examine_running(target, *CHAIN, "--url", balancer.url + "/api", env=WITH_TOKEN).check({})


def test_requests_that_are_limited_or_lost_are_not_taken_for_refusals_of_the_identity(behind):
    def limited(head):
        return head if b"gacct_attacker" not in head else head.replace(b"/gate-sidecar-echo/", b"/gone/")
    report = behind(request=lambda head: limited(drop_unusual(head)))
    assert report.state("chain.identity") == report.state("chain.spellings") == "skipped"
