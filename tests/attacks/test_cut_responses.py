"""Rule 26: a response that we cut never looks complete, whatever cuts it, however it is framed, whoever reads it."""
import collections
import contextlib
import random
import signal
import subprocess
import threading
import time

import pytest

from harness import TOKEN
from harness.http import request
from harness.wait import PATIENCE, SANITIZER
from test_admin import ADMIN_TOKEN, post

PART = b"part"
# What the upstream sends of a response that it never ends.
BEGINNINGS = {
    "counted": b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + PART,
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n" + PART + b"\r\n",
    "until_close": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + PART,
    "http_1_0": b"HTTP/1.0 200 OK\r\n\r\n" + PART,
    "events": b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + PART,
}
# What a client sends of a request that it does not end.
UPLOADS = {
    "none": ("GET", (), b""),
    "counted_upload": ("POST", [("Content-Length", "1000000000")], b"half"),
    "chunked_upload": ("POST", [("Transfer-Encoding", "chunked")], b"4\r\nhalf\r\n"),
}
VERSIONS = ("1.0", "1.1")
WITH_UPLOAD = ("counted_upload", "chunked_upload")


def answer_a_part(exchange):
    """The response begins before the request has ended, and neither ends."""
    exchange.connection.send(BEGINNINGS[exchange.head.target.split("/")[1]])
    exchange.wait_until_gone()


def combinations(uploads, framings):
    """(path, version, upload) of each: HTTP/1.0 has no chunked uploads."""
    return [("/%s/%s/%s" % (framing, version, upload), version, upload)
            for framing in framings for version in VERSIONS for upload in uploads
            if (version, upload) != ("1.0", "chunked_upload")]


class Reader:
    """A client in the middle of its response."""

    def __init__(self, sidecar, path, version, upload):
        self.path, self.client = path, sidecar.connect()
        method, fields, body = UPLOADS[upload]
        self.client.send(request(method, path, TOKEN, [*fields, ("Connection", "keep-alive")], version=version) + body)
        while PART not in self.client.buffer:
            self.client.more()

    def outcome(self):
        """How the response ends for the client: "cut", "complete", or "incomplete"."""
        try:
            while not self.client.buffer.endswith(b"\r\n0\r\n\r\n"):
                self.client.more()
            return "complete"
        except ConnectionResetError:
            return "cut"
        except EOFError:
            head = self.client.buffer.partition(b"\r\n\r\n")[0]
            return "incomplete" if b"chunked" in head or b"Content-Length" in head else "complete"


@contextlib.contextmanager
def readers(sidecar, uploads, framings):
    with contextlib.ExitStack() as open_ones:
        begun = [Reader(sidecar, *each) for each in combinations(uploads, framings)]
        for one in begun:
            open_ones.callback(one.client.close)
        yield begun


def revoke(sidecar, _):
    assert post(sidecar, "/revoke", {"agent_token": TOKEN}).status == 200


def send_a_bad_chunk(_, begun):
    for one in begun:
        one.client.send(b"XX\r\n")


def end_sending(_, begun):
    for one in begun:
        one.client.end_sending()


def wait(*_):
    """Time does it."""


def terminate(sidecar, _):
    sidecar.terminate()


def terminate_twice(sidecar, _):
    sidecar.process.exit_code_matters = False
    sidecar.terminate()
    sidecar.wait_for_log(lambda e: e.get("message") == "shutting down", "the shutdown")
    sidecar.process.signal(signal.SIGTERM)


def terminate_thrice(sidecar, _):
    """Too quickly for the workers to do anything about the second."""
    terminate_twice(sidecar, _)
    sidecar.process.signal(signal.SIGINT)


Cut = collections.namedtuple("Cut", "trigger reason uploads framings config")
EVERY_FRAMING = ("counted", "chunked", "until_close", "http_1_0")
CUTS = {
    "revocation": Cut(revoke, "token_revoked", tuple(UPLOADS), EVERY_FRAMING, {"cache": {"ttl": "1h"}}),
    "bad chunk": Cut(send_a_bad_chunk, "bad_chunk", ("chunked_upload",), EVERY_FRAMING, {}),
    "upload timed out": Cut(wait, "body_timeout", WITH_UPLOAD, EVERY_FRAMING, {"limits": {"body_timeout": "1s"}}),
    "upload ended early": Cut(end_sending, "client_gone", WITH_UPLOAD, EVERY_FRAMING, {}),
    "events not wanted any more": Cut(end_sending, "client_gone", ("none",), ("events",), {}),
    "silent upstream": Cut(wait, "upstream_timeout", tuple(UPLOADS), EVERY_FRAMING, {"limits": {"stream_idle_timeout": "1s"}}),
    "end of the grace period": Cut(terminate, "draining", tuple(UPLOADS), EVERY_FRAMING, {"shutdown": {"grace": "300ms"}}),
    "second signal": Cut(terminate_twice, "draining", tuple(UPLOADS), EVERY_FRAMING, {"shutdown": {"grace": "10m"}}),
}

