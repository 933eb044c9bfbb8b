"""The secret key changes while the program runs: no request is lost, and what goes wrong is told (rules 14, 17, 25)."""
import itertools
import os
import signal
import threading

import pytest

from harness import TOKEN
from harness.http import Connection, request
from harness.wait import eventually

OLD, NEW, THIRD = "sk_test_0ldKeyOfTheStart", "sk_test_newKeyAfterIt", "sk_test_th1rdKeyAtTheEnd"
PREFIX = "agt_good"
tokens = ("%s%d" % (PREFIX, number) for number in itertools.count())


class KeyFile:
    """The file of the secret key, in a directory of its own. Every change is a rename, but for those that break it."""

    def __init__(self, directory):
        directory.mkdir()
        self.path = directory / "key"

    def put(self, key):
        new = self.path.with_name("key.new")
        new.write_text(key + "\n", encoding="ascii")
        os.rename(new, self.path)


class MountedSecret(KeyFile):
    """As Kubernetes mounts a secret: the file is a link through `..data`, which is another link that is renamed."""

    def __init__(self, directory):
        super().__init__(directory)
        self._version = 0
        self.path.symlink_to("..data/key")

    def put(self, key):
        directory = self.path.parent
        self._version += 1
        version = directory / ("..version%d" % self._version)
        version.mkdir()
        (version / "key").write_text(key, encoding="ascii")
        (directory / "..data_tmp").symlink_to(version.name)
        os.rename(directory / "..data_tmp", directory / "..data")


def accept(gate, *keys):
    """From now on Gate accepts these keys and no others."""
    gate.control("PUT", "/_control/keys", list(keys))


@pytest.fixture
def key_file(tmp_path):
    return KeyFile(tmp_path / "secret")


@pytest.fixture
def emulator(start_gate):
    gate = start_gate("--accept-all", PREFIX)
    accept(gate, OLD)
    return gate


@pytest.fixture
def with_file(start_sidecar, emulator):
    """A sidecar that reads its key from a file, which holds OLD; checks at the end that no key was ever written."""
    started = []

    def start(file, **config):
        file.put(OLD)
        gate = {"base_url": emulator.url, "secret_key_file": str(file.path), "budget": {"limit": 1_000_000, "unknown": 1_000_000}}
        sidecar = start_sidecar({"gate": gate, **config},
                                gate=emulator, env={"FOIL_SECRET_KEY": ""})
        started.append(sidecar)
        return sidecar
    yield start
    for sidecar in started:
        told = sidecar.everything_written() + sidecar.metrics_text() + sidecar.operate("/readyz").body.decode()
        for key in (OLD, NEW, THIRD):
            assert key[8:] not in told and key[:12] not in told


@pytest.fixture
def sidecar(with_file, key_file):
    return with_file(key_file)


def ask_gate(sidecar):
    """The answer to a request whose token no cache knows."""
    return sidecar.ask("/", token=next(tokens))


def line(sidecar, *words, level=None):
    """The first log line with these words."""
    return sidecar.wait_for_log(lambda e: all(w in e.get("message", "") for w in words) and level in (None, e["level"]), " ".join(words))


def lines(sidecar, *words):
    return [e for e in sidecar.log() if all(w in e.get("message", "") for w in words)]


def readiness(sidecar):
    answer = sidecar.operate("/readyz")
    assert answer.status == 200  # readiness does not depend on Gate
    return answer.json()


def assert_refused(answer):
    assert (answer.status, answer.error["code"]) == (503, "gate_key_refused")
    assert int(answer.one("Retry-After")) >= 1 and not answer.all("WWW-Authenticate")


def passes(sidecar):
    """Asks until a request passes; those before it are refused because of the key, or of what that has led to."""
    def attempt():
        answer = ask_gate(sidecar)
        assert answer.status in (200, 503)
        return answer.status == 200
    eventually(attempt, "a request to pass")


class Requests:
    """Requests from another thread, each with a token of its own, until one fails; `failed` are the answers that were not 200."""

    def __init__(self, sidecar):
        self._sidecar, self._over = sidecar, threading.Event()
        self.passed, self.failed = 0, []
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._over.wait(0.005) and not self.failed:
            answer = ask_gate(self._sidecar)
            if answer.status == 200:
                self.passed += 1
            else:
                self.failed.append(answer)

    def some_more(self):
        """Returns when five more have passed, or one has failed."""
        enough = self.passed + 5
        eventually(lambda: self.passed >= enough or self.failed, "requests to pass")

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


