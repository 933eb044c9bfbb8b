"""The calls that the organization's replicas share: who may spend them, and who not."""
import threading
import time

import pytest

from harness import ACCOUNT, TOKEN
from harness.server import Server, vouch_for
from harness.wait import eventually

GOOD = {"agt_good%03d" % n: "gacct_good%03d" % n for n in range(100)}
BEHIND_PROXY = {"forwarded": {"trusted_proxies": ["127.0.0.1"]}}


def vouch_now(exchange):
    """Answers an exchange whose body has been read already."""
    body = b'{"data": {"valid": true, "gate_account_id": "gacct_x"}}'
    exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def ask_from(sidecar, address, token):
    return sidecar.ask("/", token, fields=[("X-Forwarded-For", address)])


# tokens that Gate refuses, by address

def test_an_address_that_sends_bad_tokens_is_told_to_wait_and_costs_no_calls(start_sidecar, gate):
    sidecar = start_sidecar({**BEHIND_PROXY, "limits": {"failed_tokens": 5}})
    for number in range(5):
        assert ask_from(sidecar, "192.0.2.1", "agt_bad%d" % number).status == 401
    throttled = ask_from(sidecar, "192.0.2.1", "agt_bad5")
    assert (throttled.status, throttled.error["code"]) == (429, "token_throttled")
    assert 1 <= int(throttled.one("Retry-After")) <= 12
    assert throttled.error["retryable"] is True
    assert gate.calls() == 5
    assert ask_from(sidecar, "192.0.2.2", "agt_bad5").status == 401
    assert sidecar.metric("gate_decisions_total", reason="token_throttled") == 1


def test_good_tokens_behind_an_address_that_is_throttled_pass(start_sidecar, gate):
    """Agents behind one NAT: those that Gate has accepted before, even when their entry has expired."""
    sidecar = start_sidecar({"limits": {"failed_tokens": 3}, "cache": {"ttl": "1s", "refresh_ahead": False}})
    assert sidecar.ask("/", TOKEN).status == 200
    for number in range(3):
        assert sidecar.ask("/", "agt_bad%d" % number).status == 401
    assert sidecar.ask("/", "agt_bad4").status == 429
    assert sidecar.ask("/", TOKEN).status == 200
    eventually(lambda: sidecar.ask("/", TOKEN).status == 200 and gate.calls(TOKEN) == 2, "the entry to expire")
    assert sidecar.ask("/", "agt_bad5").status == 429


def test_an_address_that_nobody_trusted_reports_counts_for_nothing(start_sidecar):
    """Rule 7: else each request would come from a new address."""
    sidecar = start_sidecar({"limits": {"failed_tokens": 3}})
    for number in range(3):
        assert ask_from(sidecar, "192.0.2.%d" % number, "agt_bad%d" % number).status == 401
    assert ask_from(sidecar, "192.0.2.9", "agt_bad9").status == 429


def test_ipv6_clients_are_counted_by_their_network(start_sidecar):
    sidecar = start_sidecar({**BEHIND_PROXY, "limits": {"failed_tokens": 3}})
    for number in range(3):
        assert ask_from(sidecar, "2001:db8:1:2::%d" % number, "agt_bad%d" % number).status == 401
    assert ask_from(sidecar, "2001:db8:1:2:3:4:5:6", "agt_bad9").status == 429
    assert ask_from(sidecar, "2001:db8:1:3::1", "agt_bad9").status == 401


# lanes

