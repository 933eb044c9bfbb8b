"""How often Gate is asked."""
import datetime
import threading

import pytest

from harness import ACCOUNT, TOKEN
from harness.http import request
from harness.server import vouch_for
from harness.wait import eventually


def ask_at_once(sidecar, count, token):
    """The statuses of `count` requests that are sent at the same time."""
    statuses, start = [], threading.Barrier(count)

    def one():
        start.wait()
        statuses.append(sidecar.ask("/", token=token).status)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def timestamp(seconds_from_now):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds_from_now)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_the_second_request_is_answered_from_the_cache(sidecar, gate, upstream):
    assert sidecar.ask("/first", token=TOKEN).status == 200
    assert sidecar.ask("/second", token=TOKEN).status == 200
    assert gate.calls(TOKEN) == 1
    assert sidecar.access_line("/first")["gate.cache"] == "miss"
    assert sidecar.access_line("/second")["gate.cache"] == "hit"
    assert [r.one("X-Gate-Account-Id") for r in upstream.requests] == [ACCOUNT, ACCOUNT]


def test_a_refusal_is_cached_too(sidecar, gate):
    for _ in range(3):
        assert sidecar.ask("/", token="agt_unknown").status == 401
    assert gate.calls("agt_unknown") == 1
    assert sidecar.metric("gate_cache_lookups_total", result="negative") == 2


def test_two_tokens_are_two_entries(start_gate, start_sidecar, upstream):
    """Rule 10."""
    gate = start_gate(tokens={"agt_a": "gacct_a", "agt_aa": "gacct_aa", "agt_A": "gacct_upper"})
    sidecar = start_sidecar(gate=gate)
    for token, account in [("agt_a", "gacct_a"), ("agt_aa", "gacct_aa"), ("agt_A", "gacct_upper")] * 2:
        assert sidecar.ask("/", token=token).status == 200
        assert upstream.last.one("X-Gate-Account-Id") == account
    assert gate.calls() == 3


def test_ten_first_requests_at_once_are_one_call(sidecar, gate):
    gate.fault(latency="300ms")
    assert ask_at_once(sidecar, 10, TOKEN) == [200] * 10
    assert gate.calls(TOKEN) == 1
    assert sidecar.metric("gate_cache_lookups_total", result="coalesced") >= 1


def test_ten_first_requests_at_once_with_a_bad_token_are_one_call(sidecar, gate):
    gate.fault(latency="300ms")
    assert ask_at_once(sidecar, 10, "agt_unknown") == [401] * 10
    assert gate.calls("agt_unknown") == 1


def test_a_hit_never_prolongs_an_entry(start_sidecar, gate):
    """Rule 12: a token in constant use is verified again when its TTL has passed."""
    sidecar = start_sidecar({"cache": {"ttl": "1s"}})

    def asked_again():
        assert sidecar.ask("/", token=TOKEN).status == 200
        return gate.calls(TOKEN) >= 3

    eventually(asked_again, "a third verification")


def test_a_token_revoked_at_gate_is_refused_after_the_ttl(start_sidecar, gate, upstream):
    sidecar = start_sidecar({"cache": {"ttl": "1s"}})
    assert sidecar.ask("/", token=TOKEN).status == 200
    gate.revoke(TOKEN)
    refused = eventually(lambda: next((a for a in [sidecar.ask("/", token=TOKEN)] if a.status != 200), None), "the refusal")
    assert refused.status == 401
    assert refused.error["code"] in ("token_invalid", "token_revoked")
    seen = len(upstream.requests)
    assert sidecar.ask("/", token=TOKEN).status == 401
    assert len(upstream.requests) == seen


def test_a_head_that_comes_slowly_prolongs_nothing(start_gate, start_sidecar):
    """What counts is when the request is there, not when it began."""
    gate = start_gate(tokens={TOKEN: ACCOUNT, "agt_clock": "gacct_clock"})
    sidecar = start_sidecar({"cache": {"ttl": "1s", "refresh_ahead": False}}, gate=gate)
    assert sidecar.ask("/", token=TOKEN).status == 200
    with sidecar.connect() as slow:
        slow.send(request("GET", "/", TOKEN)[:-2])
        gate.revoke(TOKEN)
        assert sidecar.ask("/", token="agt_clock").status == 200
        eventually(lambda: sidecar.ask("/", token="agt_clock").status == 200 and gate.calls("agt_clock") == 2, "a younger entry to expire")
        assert slow.exchange(b"\r\n").status == 401


def test_a_refused_token_is_accepted_after_the_negative_ttl(start_sidecar, gate):
    sidecar = start_sidecar({"cache": {"negative_ttl": "1s"}})
    assert sidecar.ask("/", token="agt_new").status == 401
    gate.add("agt_new", "gacct_new")
    assert sidecar.ask("/", token="agt_new").status == 401
    eventually(lambda: sidecar.ask("/", token="agt_new").status == 200, "the token to be accepted")


