"""Where and with what a measurement was made."""
import datetime
import fcntl
import os
import pathlib
import platform
import re
import socket
import struct
import subprocess

METHOD = (
    "Proxy, load generator, upstream and verify stub share one CPU under SCHED_BATCH; rounds are interleaved, every other one in "
    "reverse; each cell starts the proxy afresh. CPU is the scheduler's own accounting of all the proxy's threads, divided by the "
    "requests answered. norm = the proxy's CPU / the load generator's in the same run; ratios are of norm, of us/MB for bodies of "
    "1 MiB. All numbers are medians over the rounds.")


# Of <linux/sockios.h> and <net/if.h>.
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def switch_loopback_on():
    """In a fresh network namespace it is off. Says which network this is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", answer)[1]
        if flags & IFF_UP:
            return "the machine's own"
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))
        return "a namespace without firewall rules"


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except OSError:
        return None
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else None


def version_of(name, *command):
    """The name and the number, out of whatever the program says."""
    found = re.search(r"\d+\.\d+(\.\d+)?\S*", first_line(*command) or "")
    return "%s %s" % (name, found.group(0)) if found else None


def cpu_model():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    found = re.search(r"^(?:model name|Model|CPU part)\s*:\s*(.*)$", text, re.MULTILINE)
    return found.group(1) if found else platform.machine()


def operating_system():
    return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")


def describe(sidecars, network):
    """sidecars: names of builds and their programs."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "method": METHOD,
        "machine": {"cpu": cpu_model(), "cpus": os.cpu_count(), "kernel": platform.release(), "system": operating_system(), "network": network},
        "programs": {**{name: first_line(program, "version") for name, program in sidecars.items() if program},
                     "nginx": version_of("nginx", "nginx", "-v"), "haproxy": version_of("HAProxy", "haproxy", "-v"),
                     "compiler": version_of("g++", "g++", "-dumpfullversion")},
    }
