"""A strict reader of OpenMetrics 1.0.0: whatever the specification does not allow is an error, and so is what it only advises against
and our renderer does not do (the metadata of a family after its samples, bounds of buckets that are no floats)."""
import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
LABELS = r"\{(?:%s(?:,%s)*)?\}" % (LABEL, LABEL)
SAMPLE = re.compile(r"(%s)(%s)? (%s)(?: (%s))?(?: # (%s) (%s)(?: (%s))?)?" % (NAME, LABELS, NUMBER, NUMBER, LABELS, NUMBER, NUMBER))
DESCRIPTOR = re.compile(r'# (HELP|TYPE|UNIT) (%s) ((?:[^"\\]|\\["\\n])*)' % NAME)
SUFFIXES = {"counter": ("_total", "_created"), "gauge": ("",), "unknown": ("",), "histogram": ("_bucket", "_sum", "_count", "_created")}
LONGEST_EXEMPLAR = 128  # characters of names and values of its labels


class Malformed(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Malformed(what)


class Exemplar:
    def __init__(self, labels, value, at):
        self.labels, self.value, self.at = labels, value, at


class Sample:
    def __init__(self, name, labels, value, exemplar):
        self.name, self.labels, self.value, self.exemplar = name, labels, value, exemplar


class Family:
    def __init__(self, name):
        self.name, self.type, self.help, self.samples = name, None, None, []


def labels_of(text):
    pairs = re.findall(LABEL, text or "")
    need(len(pairs) == len({name for name, _ in pairs}), "a label twice: %s" % text)
    return dict(pairs)


def sample_of(line):
    found = SAMPLE.fullmatch(line)
    need(found, "no sample: %s" % line)
    name, labels, value = found.group(1), found.group(2), found.group(7)
    exemplar = None
    if found.group(9) is not None:
        own = labels_of(found.group(9))
        need(sum(map(len, [*own, *own.values()])) <= LONGEST_EXEMPLAR, "a long exemplar: %s" % line)
        at = found.group(15)
        exemplar = Exemplar(own, float(found.group(14)), None if at is None else float(at))
    need(found.group(8) is None, "a time stamp, which we never write: %s" % line)
    return Sample(name, labels_of(labels), float(value), exemplar)


def check_counter(family):
    for each in family.samples:
        need(each.value >= 0, "a counter below 0: %s" % each.name)


def series_of(family):
    """The samples of a histogram by their labels but `le`, in order; each series must be in one piece."""
    series = []
    for each in family.samples:
        key = {k: v for k, v in each.labels.items() if k != "le"}
        if not series or series[-1][0] != key:
            need(key not in [known for known, _ in series], "a series in pieces: %s %s" % (family.name, key))
            series.append((key, []))
        series[-1][1].append(each)
    return series


def check_histogram(family):
    for key, samples in series_of(family):
        where = "%s %s" % (family.name, key)
        buckets = [each for each in samples if each.name == family.name + "_bucket"]
        rest = {each.name[len(family.name):]: each.value for each in samples if each not in buckets}
        bounds = [each.labels.get("le") for each in buckets]
        need(None not in bounds and bounds[-1:] == ["+Inf"], "no last bucket: " + where)
        need(all(re.search(r"[.e]", bound) for bound in bounds[:-1]), "a bound that is no float: " + where)
        limits = [float(bound) for bound in bounds]
        need(limits == sorted(set(limits)), "bounds out of order: " + where)
        counts = [each.value for each in buckets]
        need(counts == sorted(counts), "buckets that are not cumulative: " + where)
        need(set(rest) == {"_sum", "_count"} and rest["_count"] == counts[-1] and rest["_sum"] >= 0, "sum or count: " + where)
        for above, limit, bucket in zip([-math.inf, *limits], limits, buckets):
            if bucket.exemplar:
                need(above < bucket.exemplar.value <= limit, "an exemplar of another bucket: " + where)


def check(family):
    need(family.type in SUFFIXES, "no type: " + family.name)
    names = {family.name + suffix for suffix in SUFFIXES[family.type]}
    for each in family.samples:
        need(each.name in names, "%s in the family %s" % (each.name, family.name))
        need(not each.exemplar or each.name.endswith(("_bucket", "_total")), "an exemplar of " + each.name)
    keys = [(each.name, frozenset(each.labels.items())) for each in family.samples]
    need(len(keys) == len(set(keys)), "a sample twice: " + family.name)
    {"counter": check_counter, "histogram": check_histogram}.get(family.type, lambda _: None)(family)
    return names


def parse(text):
    """{name: Family}, or Malformed."""
    need(text.endswith("\n# EOF\n"), "no end")
    families, open_family = {}, None
    for line in text[:-len("# EOF\n")].splitlines():
        need(line, "an empty line")
        if line.startswith("#"):
            described = DESCRIPTOR.fullmatch(line)
            need(described, "no descriptor: " + line)
            what, name, said = described.groups()
            if open_family is None or open_family.name != name:
                need(name not in families, "a family twice: " + name)
                open_family = families[name] = Family(name)
            need(not open_family.samples, "metadata after samples: " + name)
            need(what != "UNIT" and getattr(open_family, what.lower()) is None, "%s of %s twice, or a unit" % (what, name))
            setattr(open_family, what.lower(), said)
        else:
            need(open_family is not None, "a sample of no family: " + line)
            open_family.samples.append(sample_of(line))
    taken = [name for family in families.values() for name in {family.name} | check(family)]
    need(len(taken) == len(set(taken)), "names that clash: %s" % sorted(name for name in taken if taken.count(name) > 1))
    return families