@pytest.mark.parametrize("kind", [KeyFile, MountedSecret])
def test_a_rotation_costs_no_request(with_file, emulator, tmp_path, kind):
    file = kind(tmp_path / "rotated")
    sidecar = with_file(file)
    with Requests(sidecar) as requests:
        for old, new in ((OLD, NEW), (NEW, THIRD)):
            requests.some_more()
            accept(emulator, old, new)
            file.put(new)
            eventually(lambda: len(lines(sidecar, "accepts the new secret key")) == (1 if new == NEW else 2), "the new key to take over")
            accept(emulator, new)
            requests.some_more()
    assert requests.failed == []
    assert readiness(sidecar) == {"status": "ok"}
    assert sidecar.metric("config_reloads_total", what="secret_key", result="success") == 2
    assert sidecar.metric("config_reloads_total", what="secret_key", result="failure") == 0


@pytest.mark.parametrize("first", ["the file", "Gate"])
def test_a_key_that_changes_in_one_moment_costs_no_request(sidecar, emulator, key_file, first):
    """Rule 14: there is never a moment in which Gate accepts both, nor one in which nobody asks."""
    with Requests(sidecar) as requests:
        for new in (NEW, THIRD, OLD, NEW):
            requests.some_more()
            if first == "the file":
                key_file.put(new)
            accept(emulator, new)
            if first == "Gate":
                key_file.put(new)
            requests.some_more()
    assert requests.failed == []
    assert sidecar.metric("gate_key_refused") == 0
    assert not lines(sidecar, "gate_key_refused")


def test_a_key_that_is_not_active_yet_costs_no_request(sidecar, emulator, key_file):
    with Requests(sidecar) as requests:
        requests.some_more()
        key_file.put(NEW)
        line(sidecar, "the new secret key does not work")
        requests.some_more()
    assert requests.failed == []


def test_a_bad_new_key_is_an_alarm_and_the_old_one_goes_on(sidecar, emulator, key_file):
    """Rule 17."""
    key_file.put(NEW)
    line(sidecar, "a new secret key was read")
    for _ in range(20):
        assert ask_gate(sidecar).status == 200
    assert line(sidecar, "the new secret key does not work")["level"] == "error"
    assert sidecar.metric("gate_key_change_refused") == 1 and sidecar.metric("gate_key_refused") == 0
    assert "new secret key" in readiness(sidecar)["detail"]
    # Not tried again with every call: a call each for the requests, and few more.
    assert 21 <= emulator.calls() <= 23
    assert len(lines(sidecar, "the new secret key does not work")) == 1

    key_file.put(OLD)
    line(sidecar, "in use again")
    assert sidecar.metric("gate_key_change_refused") == 0
    assert readiness(sidecar) == {"status": "ok"}


def test_every_key_refused_is_an_alarm_and_a_good_one_in_the_file_ends_it(sidecar, emulator, key_file, upstream):
    """Rule 14: 503, never 401, never open; it recovers without a restart."""
    key_file.put(NEW)
    line(sidecar, "a new secret key was read")
    accept(emulator, THIRD)
    assert_refused(ask_gate(sidecar))
    assert line(sidecar, "gate_key_refused")["level"] == "error"
    assert sidecar.metric("gate_key_refused") == 1
    assert readiness(sidecar) == {"status": "ok", "detail": "Gate refuses the secret key"}
    assert upstream.requests == []

    key_file.put(THIRD)
    passes(sidecar)
    line(sidecar, "accepts the new secret key")
    assert sidecar.metric("gate_key_refused") == 0
    assert readiness(sidecar) == {"status": "ok"}


def test_a_refused_key_that_gate_accepts_again_is_used_again(sidecar, emulator):
    accept(emulator, THIRD)
    assert_refused(ask_gate(sidecar))
    accept(emulator, OLD)
    passes(sidecar)
    line(sidecar, "accepts the secret key again")
    assert sidecar.metric("gate_key_refused") == 0


def test_a_cached_token_passes_while_every_key_is_refused(with_file, key_file, emulator):
    sidecar = with_file(key_file, cache={"ttl": "60s"})
    assert sidecar.ask("/", token=TOKEN).status == 200
    accept(emulator, THIRD)
    assert_refused(ask_gate(sidecar))
    assert sidecar.ask("/", token=TOKEN).status == 200


@pytest.mark.parametrize("broken", ["removed", "emptied", "no key", "not readable as text"])
def test_a_broken_file_changes_nothing_but_is_told(sidecar, emulator, key_file, broken):
    """Rule 17: the last good key stays, loudly."""
    if broken == "removed":
        key_file.path.unlink()
    elif broken == "emptied":
        os.truncate(key_file.path, 0)
        key_file.path.touch()
    elif broken == "no key":
        key_file.put("pk_" + NEW[8:])
    else:
        key_file.put("sk_test_\x01" + NEW[8:])
    told = line(sidecar, "the last good key stays")
    assert told["level"] == "error" and told["gate.secret_key_file"] == str(key_file.path)
    assert sidecar.metric("config_reloads_total", what="secret_key", result="failure") >= 1
    assert ask_gate(sidecar).status == 200

    began = sidecar.metric("config_last_reload_success_timestamp_seconds", what="secret_key")
    accept(emulator, OLD, NEW)
    key_file.put(NEW)
    line(sidecar, "a new secret key was read")
    assert ask_gate(sidecar).status == 200
    assert sidecar.metric("config_last_reload_success_timestamp_seconds", what="secret_key") > began > 0


