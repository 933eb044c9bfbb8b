"""FLEET: what is wrong with the store that replicas share."""
import socket

import pytest

from harness.fleet import FLEET_KEY, fleet_of
from harness.listening import Listening
from harness.wait import eventually
from rig import examine_running

FLEET = ("--section", "fleet")


def keyed(key=FLEET_KEY, **more):
    return {"GATE_SIDECAR_FLEET_KEY": key, **more}


@pytest.fixture
def fleet(examined, store):
    """fleet(url, env, fleet options) -> what doctor says of the store."""
    def look(url=None, env=None, **options):
        config, _ = fleet_of(store, url=url, **options)
        return examined(config, *FLEET, env=env or keyed())
    return look


def test_a_store_that_is_well_is_left_as_it_was(fleet, store):
    fleet().check({})
    assert fleet().state("fleet.events") == "pass"
    assert store("DBSIZE") == 0


def test_a_store_that_is_away_is_found(fleet, store):
    url = store.url
    store.kill()
    fleet(url).check({"fleet.store": "fail"}, "fleet.url")
    store.start()


def test_a_wrong_password_is_found(fleet, store):
    store("CONFIG", "SET", "requirepass", "right")
    report = fleet(env=keyed(GATE_SIDECAR_FLEET_PASSWORD="wrong-password"))
    report.check({"fleet.store": "fail"}, "GATE_SIDECAR_FLEET_PASSWORD")
    assert "wrong-password" not in report.text


def test_a_user_without_rights_is_found(fleet, store):
    store("ACL", "SETUSER", "gate", "on", ">secret", "~{gate:*", "-@all", "+time", "+xread", "+xinfo|stream", "+hscan", "+zcard")
    report = fleet(env=keyed(GATE_SIDECAR_FLEET_PASSWORD="secret"), username="gate")
    report.check({"fleet.events": "fail"}, "ACL SETUSER")


def test_the_rights_that_the_readme_gives_suffice(fleet, store):
    rights = ("+eval +evalsha +time +select +xread +xinfo|stream +xadd +xdel +xtrim +get +set +del +pttl +pexpire +expire +hlen +hget "
              "+hset +hdel +hgetall +hincrby +hscan +zadd +zrem +zscore +zcard +zremrangebyscore +zremrangebyrank").split()
    store("ACL", "SETUSER", "gate", "on", ">secret", "resetkeys", "~{gate:*", "resetchannels", "-@all", *rights)
    fleet(env=keyed(GATE_SIDECAR_FLEET_PASSWORD="secret"), username="gate").check({})


def test_something_else_than_a_store_is_found(fleet, start_server):
    server = start_server()
    report = fleet("redis://127.0.0.1:%d" % server.port)
    server.failures.clear()
    report.check({"fleet.store": "fail"}, "fleet.url")


def test_messages_that_are_not_sealed_are_found(start_fleet, store):
    sidecar, = start_fleet(1)
    name = eventually(lambda: store.keys(), "the fleet's keys")[0].split(b"}")[0] + b"}:ev"
    store("XADD", name, "*", "m", "not sealed")
    examine_running(sidecar, *FLEET, env=keyed()).check({"fleet.seal": "fail"}, "{gate:*")


def test_another_fleet_key_than_the_replicas_is_found(start_fleet):
    sidecars = start_fleet(2)
    report = examine_running(sidecars[0], *FLEET, env=keyed())
    report.check({})
    assert report.of("fleet.seal")["message"].startswith("2 replicas")
    examine_running(sidecars[0], *FLEET, env=keyed("b" * 43 + "=")).check({"fleet.seal": "fail"}, "fleet.key_file")


def test_another_fleet_key_is_not_taken_for_the_replicas_from_elsewhere(start_fleet, examined, store):
    """As in a Job of its own, where no sidecar runs."""
    start_fleet(2)
    config, _ = fleet_of(store)
    assert examined(config, *FLEET, env=keyed("b" * 43 + "=")).state("fleet.seal") == "skipped"


class Clock:
    """A relay before a store whose clock is off by so many seconds."""

    def __init__(self, target, seconds):
        self.target, self.seconds = target, seconds
        self.listening = Listening(self._serve)
        self.url = "redis://127.0.0.1:%d" % self.listening.port

    def _serve(self, client):
        """One command and its reply after the other."""
        with socket.create_connection(("127.0.0.1", self.target)) as server, client:
            while asked := client.recv(1 << 16):
                server.sendall(asked)
                reply = server.recv(1 << 16)
                client.sendall(self._shift(reply) if b"TIME" in asked else reply)

    def _shift(self, reply):
        words = reply.split(b"\r\n")   # *2 $10 seconds $6 microseconds
        words[2] = b"%d" % (int(words[2]) + self.seconds)
        return b"\r\n".join(words)

    def stop(self):
        self.listening.stop()


@pytest.mark.parametrize("seconds, expected", [(0, {}), (20, {"fleet.clock": "warn"}), (-3600, {"fleet.clock": "fail"})])
def test_a_clock_that_is_off_is_found(fleet, store, started, seconds, expected):
    fleet(started.add(Clock(store.port, seconds)).url, timeout="1s").check(expected, "NTP")
