"""gate-sidecar block, unblock and log-level: what the admin listener does, from the command line."""
import datetime
import re

import pytest
import yaml

from harness import ACCOUNT, TOKEN
from harness.admin import ADMIN_TOKEN, WITH_TOKEN, operate
from harness.sidecar import BASE, merged, run_cli


@pytest.fixture
def sidecar(start_sidecar):
    return start_sidecar(env=WITH_TOKEN)


@pytest.fixture
def command(sidecar, tmp_path):
    """command(words...) -> (exit code, stdout, stderr) of gate-sidecar with the configuration of `sidecar`."""
    path = tmp_path / "command.yaml"
    path.write_text(yaml.safe_dump(merged(BASE, {"admin": {"address": "127.0.0.1:%d" % sidecar.ports["admin"]}})), encoding="utf-8")

    def run(*words, admin_token=ADMIN_TOKEN):
        code, out, err = run_cli(*words, "--config", path, env={"GATE_SIDECAR_ADMIN_TOKEN": admin_token} if admin_token else {})
        assert ADMIN_TOKEN not in out + err
        return code, out, err
    return run


def test_an_account_is_blocked_and_unblocked(sidecar, command):
    assert sidecar.ask("/", TOKEN).status == 200
    code, out, err = command("block", ACCOUNT)
    assert (code, err) == (0, "") and "until it is unblocked" in out
    assert sidecar.ask("/", TOKEN).error["code"] == "account_blocked"
    code, out, err = command("unblock", ACCOUNT)
    assert (code, err) == (0, "") and "unblocked" in out
    assert sidecar.ask("/", TOKEN).status == 200


def test_a_block_may_have_an_end(sidecar, command):
    code, out, _ = command("block", ACCOUNT, "--for", "90m")
    listed, = operate(sidecar, "GET", "/block").json()["blocked"]
    assert code == 0 and listed["account"] == ACCOUNT
    told = re.search(r"with 403 until (\S+);", out).group(1)
    ends = [datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (told, listed["until"])]
    assert abs(ends[0] - ends[1]) < datetime.timedelta(seconds=2)


def test_a_longer_block_stays(command):
    assert "holds for longer" not in command("block", ACCOUNT, "--for", "2h")[1]
    assert "holds for longer" in command("block", ACCOUNT, "--for", "1h")[1]


@pytest.mark.parametrize("words, code, said", [
    (["unblock", ACCOUNT], 1, "not blocked"), (["block", "agt_a"], 2, "agent token"), (["block", "a b"], 2, "account id"),
    (["block", ACCOUNT, "--for", "soon"], 2, "'for'"), (["block", ACCOUNT, "--for", "1ms"], 2, "'for'"), (["block"], 2, "account"),
    (["block", ACCOUNT, "--admin", "nowhere"], 2, "--admin"), (["log-level", "loud"], 2, "'level'"),
    (["log-level", "warn", "--account", ACCOUNT], 2, "debug or info"), (["log-level", "--for", "1h"], 2, "level"),
    (["log-level", "debug", "--account", ACCOUNT, "--token-fingerprint", "0123456789ab"], 2, "excludes")])
def test_what_is_wrong_is_said(command, words, code, said):
    came, out, err = command(*words)
    assert came == code and said in err and out == ""


@pytest.mark.parametrize("words", [["block", ACCOUNT], ["unblock", ACCOUNT], ["log-level"], ["log-level", "debug"]])
def test_without_the_admin_token_nothing_is_changed(sidecar, command, words):
    code, _, err = command(*words, admin_token=None)
    assert code == 1 and "there is no admin token" in err
    code, _, err = command(*words, admin_token="wrong-" + ADMIN_TOKEN)
    assert code == 1 and "refuses the admin token" in err
    assert operate(sidecar, "GET", "/block").json()["blocked"] == []
    assert operate(sidecar, "GET", "/log-level").json()["override"] is None


def test_without_a_process_nothing_answers(command, start_server):
    gone = start_server()
    gone.stop()
    code, _, err = command("block", ACCOUNT, "--admin", "127.0.0.1:%d" % gone.port)
    assert code == 1 and "nothing answers at 127.0.0.1:%d" % gone.port in err


def test_the_level_is_shown_and_changed(sidecar, command):
    assert command("log-level") == (0, "level: info (log.level: info)\n", "")
    code, out, _ = command("log-level", "debug", "--for", "10m")
    assert code == 0 and out.startswith("level: debug (log.level: info)\nset by an operator: debug until ")
    assert operate(sidecar, "GET", "/log-level").json()["level"] == "debug"
    code, out, _ = command("log-level", "info", "--account", ACCOUNT)
    assert code == 0 and out == "level: info (log.level: info)\nset by an operator: info for the account %s\n" % ACCOUNT
    code, out, _ = command("log-level", "debug", "--token-fingerprint", "0123456789ab")
    assert code == 0 and "for the token 0123456789ab" in out
