"""What clients ask for: each request with what may come back. Good targets, and broken ones."""
import dataclasses
import json
import zlib

from upstream_good import event
from wire import chunks, pattern

@dataclasses.dataclass
class Ask:
    """A request. `right(response)` says what is wrong with an upstream's answer to it ("" when nothing is).

    `allowed` names the outcomes: "ok" (the right answer), a status with its error code ("502 upstream_reset"), "cut" (the
    response ended early), "closed" (no byte came).
    """
    kind: str
    id: str
    token: str
    account: str
    right: object
    method: str = "GET"
    parameters: str = ""
    version: str = "1.1"
    fields: tuple = ()
    pieces: tuple = ()      # the body as it is sent, framing included
    waits: bool = False     # the body is sent when 100 has come
    allowed: frozenset = frozenset({"ok"})
    path: str = ""
    has_path: bool = True   # in the access log

    def __post_init__(self):
        self.path = self.path or "/%s/%s" % (self.kind, self.id)

    def head(self):
        lines = ["%s %s%s HTTP/%s" % (self.method, self.path, self.parameters, self.version), "Host: api.test"]
        if self.token is not None:
            lines.append("Authorization: Bearer " + self.token)
        lines += ["%s: %s" % pair for pair in self.fields]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def judge(self, response):
        """The outcome of a whole response."""
        if response.fields.one("X-Id") is None and response.status >= 400:
            return own_reply(response, self.method)
        wrong = self.common(response) or self.right(response)
        return "WRONG: %s: %r" % (wrong, response) if wrong else "ok"

    def common(self, response):
        """What holds for every answer of the upstream."""
        fields = response.fields
        if fields.one("X-Id") != self.id and self.kind != "public":
            return "the answer to another request"
        if fields.one("X-Account") != self.account:
            return "another's account"
        if fields.one("X-Request-Id") is None and response.status != 101:
            return "no X-Request-Id"
        if self.version == "1.0" and (response.interim or fields.one("Transfer-Encoding")):
            return "not for HTTP/1.0"
        if [r.status for r in response.interim] != self.interim():
            return "interim responses %r" % response.interim
        return ""

    def interim(self):
        if self.version == "1.0":
            return []
        return {"interim": [103, 103], "go_on": [] if "refuse" in self.parameters else [100]}.get(self.kind, [])


def own_reply(response, method):
    """What the sidecar says itself, as an outcome."""
    if method == "HEAD":
        return "%d ?" % response.status
    try:
        error = json.loads(response.body)["error"]
        assert error["status"] == response.status
    except (ValueError, KeyError, TypeError, AssertionError):
        return "WRONG: no error of ours: %r" % response
    return "%d %s" % (response.status, error["code"])


def body_is(expected, status=200):
    def right(response):
        if response.status != status:
            return "status"
        return "" if response.body == expected else "body, where %r (%d bytes) was due" % (expected[:120], len(expected))
    return right


