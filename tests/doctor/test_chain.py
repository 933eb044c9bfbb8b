"""CHAIN: what load balancers, sound and broken, do to requests and responses on their way to a running sidecar."""
import pytest

from harness.admin import WITH_TOKEN, operate
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
    behind("--ca-file", authority.ca_file, tls=context).check(expected, "renew the load balancer's certificate")


def test_a_prefix_that_the_load_balancer_takes_off_or_leaves_makes_no_difference(started, target):
    for change in (lambda head: head.replace(b" /api/", b" /", 1), lambda head: head):
        balancer = started.add(Balancer(target.port, request=lambda head, change=change: change(drop_unusual(head))))
        examine_running(target, *CHAIN, "--url", balancer.url + "/api", env=WITH_TOKEN).check({})


class Turns(Balancer):
    """Takes one of several ports after the other."""

    def __init__(self, *targets, **how):
        super().__init__(None, **how)
        self.targets = list(targets)

    @property
    def target(self):
        self.targets.append(self.targets.pop(0))
        return self.targets[0]

    @target.setter
    def target(self, port):
        pass


def test_the_replica_that_knows_the_nonce_is_found_behind_the_load_balancer(started, start_sidecar, target):
    balancer = started.add(Turns(start_sidecar().port, target.port))
    examine_running(target, *CHAIN, "--url", balancer.url, env=WITH_TOKEN).check({})


@pytest.mark.parametrize("config", [{"auth": {"mode": "optional"}}, {"auth": {"shadow": True}}, {"routes": [{"path": "/**", "auth": "none"}]}],
                         ids=["optional", "shadow", "public"])
def test_other_replicas_that_pass_strangers_on_are_asked_again(started, start_sidecar, upstream, config):
    """They take a request for the echo to the API, which answers for itself."""
    two = [start_sidecar(config, env=WITH_TOKEN) for _ in range(2)]
    balancer = started.add(Turns(two[1].port, two[0].port, two[1].port))
    report = examine_running(two[0], *CHAIN, "--url", balancer.url, env=WITH_TOKEN)
    report.check({})
    assert {each["id"] for each in report.findings if each["state"] == "pass"} == ALL | {"config.valid"}
    assert upstream.requests and not any("X-Gate-Account-Id" in each.names() for each in upstream.requests)


def test_a_load_balancer_that_knows_only_some_response_fields_is_no_fault(behind):
    behind(response=without("X-Sidecar-Echo")).check({})


def test_requests_that_are_limited_or_lost_are_not_taken_for_refusals_of_the_identity(behind):
    def limited(head):
        return head if b"gacct_attacker" not in head else head.replace(b"/gate-sidecar-echo/", b"/gone/")
    report = behind(request=lambda head: limited(drop_unusual(head)))
    assert report.state("chain.identity") == report.state("chain.spellings") == "skipped"


def test_another_doctor_leaves_the_echo_of_this_one_open(started, target):
    """The first one that ends closes its own, which is not there any more."""
    taken = []

    def take_place(head):
        if not taken:
            taken.append(operate(target, "POST", "/echo").json()["path"])
        return drop_unusual(head)
    report = examine_running(target, *CHAIN, "--url", started.add(Balancer(target.port, request=take_place)).url, env=WITH_TOKEN)
    assert report.state("chain.reached") == "fail"
    assert target.ask(taken[0] + "/echo").status == 200


def test_without_an_admin_token_only_the_refusal_is_looked_at(started, start_sidecar, upstream, gate):
    plain = start_sidecar()
    report = examine_running(plain, *CHAIN, "--url", started.add(Balancer(plain.port)).url)
    report.check({})
    assert report.state("chain.refusal") == "pass" and report.state("chain.reached") == "skipped"
    broken = started.add(Balancer(plain.port, response=instead_of(401, PLAIN)))
    examine_running(plain, *CHAIN, "--url", broken.url).check({"chain.refusal": "fail"}, "error_page")
    assert gate.calls() == 0 and upstream.requests == []


def test_where_no_token_is_needed_nothing_is_said_of_refusals(started, start_sidecar):
    optional = start_sidecar({"auth": {"mode": "optional"}})
    report = examine_running(optional, *CHAIN, "--url", started.add(Balancer(optional.port)).url)
    assert report.wrong() == {} and report.state("chain.refusal") == "skipped"
    with_token = start_sidecar({"auth": {"mode": "optional", "shadow": True}}, env=WITH_TOKEN)
    report = examine_running(with_token, *CHAIN, "--url", started.add(Balancer(with_token.port)).url, env=WITH_TOKEN)
    report.check({})
    assert report.state("chain.refusal") == "pass"   # the echo's own path refuses in any mode
