"""The rules about a request (1 to 9, 14 and 15) on every way through the program: "on every route and every path through the code".

A way is a path that a route of one kind takes, over the default upstream or a named one, or a question of another proxy about
such a path. The tests of the single rules say
more about each rule; here each must hold on each way. One sidecar for each configuration of the file.
"""
import collections
import itertools

import pytest

from harness import ACCOUNT, TOKEN
from harness.emulator import Emulator
from harness.http import Connection, Message, chunked, request
from harness.server import Server, reply
from harness.sidecar import BASE, Sidecar, merged
from harness.started import Started
from test_upgrade import HANDSHAKE, switch_and_echo

SPELLINGS = ["X%sGate%sAccount%sId" % separators for separators in itertools.product("-_.", repeat=3)]
FAMILY = ["X-GATE-ACCOUNT-ID", "X-Gate-Verification", "x_gate_assertion", "X.Gate.Anything"]
REROUTING = ["X-Original-URL", "X-Original-URI", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]

# needs: what the way asks for. identifies: a good token results in an identity.
Way = collections.namedtuple("Way", "name config path upstream needs identifies")
ROUTES = [
    {"path": "/none/**", "auth": "none"},
    {"path": "/optional/**", "auth": "optional"},
    {"path": "/required/**", "auth": "required"},
    {"path": "/named/none/**", "auth": "none", "upstream": "second"},
    {"path": "/named/optional/**", "auth": "optional", "upstream": "second"},
    {"path": "/named/**", "upstream": "second"},
    {"path": "/shadow/**", "auth": "required", "shadow": True},
    {"path": "/shadow/named/**", "auth": "required", "shadow": True, "upstream": "second"},
]
CONFIGS = {"plain": {}, "routes": {"routes": ROUTES}, "optional": {"auth": {"mode": "optional"}},
           "answer": {"answer": {"address": "127.0.0.1:0", "original": "path"}, "routes": ROUTES},
          "answer none": {"answer": {"address": "127.0.0.1:0", "original": "none"}},
          "answer own name": {"answer": {"address": "127.0.0.1:0", "original": "path"}, "auth": {"header_name": "X-Customer"}, "routes": ROUTES},
          "public": {"auth": {"public_paths": ["/public"]}}, "own name": {"auth": {"header_name": "X-Customer"}, "routes": ROUTES}}
WAYS = [
    Way("no routes", "plain", "/x", "first", "required", True),
    Way("mode optional", "optional", "/x", "first", "optional", True),
    Way("public path", "public", "/public", "first", "none", False),
    Way("none", "routes", "/none/x", "first", "none", False),
    Way("optional", "routes", "/optional/x", "first", "optional", True),
    Way("required", "routes", "/required/x", "first", "required", True),
    Way("no route matches", "routes", "/other", "first", "required", True),
    Way("named none", "routes", "/named/none/x", "second", "none", False),
    Way("named optional", "routes", "/named/optional/x", "second", "optional", True),
    Way("named", "routes", "/named/x", "second", "required", True),
    Way("shadow", "routes", "/shadow/x", "first", "shadow", True),
    Way("named shadow", "routes", "/shadow/named/x", "second", "shadow", True),
    Way("own name", "own name", "/required/x", "first", "required", True),
    Way("own name none", "own name", "/none/x", "first", "none", False),
    Way("own name named", "own name", "/named/x", "second", "required", True),
]
ANSWERS = [
    Way("answer none", "answer", "/none/x", None, "none", False),
    Way("answer optional", "answer", "/optional/x", None, "optional", True),
    Way("answer required", "answer", "/required/x", None, "required", True),
    Way("answer named optional", "answer", "/named/optional/x", None, "optional", True),
    Way("answer shadow", "answer", "/shadow/x", None, "shadow", True),
    Way("answer to all", "answer none", "/none/x", None, "required", True),
    Way("answer own name", "answer own name", "/required/x", None, "required", True),
    Way("answer own name none", "answer own name", "/none/x", None, "none", False),
]


