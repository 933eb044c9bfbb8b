"""PUT /log-level on the admin listener: what is logged, for a time, for everybody or for one caller."""
import pytest

from harness import ACCOUNT, TOKEN
from harness.admin import ADMIN_TOKEN, WITH_TOKEN, operate
from harness.http import request
from harness.reload import Reloadable
from harness.wait import eventually

OTHER = "agt_other"


@pytest.fixture
def gate(start_gate):
    return start_gate(tokens={TOKEN: ACCOUNT, OTHER: "gacct_other"})


def put(sidecar, level, **more):
    answer = operate(sidecar, "PUT", "/log-level", {"level": level, **more})
    assert answer.status == 200, answer
    return answer.json()


def ask_to_its_end(sidecar, path):
    """A request's line is written after its response: the next one on the same connection comes after that."""
    with sidecar.connect() as client:
        for each in (path, "/next"):
            client.send(request("GET", each, TOKEN))
            assert client.response().status == 200


def test_the_level_changes_until_it_is_changed_again(start_sidecar):
    sidecar = Reloadable(start_sidecar(env=WITH_TOKEN))
    sidecar.reload({"log": {"level": "warn"}})
    ask_to_its_end(sidecar, "/quiet")
    assert put(sidecar, "debug") == {"level": "debug", "configured": "warn", "override": {"level": "debug"}}
    assert sidecar.ask("/loud", TOKEN).status == 200
    sidecar.access_line("/loud")
    put(sidecar, "error")
    ask_to_its_end(sidecar, "/quiet-again")
    assert operate(sidecar, "GET", "/log-level").json() == {"level": "error", "configured": "warn", "override": {"level": "error"}}
    put(sidecar, "info")
    assert sidecar.ask("/last", TOKEN).status == 200
    sidecar.access_line("/last")
    assert not {"/quiet", "/quiet-again"} & {e.get("url.path") for e in sidecar.log()}


def test_a_level_with_a_time_goes_back_by_itself_and_a_reload_does_not_end_it(start_sidecar):
    sidecar = Reloadable(start_sidecar(env=WITH_TOKEN))
    sidecar.reload({"log": {"level": "warn"}})
    assert put(sidecar, "info", **{"for": "1h"})["override"]["until"].endswith("Z")
    sidecar.reload({"log": {"level": "error"}})
    assert operate(sidecar, "GET", "/log-level").json()["level"] == "info"
    put(sidecar, "debug", **{"for": "1s"})
    eventually(lambda: operate(sidecar, "GET", "/log-level").json() == {"level": "error", "configured": "error", "override": None},
               "the level of the configuration")


def test_a_level_without_a_time_ends_when_the_configuration_says_another(start_sidecar):
    sidecar = Reloadable(start_sidecar(env=WITH_TOKEN))
    put(sidecar, "debug")
    sidecar.reload({"auth": {"mode": "optional"}})
    assert operate(sidecar, "GET", "/log-level").json()["level"] == "debug"
    sidecar.reload({"log": {"level": "warn"}})
    assert operate(sidecar, "GET", "/log-level").json() == {"level": "warn", "configured": "warn", "override": None}


@pytest.mark.parametrize("log", [{"level": "error"}, {"access": False}])
@pytest.mark.parametrize("by", ["account", "token_fingerprint"])
def test_the_requests_of_one_caller_are_logged_in_any_case(start_sidecar, log, by):
    sidecar = Reloadable(start_sidecar({"log": {"level": "info", "access": True}, "workers": 1}, env=WITH_TOKEN))
    assert sidecar.ask("/who", TOKEN).status == 200
    line = sidecar.access_line("/who")
    whom = {"account": line["gate.account_id"], "token_fingerprint": line["gate.token_fingerprint"]}[by]
    sidecar.reload({"log": log})
    said = put(sidecar, "debug", **{by: whom, "for": "1h"})
    assert said["override"][by] == whom and said["level"] == log.get("level", "info")
    for path, token in (("/other", OTHER), ("/nobody", None), ("/watched", TOKEN)):
        sidecar.ask(path, token)
    watched = sidecar.access_line("/watched")
    assert watched["gate.account_id"] == ACCOUNT and watched["http.response.status_code"] == 200
    put(sidecar, "info")  # the last word wins: nobody is watched any more
    sidecar.ask("/not-watched", TOKEN)
    assert operate(sidecar, "GET", "/log-level").json()["override"] == {"level": "info"}
    sidecar.terminate()
    sidecar.wait()
    paths = {e.get("url.path") for e in sidecar.log()}
    assert not {"/other", "/nobody"} & paths
    assert ("/not-watched" in paths) == ("access" not in log)


