"""Which part of the work an instruction belongs to: the rules of parts.yaml."""
import pathlib
import re

import yaml

OTHER = "other"
_ours = re.compile(r".*/(?:src|include/gate)/(?=(?:core|config|http|net|auth|client|store|protocol|verify|telemetry|proxy|answer|app)/)")
_system = re.compile(r"^/usr/(?:local/)?include/(?:[a-z0-9_]+-linux-gnu/|c\+\+/\d+/)?|.*/gcc/[^/]+/\d+/include/")


def short(file):
    """http/head_parser.cpp, boost/asio/..., bits/..., whatever machine it was built on."""
    return _system.sub("", _ours.sub("", file))


class Parts:
    def __init__(self, path=pathlib.Path(__file__).with_name("parts.yaml")):
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.names = [entry["part"] for entry in table] + [OTHER]
        self.about = {entry["part"]: entry["about"] for entry in table}
        self._rules = {kind: [(re.compile(pattern), entry["part"]) for entry in table for pattern in entry.get(kind, ())]
                       for kind in ("files", "helpers", "functions", "objects")}

    def of(self, chain, function, where):
        """`chain`: frames, the innermost first; `where`: the program or library."""
        for kind in ("files", "helpers"):
            for frame in chain:
                if found := self._match(kind, short(frame.file)):
                    return found
        return self._match("functions", function) or self._match("objects", where) or OTHER

    def _match(self, kind, text):
        return next((part for pattern, part in self._rules[kind] if pattern.search(text)), None)
