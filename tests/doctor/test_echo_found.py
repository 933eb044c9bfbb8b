"""CHAIN: the temporary echo, where it is found among replicas, lost, or cannot be opened."""
import time

import pytest

from balancers import PLAIN, Balancer, drop_unusual, instead_of, without
from harness.admin import WITH_TOKEN, operate
from harness.server import reply
from rig import CHAIN, examine_running

ALL = {"chain.connect", "chain.reached", "chain.identity", "chain.spellings", "chain.authorization", "chain.refusal",
       "chain.retry_after", "chain.events", "chain.websocket"}


def test_the_replica_that_knows_the_nonce_is_found_behind_the_load_balancer(started, start_sidecar, target):
    balancer = started.add(Balancer(target.port, start_sidecar().port))
    examine_running(target, *CHAIN, "--url", balancer.url, env=WITH_TOKEN).check({})


@pytest.mark.parametrize("config", [{"auth": {"mode": "optional"}}, {"auth": {"shadow": True}}, {"routes": [{"path": "/**", "auth": "none"}]}],
                         ids=["optional", "shadow", "public"])
def test_other_replicas_that_pass_strangers_on_are_asked_again(started, start_sidecar, upstream, config):
    """They take a request for the echo to the API, which answers for itself."""
    two = [start_sidecar(config, env=WITH_TOKEN) for _ in range(2)]
    balancer = started.add(Balancer(two[0].port, two[1].port, two[1].port))
    report = examine_running(two[0], *CHAIN, "--url", balancer.url, env=WITH_TOKEN)
    report.check({})
    assert {each["id"] for each in report.findings if each["state"] == "pass"} == ALL | {"config.valid"}
    assert upstream.requests and not any("X-Gate-Account-Id" in each.names() for each in upstream.requests)


def test_a_401_of_the_api_behind_another_replica_is_not_taken_for_ours(started, start_sidecar, upstream):
    upstream.handler = reply(401, b"{}", [("WWW-Authenticate", 'Bearer realm="api"')])
    two = [start_sidecar({"auth": {"mode": "optional"}}, env=WITH_TOKEN) for _ in range(2)]
    balancer = started.add(Balancer(two[1].port, two[0].port))
    examine_running(two[0], *CHAIN, "--url", balancer.url, env=WITH_TOKEN).check({})


def test_a_load_balancer_that_knows_only_some_response_fields_is_no_fault(behind):
    behind(response=without("X-Sidecar-Echo")).check({})


def test_many_workers_find_room_at_the_echo(started, start_sidecar):
    sidecar = start_sidecar({"workers": 24}, env=WITH_TOKEN)
    balancer = started.add(Balancer(sidecar.port, response=without("X-Sidecar-Echo")))
    examine_running(sidecar, *CHAIN, "--url", balancer.url, env=WITH_TOKEN).check({})


def test_a_slow_answer_of_another_is_not_waited_for_twenty_times(started, target, start_server):
    def slow(exchange):
        time.sleep(3)
        return reply(200)(exchange)
    other = start_server(slow)
    report = examine_running(target, *CHAIN, "--url", other.url, env=WITH_TOKEN)
    assert report.state("chain.reached") == "fail" and 1 < len(other.requests) < 6


def test_another_doctor_leaves_the_echo_of_this_one_open(started, target):
    """The first one that ends closes its own, which is not there any more."""
    taken = []

    def take_place(head):
        if not taken:
            taken.append(operate(target, "POST", "/echo").json()["path"])
        return drop_unusual(head)
    report = examine_running(target, *CHAIN, "--url", started.add(Balancer(target.port, request=take_place)).url, env=WITH_TOKEN)
    report.check({"chain.reached": "warn"}, "no other doctor")
    assert target.ask(taken[0] + "/echo").status == 200


def test_what_is_asked_after_another_doctor_has_come_is_no_finding(started, target):
    seen = []

    def take_place(head):
        seen.append(head)
        if len(seen) == 3:   # not before chain.reached
            operate(target, "POST", "/echo")
        return drop_unusual(head)
    report = examine_running(target, *CHAIN, "--url", started.add(Balancer(target.port, request=take_place)).url, env=WITH_TOKEN)
    report.check({"chain.reached": "warn"}, "no other doctor")


def test_without_an_admin_token_only_the_refusal_is_looked_at(started, start_sidecar, upstream, gate):
    plain = start_sidecar()
    report = examine_running(plain, *CHAIN, "--url", started.add(Balancer(plain.port)).url)
    report.check({})
    assert report.state("chain.refusal") == "pass" and report.state("chain.reached") == "skipped"
    broken = started.add(Balancer(plain.port, response=instead_of(401, PLAIN)))
    examine_running(plain, *CHAIN, "--url", broken.url).check({"chain.refusal": "fail"}, "error_page")
    assert gate.calls() == 0 and upstream.requests == []


def test_where_every_other_path_is_denied_nothing_is_said_of_refusals(started, start_sidecar):
    denying = start_sidecar({"routes": [{"path": "/v1/**", "auth": "required"}, {"path": "/**", "auth": "deny"}]})
    report = examine_running(denying, *CHAIN, "--url", started.add(Balancer(denying.port)).url)
    assert report.wrong() == {} and report.state("chain.refusal") == "skipped"


def test_an_admin_token_that_is_refused_is_warned_of(started, target):
    report = examine_running(target, *CHAIN, "--url", started.add(Balancer(target.port)).url,
                             env={"GATE_SIDECAR_ADMIN_TOKEN": "another-token-of-sufficient-length"})
    report.check({"chain.reached": "warn"}, "with the admin token")


def test_where_no_token_is_needed_nothing_is_said_of_refusals(started, start_sidecar):
    optional = start_sidecar({"auth": {"mode": "optional"}})
    report = examine_running(optional, *CHAIN, "--url", started.add(Balancer(optional.port)).url)
    assert report.wrong() == {} and report.state("chain.refusal") == "skipped"
    with_token = start_sidecar({"auth": {"mode": "optional", "shadow": True}}, env=WITH_TOKEN)
    report = examine_running(with_token, *CHAIN, "--url", started.add(Balancer(with_token.port)).url, env=WITH_TOKEN)
    report.check({})
    assert report.state("chain.refusal") == "pass"   # the echo's own path refuses in any mode
