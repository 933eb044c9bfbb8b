"""What a replica says of the age of what it hears, and of clocks that differ: the values, not only that they are there."""
import subprocess

import pytest

from harness import TOKEN
from harness.fleet import revoke, status
from harness.relay import Relay
from harness.wait import PATIENCE, SANITIZER, eventually

DELAY, LATE = 0.3, 0.15 * PATIENCE  # seconds: of a long line, and of a busy machine
OTHER = "agt_new_other"

# Who has this loaded takes another time for that of the day.
MOVES_THE_WALL_CLOCK = r"""
#include <dlfcn.h>
#include <time.h>
#include <cstdlib>
extern "C" int clock_gettime(clockid_t which, timespec* out) {
    using function = int (*)(clockid_t, timespec*);
    static const auto real = reinterpret_cast<function>(::dlsym(RTLD_NEXT, "clock_gettime"));
    const int result = real(which, out);
    if (result == 0 && which == CLOCK_REALTIME) out->tv_sec += std::atoi(std::getenv("SECONDS_AHEAD"));
    return result;
}
"""


@pytest.fixture
def gate(start_gate):
    return start_gate("--accept-all", "agt_")


def heard(sidecar, kind):
    return sidecar.metric("gate_fleet_events_total", kind=kind, direction="received")


def rejected(sidecar, what):
    return sidecar.metric("gate_fleet_rejected_total", what=what)


def lag(sidecar):
    return sidecar.metric("gate_fleet_lag_seconds")


def test_the_lag_is_the_age_of_the_newest_message_on_its_arrival(started, start_fleet, store, gate):
    relay = started.add(Relay(store.port))
    near, far = start_fleet(1)[0], start_fleet(1, {"fleet": {"url": relay.url}})[0]
    relay.delay = DELAY
    assert status(near, TOKEN) == 200
    eventually(lambda: lag(far) >= DELAY, "the verdict")
    assert lag(far) < DELAY + LATE
    eventually(lambda: 0 < lag(near) < LATE, "the verdict")
    relay.delay = 0.0
    revoke(near, TOKEN)
    eventually(lambda: heard(far, "revocation") == 1, "the revocation")
    eventually(lambda: 0 < lag(far) < DELAY, "what came at once")


@pytest.mark.parametrize("age", [100, -100])
def test_the_lag_is_what_an_id_of_the_log_says_and_never_below_0(start_fleet, store, gate, age):
    """The ids are the store's time. Nobody has told anything yet, so the log takes any of them."""
    alone, = start_fleet(1)
    beats, = eventually(lambda: store.keys(":n"), "the beat")
    seconds, microseconds = (int(each) for each in store("TIME"))
    store("XADD", beats[:-len(":n")] + b":ev", "%d-0" % ((seconds - age) * 1000 + microseconds // 1000), "m", "x")
    eventually(lambda: rejected(alone, "unsealed") == 1 and lag(alone) >= max(0, age), "the entry")
    assert lag(alone) < max(0, age) + LATE


@pytest.fixture(scope="module")
def clock_library(tmp_path_factory):
    directory = tmp_path_factory.mktemp("clock")
    source, library = directory / "clock.cpp", directory / "clock.so"
    source.write_text(MOVES_THE_WALL_CLOCK, encoding="ascii")
    subprocess.run(["g++", "-w", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.fixture
def start_with_clock(start_fleet, clock_library):
    """start_with_clock(seconds) -> a replica whose wall clock is so far ahead of ours."""
    return lambda seconds: start_fleet(1, env={"LD_PRELOAD": str(clock_library), "SECONDS_AHEAD": str(seconds)})[0]


# (its wall clock's seconds ahead of ours, whether we use its yes for a shorter time, whether we believe it at all)
CLOCKS = [(-20, True, True), (-3, False, True), (3, False, True), (20, False, False)]


@pytest.mark.skipif(bool(SANITIZER), reason="a sanitizer wants to be loaded first")
@pytest.mark.parametrize(("seconds", "is_cut", "is_believed"), CLOCKS)
def test_each_answer_that_a_wall_clock_makes_shorter_is_counted(start_fleet, start_with_clock, gate, seconds, is_cut, is_believed):
    right, wrong = start_fleet(1)[0], start_with_clock(seconds)
    for token in (TOKEN, OTHER):
        assert status(wrong, token) == 200
    eventually(lambda: heard(right, "verdict") + rejected(right, "future") == 2, "both answers")
    assert right.metric("gate_fleet_clock_skew_total") == 2 * is_cut
    assert rejected(right, "future") == 2 * (not is_believed)
    assert wrong.metric("gate_fleet_clock_skew_total") == 0
    assert status(right, TOKEN) == 200
    assert gate.calls(TOKEN) == (1 if is_believed else 2)