class World:
    """A Gate, two upstreams, and a sidecar for each configuration, started when it is first needed."""

    def __init__(self, directory):
        self.things, self.directory, self.sidecars = Started(), directory, {}
        self.gate = self.things.add(Emulator({TOKEN: ACCOUNT}))
        self.upstreams = {name: self.things.add(Server()) for name in ("first", "second")}

    def sidecar(self, name):
        if name not in self.sidecars:
            wiring = {"workers": 1, "gate": {"base_url": self.gate.url}, "upstream": {"url": self.upstreams["first"].url},
                      "upstreams": {"second": {"url": self.upstreams["second"].url}}}
            directory = self.directory / name.replace(" ", "_")
            directory.mkdir()
            self.sidecars[name] = self.things.add(Sidecar(directory, merged(merged(BASE, wiring), CONFIGS[name])))
        return self.sidecars[name]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.things.stop()


class Walked:
    """One way, ready to be asked."""

    def __init__(self, world, way):
        self.way, self.gate, self.sidecar = way, world.gate, world.sidecar(way.config)
        self.identity_name = "x-customer" if "own name" in way.config else "x-gate-account-id"

    def identities(self, head):
        """Every field of the family, and of the configured name, in any spelling."""
        def folded(name):
            return name.lower().replace("_", "-").replace(".", "-")
        return [(name.lower(), value) for name, value in head.fields
                if folded(name).startswith("x-gate-") or folded(name) == self.identity_name]

    def check_arrived(self, identified):
        """The last request that arrived has the identity of TOKEN, or none."""
        assert self.identities(self.arrived()[-1]) == ([(self.identity_name, ACCOUNT)] if identified else [])


class Proxied(Walked):
    """Over the proxy, to one of its upstreams."""

    def __init__(self, world, way):
        super().__init__(world, way)
        self.api, self.other = world.upstreams[way.upstream], world.upstreams["second" if way.upstream == "first" else "first"]
        self.before = len(self.api.requests), len(self.other.requests)

    def ask(self, token=None, fields=(), method="GET", body=b"", suffix=""):
        with Connection.to(self.sidecar.port) as client:
            return client.exchange(request(method, self.way.path + suffix, token, fields, body))

    def arrived(self):
        """What has reached the upstream of this way since the test began; nothing has reached the other one."""
        assert len(self.other.requests) == self.before[1], "the other upstream got a request"
        return self.api.requests[self.before[0]:]


class Answered(Walked):
    """A proxy that sends every field along, and does with the request what the answer says, as Envoy does."""

    def __init__(self, world, way):
        super().__init__(world, way)
        self.passed = []

    def ask(self, token=None, fields=(), method="GET", body=b"", suffix=""):
        sent = [*([("Authorization", "Bearer " + token)] if token else []), *fields]
        with Connection.to(self.sidecar.ports["answer"]) as client:
            answer = client.exchange(request(method, "/auth" + self.way.path + suffix, None, sent, body))
        if answer.status == 200:
            ours = [(n, v) for n, v in answer.fields if n.lower() in (self.identity_name, "x-gate-verification", "x-gate-assertion")]
            removed = (answer.one("x-envoy-auth-headers-to-remove") or "").lower().replace(" ", "").split(",") + [n.lower() for n, _ in ours]
            self.passed.append(Message("GET / HTTP/1.1", [(n, v) for n, v in sent if n.lower() not in removed] + ours))
        return answer

    def arrived(self):
        return self.passed


@pytest.fixture(params=WAYS, ids=[way.name for way in WAYS])
def proxied(request, world):
    walked = Proxied(world, request.param)
    yield walked
    walked.api.handler = reply()


def walk(world, way):
    return (Proxied if way.upstream else Answered)(world, way)


@pytest.fixture(params=[*WAYS, *ANSWERS], ids=lambda way: way.name)
def way(request, world):
    return walk(world, request.param)


@pytest.fixture(params=[each for each in [*WAYS, *ANSWERS] if each.needs == "required"], ids=lambda way: way.name)
def strict(request, world):
    """A way on which every request needs a token."""
    return walk(world, request.param)


@pytest.fixture(params=[*WAYS, *ANSWERS], ids=lambda way: way.name)
def alone(request, tmp_path):
    """A way through a world of its own, for what a sidecar remembers."""
    made = World(tmp_path)
    yield walk(made, request.param)
    made.things.stop()


