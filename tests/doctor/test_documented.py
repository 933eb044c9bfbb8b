"""config/doctor.md: every id of the code, and no other."""
import pathlib
import re

import yaml

from rig import examine, written

ROOT = pathlib.Path(__file__).parents[2]
SECTIONS = "config|key|gate|upstream|spoof|framing|chain|fleet|limits"
PAGE = (ROOT / "config" / "doctor.md").read_text(encoding="utf-8")


def ids_in(text, pattern):
    return set(re.findall(pattern % SECTIONS, text, re.M))


def test_each_id_is_documented_and_each_documented_id_exists():
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "app" / "doctor").glob("*.cpp"))
    reference = yaml.safe_load((ROOT / "config" / "gate-sidecar.yaml").read_text(encoding="utf-8"))
    options = {"%s.%s" % (section, key) for section, keys in reference.items() if isinstance(keys, dict)
               for key, value in keys.items() if not isinstance(value, dict)}
    in_code = ids_in(code, r'"((?:%s)\.[a-z_]+)"') - options
    assert in_code == ids_in(PAGE, r"^\| `((?:%s)\.[a-z_]+)` \|")
    assert len(in_code) > 40


def test_the_members_of_the_json_are_documented(tmp_path, gate, upstream):
    report = examine(written(tmp_path / "doctor.yaml", {"gate": {"base_url": gate.url}, "upstream": {"url": upstream.url}}))
    for each in report.findings:
        assert set(each) <= {"id", "section", "state", "subject", "message", "fix"}
        assert each["section"] == each["id"].split(".")[0]
        assert ("fix" in each) >= (each["state"] in ("warn", "fail"))
    for member in ("version", "gate_sidecar", "result", "counts", "findings[].id", ".section", "findings[].state", "findings[].subject",
                   "findings[].message", ".fix"):
        assert "`%s`" % member in PAGE
