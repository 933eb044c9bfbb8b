"""The mutants: every way in which a careless change could take a trust rule out.

rules/*.yaml is a list of
  rule:  number of the rule, or `framing: input` for a line of the framing table
  out:   what is taken out, in a sentence
  file:  where
  old:   the exact text that goes; it occurs exactly once in the file
  new:   what stands there instead
  tests: those of which at least one must fail: unit.LAYER, simulation, or e2e/FILE.py::TEST (or ::CLASS::TEST)
"""
import ast
import dataclasses
import hashlib
import re

import yaml

RULES = [*range(1, 31)]
FRAMING = [
    "both framings", "other transfer codings", "transfer coding in HTTP/1.0", "odd Content-Length", "malformed fields",
    "too many fields, too large a head", "chunk extensions, trailers, sizes", "CONNECT, TRACE, absolute form, OPTIONS *",
    "upgrades other than websocket", "websocket with a body", "framing of the upstream", "bytes behind a response"]


@dataclasses.dataclass(frozen=True)
class Mutant:
    rule: str
    out: str
    file: str
    old: str
    new: str
    tests: tuple

    @property
    def name(self):
        return "%s: %s" % (self.rule, self.out)

    @property
    def digest(self):
        """Of all that makes this mutant: another text is another mutant."""
        return hashlib.sha256(repr(dataclasses.astuple(self)).encode()).hexdigest()[:16]


def load(folder):
    """All mutants, in the order of the files."""
    found = []
    for path in sorted(folder.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            entry["rule"], entry["tests"] = str(entry["rule"]), tuple(entry["tests"])
            found.append(Mutant(**entry))
    return found


def mutated(mutant, root):
    """The whole text of the file without the rule; None when the list is not true any more."""
    path = root / mutant.file
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return text.replace(mutant.old, mutant.new) if text.count(mutant.old) == 1 and mutant.old != mutant.new else None


def tests_in(path):
    """The names of the tests in a file for pytest."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            names |= {node.name} | {"%s::%s" % (node.name, n.name) for n in node.body if isinstance(n, ast.FunctionDef)}
    return names


def is_test(name, root):
    if name == "simulation":
        return (root / "tests/simulation/main.cpp").is_file()
    if name.startswith("unit."):
        text = "".join(p.read_text(encoding="utf-8") for p in (root / "tests/unit").glob("*/CMakeLists.txt"))
        return re.search(r"gate_unit_test\(%s\b" % re.escape(name.removeprefix("unit.")), text) is not None
    file, _, test = name.partition("::")
    path = root / "tests" / file
    return path.is_file() and (not test or re.sub(r"\[.*", "", test) in tests_in(path))


def tested_rules(root):
    """The numbers of the rules that the names and docstrings of tests mention."""
    texts = [p.read_text(encoding="utf-8") for pattern in ("unit/*/*.cpp", "e2e/test_*.py", "attacks/test_*.py") for p in (root / "tests").glob(pattern)]
    mentions = re.findall(r"\b[Rr]ules?((?:[ ,]|and|rule|\d)*)", "\n".join(texts))
    return {int(number) for mention in mentions for number in re.findall(r"\d+", mention)}


def problems(mutants, root):
    """Whatever is not true about the list: each a sentence."""
    found = ["%s: the old text does not occur exactly once in %s" % (m.name, m.file) for m in mutants if mutated(m, root) is None]
    found += ["%s: there is no test %s" % (m.name, t) for m in mutants for t in m.tests if not is_test(t, root)]
    found += ["%s: no test is named" % m.name for m in mutants if not m.tests]
    covered = {m.rule for m in mutants}
    wanted = [str(n) for n in RULES] + ["framing: " + line for line in FRAMING]
    found += ["rule %s has no mutant" % w for w in wanted if w not in covered]
    found += ["rule %s: there is no such rule" % r for r in sorted(covered - set(wanted))]
    found += ["rule %d is named by no test" % n for n in RULES if n not in tested_rules(root)]
    return found
