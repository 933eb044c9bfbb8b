"""Gate's bad days: who gets through while Gate cannot be asked, and what they are told."""
import email.utils
import json
import threading
import time

import pytest

from harness import ACCOUNT, TOKEN
from harness.server import Server, raw, reply, silent, then_close, vouch_for
from harness.wait import eventually


def assert_unavailable(answer, *codes):
    """Rule 14: 503 with Retry-After, never 401, never open."""
    assert answer.status == 503
    assert answer.error["code"] in codes
    assert answer.error["retryable"] is True
    assert int(answer.one("Retry-After")) >= 1
    assert not answer.all("WWW-Authenticate")


def by_token(**answers):
    """A Gate that answers each token with a handler of its own."""
    def handler(exchange):
        exchange.read_body()
        answers[exchange.head.json()["agent_token"]](exchange)
    return handler


def vouch_now(exchange, account):
    """Answers an exchange whose body has been read already."""
    body = json.dumps({"data": {"valid": True, "gate_account_id": account}}).encode()
    exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def test_while_gate_is_down_cached_tokens_pass_and_new_ones_wait(sidecar, gate, upstream):
    """Rule 14."""
    assert sidecar.ask("/", token=TOKEN).status == 200
    gate.go_away()
    assert sidecar.ask("/", token=TOKEN).status == 200
    assert upstream.last.one("X-Gate-Account-Id") == ACCOUNT
    assert_unavailable(sidecar.ask("/", token="agt_new"), "gate_unreachable")
    assert len(upstream.requests) == 2


def test_a_cached_token_does_not_pass_longer_than_its_ttl_while_gate_is_down(start_sidecar, gate):
    sidecar = start_sidecar({"cache": {"ttl": "1s"}})
    assert sidecar.ask("/", token=TOKEN).status == 200
    gate.go_away()
    late = eventually(lambda: next((a for a in [sidecar.ask("/", token=TOKEN)] if a.status != 200), None), "the TTL to end")
    assert_unavailable(late, "gate_unreachable")


def test_it_starts_while_gate_is_away_and_recovers_when_gate_comes(start_sidecar, start_server, started):
    away = start_server()
    away.stop()
    sidecar = start_sidecar(gate=away)
    assert_unavailable(sidecar.ask("/", token=TOKEN), "gate_unreachable")
    started.add(Server(vouch_for(), port=away.port))
    eventually(lambda: sidecar.ask("/", token=TOKEN).status == 200, "Gate to be asked again")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 418, 201, 204, 302, 307])
def test_any_other_status_is_unavailable(start_sidecar, start_server, upstream, status):
    """Rule 15: redirects are not followed, 2xx other than 200 do not count."""
    good = json.dumps({"data": {"valid": True, "gate_account_id": "gacct_x", "status": "active"}}).encode()
    elsewhere = start_server(vouch_for())
    scripted = start_server(reply(status, b"" if status == 204 else good, [("Location", elsewhere.url + "/")]))
    sidecar = start_sidecar(gate=scripted)
    assert_unavailable(sidecar.ask("/", token=TOKEN), "gate_failing", "gate_bad_answer")
    assert upstream.requests == [] and elsewhere.requests == []


