"""Over what the exchanges of these tests go: IO_FAULTS_OVER names it; by default everything is TCP in clear."""
import contextlib
import os
import socket
import ssl

from harness.certificates import server_context
from harness.tls import TlsStream, client_context


class Transport:
    """TCP in clear on both sides. `sides`: those on which calls fail."""
    sides = ("downstream", "upstream", "gate")
    tls_upstream = unix_upstream = False

    def __init__(self, directory, authority):
        self.directory, self.authority = directory, authority

    def listener(self):
        """What the configuration says of the listener besides."""
        return {}

    def server(self):
        """How the upstream is served."""
        return {}

    def upstream(self, server):
        """What the configuration says of the upstream."""
        return {"url": server.url}

    def downstream_place(self, sidecar):
        return sidecar.port

    def upstream_place(self, server):
        return server.unix or server.port

    def connect(self, sidecar):
        return socket.create_connection(("127.0.0.1", sidecar.port), 20)


class UnixUpstream(Transport):
    sides, unix_upstream = ("upstream",), True

    def server(self):
        return {"unix": self.directory / "api.sock"}


class TlsUpstream(Transport):
    sides, tls_upstream = ("upstream",), True

    def server(self):
        _, certificate = self.authority()
        return {"tls": server_context(*certificate)}

    def upstream(self, server):
        authority, _ = self.authority()
        return {"url": "https://127.0.0.1:%d" % server.port, "tls": {"ca_file": str(authority.ca_file)}}


class TlsListener(Transport):
    sides = ("downstream",)

    def listener(self):
        _, (certificate, key) = self.authority()
        return {"tls": {"certificates": [{"cert_file": str(certificate), "key_file": str(key)}]}}

    def connect(self, sidecar):
        authority, _ = self.authority()
        sock = super().connect(sidecar)
        try:
            return TlsStream(sock, client_context(authority.ca_file), "localhost")
        except (OSError, ssl.SSLError) as failure:
            with contextlib.suppress(OSError):
                sock.close()
            raise ConnectionResetError(str(failure)) from None


class UnixListener(Transport):
    sides = ("downstream",)

    def listener(self):
        return {"address": "unix:%s" % self.downstream_place(None)}

    def downstream_place(self, sidecar):
        return self.directory / "http.sock"

    def connect(self, sidecar):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(20)
        sock.connect(str(self.downstream_place(sidecar)))
        return sock


OVER = {"": Transport, "unix_upstream": UnixUpstream, "tls_upstream": TlsUpstream, "tls_listener": TlsListener, "unix_listener": UnixListener}
CHOSEN = OVER[os.environ.get("IO_FAULTS_OVER", "")]
