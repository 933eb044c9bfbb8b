"""ExportTraceServiceRequest of OTLP, held against its definition (opentelemetry-proto 1.7: collector/trace/v1, trace/v1,
resource/v1, common/v1) in the JSON of protobuf as OTLP restricts it: lowerCamelCase names and no others, trace and span ids in
lower-case hex, 64-bit numbers as decimal text, enumerations as numbers. Stricter than a collector has to be.

    spans_of(text) -> [Span]      raises Malformed, with the place
"""
import json
import re


class Malformed(AssertionError):
    """What was sent is not what the definition says."""


def fail(at, message):
    raise Malformed("%s: %s" % (at, message))


def text(value, at):
    if not isinstance(value, str):
        fail(at, "needs a text, not %r" % (value,))


def flag(value, at):
    if not isinstance(value, bool):
        fail(at, "needs true or false, not %r" % (value,))


def number(value, at):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        fail(at, "needs a number, not %r" % (value,))


def unsigned_32(value, at):
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 32:
        fail(at, "needs a number of 32 bits, not %r" % (value,))


def big(least, most):
    def check(value, at):
        if not isinstance(value, str) or not re.fullmatch(r"0|-?[1-9][0-9]*", value) or not least <= int(value) <= most:
            fail(at, "needs a number of 64 bits as decimal text, not %r" % (value,))
    return check


def enumeration(*allowed):
    def check(value, at):
        if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
            fail(at, "needs one of %s as a number, not %r" % (allowed, value))
    return check


def hexadecimal(digits):
    def check(value, at):
        if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{%d}" % digits, value) or set(value) == {"0"}:
            fail(at, "needs %d lower-case hex digits that are not all 0, not %r" % (digits, value))
    return check


def message(**fields):
    def check(value, at):
        if not isinstance(value, dict):
            fail(at, "needs an object, not %r" % (value,))
        for name, inner in value.items():
            if name not in fields:
                fail(at, "has no field %r" % name)
            fields[name](inner, "%s.%s" % (at, name))
    return check


def repeated(item):
    def check(value, at):
        if not isinstance(value, list):
            fail(at, "needs a list, not %r" % (value,))
        for i, each in enumerate(value):
            item(each, "%s[%d]" % (at, i))
    return check


def any_value(value, at):
    message(stringValue=text, boolValue=flag, intValue=big(-(1 << 63), (1 << 63) - 1), doubleValue=number)(value, at)
    if len(value) != 1:
        fail(at, "needs exactly one kind of value, not %d" % len(value))


def attributes(value, at):
    repeated(message(key=text, value=any_value))(value, at)
    keys = [each.get("key") for each in value]
    if None in keys or "" in keys:
        fail(at, "has an attribute without a key")
    if len(set(keys)) != len(keys):
        fail(at, "has a key twice: %s" % sorted(keys))


UNSIGNED_64 = big(0, (1 << 64) - 1)
STATUS = message(message=text, code=enumeration(0, 1, 2))
SPAN = message(traceId=hexadecimal(32), spanId=hexadecimal(16), traceState=text, parentSpanId=hexadecimal(16), flags=unsigned_32,
               name=text, kind=enumeration(0, 1, 2, 3, 4, 5), startTimeUnixNano=UNSIGNED_64, endTimeUnixNano=UNSIGNED_64,
               attributes=attributes, droppedAttributesCount=unsigned_32, status=STATUS)
REQUIRED = ("traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano")
SCOPE = message(name=text, version=text, attributes=attributes)


def span(value, at):
    SPAN(value, at)
    for name in REQUIRED:
        if not value.get(name):
            fail(at, "lacks %s" % name)
    if int(value["endTimeUnixNano"]) < int(value["startTimeUnixNano"]):
        fail(at, "ends before it begins")


REQUEST = message(resourceSpans=repeated(message(
    resource=message(attributes=attributes, droppedAttributesCount=unsigned_32), schemaUrl=text,
    scopeSpans=repeated(message(scope=SCOPE, schemaUrl=text, spans=repeated(span))))))


def plain(pairs):
    """{key: value} of a list of attributes; numbers as numbers."""
    out = {}
    for each in pairs:
        kind, value = next(iter(each["value"].items()))
        out[each["key"]] = int(value) if kind == "intValue" else value
    return out


class Span:
    """One span, with its attributes and those of its resource as dicts."""
    KINDS = {1: "INTERNAL", 2: "SERVER", 3: "CLIENT"}

    def __init__(self, value, resource):
        self.trace_id, self.id, self.parent = value["traceId"], value["spanId"], value.get("parentSpanId", "")
        self.name, self.kind = value["name"], self.KINDS[value["kind"]]
        self.flags = value.get("flags", 0)
        self.begin, self.end = int(value["startTimeUnixNano"]), int(value["endTimeUnixNano"])
        self.attributes, self.resource = plain(value.get("attributes", [])), resource
        self.is_error = value.get("status", {}).get("code", 0) == 2

    def __getitem__(self, key):
        return self.attributes[key]

    def get(self, key):
        return self.attributes.get(key)

    def __repr__(self):
        return "%s %s %s<-%s %r" % (self.kind, self.name, self.id, self.parent, self.attributes)


def no_twice(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        fail("an object", "has a member twice: %s" % keys)
    return dict(pairs)


def spans_of(body):
    """The spans of a request body; raises Malformed."""
    try:
        whole = json.loads(body.decode("utf-8"), object_pairs_hook=no_twice)
    except ValueError as error:
        raise Malformed("not JSON in UTF-8: %s" % error) from error
    REQUEST(whole, "request")
    out = []
    for group in whole.get("resourceSpans", []):
        resource = plain(group.get("resource", {}).get("attributes", []))
        for scope in group.get("scopeSpans", []):
            out += [Span(each, resource) for each in scope.get("spans", [])]
    if not out:
        fail("request", "has no span")
    if len({each.id for each in out}) != len(out):
        fail("request", "has a span id twice")
    return out
