"""Rule 29: once a revocation is acknowledged, no byte of the token's WebSockets passes in either direction."""
import threading
import time

import pytest

from harness import TOKEN
from harness.http import request
from harness.wait import PATIENCE, eventually, pause
from test_admin import ADMIN_TOKEN, post
from test_streams import GOODBYE
from test_upgrade import HANDSHAKE, SWITCH

EARLY, LATE = b"early", b"late!"
HUGE = b"\x7f" + (1 << 40).to_bytes(8, "big")  # a length of which the end never comes


def message(payload, from_client):
    """A whole frame; the client's mask is of zeros, so that its payload can be recognised."""
    return b"\x81" + bytes([len(payload) | (0x80 if from_client else 0)]) + bytes(4 if from_client else 0) + payload


def beginning_of_a_frame(from_client):
    return b"\x82" + bytes([HUGE[0] | (0x80 if from_client else 0)]) + HUGE[1:] + bytes(4 if from_client else 0)


CLOSE_OF_CLIENT = b"\x88\x82" + bytes(4) + b"\x03\xe8"


class Side:
    """One end of a WebSocket: a thread that sends, and one that listens."""

    def __init__(self, connection, from_client, revoked):
        self.connection, self.from_client, self.revoked = connection, from_client, revoked
        self.heard, self.last_late, self.was_reset = b"", None, False
        self.quiet, self.threads = threading.Event(), []

    def start(self, *what):
        for each in what:
            self.threads.append(threading.Thread(target=each, daemon=True))
            self.threads[-1].start()

    def wait_for_end(self):
        for each in self.threads:
            each.join(20 * PATIENCE)
            assert not each.is_alive()

    def listen(self):
        try:
            while True:
                data = self.connection.sock.recv(1 << 16)
                if not data:
                    break
                self.heard = (self.heard + data)[-2_000_000:]
                if LATE in self.heard[-len(data) - len(LATE):]:
                    self.last_late = time.monotonic()
                if self.from_client and self.heard.endswith(GOODBYE):
                    self.quiet.set()
                    self.connection.send(CLOSE_OF_CLIENT)
        except ConnectionResetError:
            self.was_reset = True
        except OSError:
            pass
        self.quiet.set()

    def talk(self, in_one_frame=False, as_fast_as_it_goes=False):
        """Sends EARLY until the revocation is acknowledged, then LATE, until it is over."""
        try:
            if in_one_frame:
                self.connection.send(beginning_of_a_frame(self.from_client))
            while not self.quiet.is_set():
                word = LATE if self.revoked.is_set() else EARLY
                self.connection.send(word if in_one_frame else message(word, self.from_client))
                if not as_fast_as_it_goes:
                    pause(0.002)
        except ConnectionResetError:  # whichever call comes first gets the error, the others see an end
            self.was_reset = True
        except OSError:
            pass


class Conversation:
    """One WebSocket, in one of the manners below."""

    def __init__(self, manner, revoked):
        self.manner, self.revoked, self.client, self.upstream = manner, revoked, None, None
        self.begun = threading.Event()

    def serve(self, exchange):
        exchange.connection.send(SWITCH)
        side = self.upstream = Side(exchange.connection, False, self.revoked)
        fast = self.manner == "nobody reads"
        side.start(lambda: side.talk(self.manner == "in a frame", fast), side.listen)
        self.begun.set()
        side.quiet.wait()
        exchange.keep = False

    def open(self, sidecar, target, token):
        connection = sidecar.connect()
        connection.send(request("GET", target, token, HANDSHAKE))
        assert connection.head().status == 101
        side = self.client = Side(connection, True, self.revoked)
        if self.manner == "client has said Close":
            connection.send(CLOSE_OF_CLIENT)
            side.start(side.listen)
        elif self.manner == "nobody reads":
            side.start(lambda: side.talk(False, True))
        else:
            side.start(lambda: side.talk(self.manner == "in a frame"), side.listen)

    def is_under_way(self):
        if not self.begun.is_set():
            return False
        if self.manner == "client has said Close":
            return CLOSE_OF_CLIENT in self.upstream.heard and EARLY in self.client.heard
        return EARLY in self.upstream.heard and (self.manner == "nobody reads" or EARLY in self.client.heard)

    def read_at_last(self):
        if self.manner == "nobody reads":
            self.client.start(self.client.listen)

    def wait_for_end(self):
        self.client.wait_for_end()
        self.upstream.wait_for_end()

    def late(self):
        return max((side.last_late for side in (self.client, self.upstream) if side.last_late), default=None)


MANNERS = ("both talk", "in a frame", "client has said Close", "nobody reads")


@pytest.fixture
def start_talks(start_sidecar, upstream, gate):
    """A sidecar and a way to have one conversation of each manner with a token of its own."""
    talks = {}
    upstream.handler = lambda exchange: talks[exchange.head.target].serve(exchange)
    # Each round has a token of its own: in 45 s these are more than a budget of the usual size allows.
    sidecar = start_sidecar({"cache": {"ttl": "1h"}, "gate": {"budget": {"limit": 100_000}}}, env={"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN})

    def start(number):
        token, revoked = "%s%d" % (TOKEN, number), threading.Event()
        gate.add(token, "gacct_%d" % number)
        now = []
        for manner in MANNERS:
            target = "/%d/%s" % (number, manner.replace(" ", "_"))
            now.append(Conversation(manner, revoked))
            talks[target] = now[-1]
            now[-1].open(sidecar, target, token)
        return token, revoked, now
    start.sidecar = sidecar
    return start


def test_no_byte_passes_once_a_revocation_is_acknowledged(start_talks, attack_seconds):
    began, number, late, held, longest = time.monotonic(), 0, 0, 0, 0.0
    sidecar = start_talks.sidecar
    while number == 0 or time.monotonic() - began < attack_seconds:
        number += 1
        token, revoked, now = start_talks(number)
        for each in now:
            eventually(each.is_under_way, "the conversation to be under way: " + each.manner, within=20)
        assert post(sidecar, "/revoke", {"agent_token": token}).status == 200
        acknowledged = time.monotonic()
        revoked.set()
        for each in now:
            each.read_at_last()
        for each in now:
            held += 1
            each.wait_for_end()
            if each.late():
                late += 1
                longest = max(longest, each.late() - acknowledged)
            each.client.connection.close()
    print("in %d rounds, of %d conversations %d went on after the revocation was acknowledged, for up to %.1f s" % (number, held, late, longest))
    assert late == 0
    assert sidecar.metric("gate_streams_ended_total", reason="token_revoked") == held


def test_who_is_between_two_frames_is_told_and_who_is_in_one_is_cut(start_talks):
    token, revoked, now = start_talks(1)
    for each in now:
        eventually(each.is_under_way, "the conversation to be under way: " + each.manner, within=20)
    assert post(start_talks.sidecar, "/revoke", {"agent_token": token}).status == 200
    revoked.set()
    for each in now:
        each.read_at_last()
        each.wait_for_end()
    talking, in_a_frame, closing, _ = now
    assert talking.client.heard.endswith(GOODBYE)
    assert b"\x88\x82" in talking.upstream.heard[-8:]
    assert in_a_frame.client.was_reset and in_a_frame.upstream.was_reset
    assert GOODBYE not in in_a_frame.client.heard and b"\x88\x82" not in in_a_frame.upstream.heard
    assert closing.client.heard.endswith(GOODBYE) and closing.upstream.heard.endswith(CLOSE_OF_CLIENT)
