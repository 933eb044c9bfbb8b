"""System calls and allocations per request: counts, which a busy machine hardly changes."""
import re
import subprocess

import pytest

from call_counts import Counters, total
from measure import CALLS, calls, calls_but_idle, member_of_a_fleet, polls
from verdict import Bound, check

KEPT = 0.95  # whoever saves more than the rest shall say so
LEAST = float("-inf")  # of a difference that is none

# Functions of the C library that enter the kernel and move bytes or wait, whether the program uses them today or not.
ENTERING = {
    "recv", "recvfrom", "recvmsg", "recvmmsg", "read", "readv", "pread", "preadv", "send", "sendto", "sendmsg", "sendmmsg", "sendfile",
    "write", "writev", "pwrite", "pwritev", "splice", "tee", "vmsplice", "epoll_wait", "epoll_pwait", "epoll_pwait2", "epoll_ctl", "poll",
    "ppoll", "select", "pselect", "timerfd_settime", "timerfd_create", "timerfd_gettime", "accept", "accept4", "connect", "socket",
    "setsockopt", "getsockopt", "getsockname", "getpeername", "shutdown", "close", "fcntl", "ioctl", "syscall", "eventfd_read",
    "eventfd_write", "getrandom", "getentropy", "sched_yield", "io_submit", "dup", "dup2", "dup3",
    "malloc", "calloc", "realloc", "reallocarray", "aligned_alloc", "posix_memalign", "memalign", "valloc",
}


@pytest.mark.parametrize(("work", "load"), CALLS)
def test_a_request_takes_no_more_calls_than_expected(program, driver, library, expected, work, load):
    judge(calls(program, driver, library, work, load), expected, work, load)


def test_a_hit_in_a_fleet_takes_no_more_calls(program, driver, library, expected, tmp_path):
    judge(calls(program, driver, library, "get", "one", member_of_a_fleet(tmp_path)), expected, "get", "one")


def test_a_hit_in_a_fleet_takes_no_more_calls_while_the_store_is_connected(program, driver, library, expected, tmp_path, store):
    lasting = {"cache": {"ttl": "1h"}}  # no token is verified again meanwhile
    begun = []

    def look(rig):
        assert rig.metric("gate_fleet_connected") == 1
        begun.append(rig.metric('gate_fleet_operations_total{op="begin",result="ok"}'))

    alone = calls_but_idle(program, driver, library, lasting)
    with_store = calls_but_idle(program, driver, library, {**lasting, **member_of_a_fleet(tmp_path, store.url)}, look)
    print("(system calls, allocations): alone %s, in a fleet %s" % (alone, with_store))
    most = expected["calls_of_a_fleet_at_most"]
    check([Bound("system calls more in a fleet", with_store[0] - alone[0], most, LEAST, most),
           Bound("allocations more in a fleet", with_store[1] - alone[1], most, LEAST, most)])
    assert begun[0] == begun[1], "a hit has asked the store"


def judge(counts, expected, work, load):
    print("%s, %s: %s" % (work, load, {name: (round(each.calls, 5), round(each.again, 5)) for name, each in counts.items()}))
    known = expected["system_calls"]["%s_%s" % (work, load)]
    slack = expected["system_calls_slack"]["upload" if work == "upload" else load]
    looks, heap = expected["polls_at_most"][load], expected["allocations_at_most"]
    check([Bound("system calls but poll", total(counts) - polls(counts), known, KEPT * known, known + slack),
           Bound("poll", polls(counts), looks, 0, looks),
           Bound("allocations", total(counts, allocations=True), heap, 0, heap)])


def test_no_attempt_finds_nothing_to_do(program, driver, library):
    counts = calls(program, driver, library, "get", "saturated")
    assert sum(each.again for each in counts.values()) <= 0.01, counts


def test_whatever_enters_the_kernel_is_counted(tmp_path, program, library):
    listed = subprocess.run(["nm", "-D", "--undefined-only", program], capture_output=True, text=True, check=True).stdout
    imported = set(re.findall(r"^\s+U (?:__)?(\w+?)(?:_chk)?(?:64)?(?:@|$)", listed, re.MULTILINE))
    counters = Counters(library, tmp_path / "counts")
    subprocess.run(["true"], env=counters.environment(), check=True)
    assert "recv" in imported and "malloc" in imported, listed
    assert imported & ENTERING <= set(counters.read())
