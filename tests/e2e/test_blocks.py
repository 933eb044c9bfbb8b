"""Accounts that an operator blocks: POST /block and /unblock on the admin listener, and auth.blocked_accounts_file."""
import threading

import pytest

from harness import ACCOUNT, TOKEN
from harness.admin import ADMIN_TOKEN, WITH_TOKEN, operate
from harness.http import request
from harness.reload import Reloadable
from harness.server import accepts, held, reply
from harness.sidecar import run_cli
from harness.wait import eventually
from test_streams import GOODBYE, OTHER, is_aborted, open_stream, sends_events, sends_without_end, still_sends  # noqa: F401
from test_upgrade import HANDSHAKE, switch_and_echo

OTHER_ACCOUNT = "gacct_other"
CLOSE = b"\x88\x82" + bytes(4) + b"\x03\xf0"  # of a client


@pytest.fixture
def gate(start_gate):
    return start_gate(tokens={TOKEN: ACCOUNT, OTHER: OTHER_ACCOUNT})


@pytest.fixture
def sidecar(start_sidecar):
    return start_sidecar(env=WITH_TOKEN)


@pytest.fixture
def list_file(tmp_path):
    path = tmp_path / "blocked.txt"
    path.write_text("# nobody yet\n", encoding="utf-8")
    return path


def put(path, text):
    """The file is another one, in one step."""
    other = path.with_name("being-written")
    other.write_bytes(text.encode())
    other.rename(path)


def block(sidecar, account=ACCOUNT, **more):
    answer = operate(sidecar, "POST", "/block", {"account": account, **more})
    assert answer.status == 200, answer
    return answer.json()


def blocked(sidecar):
    answer = operate(sidecar, "GET", "/block")
    assert answer.status == 200
    return {(e["account"], e["source"]) for e in answer.json()["blocked"]}


def is_refused(answer):
    assert (answer.status, answer.error["code"]) == (403, "account_blocked")
    return True


# ---- blocking by the admin listener --------------------------------------------------------------------------------
def test_a_blocked_account_is_refused_until_it_is_unblocked(sidecar, gate, upstream):
    assert sidecar.ask("/before", TOKEN).status == 200
    assert block(sidecar) == {"blocked": True, "account": ACCOUNT}
    assert is_refused(sidecar.ask("/refused", TOKEN))
    assert sidecar.ask("/other", OTHER).status == 200
    assert blocked(sidecar) == {(ACCOUNT, "api")}
    assert (sidecar.metric("gate_blocked_accounts", source="api"), sidecar.metric("gate_blocked_accounts", source="file")) == (1, 0)
    done = operate(sidecar, "POST", "/unblock", {"account": ACCOUNT})
    assert (done.status, done.json()) == (200, {"unblocked": True, "account": ACCOUNT})
    assert sidecar.metric("gate_block_changes_total") == 2
    assert sidecar.ask("/after", TOKEN).status == 200
    assert blocked(sidecar) == set()
    assert [seen.target for seen in upstream.requests] == ["/before", "/other", "/after"]
    assert gate.calls(TOKEN) == 1 and gate.state()["revoke"]["total"] == 0  # it stays valid at Gate


def test_a_blocked_account_is_refused_whatever_gate_says(sidecar, gate, upstream):
    """Its token has never been seen: the account is known only by Gate's answer."""
    block(sidecar)
    assert is_refused(sidecar.ask("/first", TOKEN))
    assert is_refused(sidecar.ask("/again", TOKEN))
    assert gate.calls(TOKEN) == 1 and upstream.requests == []
    gate.add("agt_another", ACCOUNT)
    assert is_refused(sidecar.ask("/another", "agt_another"))
    line = sidecar.access_line("/again")
    assert (line["gate.verdict"], line["gate.reason"], line["error.type"]) == ("deny", "account_blocked", "account_blocked")
    assert (line["gate.account_id"], line["gate.cache"], line["http.response.status_code"]) == (ACCOUNT, "hit", 403)
    assert sidecar.metric("gate_decisions_total", verdict="deny", reason="account_blocked") == 3
    assert sidecar.metric("gate_streams_ended_total") == 0


def test_a_block_is_not_for_what_needs_no_account(start_sidecar):
    sidecar = start_sidecar({"auth": {"public_paths": ["/open"]}}, env=WITH_TOKEN)
    block(sidecar)
    assert sidecar.ask("/open", TOKEN).status == 200
    assert is_refused(sidecar.ask("/", TOKEN))