def test_a_route_that_is_not_logged_is_logged_for_one_caller(start_sidecar):
    sidecar = start_sidecar({"workers": 1, "routes": [{"path": "/quiet/**", "log": False}]}, env=WITH_TOKEN)
    assert sidecar.ask("/quiet/before", TOKEN).status == 200
    # An exchange is logged after its response has gone.
    eventually(lambda: sidecar.metric("http_server_request_duration_seconds_count") == 1, "the request to be over")
    put(sidecar, "info", account=ACCOUNT)
    assert sidecar.ask("/quiet/other", OTHER).status == 200
    assert sidecar.ask("/quiet/watched", TOKEN).status == 200
    sidecar.access_line("/quiet/watched")
    assert not {"/quiet/before", "/quiet/other"} & {e.get("url.path") for e in sidecar.log()}


def test_a_blocked_account_is_still_that_account_in_the_log(start_sidecar):
    sidecar = start_sidecar({"log": {"access": False}}, env=WITH_TOKEN)
    put(sidecar, "info", account=ACCOUNT)
    assert operate(sidecar, "POST", "/block", {"account": ACCOUNT}).status == 200
    assert sidecar.ask("/refused", TOKEN).status == 403
    assert sidecar.access_line("/refused")["gate.account_id"] == ACCOUNT


@pytest.mark.parametrize("body, word", [
    (b"", "JSON"), (b"[]", "JSON"), (b'{"level": "debug"} x', "JSON"), (b'{"level": 1}', "JSON"), ({}, "'level'"), ({"level": "trace"}, "'level'"),
    ({"level": "DEBUG"}, "'level'"), ({"level": "debug", "for": "10"}, "'for'"), ({"level": "debug", "for": "169h"}, "'for'"),
    ({"level": "debug", "for": "0s"}, "'for'"), ({"level": "debug", "account": ""}, "'account'"), ({"level": "debug", "account": TOKEN}, "agent token"),
    ({"level": "debug", "token_fingerprint": "0123"}, "12 hex digits"), ({"level": "debug", "token_fingerprint": TOKEN}, "12 hex digits"),
    ({"level": "debug", "token_fingerprint": "0123456789ab", "account": ACCOUNT}, "Only one"), ({"level": "warn", "account": ACCOUNT}, "debug or info"),
    ({"level": "debug", "fro": "1s"}, "not known")])
def test_what_is_no_level_is_refused(start_sidecar, body, word):
    sidecar = start_sidecar(env=WITH_TOKEN)
    refused = operate(sidecar, "PUT", "/log-level", body)
    assert (refused.status, refused.error["code"]) == (400, "request.validation_failed")
    assert word in refused.error["message"] and TOKEN not in refused.body.decode()
    assert operate(sidecar, "GET", "/log-level").json() == {"level": "info", "configured": "info", "override": None}


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_only_who_shows_the_admin_token_may_change_or_see_it(start_sidecar, method):
    """Rule 18."""
    sidecar = start_sidecar(env=WITH_TOKEN)
    body = {"level": "error"} if method == "PUT" else None
    for token in (None, TOKEN, ADMIN_TOKEN + "x"):
        assert operate(sidecar, method, "/log-level", body, token).status == 401
    assert operate(sidecar, method, "/log-level", body, listener="status").status == 404
    assert operate(start_sidecar(), method, "/log-level", body).error["code"] == "admin.disabled"
    assert sidecar.ask("/still", TOKEN).status == 200
    sidecar.access_line("/still")