ACCEPTED = {"valid": True, "gate_account_id": "gacct_x", "status": "active"}
MALFORMED = {
    "nothing": b"", "half an object": b'{"data": {"valid": true', "an array": b"[]", "null": b"null", "a string": b'"valid"',
    "HTML": b"<html>OK</html>", "two documents": json.dumps({"data": ACCEPTED}).encode() * 2,
    "no data": b"{}", "data null": b'{"data": null}', "data empty": b'{"data": {}}', "data an array": b'{"data": [true]}',
    "a NUL": b'{"data": \x00}', "bad UTF-8": b'{"data": {"valid": true, "gate_account_id": "\xff\xfe"}}',
    "deep nesting": b"[" * 200_000, "deep objects": b'{"data":' * 100_000,
    **{"valid is %r" % v: json.dumps({"data": {**ACCEPTED, "valid": v}}).encode() for v in ("true", 1, None, [], {}, 0, "")},
    **{"account is %.20r" % v: json.dumps({"data": {**ACCEPTED, "gate_account_id": v}}).encode()
       for v in ("", " ", "a b", "a\r\nX-Evil: 1", "a\u0000b", "gacct_\u00e9", "a" * 257, 7, None, [], True)},
    "no account": b'{"data": {"valid": true, "status": "active"}}',
    "status a number": json.dumps({"data": {**ACCEPTED, "status": 1}}).encode(),
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_an_answer_that_is_not_well_formed_is_unavailable(start_sidecar, start_server, upstream, body):
    """Rules 6 and 15: Gate's answer is input too."""
    sidecar = start_sidecar(gate=start_server(reply(200, body)))
    assert_unavailable(sidecar.ask("/", token=TOKEN), "gate_bad_answer")
    assert upstream.requests == []
    assert_unavailable(sidecar.ask("/", token=TOKEN), "gate_bad_answer", "gate_failing")


@pytest.mark.parametrize("handler", [
    raw(b"SSH-2.0-OpenSSH_9\r\n\r\n"), then_close(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"data\"")),
    raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n{}xxx"), raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    then_close(lambda exchange: exchange.read_body())], ids=["SSH", "truncated", "two lengths", "bad chunk", "closed"])
def test_an_answer_that_is_not_http_is_unavailable(start_sidecar, start_server, upstream, handler):
    """Rule 15."""
    sidecar = start_sidecar({"gate": {"timeout": "2s"}}, gate=start_server(handler))
    assert_unavailable(sidecar.ask("/", token=TOKEN), "gate_bad_answer", "gate_unreachable", "gate_failing")
    assert upstream.requests == []


@pytest.mark.parametrize("beginning, more", [
    (b"Content-Length: 100000000\r\n\r\n", b" "), (b"X: ", b"a"), (b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
    (b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: aaaaa\r\n")], ids=["body", "field", "chunk extension", "trailer"])
def test_an_answer_without_end_is_cut_off(start_sidecar, start_server, beginning, more):
    """Rule 24."""
    def flood(exchange):
        exchange.read_body()
        exchange.connection.send(b"HTTP/1.1 200 OK\r\n" + beginning)
        for _ in range(100):
            exchange.connection.send(more * (1_000_000 // len(more)))
    sidecar = start_sidecar(gate=start_server(flood))
    before = sidecar.peak_rss()
    answer = sidecar.ask("/", token=TOKEN)
    assert sidecar.peak_rss() - before < 30_000_000
    assert_unavailable(answer, "gate_bad_answer", "gate_failing")


@pytest.mark.parametrize("data", [{"status": None}, {"surprise": [1, {}]}, {"created_at": "x"}, {"expires_at": None}])
def test_an_answer_with_less_or_more_than_usual_is_fine(start_sidecar, start_server, upstream, data):
    sidecar = start_sidecar(gate=start_server(vouch_for("gacct_x", **data)))
    assert sidecar.ask("/", token=TOKEN).status == 200
    assert upstream.last.one("X-Gate-Account-Id") == "gacct_x"


def test_a_status_that_is_null_is_absent(start_sidecar, start_server, upstream):
    body = b'{"data": {"valid": true, "gate_account_id": "gacct_x", "status": null}}'
    sidecar = start_sidecar(gate=start_server(reply(200, body)))
    assert sidecar.ask("/", token=TOKEN).status == 200
    assert upstream.last.one("X-Gate-Account-Id") == "gacct_x"


@pytest.mark.parametrize("status", ["revoked", "suspended", ""])
def test_a_token_whose_status_is_not_active_is_denied(start_sidecar, start_server, status):
    """Rule 15: `valid` alone is not enough."""
    sidecar = start_sidecar(gate=start_server(vouch_for(status=status)))
    answer = sidecar.ask("/", token=TOKEN)
    assert (answer.status, answer.error["code"]) == (401, "token_revoked")


@pytest.mark.parametrize("handler", [silent, lambda exchange: exchange.wait_until_gone()], ids=["after the body", "at once"])
def test_a_gate_that_hangs_is_given_up_after_the_timeout(start_sidecar, start_server, handler):
    sidecar = start_sidecar({"gate": {"timeout": "300ms"}}, gate=start_server(handler))
    began = time.monotonic()
    assert_unavailable(sidecar.ask("/", token=TOKEN), "gate_timeout")
    assert 0.25 < time.monotonic() - began < 4


def test_a_gate_that_answers_byte_by_byte_is_given_up_after_the_timeout(start_sidecar, start_server):
    def trickle(exchange):
        exchange.read_body()
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        exchange.connection.sock.settimeout(0.05)
        while True:
            exchange.connection.send(b"x")
            try:
                if not exchange.connection.sock.recv(1):
                    return
            except TimeoutError:
                pass
    sidecar = start_sidecar({"gate": {"timeout": "500ms"}}, gate=start_server(trickle))
    assert_unavailable(sidecar.ask("/", token=TOKEN), "gate_timeout")


def test_a_late_answer_is_not_taken_for_another_token(start_sidecar, start_server, upstream):
    """Rule 12: an error is never shared beyond the flight that saw it, and a late answer belongs to nobody."""
    release = threading.Event()

    def late(exchange):
        release.wait(20)
        vouch_now(exchange, "gacct_late")

    def prompt(exchange):
        vouch_now(exchange, "gacct_prompt")

    sidecar = start_sidecar({"gate": {"timeout": "300ms"}}, gate=start_server(by_token(agt_late=late, agt_prompt=prompt)))
    assert_unavailable(sidecar.ask("/", token="agt_late"), "gate_timeout")
    release.set()
    for _ in range(3):
        assert sidecar.ask("/", token="agt_prompt").status == 200
        assert upstream.last.one("X-Gate-Account-Id") == "gacct_prompt"


def test_an_error_is_not_cached(start_sidecar, start_server):
    """Rule 12."""
    scripted = start_server(reply(500, b"{}"))
    sidecar = start_sidecar(gate=scripted)
    assert sidecar.ask("/", token=TOKEN).status == 503
    scripted.handler = vouch_for()
    eventually(lambda: sidecar.ask("/", token=TOKEN).status == 200, "the next verification")


@pytest.mark.parametrize("status", [401, 403])
def test_our_own_key_refused_is_an_alarm_and_never_the_callers_fault(start_sidecar, start_server, status):
    """Rule 14."""
    sidecar = start_sidecar(gate=start_server(reply(status, b'{"error": {"code": "auth.invalid_api_key"}}')))
    assert_unavailable(sidecar.ask("/", token=TOKEN), "gate_key_refused")
    sidecar.wait_for_log(lambda e: e.get("level") == "error", "a line at level error")
    assert sidecar.metric("gate_decisions_total", reason="gate_key_refused") == 1


def test_the_emulator_refuses_a_wrong_secret_key(start_sidecar):
    sidecar = start_sidecar(env={"FOIL_SECRET_KEY": "sk_test_wrong"})
    assert_unavailable(sidecar.ask("/", token=TOKEN), "gate_key_refused")


@pytest.mark.parametrize("status", [404, 422])
def test_a_form_of_the_call_that_gate_does_not_know_is_an_alarm(start_sidecar, start_server, status):
    sidecar = start_sidecar(gate=start_server(reply(status, b'{"error": {"code": "request.validation_failed"}}')))
    assert_unavailable(sidecar.ask("/", token=TOKEN), "gate_form_refused")
    sidecar.wait_for_log(lambda e: e.get("level") == "error", "a line at level error")


def test_a_422_after_a_200_is_the_tokens_fault_and_is_cached(start_sidecar, start_server):
    scripted = start_server(vouch_for())
    sidecar = start_sidecar(gate=scripted)
    assert sidecar.ask("/", token=TOKEN).status == 200
    scripted.handler = reply(422, b'{"error": {"code": "request.validation_failed"}}')
    for _ in range(2):
        answer = sidecar.ask("/", token="agt_odd")
        assert (answer.status, answer.error["code"]) == (401, "token_rejected")
    assert len(scripted.requests) == 2


class TestAfterA429:
    def refusing(self, start_sidecar, start_server, retry_after):
        scripted = start_server(vouch_for())
        sidecar = start_sidecar(gate=scripted)
        assert sidecar.ask("/", token=TOKEN).status == 200
        scripted.handler = reply(429, b'{"error": {"code": "rate_limit.exceeded"}}', [("Retry-After", retry_after)])
        assert_unavailable(sidecar.ask("/", token="agt_first"), "gate_rate_limited")
        return sidecar, scripted

    def test_no_call_is_made_until_its_retry_after_has_passed(self, start_sidecar, start_server):
        sidecar, scripted = self.refusing(start_sidecar, start_server, "2")
        began = time.monotonic()
        scripted.handler = vouch_for()
        eventually(lambda: sidecar.ask("/", token="agt_second").status == 200, "Gate to be asked again")
        assert time.monotonic() - began > 1.0
        assert len(scripted.requests) == 3

    @pytest.mark.parametrize("retry_after", ["60", None])
    def test_nobody_spends_a_call_but_cached_tokens_pass(self, start_sidecar, start_server, retry_after):
        moment = retry_after or email.utils.formatdate(time.time() + 60, usegmt=True)
        sidecar, scripted = self.refusing(start_sidecar, start_server, moment)
        for number in range(20):
            answer = sidecar.ask("/", token="agt_%d" % number)
            assert_unavailable(answer, "gate_rate_limited")
        assert 30 <= int(answer.one("Retry-After")) <= 63
        assert sidecar.ask("/", token=TOKEN).status == 200
        assert len(scripted.requests) == 2
        assert sidecar.metric("gate_decisions_total", reason="gate_rate_limited") == 21


def test_the_guides_form_of_the_call_is_a_setting_away(start_sidecar, start_server):
    scripted = start_server(vouch_for())
    sidecar = start_sidecar({"gate": {"verify_path": "/gate/agent-tokens/verify", "token_field": "token"}}, gate=scripted)
    assert sidecar.ask("/", token=TOKEN).status == 200
    assert scripted.last.target == "/gate/agent-tokens/verify"
    assert scripted.last.json() == {"token": TOKEN}


def test_the_call_has_the_form_of_the_contract(start_sidecar, start_server):
    scripted = start_server(vouch_for())
    sidecar = start_sidecar(gate=scripted)
    assert sidecar.ask("/", token=TOKEN).status == 200
    call = scripted.last
    assert (call.method, call.target) == ("POST", "/v1/gate/agent-tokens/verify")
    assert call.json() == {"agent_token": TOKEN}
    assert call.one("Authorization") == "Bearer sk_test_emulator"
    assert call.one("Content-Type") == "application/json" and call.one("Accept") == "application/json"
    assert call.one("Host") == "127.0.0.1:%d" % scripted.port


def test_calls_to_gate_share_a_connection(start_sidecar, start_server):
    scripted = start_server(vouch_for())
    sidecar = start_sidecar({"workers": 1}, gate=scripted)
    for number in range(5):
        assert sidecar.ask("/", token="agt_%d" % number).status == 200
    assert len(scripted.requests) == 5 and scripted.connections == 1