def test_unknown_tokens_have_a_lane_of_their_own(start_gate, start_sidecar):
    gate = start_gate("--limit", 60)
    sidecar = start_sidecar({
        "gate": {"budget": {"limit": 60, "unknown": 20}},
        "limits": {"failed_tokens": 0},
        "cache": {"ttl": "1s"},
    }, gate=gate)
    assert sidecar.ask("/", TOKEN).status == 200
    answers = [sidecar.ask("/", "agt_random%d" % number) for number in range(60)]
    assert [a.status for a in answers[:10]] == [401] * 10
    assert answers[-1].status == 503
    assert answers[-1].error["code"] == "gate_budget_spent"
    assert int(answers[-1].one("Retry-After")) >= 1
    assert gate.calls() <= 22
    assert eventually(lambda: sidecar.ask("/", TOKEN).status == 200 and gate.calls(TOKEN) >= 2, "a call for the known one")
    assert sidecar.metric("gate_governor_refusals_total", lane="unknown") >= 30
    assert sidecar.metric("gate_governor_refusals_total", lane="known") == 0


def test_the_lane_for_unknown_tokens_closes_as_others_use_up_the_budget(start_server, start_sidecar):
    """What the other replicas take is seen in X-RateLimit-Remaining alone."""
    gate = start_server(vouch_for(fields=[("X-RateLimit-Limit", "600"), ("X-RateLimit-Remaining", "30")]))
    sidecar = start_sidecar({"limits": {"failed_tokens": 0}, "cache": {"ttl": "1s", "refresh_ahead": False}}, gate=gate)
    assert sidecar.ask("/", TOKEN).status == 200
    refused = sidecar.ask("/", "agt_new")
    assert (refused.status, refused.error["code"]) == (503, "gate_budget_spent")
    eventually(lambda: sidecar.ask("/", TOKEN).status == 200 and len(gate.requests) == 2, "a call for the known one")
    assert sidecar.metric("gate_budget_remaining") == 30


def test_the_metrics_have_the_limit_that_gate_reports_and_when_it_has_answered(start_server, start_sidecar):
    gate = start_server(vouch_for(fields=[("X-RateLimit-Limit", "300"), ("X-RateLimit-Remaining", "299")]))
    sidecar = start_sidecar({"gate": {"budget": {"limit": 700}}}, gate=gate)
    assert (sidecar.metric("gate_budget_limit"), sidecar.metric("gate_verify_last_success_timestamp_seconds")) == (700, 0)
    before = int(time.time())
    assert sidecar.ask("/", TOKEN).status == 200
    assert sidecar.metric("gate_budget_limit") == 300
    assert before <= sidecar.metric("gate_verify_last_success_timestamp_seconds") <= time.time()


def test_many_new_tokens_at_once_wait_for_their_turn(start_gate, start_sidecar):
    gate = start_gate("--latency", "20ms", tokens=GOOD)
    sidecar = start_sidecar(gate=gate)
    statuses = []
    threads = [threading.Thread(target=lambda t=token: statuses.append(sidecar.ask("/", t).status)) for token in GOOD]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * len(GOOD)
    assert gate.calls() == len(GOOD)


# what Gate says

@pytest.mark.parametrize("form", ["seconds", "date"])
def test_no_call_is_made_before_retry_after_has_passed(start_gate, start_sidecar, form):
    gate = start_gate("--limit", 3, "--window", "4s", "--retry-after-format", form, tokens=GOOD)
    sidecar = start_sidecar({"cache": {"ttl": "1s", "refresh_ahead": False}}, gate=gate)
    tokens = list(GOOD)[:4]
    refused = [a for a in (sidecar.ask("/", token) for token in tokens) if a.status == 503]
    assert refused and refused[-1].error["code"] in ("gate_rate_limited", "gate_budget_spent")
    began = time.monotonic()
    answers = []
    while time.monotonic() < began + 8:
        answers += [sidecar.ask("/", token).status for token in tokens]
    assert answers.count(200) > 0
    assert set(answers) <= {200, 503}
    assert gate.state()["early_calls"] == 0
    assert gate.state()["verify"]["total"] < 20


# failures