def test_a_block_with_a_time_ends_by_itself(sidecar):
    assert sidecar.ask("/", TOKEN).status == 200
    said = block(sidecar, **{"for": "1h"})
    assert said["until"].endswith("Z")
    assert is_refused(sidecar.ask("/", TOKEN))
    shorter = block(sidecar, **{"for": "1s"})  # is never what holds unsaid
    assert shorter["was_longer"] is True and shorter["until"][:13] == said["until"][:13]
    assert block(sidecar) == {"blocked": True, "account": ACCOUNT}
    assert block(sidecar, **{"for": "1s"}) == {"blocked": True, "account": ACCOUNT, "was_longer": True}
    operate(sidecar, "POST", "/unblock", {"account": ACCOUNT})
    assert "was_longer" not in block(sidecar, **{"for": "1s"})
    eventually(lambda: sidecar.ask("/", TOKEN).status == 200, "the end of the block")
    sidecar.wait_for_log(lambda e: "the block of an account has ended" in e.get("message", ""))
    assert blocked(sidecar) == set()
    assert sidecar.metric("gate_blocked_accounts") == 0


# ---- what runs (rule 29) -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("verify_streams", [True, False])
def test_what_runs_for_a_blocked_account_ends_and_that_of_others_stays(start_sidecar, gate, upstream, open_stream, verify_streams):  # noqa: F811
    """Rule 29."""
    sidecar = start_sidecar({"cache": {"ttl": "1h", "verify_streams": verify_streams}}, env=WITH_TOKEN)
    upstream.handler = switch_and_echo
    socket = open_stream(sidecar, target="/ws", fields=HANDSHAKE)
    upstream.handler = sends_events
    events, other = open_stream(sidecar, target="/events"), open_stream(sidecar, OTHER)
    upstream.handler = sends_without_end
    download = open_stream(sidecar, target="/download")
    block(sidecar)
    assert is_aborted(events) and is_aborted(download)
    assert socket.exactly(4) == GOODBYE
    socket.send(CLOSE)
    assert still_sends(other)
    eventually(lambda: sidecar.metric("gate_streams_ended_total", reason="account_blocked") == 3, "the end of all three")
    line = sidecar.access_line("/events")
    assert (line["gate.verdict"], line["error.type"]) == ("allow", "account_blocked")
    operate(sidecar, "POST", "/unblock", {"account": ACCOUNT})
    upstream.handler = reply()
    assert sidecar.ask("/", TOKEN).status == 200


def test_a_request_that_waits_for_a_connection_is_not_sent_once_its_account_is_blocked(start_sidecar, gate, upstream):
    """Rule 13: it was decided before the block, and would be sent after it."""
    sidecar = start_sidecar({"workers": 1, "limits": {"upstream_connections": 1, "upstream_wait": "60s"}, "cache": {"ttl": "1h"}}, env=WITH_TOKEN)
    assert sidecar.ask("/before", TOKEN).status == 200
    answers = threading.Event()

    upstream.handler = held(answers, reply())
    with sidecar.connect() as first, sidecar.connect() as waiting:
        first.send(request("GET", "/first", OTHER))
        upstream.wait_for_request(2)
        waiting.send(request("GET", "/waiting", TOKEN))
        eventually(lambda: sidecar.metric("gate_decisions_total", reason="token_verified") == 3, "the decision before the block")
        block(sidecar)
        answers.set()
        assert is_refused(waiting.response())
        assert first.response().status == 200
    assert [seen.target for seen in upstream.requests] == ["/before", "/first"]


def test_an_answer_of_gate_that_is_under_way_does_not_let_a_blocked_account_in(start_sidecar, start_server, upstream):
    is_blocked = threading.Event()
    gate = start_server(held(is_blocked, accepts(ACCOUNT)))
    sidecar = start_sidecar({"gate": {"timeout": "60s"}}, gate=gate, env=WITH_TOKEN)
    with sidecar.connect() as client:
        client.send(request("GET", "/", TOKEN))
        gate.wait_for_request()
        block(sidecar)
        is_blocked.set()
        assert is_refused(client.response())
    assert upstream.requests == []


# ---- who may, and bad input ----------------------------------------------------------------------------------------
OPERATIONS = [("POST", "/block", {"account": ACCOUNT}), ("POST", "/unblock", {"account": ACCOUNT}), ("GET", "/block", None)]


