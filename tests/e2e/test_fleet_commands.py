"""verify and explain say what the log of the fleet knows of a token, and whether its store answers."""
import pytest
import yaml

from harness import ACCOUNT, TOKEN
from harness.admin import operate
from harness.fleet import FLEET_KEY, revoke, status
from harness.sidecar import BASE, SECRET_KEY, merged, run_cli
from harness.wait import eventually

HEAD = "GET / HTTP/1.1\nHost: a\nAuthorization: Bearer %s\n"


@pytest.fixture
def fleet(start_fleet):
    return start_fleet(2)


@pytest.fixture
def run(store, gate, tmp_path):
    """run(command, ..., text=) -> (code, output), with the configuration of a replica."""
    path = tmp_path / "replica.yaml"
    path.write_text(yaml.safe_dump(merged(BASE, {"gate": {"base_url": gate.url}, "fleet": {"url": store.url}})), encoding="utf-8")

    def run_with(*command, text, secret_key=SECRET_KEY):
        env = {"GATE_SIDECAR_FLEET_KEY": FLEET_KEY, **({"FOIL_SECRET_KEY": secret_key} if secret_key else {})}
        code, out, err = run_cli(*command, "--config", path, env=env, text=text)
        assert err == "" and TOKEN not in out and FLEET_KEY not in out, (out, err)
        return code, out
    return run_with


def lines(out):
    """{name: the rest} of what explain says of a request."""
    return dict(line.split(None, 1) for line in out.splitlines())


def explained(run, token=TOKEN, **how):
    code, out = run("explain", "--request", text=HEAD % token, **how)
    return code, lines(out)["fleet"], lines(out)["decision"]


def known_to_the_log(store, count=1):
    eventually(lambda: store.log_length() >= count, "the log")


def test_an_answer_is_told_with_its_age(fleet, store, gate, run):
    code, word, decision = explained(run)
    assert code == 0 and "says nothing of the token" in word and "Gate is asked unless" in decision
    assert status(fleet[0], TOKEN) == 200
    known_to_the_log(store)
    code, word, decision = explained(run)
    assert code == 0 and "Gate accepted the token" in word and ACCOUNT in word and "s more" in word, word
    assert "Gate is not asked: the fleet has the answer" in decision
    code, out = run("verify", text=TOKEN)
    assert code == 0 and "the token is valid" in out and "the fleet: Gate accepted the token" in out, out
    assert gate.calls(TOKEN) == 2  # of the replica, and of verify


def test_a_refusal_is_told(fleet, store, run):
    assert status(fleet[0], "agt_unknown") == 401
    known_to_the_log(store)
    code, word, decision = explained(run, "agt_unknown")
    assert code == 1 and "Gate refused the token" in word and decision.startswith("refused with 401"), (word, decision)


def test_a_revocation_by_another_replica_is_told(fleet, run):
    assert status(fleet[0], TOKEN) == 200
    revoke(fleet[1], TOKEN)
    code, word, decision = explained(run)
    assert code == 1 and "an operator revoked the token" in word and "token_revoked" in decision, (word, decision)
    code, out = run("verify", text=TOKEN)
    assert code == 1 and "the fleet: an operator revoked the token" in out, out


def test_a_block_is_told_and_refuses(fleet, store, run):
    assert status(fleet[0], TOKEN) == 200
    known_to_the_log(store)
    assert operate(fleet[1], "POST", "/block", {"account": ACCOUNT}).status == 200
    code, word, decision = explained(run)
    assert code == 1 and "blocked the account" in word and "account_blocked" in decision, (word, decision)
    code, out = run("verify", text=TOKEN)
    assert code == 1 and "the token is refused: account_blocked" in out, out
    assert operate(fleet[0], "POST", "/unblock", {"account": ACCOUNT}).status == 200
    assert run("verify", text=TOKEN)[0] == 0


def test_a_purged_answer_is_used_no_more(fleet, store, run):
    assert status(fleet[0], TOKEN) == 200
    known_to_the_log(store)
    assert operate(fleet[1], "POST", "/purge", {"all": True}).status == 200
    code, word, decision = explained(run)
    assert code == 0 and "purged" in word and "Gate is asked unless" in decision, (word, decision)


def test_another_organization_is_not_believed(fleet, store, run):
    assert status(fleet[0], TOKEN) == 200
    known_to_the_log(store)
    assert "says nothing of the token" in explained(run, secret_key="sk_test_other")[1]


def test_without_a_token_verify_says_whether_the_store_answers(fleet, store, run):
    code, out = run("verify", text="")
    assert code == 0 and "the fleet: the store answers; 2 replicas share it" in out, out
    assert len(fleet) == 2
    store.kill()
    code, out = run("verify", text="")
    assert code == 0 and "the fleet: the store cannot be asked (unreachable)" in out, out


def test_a_store_that_does_not_answer_keeps_nobody_waiting(fleet, store, gate, run):
    """Gate's answer counts then, and a request would be decided by each replica for itself."""
    store.freeze()
    code, word, decision = explained(run)
    assert code == 0 and "the store cannot be asked (late)" in word and "Gate is asked unless" in decision
    code, out = run("verify", text=TOKEN)
    assert code == 0 and "the token is valid" in out and "the store cannot be asked (late)" in out, out
    store.thaw()


def test_the_commands_change_nothing_in_the_store(store, run):
    assert run("verify", text=TOKEN)[0] == 0
    assert explained(run)[0] == 0
    assert store("DBSIZE") == 0


def test_a_request_that_needs_no_answer_asks_no_store(store, run):
    store.kill()
    code, out = run("explain", "--request", text="GET / HTTP/1.1\nHost: a\n")
    assert code == 1 and "fleet" not in lines(out)