# A system that does not know how to dissolve a connection (connect to AF_UNSPEC), such as gVisor.
REFUSES_TO_DISCONNECT = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
extern "C" int connect(int fd, const sockaddr* to, socklen_t size) {
    using function = int (*)(int, const sockaddr*, socklen_t);
    static const function next = reinterpret_cast<function>(dlsym(RTLD_NEXT, "connect"));
    if (to->sa_family == AF_UNSPEC) return errno = EINVAL, -1;
    return next(fd, to, size);
}
"""


def outcomes_of(sidecar, cut):
    with readers(sidecar, cut.uploads, cut.framings) as begun:
        cut.trigger(sidecar, begun)
        return collections.Counter(one.outcome() for one in begun)


@pytest.mark.parametrize("name", CUTS)
def test_no_cut_looks_complete(start_sidecar, upstream, name):
    upstream.handler = answer_a_part
    cut = CUTS[name]
    sidecar = start_sidecar(cut.config, env={"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN})
    with readers(sidecar, cut.uploads, cut.framings) as begun:
        cut.trigger(sidecar, begun)
        outcomes = {one.path: one.outcome() for one in begun}
    counts = collections.Counter(outcomes.values())
    print("%s: of %d responses %d are cut, %d look complete" % (name, len(outcomes), counts["cut"], counts["complete"]))
    assert set(outcomes.values()) == {"cut"}, outcomes
    for path in outcomes:
        line = sidecar.access_line(path)
        assert (line["error.type"], line["gate.verdict"], line["http.response.status_code"]) == (cut.reason, "allow", 200), line
    if cut.reason != "draining":  # else the listener for scrapes ends, too
        assert sidecar.metric("gate_request_failures_total", reason=cut.reason) == len(outcomes)


def test_no_moment_is_the_wrong_one(start_sidecar, upstream, attack_seconds):
    """Uploads that go bad at any time, while the upstream sends as fast as its reader: the race between a cut and an end."""
    def pour(exchange):
        exchange.connection.send(BEGINNINGS["until_close"])
        while True:
            exchange.connection.send(b"x" * 10_000)
    upstream.handler = pour
    sidecar = start_sidecar()
    ends, outcomes, lock = time.monotonic() + attack_seconds, collections.Counter(), threading.Lock()

    def attack(seed):
        choose = random.Random(seed)
        while time.monotonic() < ends:
            one = Reader(sidecar, "/until_close/1.1/x", "1.1", "chunked_upload")
            with contextlib.closing(one.client):
                for _ in range(choose.randrange(20)):
                    one.client.more()
                with contextlib.suppress(OSError):
                    one.client.send(b"XX\r\n")
                    if choose.random() < 0.5:
                        one.client.end_sending()
                outcome = one.outcome()
            with lock:
                outcomes[outcome] += 1
    attackers = [threading.Thread(target=attack, args=(seed,)) for seed in range(4)]
    for each in attackers:
        each.start()
    for each in attackers:
        each.join(attack_seconds + 60 * PATIENCE)
    print("of %d cut responses %d look complete" % (sum(outcomes.values()), outcomes["complete"]))
    assert outcomes["cut"] > 0 and set(outcomes) == {"cut"}, outcomes


@pytest.mark.parametrize("version", VERSIONS)
def test_a_response_that_was_complete_before_the_upload_went_wrong_is_whole(sidecar, upstream, version):
    """What has been delivered is not taken back, and did not fail."""
    def answer(exchange):
        exchange.connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + PART)
        exchange.wait_until_gone()
    upstream.handler = answer
    with sidecar.connect() as client:
        client.send(request("POST", "/early", TOKEN, [("Content-Length", "1000000000")], version=version) + b"half")
        assert client.response().body == PART
        client.end_sending()
        assert client.is_closed()
    assert "error.type" not in sidecar.access_line("/early")


def test_an_exchange_without_a_response_is_counted_when_the_grace_period_ends(start_sidecar, upstream):
    upstream.handler = lambda exchange: exchange.wait_until_gone()
    sidecar = start_sidecar({"shutdown": {"grace": "300ms"}})
    with sidecar.connect() as client:
        client.send(request("GET", "/waiting", TOKEN))
        upstream.wait_for_request()
        sidecar.terminate()
        with pytest.raises(ConnectionResetError):
            client.more()
    assert sidecar.wait() == 0
    line = sidecar.access_line("/waiting")
    assert (line["error.type"], line["gate.verdict"]) == ("draining", "allow")


@pytest.mark.skipif(bool(SANITIZER), reason="a sanitizer wants to be loaded first")
@pytest.mark.parametrize("name", [name for name in CUTS if name != "upload ended early"])
def test_no_cut_looks_complete_where_the_system_cannot_dissolve_connections(start_sidecar, upstream, tmp_path, name):
    source, library = tmp_path / "refuse.cpp", tmp_path / "refuse.so"
    source.write_text(REFUSES_TO_DISCONNECT, encoding="ascii")
    subprocess.run(["g++", "-w", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    upstream.handler = answer_a_part
    cut = CUTS[name]
    sidecar = start_sidecar(cut.config, env={"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN, "LD_PRELOAD": str(library)})
    assert set(outcomes_of(sidecar, cut)) == {"cut"}


def test_a_third_signal_makes_nothing_look_complete(start_sidecar, upstream):
    upstream.handler = answer_a_part
    sidecar = start_sidecar({"shutdown": {"grace": "10m"}})
    assert set(outcomes_of(sidecar, Cut(terminate_thrice, "draining", tuple(UPLOADS), EVERY_FRAMING, {}))) == {"cut"}