def test_a_gate_that_fails_is_left_alone_but_for_probes(start_sidecar, gate):
    sidecar = start_sidecar({
        "gate": {"circuit": {"probe_interval": "60s"}}, "limits": {"failed_tokens": 0}, "cache": {"ttl": "1s"},
    })
    assert sidecar.ask("/", TOKEN).status == 200
    gate.fault(malformed="not_json")
    before = gate.calls()
    answers = [sidecar.ask("/", "agt_new%d" % number) for number in range(20)]
    assert all(a.status == 503 for a in answers)
    assert gate.calls() == before + 5
    assert answers[-1].error["code"] == "gate_failing"
    assert sidecar.metric("gate_circuit_open") == 1
    assert sidecar.ask("/", TOKEN).status == 200


def test_a_gate_that_is_back_is_found_by_a_probe(started, start_sidecar, gate):
    sidecar = start_sidecar({"gate": {"circuit": {"probe_interval": "100ms"}}})
    gate.go_away()
    for number in range(10):
        assert sidecar.ask("/", "agt_new%d" % number).status == 503
    assert sidecar.metric("gate_circuit_open") == 1
    started.add(Server(vouch_for(), port=gate.port))
    eventually(lambda: sidecar.ask("/", TOKEN).status == 200, "a probe")
    assert sidecar.metric("gate_circuit_open") == 0


def test_a_call_that_is_lost_is_made_once_more(start_sidecar, gate):
    sidecar = start_sidecar()
    gate.fault(reset=True, count=1)
    assert sidecar.ask("/", TOKEN).status == 200
    assert sidecar.metric("gate_verify_retries_total") == 1


def test_what_gate_calls_retryable_is_tried_once_more_and_nothing_else(start_sidecar, gate):
    sidecar = start_sidecar()
    gate.fault(status=503, count=1)
    assert sidecar.ask("/", TOKEN).status == 200
    gate.fault(status=403)
    before = gate.calls()
    assert sidecar.ask("/", "agt_other").error["code"] == "gate_key_refused"
    assert gate.calls() == before + 1


@pytest.mark.parametrize("status", [400, 403, 404, 413])
def test_a_client_whose_tokens_something_before_gate_dislikes_shuts_out_nobody_else(start_server, start_sidecar, status):
    """A web application firewall answers for Gate: that is the token's fault, not Gate's, and not our key's."""
    def firewall(exchange):
        exchange.read_body()
        token = exchange.head.json()["agent_token"]
        if "/../" in token:
            exchange.connection.send(b"HTTP/1.1 %d No\r\nContent-Length: 4\r\n\r\n<no>" % status)
        else:
            vouch_now(exchange)
    sidecar = start_sidecar({**BEHIND_PROXY, "limits": {"failed_tokens": 10}}, gate=start_server(firewall))
    assert sidecar.ask("/", "agt_first").status == 200
    answers = [ask_from(sidecar, "192.0.2.1", "agt_/../etc/passwd%d" % number) for number in range(20)]
    assert [a.status for a in answers] == [503] * 10 + [429] * 10
    assert sidecar.metric("gate_circuit_open") == 0
    assert sidecar.metric("gate_key_refused") == 0
    assert sidecar.ask("/", "agt_other").status == 200


# grace and renewal

def test_without_grace_nobody_outlives_the_ttl(start_sidecar, gate):
    sidecar = start_sidecar({"cache": {"ttl": "1s"}})
    assert sidecar.ask("/", TOKEN).status == 200
    gate.go_away()
    eventually(lambda: sidecar.ask("/", TOKEN).status == 503, "the TTL to end")


