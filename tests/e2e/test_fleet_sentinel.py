"""A fleet whose store is found through a sentinel with users of its own."""
import pathlib
import re

import pytest

from harness import TOKEN
from harness.fleet import revoke, status
from harness.wait import eventually

STORE_PASSWORD, SENTINEL_PASSWORD = "of-the-store", "of-the-sentinel"


@pytest.fixture
def store(start_store):
    store = start_store()
    store("ACL", "SETUSER", "gate", "on", ">" + STORE_PASSWORD, "~{gate:*", "+@all")
    return store


@pytest.fixture
def sentinel(start_store, store, tmp_path):
    """It lets in nobody but the user of the README's line."""
    path = tmp_path / "sentinel.conf"
    path.write_text("sentinel monitor mymaster 127.0.0.1 %d 1\n" % store.port, encoding="ascii")
    sentinel = start_store("--sentinel", file=path)
    readme = (pathlib.Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    line = re.search(r"^ACL SETUSER gate .*\+sentinel.*$", readme, re.M).group()
    sentinel(*line.replace("PASSWORD", SENTINEL_PASSWORD).split())
    sentinel("ACL", "SETUSER", "default", "off")
    return sentinel


@pytest.fixture
def start(start_fleet, store, sentinel):
    """start(count, password=) -> so many replicas that log in at the sentinel with the password."""
    def start_with(count, password=SENTINEL_PASSWORD, **how):
        fleet = {"url": "redis+sentinel://127.0.0.1:%d/mymaster" % sentinel.port, "username": "gate", "sentinel": {"username": "gate"}}
        env = {"GATE_SIDECAR_FLEET_PASSWORD": STORE_PASSWORD, "GATE_SIDECAR_FLEET_SENTINEL_PASSWORD": password}
        return start_fleet(count, {"fleet": fleet}, env=env, **how)
    return start_with


def test_one_call_and_one_revocation_for_all(start, gate):
    fleet = start(2)
    assert [status(each, TOKEN) for each in fleet] == [200] * 2
    assert gate.calls(TOKEN) == 1
    assert revoke(fleet[0], TOKEN).get("fleet") != "pending"
    eventually(lambda: status(fleet[1], TOKEN) == 401, "the revocation", within=1)


def test_a_sentinel_that_refuses_is_named_and_no_password_is(start, sentinel, gate):
    alone, = start(1, password="wrong-word", wait=False)
    event = alone.wait_for_log(lambda e: e.get("error.type") == "login_refused")
    assert event["error.message"] == "the sentinel 127.0.0.1:%d: WRONGPASS" % sentinel.port
    assert status(alone, TOKEN) == 200
    alone.terminate()
    alone.wait()
    told = "\n".join(alone.process.out.all())
    assert "wrong-word" not in told and STORE_PASSWORD not in told