def test_nothing_is_cached_with_a_ttl_of_zero(start_sidecar, gate):
    sidecar = start_sidecar({"cache": {"ttl": "0s"}})
    for _ in range(3):
        assert sidecar.ask("/", token=TOKEN).status == 200
    assert gate.calls(TOKEN) == 3


def test_a_smaller_max_age_shortens_the_ttl(start_sidecar, start_server):
    scripted = start_server(vouch_for(fields=[("Cache-Control", "private, max-age=1")]))
    sidecar = start_sidecar(gate=scripted)
    assert sidecar.ask("/", token=TOKEN).status == 200
    assert sidecar.ask("/", token=TOKEN).status == 200
    eventually(lambda: sidecar.ask("/", token=TOKEN).status == 200 and len(scripted.requests) >= 2, "a second call")


def test_a_greater_max_age_does_not_lengthen_the_ttl(start_sidecar, start_server):
    scripted = start_server(vouch_for(fields=[("Cache-Control", "max-age=3600")]))
    sidecar = start_sidecar({"cache": {"ttl": "1s"}}, gate=scripted)
    eventually(lambda: sidecar.ask("/", token=TOKEN).status == 200 and len(scripted.requests) >= 2, "a second call")


def test_expires_at_caps_the_ttl(start_sidecar, start_server):
    scripted = start_server(lambda exchange: vouch_for(expires_at=timestamp(1.5))(exchange))
    sidecar = start_sidecar(gate=scripted)
    assert sidecar.ask("/", token=TOKEN).status == 200
    eventually(lambda: sidecar.ask("/", token=TOKEN).status == 200 and len(scripted.requests) >= 2, "a second call")


def test_an_expiry_in_the_past_does_not_overrule_gate(start_sidecar, start_server):
    scripted = start_server(vouch_for(expires_at=timestamp(-3600)))
    sidecar = start_sidecar(gate=scripted)
    assert sidecar.ask("/", token=TOKEN).status == 200
    assert sidecar.ask("/", token=TOKEN).status == 200
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("value", ["max-age=0", "max-age = 0", "public, max-age =\t\"0\"", "max-age=60, max-age=0"])
def test_a_max_age_of_nothing_always_shortens(start_sidecar, start_server, value):
    scripted = start_server(vouch_for(fields=[("Cache-Control", value)]))
    sidecar = start_sidecar(gate=scripted)
    for _ in range(3):
        assert sidecar.ask("/", token=TOKEN).status == 200
    assert len(scripted.requests) == 3


@pytest.mark.parametrize("value", ["max-age=abc", "max-age=-1", "max-age", "max-age=", "max-age=1.5"])
def test_a_max_age_that_is_no_number_is_absent_and_told_once(start_sidecar, start_server, value):
    scripted = start_server(vouch_for(fields=[("Cache-Control", value)]))
    sidecar = start_sidecar(gate=scripted)
    for number in range(6):
        assert sidecar.ask("/", token="agt_%d" % (number % 3)).status == 200
    assert len(scripted.requests) == 3
    sidecar.wait_for_log(lambda e: "max-age" in e.get("message", ""), "a line about it")
    assert len([e for e in sidecar.log() if "max-age" in e.get("message", "")]) == 1


@pytest.mark.parametrize("value", ["no-store", "no-cache", "Private", "no-cache=\"set-cookie\"", "private, max-age=60"])
def test_no_store_is_obeyed_only_where_it_is_asked_for(start_sidecar, start_server, value):
    """And so are no-cache and private."""
    scripted = start_server(vouch_for(fields=[("Cache-Control", value)]))
    trusting = start_sidecar(gate=scripted)
    obeying = start_sidecar({"cache": {"obey_no_store": True}}, gate=scripted)
    for _ in range(3):
        assert trusting.ask("/", token=TOKEN).status == 200
    assert len(scripted.requests) == 1
    for _ in range(3):
        assert obeying.ask("/", token=TOKEN).status == 200
    assert len(scripted.requests) == 4


def test_random_tokens_do_not_push_out_good_ones(start_sidecar, gate):
    """Rule 12: refusals live in a store of their own with a bound of its own."""
    sidecar = start_sidecar({
        "cache": {"max_entries": 100, "max_negative_entries": 20},
        "limits": {"failed_tokens": 0},
        "gate": {"budget": {"unknown": 600}},
    })
    assert sidecar.ask("/", token=TOKEN).status == 200
    for number in range(150):
        assert sidecar.ask("/", token="agt_random%d" % number).status == 401
    assert sidecar.ask("/", token=TOKEN).status == 200
    assert gate.calls(TOKEN) == 1
    assert sidecar.metric("gate_cache_entries", kind="negative") <= 100


def test_a_client_that_hangs_up_does_not_cancel_what_others_wait_for(sidecar, gate):
    from harness.http import request
    gate.fault(latency="500ms")
    first = sidecar.connect()
    first.send(request(token=TOKEN))
    eventually(lambda: gate.calls(TOKEN) == 1, "the call to Gate")
    with sidecar.connect() as second:
        second.send(request(target="/second", token=TOKEN))
        first.reset()
        assert second.response().status == 200
    assert gate.calls(TOKEN) == 1