@pytest.mark.parametrize("method, target, body", OPERATIONS)
def test_only_who_shows_the_admin_token_may_block(sidecar, start_sidecar, method, target, body):
    """Rule 18."""
    for token in (None, TOKEN, ADMIN_TOKEN[:-1]):
        assert operate(sidecar, method, target, body, token).status == 401
    assert operate(sidecar, method, target, body, listener="status").status == 404
    assert sidecar.ask("/", TOKEN).status == 200
    assert operate(start_sidecar(), method, target, body).error["code"] == "admin.disabled"


@pytest.mark.parametrize("target", ["/block", "/unblock"])
@pytest.mark.parametrize("body", [
    b"", b"[]", b"{", b"\xff", b'{"account": 1}', b'{"account": null}', b'{"account": true}', {}, {"account": ""}, {"account": "a b"},
    {"account": "gacct_\u00e4"}, {"account": TOKEN}, {"Account": ACCOUNT}, {"account": ACCOUNT, "more": "x"}, {"account": "a" * 257},
    b'{"account": "gacct_1", "account": "gacct_2"}', b'{"account": "gacct_1"} {}', b'{"account": "gacct_1"}\x00'])
def test_what_is_no_account_is_refused(sidecar, target, body):
    refused = operate(sidecar, "POST", target, body)
    assert (refused.status, refused.error["code"]) == (400, "request.validation_failed")
    assert TOKEN not in refused.body.decode()
    assert blocked(sidecar) == set()
    assert TOKEN not in sidecar.everything_written()


@pytest.mark.parametrize("time", ["", "10", "0s", "999ms", "-1s", "9000h", "1d", "forever"])
def test_what_is_no_time_is_refused(sidecar, time):
    refused = operate(sidecar, "POST", "/block", {"account": ACCOUNT, "for": time})
    assert refused.status == 400 and "'for'" in refused.error["message"]
    assert blocked(sidecar) == set()


def test_who_is_not_blocked_cannot_be_unblocked(sidecar):
    refused = operate(sidecar, "POST", "/unblock", {"account": ACCOUNT})
    assert (refused.status, refused.error["code"]) == (404, "block.not_found")


# ---- the file ------------------------------------------------------------------------------------------------------
def test_the_accounts_of_the_file_are_refused_and_the_file_is_watched(start_sidecar, gate, upstream, list_file, open_stream):  # noqa: F811
    put(list_file, "# spam\r\n\r\n%s\r\n" % ACCOUNT)
    sidecar = start_sidecar({"auth": {"blocked_accounts_file": str(list_file)}, "cache": {"ttl": "1h"}}, env=WITH_TOKEN)
    assert is_refused(sidecar.ask("/", TOKEN))
    assert blocked(sidecar) == {(ACCOUNT, "file")}
    assert sidecar.metric("gate_blocked_accounts", source="file") == 1
    upstream.handler = sends_events
    other = open_stream(sidecar, OTHER)
    put(list_file, "%s  # from now on\n" % OTHER_ACCOUNT)
    eventually(lambda: blocked(sidecar) == {(OTHER_ACCOUNT, "file")}, "the new list")
    assert is_aborted(other)
    assert is_refused(sidecar.ask("/", OTHER))
    upstream.handler = reply()
    assert sidecar.ask("/", TOKEN).status == 200
    assert sidecar.metric("config_reloads_total", what="blocked_accounts", result="success") == 1


@pytest.mark.parametrize("spoil", ["remove", "wrong", "empty", "directory"])
def test_a_list_that_vanishes_or_is_wrong_stays_in_force_loudly(start_sidecar, list_file, spoil):
    """Rule 17."""
    put(list_file, ACCOUNT + "\n")
    sidecar = start_sidecar({"auth": {"blocked_accounts_file": str(list_file)}}, env=WITH_TOKEN)
    if spoil in ("remove", "directory"):
        list_file.unlink()
    if spoil == "directory":
        list_file.mkdir()
    if spoil == "wrong":
        put(list_file, "gacct_2\n%s\n" % TOKEN)
    if spoil == "empty":
        put(list_file, "")
    line = sidecar.wait_for_log(lambda e: "the last one stays in force" in e.get("message", ""), within=20)
    assert line["level"] == "error"
    assert is_refused(sidecar.ask("/", TOKEN))
    ready = sidecar.operate("/readyz")
    assert ready.status == 200 and "blocked accounts" in ready.json()["detail"]
    assert sidecar.metric("config_last_reload_successful", what="blocked_accounts") == 0
    assert TOKEN not in sidecar.everything_written()
    if spoil == "directory":
        list_file.rmdir()
    put(list_file, "gacct_2\n")
    eventually(lambda: sidecar.ask("/", TOKEN).status == 200, "the next list", within=20)
    assert "detail" not in sidecar.operate("/readyz").json()


