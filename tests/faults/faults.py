"""The test's side of io_faults.cpp: says which call fails, or how short reads and writes are."""
import ctypes
import errno
import mmap
import os

PRELOAD = os.environ.get("IO_FAULTS_PRELOAD", "")

DOWNSTREAM, UPSTREAM, GATE, UNCONNECTED = 1, 2, 4, 8
READ, WRITE, CONNECT, OUTCOME, SOCKET, OPTION, ACCEPT, SHUTDOWN, POLL, EPOLL, PEEK = (1 << i for i in range(11))
EVERY_CALL, EVERY_PEER = (1 << 11) - 1, 15
END = 0  # as an error: the end of the stream


class Fields(ctypes.Structure):
    """struct control of io_faults.hpp."""
    _fields_ = [(name, {"error": ctypes.c_int32, "downstream_path": ctypes.c_char * 108, "upstream_path": ctypes.c_char * 108}.get(
        name, ctypes.c_uint32)) for name in (
        "size", "downstream_port", "upstream_port", "gate_port", "downstream_path", "upstream_path", "armed", "peers", "calls", "fail_at", "error", "fails_once",
        "short_peers", "read_at_most", "write_at_most", "varies", "slow_connect", "seen", "fired", "shortened")]


class Fault:
    """One way in which a call fails. `transparent`: nobody outside may notice."""

    def __init__(self, calls, error, transparent=False, fails_once=False, slow_connect=False):
        self.calls, self.error, self.transparent = calls, error, transparent
        self.fails_once, self.slow_connect = fails_once, slow_connect

    def __repr__(self):
        names = [name for name in ("READ", "WRITE", "CONNECT", "OUTCOME", "SOCKET", "OPTION", "ACCEPT", "SHUTDOWN", "POLL",
                                   "EPOLL", "PEEK") if globals()[name] & self.calls]
        how = errno.errorcode[self.error] if self.error else "END"
        return "%s-%s%s" % ("+".join(names).lower(), how, "-once" if self.fails_once else "")


class Control:
    """A file that a sidecar with the library maps, too: pass environment() to it."""

    def __init__(self, path):
        self.path = path
        path.write_bytes(bytes(ctypes.sizeof(Fields)))
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), ctypes.sizeof(Fields))
        self.fields = Fields.from_buffer(self._map)
        self.fields.size = ctypes.sizeof(Fields)

    def environment(self):
        return {"LD_PRELOAD": PRELOAD, "IO_FAULTS": str(self.path)}

    def peers_are(self, downstream, upstream, gate):
        """Where they are: a port, or the path of a Unix socket."""
        for name, place in (("downstream", downstream), ("upstream", upstream), ("gate", gate)):
            is_port = isinstance(place, int)
            setattr(self.fields, name + ("_port" if is_port else "_path"), place if is_port else str(place).encode())

    def arm(self, peers, fault, at):
        """From now on the at-th of fault.calls with these peers fails; 0: they are only counted."""
        it = self.fields
        it.seen = it.fired = 0
        it.peers, it.calls, it.error, it.fail_at = peers, fault.calls, fault.error, at
        it.fails_once, it.slow_connect = int(fault.fails_once), int(fault.slow_connect)
        it.armed = 1

    def disarm(self):
        """Whether the call has failed; no other does from now on."""
        self.fields.armed = self.fields.slow_connect = 0
        return self.fields.fired > 0

    def shorten(self, peers, read_at_most, write_at_most, varies=False):
        it = self.fields
        it.read_at_most, it.write_at_most, it.varies, it.short_peers = read_at_most, write_at_most, int(varies), peers
