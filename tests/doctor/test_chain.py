"""CHAIN: what load balancers, sound and broken, do to requests and responses on their way to a running sidecar."""
import pytest

from harness.admin import WITH_TOKEN
from harness.certificates import server_context
from rig import Balancer, drop_unusual, examine_running, instead_of, without

CHAIN = ("--section", "chain")
ALL = {"chain.connect", "chain.reached", "chain.identity", "chain.spellings", "chain.authorization", "chain.refusal",
       "chain.retry_after", "chain.events", "chain.websocket"}


@pytest.fixture
def target(start_sidecar):
    """A sidecar with an admin token, behind a load balancer."""
    return start_sidecar(env=WITH_TOKEN)


@pytest.fixture
def behind(started, target):
    """behind(how...) -> what doctor finds with such a load balancer before the sidecar."""
    def look(*flags, **how):
        balancer = started.add(Balancer(target.port, **how))
        return examine_running(target, *CHAIN, "--url", balancer.url, *flags, env=WITH_TOKEN)
    return look


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


PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("fault, expected, fix", [
    ({"request": lambda head: head}, {"chain.spellings": "warn"}, "underscores_in_headers"),
    ({"request": lambda head: without("Authorization")(drop_unusual(head))}, {"chain.authorization": "fail"}, "proxy_set_header Authorization"),
    ({"response": instead_of(401, PLAIN)}, {"chain.refusal": "fail"}, "error_page"),
    ({"response": without("WWW-Authenticate")}, {"chain.refusal": "fail"}, "errors"),
    ({"response": without("Retry-After")}, {"chain.retry_after": "fail"}, "Retry-After"),
    ({"response": instead_of(503, PLAIN)}, {"chain.retry_after": "fail"}, "503"),
    ({"request": refuse}, {"chain.websocket": "warn"}, "Upgrade"),
    ({"request": lambda head: without("Upgrade")(drop_unusual(head))}, {"chain.websocket": "warn"}, "Upgrade"),
], ids=["underscores", "authorization", "401-to-200", "no-challenge", "no-retry-after", "503-to-200", "upgrade-refused", "upgrade-dropped"])
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


def test_a_url_that_leads_past_the_sidecar_is_found(started, target, upstream):
    balancer = started.add(Balancer(upstream.port))
    report = examine_running(target, *CHAIN, "--url", balancer.url, env=WITH_TOKEN)
    report.check({"chain.reached": "fail"}, "sidecar's port")


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
    behind("--ca-file", authority.ca_file, tls=context).check(expected)


def test_a_prefix_that_the_load_balancer_takes_off_or_leaves_makes_no_difference(started, target):
    for change in (lambda head: head.replace(b" /api/", b" /", 1), lambda head: head):
        balancer = started.add(Balancer(target.port, request=lambda head, change=change: change(drop_unusual(head))))
        examine_running(target, *CHAIN, "--url", balancer.url + "/api", env=WITH_TOKEN).check({})


def test_the_replica_that_knows_the_nonce_is_found_behind_the_load_balancer(started, start_sidecar, target):
    others = [start_sidecar().port, target.port]

    class Turns(Balancer):
        @property
        def target(self):
            others.append(others.pop(0))
            return others[0]

        @target.setter
        def target(self, port):
            pass
    balancer = started.add(Turns(0))
    examine_running(target, *CHAIN, "--url", balancer.url, env=WITH_TOKEN).check({})


def test_without_an_admin_token_only_the_refusal_is_looked_at(started, start_sidecar, upstream, gate):
    plain = start_sidecar()
    report = examine_running(plain, *CHAIN, "--url", started.add(Balancer(plain.port)).url)
    report.check({})
    assert report.state("chain.refusal") == "pass" and report.state("chain.reached") == "skipped"
    broken = started.add(Balancer(plain.port, response=instead_of(401, PLAIN)))
    examine_running(plain, *CHAIN, "--url", broken.url).check({"chain.refusal": "fail"})
    assert gate.calls() == 0 and upstream.requests == []


def test_where_no_token_is_needed_nothing_is_said_of_refusals(started, start_sidecar):
    optional = start_sidecar({"auth": {"mode": "optional"}})
    report = examine_running(optional, *CHAIN, "--url", started.add(Balancer(optional.port)).url)
    assert report.wrong() == {} and report.state("chain.refusal") == "skipped"
    with_token = start_sidecar({"auth": {"mode": "optional", "shadow": True}}, env=WITH_TOKEN)
    report = examine_running(with_token, *CHAIN, "--url", started.add(Balancer(with_token.port)).url, env=WITH_TOKEN)
    report.check({})
    assert report.state("chain.refusal") == "pass"   # the echo's own path refuses in any mode
