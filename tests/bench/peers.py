"""The programs that are measured side by side: how each is configured, started and stopped."""
import contextlib
import dataclasses
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

CONF = pathlib.Path(__file__).resolve().parent / "conf"
SHIPPED = CONF.parents[2] / "config" / "answering" / "nginx"
PORTS = ("PORT", "STATUS", "ADMIN", "UPSTREAM", "VERIFY", "PROXY", "ANSWER")
PATIENCE = 20
TOKENS = 1000


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    about: str
    config: str = ""          # its template in conf/
    extra: tuple = ()         # other templates
    authenticates: bool = True
    verifies: bool = False    # asks whom it does not know
    access_log: bool = False
    asks_sidecar: bool = False  # nginx and a sidecar that answers it, measured together; only where a scenario names it
    tls: bool = False           # its listener speaks TLS; only in scenarios that do
    unix: bool = False          # reaches the upstream on a Unix socket; only where a scenario names it


PEERS = {peer.name: peer for peer in (
    Peer("sidecar", "gate-sidecar, access log on", "sidecar.yaml.in", verifies=True, access_log=True),
    Peer("sidecar-nolog", "gate-sidecar without access log", "sidecar.yaml.in", verifies=True),
    Peer("base", "another build of gate-sidecar (--base PROGRAM), access log on", "sidecar.yaml.in", verifies=True, access_log=True),
    Peer("nginx-auth", "nginx, auth_request and proxy_cache 60 s", "nginx-auth.conf", verifies=True),
    Peer("nginx-authofc", "the same and open_file_cache", "nginx-authofc.conf", verifies=True),
    Peer("nginx-sidecar", "nginx that asks gate-sidecar, access log of the sidecar on", "nginx-sidecar.conf",
         extra=("sidecar-answer.yaml.in", *sorted(SHIPPED.glob("gate-*.conf"))), verifies=True, access_log=True, asks_sidecar=True),
    Peer("nginx-plain", "nginx without authentication", "nginx-plain.conf", authenticates=False),
    Peer("haproxy-map", "HAProxy, tokens in a static map", "haproxy-map.cfg"),
    Peer("haproxy-lua", "HAProxy, 60 s cache in Lua", "haproxy-lua.cfg", extra=("auth.lua",), verifies=True),
    Peer("haproxy-plain", "HAProxy without authentication", "haproxy-plain.cfg", authenticates=False),
    Peer("haproxy-tcp", "HAProxy mode tcp: no HTTP", "haproxy-tcp.cfg", authenticates=False),
    Peer("relay", "C++ epoll TCP relay: no HTTP, the floor", authenticates=False),
    Peer("sidecar-unix", "gate-sidecar, access log on, upstream on a Unix socket", "sidecar.yaml.in", verifies=True, access_log=True, unix=True),
    Peer("sidecar-tls", "gate-sidecar with TLS, access log on", "sidecar.yaml.in", verifies=True, access_log=True, tls=True),
    Peer("haproxy-tls", "haproxy-map with TLS", "haproxy-map.cfg", tls=True),
    Peer("haproxy-plain-tls", "haproxy-plain with TLS", "haproxy-plain.cfg", authenticates=False, tls=True),
    Peer("nginx-tls", "nginx-auth with TLS", "nginx-auth.conf", verifies=True, tls=True),
    Peer("nginx-plain-tls", "nginx-plain with TLS", "nginx-plain.conf", authenticates=False, tls=True),
)}


def free_ports():
    """As many adjacent ports as are needed, below those that the kernel gives to outgoing connections."""
    for first in range(18000, 30000, 10):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + len(PORTS)):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
                return dict(zip(PORTS, range(first, first + len(PORTS))))
            except OSError:
                continue
    raise SystemExit("bench: no free ports")


