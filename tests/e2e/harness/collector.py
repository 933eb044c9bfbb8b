"""A collector of OTLP traces that records every span, and holds every request strictly against the definition."""
import pathlib
import sys

from .server import Server, reply
from .wait import eventually

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from otlp_schema import spans_of  # noqa: E402

JSON = [("Content-Type", "application/json")]
accepted = reply(200, b"{}", JSON)


class Collector:
    """Answers `handler` to what it gets; `spans` are those of all requests so far, accepted or not."""

    def __init__(self, handler=accepted, **how):
        self.handler = handler
        self.server = Server(self._take, **how)

    def _take(self, exchange):
        self.handler(exchange)

    @property
    def url(self):
        return self.server.url

    @property
    def requests(self):
        return [each for each in self.server.exchanges.all() if each.complete]

    @property
    def spans(self):
        out = []
        for each in self.requests:
            assert each.head.method == "POST" and each.head.one("Content-Type") == "application/json", each.head
            out += spans_of(each.head.body)
        return out

    def of(self, trace_id):
        return [each for each in self.spans if each.trace_id == trace_id]

    def wait_for(self, condition, what="spans"):
        """The spans, once condition(spans) holds; it is usually a number of them."""
        if isinstance(condition, int):
            number = condition
            return eventually(lambda: len(self.spans) >= number and self.spans, "%d spans" % number)
        return eventually(lambda: condition(self.spans) and self.spans, what)

    def stop(self):
        try:
            assert self.spans is not None  # whatever came was well-formed
        finally:
            self.server.stop()