# ---- rules 1 and 2 -------------------------------------------------------------------------------------------------
def test_a_forged_identity_never_arrives(way):
    forged = [(name, "gacct_forged") for name in [*SPELLINGS, *FAMILY, *SPELLINGS[:2], "X_Customer", "x.customer"]]
    if "own name" not in way.way.config:
        forged = forged[:-2]
    assert way.ask(TOKEN, forged).status == 200
    way.check_arrived(way.way.identifies)
    for field in forged:
        assert way.ask(TOKEN, [field]).status == 200
        way.check_arrived(way.way.identifies)
    if way.way.needs != "required":
        assert way.ask(None, forged).status == 200
        way.check_arrived(False)


def test_a_forged_identity_never_arrives_with_an_upgrade(proxied):
    proxied.api.handler = switch_and_echo
    with Connection.to(proxied.sidecar.port) as client:
        fields = [*HANDSHAKE, *((name, "gacct_forged") for name in [*SPELLINGS, *FAMILY])]
        assert client.exchange(request("GET", proxied.way.path, TOKEN, fields)).status == 101
        client.send(b"hello")
        assert client.exactly(5) == b"hello"
    proxied.check_arrived(proxied.way.identifies)


def test_a_missing_or_bad_token_is_refused_or_has_no_identity(way):
    forged = [("X-Gate-Account-Id", "gacct_forged"), ("X_Gate_Account_Id", "gacct_forged")]
    for token in (None, "agt_unknown", "agt_a!b"):
        before = len(way.arrived())
        refused = way.way.needs == "required" or (way.way.needs == "optional" and token)
        assert way.ask(token, forged).status == (401 if refused else 200), token
        assert len(way.arrived()) == before + (0 if refused else 1)
        if not refused:
            way.check_arrived(False)


# ---- rule 3 --------------------------------------------------------------------------------------------------------
def test_connection_cannot_remove_the_identity(way):
    fields = [("Connection", "keep-alive, Authorization, X-Gate-Account-Id, x-customer, X-Mine"), ("X-Mine", "1"),
              ("X_Gate_Account_Id", "gacct_forged")]
    assert way.ask(TOKEN, fields).status == 200
    way.check_arrived(way.way.identifies)
    if way.way.upstream:  # else it is another proxy's to take away
        head = way.arrived()[-1]
        assert head.all("X-Mine") == [] and "gate" not in " ".join(head.all("Connection")).lower()
    if way.way.needs == "required":
        assert way.ask(None, fields).status == 401


# ---- rule 4 --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("fields", [
    [("Authorization", "Bearer " + TOKEN), ("Authorization", "Bearer agt_other")], [("Authorization", "Bearer %s, Bearer agt_other" % TOKEN)],
    [("Authorization", "Basic eA=="), ("authorization", "Basic eQ==")]])
def test_an_ambiguous_authorization_is_refused(way, fields):
    assert way.ask(None, fields).status == 400
    assert way.arrived() == []


def test_a_token_reaches_the_api_in_shadow_only(way):
    """Where nobody verifies it, nobody gets it; in shadow what would be refused passes with it."""
    for token in (TOKEN, "agt_unknown", "agt_a!b"):
        before = len(way.arrived())
        status = way.ask(token).status
        if status == 200:
            kept = way.way.needs == "shadow" and token != TOKEN
            assert way.arrived()[-1].all("Authorization") == (["Bearer " + token] if kept else [])
        else:
            assert status == 401 and len(way.arrived()) == before


# ---- rule 5 --------------------------------------------------------------------------------------------------------
def test_an_identity_in_a_trailer_never_arrives(way):
    trailers = [(b"X-Gate-Account-Id", b"gacct_forged"), (b"Authorization", b"Bearer " + TOKEN.encode()), (b"X-Checksum", b"1")]
    fields = [("Transfer-Encoding", "chunked"), ("Trailer", "X-Gate-Account-Id")]
    assert way.ask(TOKEN, fields, "POST", chunked(b"hi", trailers=trailers)).status == 200
    way.check_arrived(way.way.identifies)
    if way.way.upstream:
        head = way.arrived()[-1]
        assert head.body == b"hi" and head.trailers == [] and head.all("Trailer") == []
    before = len(way.arrived())
    refused = way.way.needs == "required"
    assert way.ask(None, fields, "POST", chunked(b"hi", trailers=trailers)).status == (401 if refused else 200)
    assert len(way.arrived()) == before + (0 if refused else 1)
    if not refused:
        way.check_arrived(False)