class Programs:
    """Starts peers in a folder of their own."""

    def __init__(self, folder, tools, sidecar, base):
        self.folder, self.tools = pathlib.Path(folder), pathlib.Path(tools)
        self.sidecars = {"sidecar": sidecar, "sidecar-nolog": sidecar, "sidecar-unix": sidecar, "sidecar-tls": sidecar, "base": base}
        self.ports = free_ports()
        with open(self.folder / "tokens.map", "w") as file:
            for number in range(TOKENS):
                file.write("agt_%032d gacct_0123456789abcdefghjkmnpqrs\n" % number)

    def _write(self, template, peer, workers, streaming):
        values = {**self._tls_values(peer), **self.ports, "WORKERS": workers, "STREAMING": "option http-no-delay" if streaming else "",
                  "ACCESS": str(peer.access_log).lower(),
                  "UPSTREAM_URL": "unix:%s" % self.unix_upstream if peer.unix else "http://127.0.0.1:%d" % self.ports["UPSTREAM"],
                  "RUN": self.folder}
        text = (CONF / template).read_text().replace("127.0.0.1:9904", "127.0.0.1:%d" % self.ports["ANSWER"])
        for key, value in values.items():
            text = text.replace("@%s@" % key, str(value))
        path = self.folder / pathlib.Path(template).name.removesuffix(".in")
        path.write_text(text)
        return str(path)

    @property
    def unix_upstream(self):
        return self.folder / "upstream.sock"

    def _tls_values(self, peer):
        """The same certificate for all: ECDSA P-256."""
        certificate, key = self.folder / "certificate.pem", self.folder / "certificate.pem.key"   # HAProxy finds the key by its name
        if peer.tls and not certificate.exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "10",
                            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                           check=True, capture_output=True)
        return {
            "HAPROXY_TLS": "ssl crt %s" % certificate if peer.tls else "",
            "NGINX_TLS": "ssl" if peer.tls else "",
            "NGINX_CERTIFICATE": "ssl_certificate %s; ssl_certificate_key %s; ssl_protocols TLSv1.2 TLSv1.3;" % (certificate, key) if peer.tls else "",
            "SIDECAR_TLS": ', tls: {certificates: [{cert_file: "%s", key_file: "%s"}]}' % (certificate, key) if peer.tls else "",
        }

    def command(self, peer, workers=1, streaming=False):
        """Writes its configuration, and returns the command line. Streaming: small pieces of a body must not wait for more."""
        for template in peer.extra:
            self._write(template, peer, workers, streaming)
        if peer.name == "relay":
            return [str(self.tools / "relay"), str(self.ports["PORT"]), str(self.ports["UPSTREAM"]), str(workers)]
        config = self._write(peer.config, peer, workers, streaming)
        if peer.asks_sidecar:
            script = '"$1" --config "$2" & exec nginx -c "$3"'
            return ["sh", "-c", script, "sh", self.sidecars["sidecar"], str(self.folder / "sidecar-answer.yaml"), config]
        if peer.name.startswith("nginx"):
            shutil.rmtree(self.folder / "nc", ignore_errors=True)  # its cache outlives it
            return ["nginx", "-c", config]
        if peer.name.startswith("haproxy"):
            return ["haproxy", "-f", config, "-db"]
        return [self.sidecars[peer.name], "--config", config]

    def launch(self, command):
        environment = dict(os.environ, FOIL_SECRET_KEY="sk_test_benchmark")
        with open(self.folder / "output", "w") as output:
            return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)

    @contextlib.contextmanager
    def running(self, peer, cpus, workers=1, streaming=False):
        """A fresh process that listens, pinned to these CPUs."""
        process = self.launch(pinned(cpus) + self.command(peer, workers, streaming))
        try:
            self._await_listener(process, peer)
            yield process.pid
        finally:
            stop(process)

    def _await_listener(self, process, peer):
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.ports["PORT"]), 1).close()
                time.sleep(0.15)  # it may have children still to start
                return
            time.sleep(0.03)
        raise SystemExit("bench: %s does not listen:\n%s" % (peer.name, (self.folder / "output").read_text()[-2000:]))


def pinned(cpus):
    """SCHED_BATCH: who wakes another up goes on running, as on a CPU of its own."""
    return ["taskset", "-c", ",".join(map(str, cpus)), "chrt", "-b", "0"]


def family(pid):
    """The process and all that descend from it."""
    found = [pid]
    with contextlib.suppress(OSError):
        for task in os.listdir("/proc/%d/task" % pid):
            for child in pathlib.Path("/proc/%d/task/%s/children" % (pid, task)).read_text().split():
                found += family(int(child))
    return found


def stop(process):
    everyone = family(process.pid)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        for pid in everyone:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
    for pid in everyone:  # the sidecar beside nginx
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.05)