@pytest.mark.parametrize("text, problem", [
    (None, "cannot be read: No such file or directory"), ("gacct_1\ngacct_2 gacct_3\n", ":2: holds more than one account"),
    ("agt_secret\n", ":1: holds an agent token where an account id is needed"), ("", "is empty; a file with nothing but a comment")])
def test_a_list_that_cannot_be_used_is_fatal_at_the_start(tmp_path, list_file, text, problem):
    """Rule 17."""
    list_file.unlink()
    if text is not None:
        put(list_file, text)
    path = tmp_path / "c.yaml"
    path.write_text("auth: {blocked_accounts_file: %s}\n" % list_file, encoding="utf-8")
    for command in ("validate", None):
        code, _, said = run_cli("--config", path, *([command] if command else []), env={"FOIL_SECRET_KEY": "sk_test_x"})
        assert code == 78 and problem in said
        assert "agt_secret" not in said


def test_the_file_and_the_api_are_apart(start_sidecar, list_file):
    put(list_file, ACCOUNT + "\n")
    sidecar = start_sidecar({"auth": {"blocked_accounts_file": str(list_file)}}, env=WITH_TOKEN)
    refused = operate(sidecar, "POST", "/unblock", {"account": ACCOUNT})
    assert (refused.status, refused.error["code"]) == (409, "block.in_file")
    assert is_refused(sidecar.ask("/", TOKEN))
    block(sidecar)
    assert blocked(sidecar) == {(ACCOUNT, "file"), (ACCOUNT, "api")}
    put(list_file, "# nobody\n")
    eventually(lambda: blocked(sidecar) == {(ACCOUNT, "api")}, "the new list")
    assert is_refused(sidecar.ask("/", TOKEN))
    assert operate(sidecar, "POST", "/unblock", {"account": ACCOUNT}).status == 200
    assert sidecar.ask("/", TOKEN).status == 200


def test_a_reload_names_another_list_or_is_refused(start_sidecar, list_file, tmp_path):
    put(list_file, ACCOUNT + "\n")
    sidecar = Reloadable(start_sidecar(env=WITH_TOKEN))
    assert sidecar.ask("/", TOKEN).status == 200
    sidecar.reload({"auth": {"blocked_accounts_file": str(list_file)}})
    assert is_refused(sidecar.ask("/", TOKEN))
    sidecar.write({"auth": {"blocked_accounts_file": str(tmp_path / "none")}})
    answer = sidecar.post()
    assert (answer.status, answer.error["code"]) == (422, "config.refused")
    assert "cannot be read" in answer.error["details"]["problems"][0]
    assert is_refused(sidecar.ask("/", TOKEN))
    sidecar.reload({"auth": {"blocked_accounts_file": ""}})
    assert sidecar.ask("/", TOKEN).status == 200


def test_an_operator_who_reloads_is_told_that_the_list_cannot_be_read(start_sidecar, list_file):
    put(list_file, ACCOUNT + "\n")
    sidecar = Reloadable(start_sidecar({"auth": {"blocked_accounts_file": str(list_file)}}, env=WITH_TOKEN))
    list_file.unlink()
    sidecar.write({"auth": {"mode": "optional"}})
    answer = sidecar.post()
    assert (answer.status, answer.error["code"]) == (422, "blocked_accounts.refused")
    assert "cannot be read" in answer.error["details"]["problems"][0]
    assert sidecar.ask("/").status == 200  # the configuration is in force
    assert is_refused(sidecar.ask("/", TOKEN))
    put(list_file, "# nobody\n")
    assert sidecar.post().status == 200
    assert sidecar.ask("/", TOKEN).status == 200


def test_only_the_file_survives_a_restart(start_sidecar, list_file):
    put(list_file, ACCOUNT + "\n")
    config = {"auth": {"blocked_accounts_file": str(list_file)}}
    sidecar = start_sidecar(config, env=WITH_TOKEN)
    block(sidecar, OTHER_ACCOUNT)
    assert is_refused(sidecar.ask("/", OTHER))
    sidecar.terminate()
    sidecar.wait()
    again = start_sidecar(config, env=WITH_TOKEN)
    assert is_refused(again.ask("/", TOKEN))
    assert again.ask("/", OTHER).status == 200
