"""What is measured."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    about: str
    kind: str                  # requests, bulk, events, idle, start, workers: see cells.py
    load: str = ""             # arguments of the load generator
    reference: str = "haproxy-map"
    verifying: bool = False    # only for peers that verify tokens
    quick: bool = False        # part of --quick
    peers: tuple = ()          # only these; empty: all that do not ask a sidecar, and speak TLS where the scenario does
    tls: bool = False
    compared: str = ""         # by what; empty: see report.py. Norm is no measure where the load generator does something else

    def fits(self, peer):
        if self.peers:
            return peer.name in self.peers
        return not peer.asks_sidecar and not peer.unix and peer.tls == self.tls and (peer.verifies or not self.verifying)

    def arguments(self):
        """Of the load generator."""
        return self.load.split() + (["--tls"] if self.tls else [])


SCENARIOS = {scenario.name: scenario for scenario in (
    Scenario("get50", "GET, 50 connections", "requests", "--connections 50", quick=True),
    Scenario("get1", "GET, 1 connection", "requests", "--connections 1", quick=True),
    Scenario("get8", "GET, 8 connections", "requests", "--connections 8"),
    Scenario("get200", "GET, 200 connections", "requests", "--connections 200 --warm-up 0.5"),
    Scenario("get500", "GET, 500 connections", "requests", "--connections 500 --warm-up 0.6"),
    Scenario("tokens100", "GET, 50 connections, 100 tokens in turn", "requests", "--tokens 100 --rotate"),
    Scenario("tokens1k", "GET, 50 connections, 1 000 tokens in turn", "requests", "--tokens 1000 --rotate"),
    Scenario("rate2k", "GET, 2 000 requests a second", "requests", "--connections 50 --rate 2000 --seconds 2"),
    Scenario("post50", "POST 10 KB, 50 connections", "requests", "--work post", quick=True),
    Scenario("chunked50", "POST 10 KB in 4 chunks, 50 connections", "requests", "--work chunked"),
    Scenario("miss", "GET, 50 connections, each token new: verified at once", "requests", "--work miss", "nginx-auth", verifying=True),
    Scenario("answer", "GET, 50 connections: nginx asks the sidecar", "requests", "--connections 50", "nginx-auth",
             peers=("sidecar", "nginx-sidecar", "nginx-auth", "nginx-plain")),
    Scenario("download", "GET 1 MiB, 8 connections", "bulk", "--work download --connections 8", "haproxy-plain"),
    Scenario("upload", "POST 1 MiB, 8 connections", "bulk", "--work upload --connections 8", "haproxy-plain"),
    Scenario("unix_get", "GET, 50 connections, the upstream on a Unix socket", "requests", "--connections 50", "relay",
             quick=True, peers=("sidecar-unix", "sidecar", "relay"), compared="us"),
    Scenario("tls_get", "GET over TLS 1.3, 50 connections", "requests", "--connections 50", "haproxy-tls", quick=True, tls=True),
    Scenario("tls_handshake", "full TLS 1.3 handshakes, ECDSA P-256, 8 at once", "requests", "--work handshake --connections 8", "haproxy-tls",
             quick=True, tls=True),
    Scenario("tls_download", "GET 1 MiB over TLS, 8 connections", "bulk", "--work download --connections 8", "haproxy-plain-tls", tls=True),
    Scenario("tls_upload", "POST 1 MiB over TLS, 8 connections", "bulk", "--work upload --connections 8", "haproxy-plain-tls", tls=True),
    Scenario("tls_idle", "2 000 idle connections over TLS", "idle", "--idle --connections 2000", "haproxy-tls", tls=True),
    Scenario("sse", "server-sent events of 100 bytes on 1 000 streams", "events", "--work sse --connections 1000 --seconds 2"),
    Scenario("workers", "GET, two workers on two CPUs against one on one", "workers", "--connections 50"),
    Scenario("idle", "9 000 idle connections", "idle", "--idle --connections 9000", quick=True),
    Scenario("start", "from the start to the first answer", "start"),
)}