def test_grace_lets_an_accepted_token_pass_while_gate_is_away_and_says_so(start_sidecar, gate, upstream):
    sidecar = start_sidecar({"cache": {"ttl": "1s", "grace": "1h", "refresh_ahead": False}})
    forged = [("X-Gate-Verification", "stale; age=0")]
    assert sidecar.ask("/fresh", TOKEN, fields=forged).status == 200
    assert upstream.last.all("X-Gate-Verification") == []
    gate.go_away()
    eventually(lambda: sidecar.ask("/later", TOKEN, fields=forged).status == 200
               and upstream.last.all("X-Gate-Verification"), "a stale answer")
    assert upstream.last.one("X-Gate-Account-Id") == ACCOUNT
    assert upstream.last.one("X-Gate-Verification").startswith("stale; age=")
    assert int(upstream.last.one("X-Gate-Verification").rpartition("=")[2]) >= 1
    stale = sidecar.wait_for_log(lambda e: e.get("gate.cache") == "stale", "a line")
    assert (stale["gate.verdict"], stale["gate.reason"]) == ("allow", "token_grace")
    assert sidecar.metric("gate_decisions_total", reason="token_grace") >= 1
    assert sidecar.metric("gate_cache_lookups_total", result="stale") >= 1
    assert sidecar.ask("/", "agt_never").status == 503


def test_grace_ends(start_sidecar, gate):
    sidecar = start_sidecar({"cache": {"ttl": "1s", "grace": "1s", "refresh_ahead": False}})
    assert sidecar.ask("/", TOKEN).status == 200
    gate.go_away()
    eventually(lambda: sidecar.ask("/", TOKEN).status == 503, "the grace to end")


def test_grace_never_overrides_gates_no(start_sidecar, gate):
    sidecar = start_sidecar({"cache": {"ttl": "1s", "negative_ttl": "1s", "grace": "1h"}})
    assert sidecar.ask("/", TOKEN).status == 200
    gate.revoke(TOKEN)
    eventually(lambda: sidecar.ask("/", TOKEN).status == 401, "the TTL to end")
    gate.go_away()
    eventually(lambda: sidecar.ask("/", TOKEN).status == 503, "the negative TTL to end")
    assert sidecar.metric("gate_decisions_total", reason="token_grace") == 0


def test_a_client_cannot_bring_grace_about(start_gate, start_sidecar):
    """A flood of random tokens spends the lane of unknown tokens, and nobody's grace begins by it."""
    gate = start_gate("--limit", 60)
    sidecar = start_sidecar({
        "gate": {"budget": {"limit": 60, "unknown": 20}},
        "limits": {"failed_tokens": 0},
        "cache": {"ttl": "1s", "grace": "1h"},
    }, gate=gate)
    assert sidecar.ask("/", TOKEN).status == 200
    for number in range(60):
        sidecar.ask("/", "agt_random%d" % number)
    gate.revoke(TOKEN)
    eventually(lambda: sidecar.ask("/", TOKEN).status == 401, "the revocation to be seen")
    assert sidecar.metric("gate_decisions_total", reason="token_grace") == 0


def test_a_token_in_use_is_renewed_before_its_ttl_ends(start_gate, start_sidecar):
    """Nobody waits for it. On a machine that stops for a while an entry may expire all the same: then another token."""
    gate = start_gate("--latency", "50ms", tokens=GOOD)
    sidecar = start_sidecar({"cache": {"ttl": "2s"}}, gate=gate)

    def is_renewed(token):
        assert sidecar.ask("/renewed", token).status == 200
        path = "/" + GOOD[token]
        eventually(lambda: sidecar.ask(path, token).status == 200 and gate.calls(token) == 2, "a second call")
        states = {e["gate.cache"] for e in sidecar.log() if e.get("url.path") == path}
        return states == {"hit"}
    assert any(is_renewed(token) for token in list(GOOD)[:10])


def test_a_token_that_nobody_uses_is_not_renewed(start_sidecar, start_gate):
    gate = start_gate(tokens=GOOD)
    sidecar = start_sidecar({"cache": {"ttl": "1s"}}, gate=gate)
    used, unused = list(GOOD)[:2]
    assert sidecar.ask("/", unused).status == 200
    eventually(lambda: sidecar.ask("/", used).status == 200 and gate.calls(used) >= 4, "renewals")
    assert gate.calls(unused) == 1
