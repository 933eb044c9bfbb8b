"""The temporary echo that `doctor --url` asks for: what it shows, and what somebody could misuse it for."""
import datetime
import json
import re
import time

import pytest

from harness.admin import ADMIN_TOKEN, WITH_TOKEN, operate
from harness.http import request


@pytest.fixture
def target(start_sidecar):
    """A sidecar with an admin token."""
    return start_sidecar(env=WITH_TOKEN)


def opened(sidecar):
    answer = operate(sidecar, "POST", "/echo")
    assert answer.status == 200 and answer.json()["seconds"] == 60
    return answer.json()["path"]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_rule_18_the_echo_is_opened_with_the_admin_token_alone(start_sidecar, target, method):
    assert operate(target, method, "/echo", token=None).status == 401
    assert operate(target, method, "/echo", token=ADMIN_TOKEN + "x").status == 401
    assert operate(start_sidecar(), method, "/echo").status == 403
    assert target.operate("/echo", method=method).status == 404   # of the status listener
    assert not any("echo" in e["message"] for e in target.log() if e.get("message"))


def test_the_echo_serves_who_knows_its_nonce_and_nobody_else(target, upstream):
    path = opened(target)
    shown = target.ask(path + "/echo", fields=[("X-Gate-Account-Id", "gacct_a"), ("x_gate.account-id", "gacct_b"), ("X-Own", "c"),
                                               ("Cookie", "session=hunter2"), ("X-Gate-Removed", "forged")])
    assert shown.status == 200 and shown.one("Cache-Control") == "no-store"
    assert b"gacct_" not in shown.body and b"hunter2" not in shown.body and b"forged" not in shown.body
    assert all(re.fullmatch(r"\*\*\* \(\d+ bytes\)", value) for _, value in shown.json()["fields"])
    names = [name for name, _ in shown.json()["fields"]]
    assert "X-Own" in names and "X-Forwarded-For" in names and "X-Gate-Account-Id" not in names
    assert shown.json()["removed"] == ["X-Gate-Account-Id", "x_gate.account-id", "X-Gate-Removed"]
    flipped = path[:-1] + ("0" if path[-1] != "0" else "1")
    for other in (flipped + "/echo", path + "0/echo", path[:-1] + "/echo", "/gate-sidecar-echo//echo", path, path.upper() + "/echo",
                  "/?" + path + "/echo"):
        assert target.ask(other).status == 401, other
    assert target.ask(path + "/nothing").status == 404
    assert upstream.requests == []


def test_rule_25_a_token_that_comes_to_the_echo_is_neither_verified_nor_shown_nor_logged(target, gate):
    path = opened(target)
    shown = target.ask(path + "/echo", token="agt_stolen")
    assert shown.status == 200 and b"agt_stolen" not in shown.body and "Authorization" not in shown.body.decode()
    opaque = target.ask(path + "/echo", fields=[("Authorization", "Basic c2VjcmV0")])
    assert b"c2VjcmV0" not in opaque.body and ["Authorization", "*** (14 bytes)"] in opaque.json()["fields"]
    assert target.ask(path + "/refused", token="agt_stolen").status == 401
    assert gate.calls() == 0 and "agt_stolen" not in target.everything_written()


def test_another_echo_takes_the_place_of_the_one_before_and_both_end(target):
    first, second = opened(target), opened(target)
    assert first != second
    assert target.ask(first + "/echo").status == 401
    assert target.ask(second + "/echo").status == 200
    assert operate(target, "DELETE", "/echo").json() == {"closed": True}
    assert target.ask(second + "/echo").status == 401
    assert operate(target, "DELETE", "/echo").status == 200


def test_the_echo_holds_no_more_than_a_few_requests(target):
    """Beyond that they fail, and nobody else's do."""
    path = opened(target)
    streams = [target.connect() for _ in range(24)]
    try:
        statuses, began = [], time.monotonic()
        for each in streams:
            each.send(request("GET", path + "/events"))
            statuses.append(each.head().status)
        # Who only listens is sent away after 10 s, and makes room.
        assert statuses.count(200) == 16 or time.monotonic() - began > 9
        assert statuses[:16] == [200] * 16 and set(statuses) <= {200, 502, 503}
        assert target.ask("/").status == 401
    finally:
        for each in streams:
            each.close()


def test_the_echo_reads_no_body_without_end(target):
    path = opened(target)
    with target.connect() as connection:
        connection.send(request("POST", path + "/echo", fields=[("Content-Length", str(1 << 20))]))
        try:
            connection.send(b"x" * (1 << 20))
        except OSError:
            pass
        assert connection.head().status in (502, 503)


def test_requests_of_others_go_on_while_an_echo_is_opened_and_closed(target, upstream):
    with target.connect() as connection:
        for step in (lambda: None, lambda: opened(target), lambda: operate(target, "DELETE", "/echo")):
            step()
            assert connection.exchange(request("GET", "/a", "agt_valid")).status == 200
    assert len(upstream.requests) == 3 and upstream.connections == 1


def test_a_reload_leaves_the_echo_as_it_is(target):
    path = opened(target)
    target.path.write_text(target.path.read_text(encoding="utf-8") + "cache:\n  ttl: 7s\n", encoding="utf-8")
    assert operate(target, "POST", "/reload").json()["changes"] == ["cache.ttl: 60s -> 7s"]
    assert target.ask(path + "/echo").status == 200


def test_who_answers_other_proxies_lets_nobody_pass_for_an_echo(start_sidecar):
    """Such a proxy would take the request to the API."""
    sidecar = start_sidecar({"answer": {"address": "127.0.0.1:0", "original": "x-forwarded"}}, env=WITH_TOKEN)
    path = opened(sidecar)
    asked = [("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", path + "/echo"), ("X-Forwarded-Host", "api.test")]
    assert sidecar.answers(asked).status == 401
    assert sidecar.ask(path + "/echo").status == 200


def test_the_answer_names_the_end_of_the_echo(target):
    answer = operate(target, "POST", "/echo", b"").json()
    assert set(answer) == {"path", "until", "seconds"} and answer["seconds"] == 60
    left = datetime.datetime.fromisoformat(answer["until"].replace("Z", "+00:00")).timestamp() - time.time()
    assert 0 < left <= 61


def test_who_names_an_echo_closes_that_one_alone(target):
    first, second = opened(target), opened(target)

    def close(path):
        return operate(target, "DELETE", "/echo", json.dumps({"path": path}).encode())
    assert close(first).json() == {"closed": False}
    assert target.ask(second + "/echo").status == 200
    assert close(second).json() == {"closed": True}
    assert target.ask(second + "/echo").status == 401
    assert close(second).json() == {"closed": False}
    assert operate(target, "DELETE", "/echo", b"no").status == 400


def test_each_answer_bears_the_mark_of_the_echo(target):
    path = opened(target)
    for what in ("/echo", "/later", "/nothing"):
        assert target.ask(path + what).one("X-Sidecar-Echo") == "1"
    assert target.ask(path + "/refused").one("X-Sidecar-Echo") is None