class Asks:
    """Makes requests from a random generator."""

    def __init__(self, rng, tokens, new_id):
        self.rng, self.tokens, self.new_id = rng, tokens, new_id

    def make(self, kind, right, **how):
        token, account = self.rng.choice(self.tokens)
        how.setdefault("id", self.new_id())
        how["fields"] = (*how.get("fields", ()), *self.noise())
        return Ask(kind, token=how.pop("token", token), account=how.pop("account", account), right=right(how["id"]), **how)

    def noise(self):
        """Fields that clients send along, the identity of somebody else among them."""
        lies = [("X-Gate-Account-Id", "gacct_evil"), ("x_gate.account-ID", "gacct_evil"), ("X-Gate-Anything", "evil"),
                ("X-Forwarded-For", "10.1.2.3"), ("Accept", "*/*"), ("Cookie", "c=" + "d" * 300), ("User-Agent", "soak/1")]
        return self.rng.sample(lies, self.rng.choice((0, 0, 1, 2)))

    def size(self):
        return self.rng.choice((0, 1, self.rng.randint(2, 300), self.rng.randint(300, 20_000), self.rng.randint(20_000, 90_000)))

    # bodies of requests
    def counted_body(self, unique, size):
        return [("Content-Length", size)], (pattern(unique, size),)

    def chunked_body(self, unique, size):
        body, step = pattern(unique, size), self.rng.randint(max(1, size // 50), max(2, size))
        trailers = self.rng.choice((b"", b"X-Gate-Account-Id: gacct_evil\r\nX-Sum: 1\r\n"))
        return [("Transfer-Encoding", "chunked")], tuple(chunks(*(body[i:i + step] for i in range(0, size, step)), trailers=trailers))

    def upload(self, unique, size):
        return self.rng.choice((self.counted_body, self.chunked_body))(unique, size)

    # good targets
    def counted(self, kind="counted", size=None, **how):
        n = self.size() if size is None else size
        return self.make(kind, lambda unique: body_is(pattern(unique, n)), parameters="?n=%d" % n, **how)

    def big(self):
        size = int(100_000 * 10 ** (2 * self.rng.random()))  # 100 KB to 10 MB, mostly small
        return self.rng.choice((self.counted, self.chunked, self.http10))(size=size)

    def old_client(self):
        """HTTP/1.0, with and without keep-alive."""
        keep = (("Connection", "keep-alive"),) if self.rng.random() < 0.5 else ()
        return self.rng.choice((self.counted, self.chunked, self.http10))(version="1.0", fields=keep)

    def head(self):
        n = self.size()
        return self.make("counted", lambda _: lambda r: "" if r.fields.one("Content-Length") == str(n) else "length",
                         parameters="?n=%d" % n, method="HEAD")

    def public(self):
        n = self.size()
        return self.make("public", lambda _: body_is(pattern("public", n)), parameters="?n=%d" % n, path="/public/health", token=None,
                         account="None")

    def echo(self, kind="echo", size=None, method=None, **how):
        unique, size = self.new_id(), self.size() if size is None else size
        framing, pieces = self.upload(unique, size)
        return self.make(kind, lambda _: body_is(pattern(unique, size)), id=unique, method=method or self.rng.choice(("POST", "PUT", "PATCH")),
                         pieces=pieces, **{**how, "fields": (*framing, *how.get("fields", ()))})

    def big_upload(self):
        return self.echo(self.rng.choice(("echo", "stream")), int(100_000 * 10 ** (1.5 * self.rng.random())))

    def stream(self):
        return self.echo("stream")

    def go_on(self):
        return self.echo("go_on", waits=True, fields=(("Expect", "100-continue"),))

    def go_away(self):
        """The upstream refuses before the body is sent."""
        unique = self.new_id()
        framing, pieces = self.upload(unique, 5000)
        return self.make("go_on", lambda _: body_is(b"no", 413), id=unique, method="POST", parameters="?refuse=1", waits=True, pieces=pieces,
                         fields=(*framing, ("Expect", "100-continue")))

    def early(self):
        """The answer comes while the body is being sent."""
        unique, n = self.new_id(), self.size()
        framing, pieces = self.upload(unique, self.rng.randint(1, 400_000))
        return self.make("early", lambda _: body_is(pattern(unique, n)), id=unique, method="POST", pieces=pieces, fields=framing,
                         parameters="?n=%d&hang_up=%d" % (n, self.rng.random() < 0.3))

    def chunked(self, size=None, **how):
        n = self.size() if size is None else size
        wants = self.rng.random() < 0.5 and how.get("version") != "1.0"

        def right(unique):
            body = pattern(unique, n)
            trailers = [("X-Sum", str(zlib.crc32(body)))] if wants else []
            return lambda r: body_is(body)(r) or ("" if list(r.trailers) == trailers else "trailers %r" % r.trailers)
        fields = (*how.pop("fields", ()), *((("TE", "trailers"), ("Connection", "TE")) if wants else ()))
        return self.make("chunked", right, parameters="?n=%d&size=%d" % (n, self.rng.randint(n // 50 + 1, n + 2)), fields=fields, **how)

    def slow(self):
        n = self.size()
        return self.make("slow", lambda unique: body_is(pattern(unique, n)), parameters="?n=%d&before=%d" % (n, self.rng.randint(20, 800)))

    def sse(self):
        n = self.rng.randint(1, 30)
        return self.make("sse", lambda unique: body_is(b"".join(event(unique, i) for i in range(n))),
                         parameters="?n=%d&pause=%d" % (n, self.rng.randint(0, 100)))

    def http10(self, size=None, **how):
        return self.counted("http10", size, **how)

    def interim(self):
        return self.counted("interim")

    def status(self):
        code = self.rng.choice((204, 304, 404, 500, 503))
        return self.make("status", lambda unique: body_is(b"" if code in (204, 304) else pattern(unique, 20), code), parameters="?code=%d" % code)

    def denied(self):
        """Nobody's token, or none."""
        token, codes = self.rng.choice((
            (None, "token_missing"), ("agt_" + self.new_id() + "x", "token_invalid"), ("agt_unknown", "token_invalid"),
            ("agt_revoked", "token_revoked"), ("agt_sp\x80ce", "token_malformed"), ("sk_live_key", "token_missing")))
        upload = self.rng.random() < 0.3
        framing, pieces = self.upload("denied", self.rng.choice((10, 30_000, 200_000))) if upload else ((), ())
        return self.make("counted", lambda _: lambda r: "a denied request was answered", token=token, allowed=frozenset({"401 " + codes}),
                         parameters="?n=10", method="POST" if upload else "GET", fields=tuple(framing), pieces=pieces)

    # broken targets
    def broken(self):
        kind, allowed, method = self.rng.choice(BROKEN)
        if kind == "no_reader":
            return self.sent_to(kind, allowed, self.rng.randint(1000, 8_000_000))
        if method == "POST":
            return self.sent_to(kind, allowed, self.rng.randint(1, 100_000))
        fields = WEBSOCKET if kind == "refuse_upgrade" else ()
        right = (lambda unique: body_is(pattern(unique, 50), 403)) if kind == "refuse_upgrade" else self.nothing_but_100(kind)
        return self.make(kind, right, allowed=frozenset(allowed), fields=fields)

    def sent_to(self, kind, allowed, size):
        unique = self.new_id()
        framing, pieces = self.upload(unique, size)
        return self.make(kind, self.nothing_but_100(kind), id=unique, method="POST", pieces=pieces, fields=framing, allowed=frozenset(allowed))

    @staticmethod
    def nothing_but_100(kind):
        if kind == "long":
            return lambda unique: body_is(pattern(unique, 100))
        return lambda unique: lambda r: "a whole answer from a broken upstream"


WEBSOCKET = (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
             ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="))
RESET, TRUNCATED, BAD = "502 upstream_reset", "502 upstream_truncated", "502 upstream_bad_response"
BROKEN = (
    ("reset_before", {RESET}, "GET"), ("reset_before", {RESET}, "POST"),
    ("reset_in_head", {RESET, TRUNCATED}, "GET"), ("reset_in_head", {RESET, TRUNCATED}, "POST"),
    ("reset_in_body", {RESET, TRUNCATED, "cut"}, "GET"), ("reset_in_body", {RESET, TRUNCATED, "cut"}, "POST"),
    ("short", {TRUNCATED, "cut"}, "GET"), ("short", {TRUNCATED, "cut"}, "POST"),
    ("short_chunked", {TRUNCATED, "cut"}, "GET"),
    ("long", {"ok"}, "GET"), ("long", {"ok"}, "POST"),
    ("garbage", {BAD}, "GET"), ("garbage", {BAD, RESET}, "POST"), ("both", {BAD}, "GET"),
    ("bad_chunk", {BAD, "cut"}, "GET"), ("big_head", {BAD}, "GET"),
    ("hang", {"504 upstream_timeout"}, "GET"), ("hang_in_body", {"cut"}, "GET"),
    ("no_reader", {"504 upstream_timeout"}, "POST"),
    ("interim_flood", {BAD}, "GET"), ("unasked_101", {BAD}, "GET"), ("refuse_upgrade", {"ok"}, "GET"),
)
GOOD = (("counted", 20), ("echo", 20), ("stream", 6), ("chunked", 12), ("big", 2), ("big_upload", 2), ("slow", 5), ("sse", 5), ("early", 4),
        ("go_on", 4), ("go_away", 2), ("http10", 5), ("interim", 3), ("status", 6), ("head", 4), ("denied", 5), ("public", 3),
        ("old_client", 4), ("broken", 14))
