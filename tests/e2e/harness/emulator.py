"""gate-emulator under test, or as the Gate of other tests."""
import http.client
import json
import os
import re

from .process import Process
from .server import port_kept
from .sidecar import SECRET_KEY

BINARY = os.environ.get("GATE_EMULATOR", "gate-emulator")


class Emulator:
    """A running gate-emulator that knows `tokens` ({token: account}) and has no limit unless the flags set one."""

    def __init__(self, tokens, flags=()):
        arguments = [BINARY, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--secret-key", SECRET_KEY]
        if "--limit" not in flags:
            arguments += ["--limit", 0]
        for token, account in tokens.items():
            arguments += ["--token", "%s=%s" % (token, account)]
        self.process = Process([*arguments, *flags])
        self.tls = any("tls" in str(flag) for flag in flags)
        self.port = self._announced("listening")
        self.control_port = self._announced("control")

    def _announced(self, what):
        pattern = re.compile(r"gate-emulator %s on .*:(\d+)" % what)
        return int(pattern.search(self.process.out.wait_for(pattern.search, "the emulator's port", within=10)).group(1))

    @property
    def url(self):
        return "%s://127.0.0.1:%d" % ("https" if self.tls else "http", self.port)

    def control(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.control_port, timeout=20)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        assert answer.status < 300, "%s %s: %d %r" % (method, path, answer.status, text)
        return json.loads(text) if text else None

    def add(self, token, account, status="active"):
        self.control("PUT", "/_control/tokens/" + token, {"account": account, "status": status})

    def revoke(self, token):
        self.control("POST", "/_control/tokens/%s/revoke" % token)

    def state(self):
        return self.control("GET", "/_control/state")

    def fault(self, **fault):
        """What every call meets until heal(): latency="50ms", status=503, ..."""
        self.control("PUT", "/_control/faults", fault)

    def heal(self):
        self.control("DELETE", "/_control/faults")

    def calls(self, token=None):
        """How many verify calls it has got: in all, or for this token."""
        state = self.state()
        return state["verify"]["total"] if token is None else state["calls_per_token"].get(token, 0)

    def go_away(self):
        """It ends, and its port refuses connections."""
        self.process.stop()
        self._owner = port_kept(("127.0.0.1", self.port))

    def stop(self):
        self.process.stop(within=10)
