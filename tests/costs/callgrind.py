"""Instructions in user space, counted by valgrind's callgrind: the same for the same program on any machine."""
import collections
import re
import subprocess
import tempfile

from rig import Rig

# Callgrind has no SHA-NI, and other vector units than the CPU at hand: OpenSSL's and libc's variants may be others.
COMMAND = ["valgrind", "--tool=callgrind", "--dump-instr=yes", "--quiet"]
# It counts a copy by `rep movsb` as an instruction for each byte: libc shall copy by vectors.
ENVIRONMENT = {"GLIBC_TUNABLES": "glibc.cpu.x86_rep_movsb_threshold=1073741824:glibc.cpu.x86_rep_stosb_threshold=1073741824"}
FEW, MANY = 500, 2500

_name = re.compile(r"(?:c?(?:ob|fn)|c?f[lie])=\((\d+)\)(?: (.*))?")


def available():
    try:
        return subprocess.run([COMMAND[0], "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def read_output(lines):
    """{(object, address, function): instructions}, the address being the one in the object's file."""
    costs = collections.Counter()
    names = {"ob": {}, "fn": {}}
    current = {"ob": "", "fn": ""}
    address, skip = 0, False
    for line in lines:
        first = line[0] if line else ""
        if first in "0123456789+-*":
            if not first:
                continue
            place, _line, cost = line.split()[:3]
            address = address if place == "*" else address + int(place) if first in "+-" else int(place, 16)
            if not skip:
                costs[(current["ob"], address, current["fn"])] += int(cost)
            skip = False  # the line after calls= is what the callee cost
        elif line.startswith("calls="):
            skip = True
        elif found := _name.match(line):
            kind = line[:line.index("=")]
            table = names.get(kind[-2:])
            if table is not None:
                if found.group(2) is not None:
                    table[found.group(1)] = found.group(2)
                if kind in current:
                    current[kind] = table[found.group(1)]
    return costs


def run(program, driver, work, access_log, options, requests):
    """What a program cost from its start to its end, with so many requests on one connection in between."""
    with tempfile.TemporaryDirectory() as folder:
        wrapper = [*COMMAND, "--callgrind-out-file=%s/callgrind" % folder]
        with Rig(folder, program, driver, work, access_log, options, wrapper=wrapper, environment=ENVIRONMENT) as rig:
            rig.connect(1)
            rig.ask(requests)
            rig.stop()
        with open(folder + "/callgrind", encoding="utf-8", errors="replace") as output:
            return read_output(line.rstrip("\n") for line in output)


def per_request(program, driver, work="get", access_log=True, options=None):
    """{(object, address, function): instructions per request}: the difference of two runs, which the start is not part of."""
    few, many = (run(program, driver, work, access_log, options, count) for count in (FEW, MANY))
    return {place: (cost - few.get(place, 0)) / (MANY - FEW) for place, cost in many.items() if cost != few.get(place, 0)}
