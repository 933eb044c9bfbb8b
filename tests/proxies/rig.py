"""nginx, HAProxy and Caddy with the files of config/answering, on free ports, in front of the API of a test."""
import os
import pathlib
import random
import re
import shutil
import socket

from harness.http import Connection, request
from harness.real_proxy import RealProxy

SHIPPED = pathlib.Path(__file__).parents[2] / "config" / "answering"
ADMIN_TOKEN = "hunter2-hunter2-hunter2"
ROUTES = [
    {"path": "/open/**", "auth": "none"},
    {"path": "/either/**", "auth": "optional"},
    {"path": "/denied/**", "auth": "deny"},
    {"host": "closed.test", "auth": "deny"},
    {"path": "/trial/**", "auth": "required", "shadow": True},
    {"path": "/read/**", "methods": ["POST", "PUT", "DELETE"], "auth": "deny"},
]


def free_port():
    """Below those that the kernel gives to outgoing connections: none of them takes it before the proxy does."""
    for port in random.sample(range(20_000, 30_000), 1000):
        try:
            socket.create_server(("127.0.0.1", port)).close()
            return port
        except OSError:
            continue
    raise AssertionError("no free port")


class Proxy(RealProxy):
    """A proxy that runs with a copy of its shipped folder in which only the three addresses have been replaced.

    With discovery, the lines are in force that are commented out for those who have none: their # has no blank behind it.
    """
    folder, original = "", ""
    without_sidecar = 503   # its status when nobody answers it

    def __init__(self, directory, answer_port, api_url, discovery=False):
        self.directory = directory
        shutil.copytree(SHIPPED / self.folder, directory)
        self.port = free_port()
        addresses = {"127.0.0.1:9904": "127.0.0.1:%d" % answer_port, "127.0.0.1:3000": api_url.removeprefix("http://"),
                     ":8081": ":%d" % self.port}
        replaced, uncommented = set(), 0
        for path in directory.iterdir():
            text = path.read_text(encoding="utf-8")
            for shipped, real in addresses.items():
                if shipped in text:
                    replaced.add(shipped)
                    text = text.replace(shipped, real)
            if discovery:
                text, lines = re.subn(r"(?m)^(\s*)#(?=[^\s#])", r"\1", text)
                uncommented += lines
            path.write_text(text, encoding="utf-8")
        assert replaced == set(addresses), "the shipped files lack one of the addresses"
        assert uncommented or not discovery, "the shipped files lack the lines for discovery"
        self.start(directory, self.arguments())

    def arguments(self):
        raise NotImplementedError


class Nginx(Proxy):
    folder, program, original = "nginx", "nginx", "x-original"

    def arguments(self):
        as_root = ["-g", "user root;"] if os.geteuid() == 0 else []   # pytest's folder is closed to others
        return ["-p", self.directory, "-c", self.directory / "nginx.conf", "-e", "stderr", *as_root]


class Haproxy(Proxy):
    folder, program, original = "haproxy", "haproxy", "x-forwarded"

    def arguments(self):
        return ["-C", self.directory, "-f", self.directory / "haproxy.cfg"]


class Caddy(Proxy):
    folder, program, original = "caddy", "caddy", "x-forwarded"
    without_sidecar = 502

    def arguments(self):
        return ["run", "--adapter", "caddyfile", "--config", self.directory / "Caddyfile"]


class Protected:
    """The API as clients reach it: through the proxy, which asks the sidecar."""

    def __init__(self, proxy, sidecar, api):
        self.proxy, self.sidecar, self.api, self.port = proxy, sidecar, api, proxy.port

    def connect(self):
        return Connection.to(self.port)

    def ask(self, target="/", token=None, method="GET", fields=(), body=b"", **how):
        with self.connect() as connection:
            data = request(method, target, token, [*fields, ("Connection", "close")], body, **how)
            return connection.exchange(data, to_head=method == "HEAD")
