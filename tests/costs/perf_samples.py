"""Where the CPU's time in user space goes, by perf's samples: needs no hardware counters, but the permission to sample."""
import collections
import os
import re
import shutil
import struct
import subprocess
import tempfile

from rig import Rig

EVENT, HERTZ = "cpu-clock", 10000  # where the kernel may not be looked at, perf leaves it out by itself
REQUESTS, CONNECTIONS = 200_000, 50
KERNEL = 1 << 63
PT_LOAD, EXECUTABLE = 1, 1

_sample = re.compile(r"\s*([0-9a-f]+) (.*) \((.*)\)$")


def available():
    """Whether perf is here and may sample."""
    if not shutil.which("perf"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        command = ["perf", "record", "-q", "-e", EVENT, "-o", folder + "/perf.data", "true"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


class Mappings:
    """The files that a process has mapped as code, and where."""

    def __init__(self, pid):
        self._found = []
        with open("/proc/%d/maps" % pid, encoding="utf-8") as maps:
            for line in maps:
                fields = line.split(maxsplit=5)
                if "x" in fields[1] and len(fields) == 6 and fields[5].startswith("/"):
                    start, end = (int(number, 16) for number in fields[0].split("-"))
                    name = fields[5].strip()
                    self._found.append((start, end, int(fields[2], 16) + skew(name) - start, name))

    def locate(self, address):
        """(file, address in it), or None."""
        return next(((name, address + offset) for start, end, offset, name in self._found if start <= address < end), None)


def skew(path):
    """How far the addresses of an ELF file's code are from their places in the file."""
    with open(path, "rb") as elf:
        head = elf.read(64)
        (table,) = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        elf.seek(table)
        headers = elf.read(size * count)
    for number in range(count):
        kind, flags, offset, address = struct.unpack_from("<IIQQ", headers, number * size)
        if kind == PT_LOAD and flags & EXECUTABLE:
            return address - offset
    return 0


class Recorder:
    """perf, attached to a process, and recording from start() on."""

    def __init__(self, pid, output):
        orders, self._orders = os.pipe()
        self._answers, answers = os.pipe()
        command = ["perf", "record", "-q", "-e", EVENT, "-F", str(HERTZ), "-D", "-1", "-o", output, "-p", str(pid),
                   "--control", "fd:%d,%d" % (orders, answers)]
        self._process = subprocess.Popen(command, pass_fds=(orders, answers), stderr=subprocess.DEVNULL)
        os.close(orders)
        os.close(answers)
        self._tell(b"enable\n")

    def _tell(self, order):
        os.write(self._orders, order)
        if not os.read(self._answers, 16):
            raise SystemExit("perf did not record")

    def stop(self):
        self._tell(b"stop\n")
        self._process.wait()


def shares(program, driver, work="get", access_log=True, requests=REQUESTS):
    """({(object, address, function): share of the samples in user space}, the share of these among all; None: not to be known).

    Many connections, saturated."""
    with tempfile.TemporaryDirectory() as folder:
        with Rig(folder, program, driver, work, access_log) as rig:
            rig.connect(CONNECTIONS)
            rig.ask(CONNECTIONS * 40)
            recorder = Recorder(rig.process.pid, folder + "/perf.data")
            rig.ask(requests)
            recorder.stop()
            mappings = Mappings(rig.process.pid)
        command = ["perf", "script", "-i", folder + "/perf.data", "-F", "ip,sym,dso"]
        text = subprocess.run(command, capture_output=True, check=True, text=True, errors="replace").stdout
    counts, kernel = collections.Counter(), 0
    for found in filter(None, map(_sample.match, text.splitlines())):
        address = int(found.group(1), 16)
        if address >= KERNEL:
            kernel += 1
        else:
            name, place = mappings.locate(address) or (found.group(3), address)
            counts[(name, place, found.group(2))] += 1
    if not counts:
        raise SystemExit("perf has no samples")
    in_user = counts.total() / (counts.total() + kernel) if kernel else None
    return {place: count / counts.total() for place, count in counts.items()}, in_user
