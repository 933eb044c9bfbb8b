#!/usr/bin/env python3
"""The tree is the architecture: checks which layer includes which, and where each library may be used.

  check_layers.py ROOT         exit 0 if include/ and src/ keep the rules, else 1 with file:line: message
  check_layers.py --self-test  shows that each rule can fail
"""
import pathlib
import re
import sys
import tempfile

# What each layer may include besides itself. Nobody includes emulator, which stands on core alone.
LAYERS = {
    "core": set(),
    "http": {"core"},
    "telemetry": {"core"},
    "config": {"http", "core"},
    "net": {"telemetry", "config", "core"},
    "auth": {"http", "config", "telemetry", "core"},
    "client": {"net", "http", "telemetry", "config", "core"},
    "protocol": {"net", "http", "telemetry", "config", "core"},
    "verify": {"client", "auth", "telemetry", "config", "core"},
    "store": {"net", "auth", "telemetry", "config", "core"},
    "export": {"client", "telemetry", "config", "core"},
    "proxy": {"protocol", "auth", "net", "http", "telemetry", "config", "core"},
    "answer": {"protocol", "auth", "http", "telemetry", "config", "core"},
    "app": {"answer", "proxy", "export", "store", "verify", "protocol", "client", "auth", "net", "http", "telemetry",
            "config", "core"},
    "emulator": {"core"},
}

# (what it looks like, what it is called, the paths below include/gate/ and src/ that may use it)
CONFINED = [
    (re.compile(r"^\s*#\s*include\s*<yaml-cpp/"), "yaml-cpp", ("config/",)),
    (re.compile(r"^\s*#\s*include\s*<rapidjson/"), "RapidJSON",
     ("verify/", "core/json_writer", "export/collector_answer", "app/", "emulator/")),
    (re.compile(r"^\s*#\s*include\s*<hiredis/"), "hiredis", ("store/reply_reader",)),
    (re.compile(r"^\s*#\s*include\s*<rapidjson/\w*writer"), "RapidJSON's writer", ("core/json_writer", "emulator/")),
    (re.compile(r"\basio::detail\b|<boost/asio/detail/"), "asio::detail", ("net/reactor_readiness.hpp",)),
    # What a client is told when its request fails stands in the table of reasons; app/ has its own listeners.
    (re.compile(r"\bstatus\s*=\s*[45]\d\d\b|\breturn [45]\d\d\b|\bgrpc_status::"), "a status of a failure",
     ("core/failure.hpp", "core/reason_table.hpp", "core/reason.cpp", "http/reply.hpp", "app/", "emulator/")),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<gate/([^/>]+)/|"([^"]*)")')
COMMENT = re.compile(r"//.*")


def problems_of(root):
    """Every breach below root, as "path:line: message"."""
    for top in ("include/gate", "src"):
        for path in sorted((root / top).rglob("*.[ch]pp")):
            place = path.relative_to(root / top).as_posix()
            layer = place.split("/")[0]
            if layer not in LAYERS:
                yield "%s/%s:1: '%s' is not a layer" % (top, place, layer)
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                for message in problems_of_line(place, layer, COMMENT.sub("", line)):
                    yield "%s/%s:%d: %s" % (top, place, number, message)


def problems_of_line(place, layer, line):
    included = INCLUDE.match(line)
    if included and included.group(2) is not None and ("/" in included.group(2) or "gate" in included.group(2)):
        yield 'include other folders as <gate/LAYER/FILE>, not as "%s"' % included.group(2)
    if included and included.group(1) not in (None, layer) and included.group(1) not in LAYERS[layer]:
        yield "%s must not include %s" % (layer, included.group(1))
    for pattern, name, allowed in CONFINED:
        if pattern.search(line) and not place.startswith(allowed):
            yield "%s is for %s only" % (name, ", ".join(allowed))


def check(root):
    if not (root / "src").is_dir():
        print("%s has no src/" % root)
        return 1
    problems = list(problems_of(root))
    print("\n".join(problems) or "the layers keep their directions")
    return 1 if problems else 0


GOOD = {
    "src/http/a.cpp": "#include <gate/core/result.hpp>\n#include <gate/http/head.hpp>\n#include <vector>\n",
    "src/config/load.cpp": "#include <yaml-cpp/yaml.h>\n",
    "src/verify/codec.cpp": "#include <rapidjson/document.h>\n#include <gate/auth/token.hpp>\n",
    "src/net/reactor_readiness.hpp": "using op = boost::asio::detail::reactor_op;\n",
    "src/core/reason_table.hpp": "{.status = 401, .grpc = grpc_status::unauthenticated}\n",
    "src/proxy/b.cpp": "// .status = 503\n// not <gate/app/x.hpp>: asio::detail is only named here\n#include <gate/auth/a.hpp>\n",
}
BAD = {
    "src/http/a.cpp": "#include <gate/net/stream.hpp>\n",
    "src/http/c.cpp": "#include <gate/config/config.hpp>\n",
    "include/gate/core/a.hpp": "#pragma once\n#include <gate/config/config.hpp>\n",
    "src/auth/a.cpp": "#  include <gate/verify/gate_verifier.hpp>\n",
    "src/proxy/a.cpp": "#include <gate/app/server.hpp>\n",
    "src/protocol/a.cpp": "#include <gate/proxy/exchange.hpp>\n",
    "src/protocol/b.cpp": "#include <gate/auth/access.hpp>\n",
    "src/app/a.cpp": "#include <gate/emulator/server.hpp>\n",
    "src/emulator/a.cpp": "#include <gate/http/head.hpp>\n",
    "src/verify/a.cpp": "#include <gate/net/stream.hpp>\n",
    "src/client/a.cpp": "#include <gate/auth/token.hpp>\n",
    "src/net/a.cpp": "#include \"../http/head.hpp\"\n",
    "src/app/b.cpp": "#include <yaml-cpp/yaml.h>\n",
    "src/http/b.cpp": "#include <rapidjson/writer.h>\n",
    "src/app/c.cpp": "#include <rapidjson/prettywriter.h>\n",
    "src/net/b.cpp": "#include <boost/asio/detail/reactor.hpp>\n",
    "include/gate/core/b.hpp": "using x = boost::asio::detail::thread;\n",
    "src/utils/a.cpp": "\n",
    "src/proxy/c.cpp": "const http::reply reply{.status = 503};\n",
    "src/auth/b.cpp": "if (is_bad) return 400;\n",
    "src/http/d.cpp": "return core::grpc_status::internal;\n",
}


def self_test():
    with tempfile.TemporaryDirectory() as directory:
        for name, files in (("good", GOOD), ("bad", BAD)):
            for path, text in files.items():
                target = pathlib.Path(directory, name, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
        good = list(problems_of(pathlib.Path(directory, "good")))
        found = {p.split(":")[0] for p in problems_of(pathlib.Path(directory, "bad"))}
    missed = set(BAD) - found
    print("false alarms: %s; missed: %s" % (good or "none", sorted(missed) or "none"))
    return 1 if good or missed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(self_test() if sys.argv[1] == "--self-test" else check(pathlib.Path(sys.argv[1])))
