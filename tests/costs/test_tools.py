"""The measuring tools themselves."""
import subprocess
import sys

import pytest

import callgrind
import page
import refresh
from call_counts import Counters
from parts import OTHER, Parts, short
from source_lines import Frame
from verdict import LOWER, Bound, check

PROGRAM = """
import ctypes, os, socket
heap = ctypes.CDLL(None)
left, right = socket.socketpair()
for size in range(7): left.send(b"x")
right.recv(7)
right.setblocking(False)
for size in range(3):
    try: right.recv(1)
    except BlockingIOError: pass
for size in range(1000): heap.malloc(1)
os._exit(0)
"""


def test_the_library_counts_calls_and_those_that_found_nothing(tmp_path, library):
    counters = Counters(library, tmp_path / "counts")
    subprocess.run([sys.executable, "-c", PROGRAM], env=counters.environment(), check=True)
    counts = counters.read()
    assert (counts["send"].calls, counts["send"].again) == (7, 0)
    assert (counts["recv"].calls, counts["recv"].again) == (4, 3)
    assert counts["malloc"].calls >= 1000
    assert counts["sendmsg"].calls == 0


def test_callgrinds_output_is_read_without_the_cost_of_callees():
    output = """positions: instr line
events: Ir

ob=(1) /bin/program
fl=(1) main.cpp
fn=(1) main
0x1000 7 5
+4 8 2
fi=(2) inlined.hpp
* 3 1
fe=(1)
cob=(2) libc.so
cfi=(3) libc.c
cfn=(2) memcpy
calls=3 0x20
+8 9 900
+4 10 7

ob=(2)
fl=(3)
fn=(2)
0x20 1 900
"""
    assert callgrind.read_output(output.splitlines()) == {
        ("/bin/program", 0x1000, "main"): 5, ("/bin/program", 0x1004, "main"): 3, ("/bin/program", 0x1010, "main"): 7,
        ("libc.so", 0x20, "memcpy"): 900}


@pytest.mark.parametrize("file, wanted", [
    ("/anywhere/src/http/scan.hpp", "http/scan.hpp"), ("/anywhere/include/gate/net/stream.hpp", "net/stream.hpp"),
    ("/usr/include/c++/12/bits/stl_vector.h", "bits/stl_vector.h"), ("/usr/include/boost/asio/detail/op_queue.hpp", "boost/asio/detail/op_queue.hpp")])
def test_files_are_named_alike_on_all_machines(file, wanted):
    assert short(file) == wanted


@pytest.mark.parametrize("files, function, where, part", [
    (["bits/stl_vector.h", "http/scan.hpp", "http/head_parser.cpp"], "f", "", "reading, parsing"),
    (["http/scan.hpp", "auth/token.cpp"], "f", "", "authentication"),     # a helper counts for its caller
    (["http/scan.hpp"], "f", "", "reading, parsing"),                     # unless nobody claims it
    ([], "__memmove_avx_unaligned_erms", "libc.so.6", "memory"),
    ([], "SHA256_Update", "/usr/lib/libcrypto.so.3", "authentication"),
    ([], "__libc_recvmsg", "libc.so.6", "system call stubs"),
    ([], "qsort", "libc.so.6", OTHER)])
def test_the_innermost_frame_that_is_claimed_decides(files, function, where, part):
    chain = [Frame("f", "/x/src/" + file if "/" in file and not file.startswith("bits") else file, "1") for file in files]
    assert Parts().of(chain, function, where) == part


def test_gains_and_losses_are_both_told():
    with pytest.raises(AssertionError, match="too many: at most 2.5"):
        check([Bound("calls", 3, 2, 1.5, 2.5)])
    with pytest.raises(AssertionError, match=LOWER):
        check([Bound("calls", 1, 2, 1.5, 2.5)])
    check([Bound("calls", 2.1, 2, 1.5, 2.5)])


def test_new_numbers_leave_the_comments():
    text = "# why\nsystem_calls:\n  get: 6.0\n  post: 7.0\nother:\n  get: 1\n"
    assert refresh.replaced(text, {"system_calls": {"get": 5.5}}) == text.replace("6.0", "5.5")


def test_a_section_is_written_between_its_markers(tmp_path):
    file = tmp_path / "page.md"
    file.write_text("before\n" + page.BEGIN + "old\n" + page.END + "after\n")
    page.rewrite(file, "new\n")
    assert file.read_text() == "before\n" + page.BEGIN + "new\n" + page.END + "after\n"
