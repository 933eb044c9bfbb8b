"""The real redis-server under test: a fleet's store, which can be frozen, killed, wiped, filled and lied in."""
import shutil
import socket
import tempfile

from .process import Process
from .server import port_kept
from .wait import PATIENCE, eventually

BINARY = shutil.which("redis-server") or "redis-server"


def is_installed():
    return shutil.which("redis-server") is not None


class StoreError(Exception):
    """An error reply."""


class Client:
    """RESP over one connection: a command, then its reply."""

    def __init__(self, sock):
        self.sock = sock
        self.file = sock.makefile("rb")

    @classmethod
    def to_socket(cls, path):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(10 * PATIENCE)
        sock.connect(path)
        return cls(sock)

    @staticmethod
    def _command(words):
        parts = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)

    def __call__(self, *words):
        self.sock.sendall(self._command(words))
        return self._reply()

    def at_once(self, commands):
        """All commands, then all replies; not more than the buffers in between hold."""
        self.sock.sendall(b"".join(self._command(each) for each in commands))
        return [self._reply() for _ in commands]

    def _reply(self):
        line = self.file.readline()
        if not line:
            raise ConnectionError("the store has closed the connection")
        kind, rest = line[:1], line[1:].strip()
        if kind == b"-":
            raise StoreError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"+":
            return rest
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        return None if rest == b"-1" else [self._reply() for _ in range(int(rest))]

    def close(self):
        self.file.close()
        self.sock.close()


class Store:
    """A running redis-server on a Unix socket and a TCP port, which stay the same when it is started again.

    `file`: its configuration, for a sentinel.
    """

    def __init__(self, flags=(), file=None):
        self.folder = tempfile.mkdtemp(prefix="gate-store-")
        self.socket = self.folder + "/s"
        self._owner = port_kept(("127.0.0.1", 0))  # nobody else has it while the store is away
        self.port = self._owner.getsockname()[1]
        self.flags, self.file, self.process, self.client = flags, file, None, None
        self.start()

    @property
    def url(self):
        return "unix:" + self.socket

    @property
    def tcp_url(self):
        return "redis://127.0.0.1:%d" % self.port

    def start(self):
        files = [self.file] if self.file else []
        self.process = Process([BINARY, *files, "--port", self.port, "--bind", "127.0.0.1", "--unixsocket", self.socket,
                                "--dir", self.folder, "--save", "", "--appendonly", "no", *self.flags])
        self.process.exit_code_matters = False
        self.client = eventually(self._connect, "the store", within=10)

    def _connect(self):
        try:
            client = Client.to_socket(self.socket)
            client("PING")
            return client
        except (OSError, StoreError):
            return None

    def __call__(self, *words):
        return self.client(*words)

    def kill(self):
        """All that it knew is gone."""
        self.client.close()
        self.process.kill()

    def freeze(self):
        self.process.freeze()

    def thaw(self):
        self.process.thaw()

    def keys(self, suffix=""):
        """The names of all keys of fleets that contain `suffix`."""
        return sorted(key for key in self("KEYS", "{gate:*") if suffix.encode() in key)

    def log(self):
        """The key of the log, once there is one: a response does not wait for what its call has to tell."""
        return eventually(lambda: self.keys(":ev"), "the log")[0]

    def set_history_back(self):
        """As a writer does who adds an id far ahead to the log, and makes it what it was."""
        log = self.log()
        before = self("DUMP", log)
        newest = int(self("XREVRANGE", log, "+", "-", "COUNT", 1)[0][0].split(b"-")[0])
        far = b"%d-0" % (newest + 86_400_000)
        self("XADD", log, far, "m", "x")
        self("XDEL", log, far)
        self("RESTORE", log, self("PTTL", log), before, "REPLACE")  # a newer server's XSETID refuses to go back

    def clients(self):
        """All others that are connected: of each what CLIENT LIST says."""
        ours = str(self("CLIENT", "ID"))
        lines = [dict(word.split("=", 1) for word in line.split()) for line in self("CLIENT", "LIST").decode().splitlines()]
        return [each for each in lines if each["id"] != ours]

    def log_length(self):
        return sum(self("XLEN", key) for key in self.keys(":ev"))

    def stop(self):
        if self.process.running():
            self.process.thaw()
            self.client.close()
            self.process.stop()
        self._owner.close()
        shutil.rmtree(self.folder, ignore_errors=True)