# ---- rule 7 --------------------------------------------------------------------------------------------------------
FORWARDED = [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.test"),
             ("Forwarded", "for=203.0.113.9"), ("X-Real-IP", "203.0.113.9"), ("X-Forwarded-Uri", "/none/x"), ("X-Forwarded-Method", "OPTIONS")]
MOVED = [(name, "/none/x" if "Method" not in name else "OPTIONS") for name in REROUTING]


def test_what_a_stranger_says_about_the_client_is_dropped(proxied):
    assert proxied.ask(TOKEN, FORWARDED).status == 200
    head = proxied.arrived()[-1]
    assert head.all("X-Forwarded-For") == ["127.0.0.1"] and head.all("X-Forwarded-Proto") == ["http"]
    assert head.all("X-Forwarded-Host") == ["api.test"] and head.all("X-Forwarded-Uri") == []
    assert not any("203.0.113.9" in value for _, value in head.fields)


def test_what_moves_a_request_elsewhere_is_dropped(proxied):
    assert proxied.ask(TOKEN, MOVED).status == 200
    assert [name for name in REROUTING if proxied.arrived()[-1].all(name)] == []


@pytest.mark.parametrize("fields", [[field] for field in [*FORWARDED, *MOVED]] + [[*FORWARDED, *MOVED]],
                         ids=[*(name for name, _ in [*FORWARDED, *MOVED]), "all"])
def test_no_field_makes_a_request_an_open_one(way, fields):
    """Where another proxy asks, the question itself says what the request is. A path that is not in shadow ends it: that is stricter."""
    without, unknown = {"none": ({200}, {200}), "optional": ({200}, {401}), "required": ({401}, {401}),
                        "shadow": ({200, 401}, {200, 401})}[way.way.needs]
    before = len(way.arrived())
    statuses = way.ask(None, fields).status, way.ask("agt_unknown", fields).status
    assert statuses[0] in without and statuses[1] in unknown
    assert len(way.arrived()) == before + statuses.count(200)


# ---- rules 8 and 9 -------------------------------------------------------------------------------------------------
ELSEWHERE = ["/../../../other", "/%2e%2e/%2E./.%2e/other", "/..%2f..%2F..%2fother", "/..%5c..%5C..%5cother", "/..\\..\\..\\other", "/..;/..;/..;/other"]
WITHIN = ["//other", "%3Bother", ";other", "%00", "%23other"]


@pytest.mark.parametrize("suffix", [*ELSEWHERE, *WITHIN])
def test_a_path_that_can_be_read_in_two_ways_is_on_no_looser_route(way, suffix):
    """Shadow holds where every reading is in shadow; elsewhere auth.mode does."""
    passes = way.way.config == "optional" or (way.way.needs == "shadow" and suffix in WITHIN)
    before = len(way.arrived())
    answer = way.ask(None, suffix=suffix)
    assert answer.status in ((200,) if passes else (400, 401))
    assert len(way.arrived()) == before + (1 if passes else 0)


@pytest.mark.parametrize("field", [("User-Agent", "kube-probe/1.30"), ("User-Agent", "GoogleHC/1.0"), ("X-Health-Check", "1")], ids=lambda field: field[1])
def test_no_header_exempts_from_the_token(strict, field):
    assert strict.ask(None, [field]).status == 401
    assert strict.arrived() == []


# ---- rules 6, 14 and 15 --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("fault", [{"status": 500}, {"malformed": "not_json"}, {"reset": True}], ids=str)
def test_what_gate_cannot_say_is_neither_an_identity_nor_a_refusal(alone, fault):
    alone.gate.fault(**fault)
    forged = [("X-Gate-Account-Id", "gacct_forged")]
    passes = alone.way.needs in ("none", "shadow")
    answer = alone.ask(TOKEN, forged)
    assert answer.status == (200 if passes else 503)
    if passes:
        alone.check_arrived(False)
    else:
        assert answer.one("Retry-After") and alone.arrived() == []


@pytest.mark.parametrize("account", ["", "gacct a", "gacct_\u00e9", "g" * 600], ids=["empty", "a blank", "not ASCII", "over-long"])
def test_an_account_that_cannot_be_a_field_is_no_identity(alone, account):
    alone.gate.add("agt_odd", account)
    passes = alone.way.needs in ("none", "shadow")
    assert alone.ask("agt_odd").status == (200 if passes else 503)
    if passes:
        alone.check_arrived(False)
    else:
        assert alone.arrived() == []
