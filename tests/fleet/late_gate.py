"""A way to Gate on which the answer to a chosen token is held: Gate has said yes, and that arrives when the test wants it to."""
import http.client
import json
import threading

from harness.server import Server

OF_THE_CONNECTION = ("host", "connection", "content-length", "transfer-encoding")


class Held:
    """The next answer about a token. `asked` is set once Gate has given it, `may_arrive` lets it go on."""

    def __init__(self):
        self.asked, self.may_arrive = threading.Event(), threading.Event()


class LateGate(Server):
    """Asks `gate`, a running emulator, whatever it is asked."""

    def __init__(self, gate):
        self.gate, self.held = gate, {}
        super().__init__(self._pass_on)

    def hold(self, token):
        self.held[token] = Held()
        return self.held[token]

    def _pass_on(self, exchange):
        exchange.read_body()
        head = exchange.head
        way = http.client.HTTPConnection("127.0.0.1", self.gate.port, timeout=60)
        way.request(head.method, head.target, head.body, {n: v for n, v in head.fields if n.lower() not in OF_THE_CONNECTION})
        answer = way.getresponse()
        body = answer.read()
        way.close()
        held = self.held.pop(json.loads(head.body)["agent_token"], None) if head.target.endswith("/verify") else None
        if held:
            held.asked.set()
            held.may_arrive.wait(60)
        fields = [(n, v) for n, v in answer.getheaders() if n.lower() not in OF_THE_CONNECTION]
        lines = ["HTTP/1.1 %d %s" % (answer.status, answer.reason), *("%s: %s" % each for each in fields)]
        exchange.connection.send("\r\n".join([*lines, "Content-Length: %d" % len(body), "", ""]).encode("latin-1") + body)