def test_a_refusal_has_the_file_read_at_once(with_file, emulator, tmp_path):
    """Where no directory tells of the change: the file stands behind a link into another one."""
    elsewhere, file = KeyFile(tmp_path / "elsewhere"), KeyFile(tmp_path / "linked")
    file.path.symlink_to(elsewhere.path)
    file.put = elsewhere.put
    sidecar = with_file(file)
    elsewhere.put(NEW)
    accept(emulator, NEW)
    ask_gate(sidecar)
    line(sidecar, "a new secret key was read")
    passes(sidecar)


def test_a_revocation_uses_the_new_key_where_the_old_one_is_refused(with_file, key_file, emulator, tmp_path):
    """Before a verification has tried it; and says nothing about either."""
    admin_token = tmp_path / "admin-token"
    admin_token.write_text("hunter2-hunter2-hunter2", encoding="ascii")
    sidecar = with_file(key_file, admin={"address": "127.0.0.1:0", "token_file": str(admin_token)})
    accept(emulator, NEW)
    key_file.put(NEW)
    line(sidecar, "a new secret key was read")
    with Connection.to(sidecar.ports["admin"]) as client:
        revoked = client.exchange(request("POST", "/revoke", "hunter2-hunter2-hunter2", body=b'{"agent_token": "agt_good_to_revoke"}', host="localhost"))
    assert (revoked.status, revoked.json()["known_to_gate"]) == (200, True)
    assert emulator.state()["revoke"]["revoked"] == 1
    assert sidecar.metric("gate_key_refused") == 0


def test_a_key_that_knows_none_of_our_tokens_does_not_make_a_revocation_a_success(with_file, key_file, emulator, tmp_path):
    """The old key lacks the scope; to the new one, which may be another organization's, the token is unknown."""
    admin_token = tmp_path / "admin-token"
    admin_token.write_text("hunter2-hunter2-hunter2", encoding="ascii")
    sidecar = with_file(key_file, admin={"address": "127.0.0.1:0", "token_file": str(admin_token)})
    accept(emulator, OLD, NEW)
    key_file.put(NEW)
    line(sidecar, "a new secret key was read")
    emulator.fault(status=403, path="revoke", count=1)
    with Connection.to(sidecar.ports["admin"]) as client:
        failed = client.exchange(request("POST", "/revoke", "hunter2-hunter2-hunter2", body=b'{"agent_token": "agt_unknown"}', host="localhost"))
    assert (failed.status, failed.error["code"]) == (503, "gate_key_refused")
    assert emulator.state()["revoke"]["total"] == 2


def test_hup_reads_the_file_again_and_says_so(sidecar, emulator, key_file):
    sidecar.process.signal(signal.SIGHUP)
    line(sidecar, "has not changed")
    assert sidecar.metric("config_reloads_total", what="secret_key", result="success") == 1
    key_file.path.unlink()
    line(sidecar, "the last good key stays")
    sidecar.process.signal(signal.SIGHUP)
    eventually(lambda: len(lines(sidecar, "the last good key stays")) == 2, "the failure of the reload")
    assert ask_gate(sidecar).status == 200


def test_hup_without_a_file_has_nothing_to_reload(start_sidecar, gate):
    sidecar = start_sidecar()
    sidecar.process.signal(signal.SIGHUP)
    line(sidecar, "nothing to reload", level="info")
    assert sidecar.ask("/", token=TOKEN).status == 200


def test_hup_does_not_cut_a_shutdown_short(start_sidecar, start_server):
    release = threading.Event()

    def late(exchange):
        exchange.read_body()
        release.wait(60)
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    upstream = start_server(late)
    sidecar = start_sidecar({"shutdown": {"grace": "60s"}}, upstream=upstream)
    answers = []
    client = threading.Thread(target=lambda: answers.append(sidecar.ask("/", token=TOKEN)))
    client.start()
    upstream.wait_for_request()
    sidecar.terminate()
    line(sidecar, "shutting down")
    sidecar.process.signal(signal.SIGHUP)
    line(sidecar, "nothing to reload")
    release.set()
    client.join()
    assert answers[0].status == 200
    assert sidecar.wait() == 0
