#!/usr/bin/env python3
"""check_values.py < VALUES - what `render -values` writes: the values of each chart, held against its values.schema.json.

Then changes that the schemas must refuse.
"""
import copy
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    sys.exit("python3-jsonschema is not installed")

WRONG = [("image", "gate-sidecar"), ("imagePullPolicy", "Sometimes"), ("secretKey", {"name": "A"}), ("fleetSecret", {"name": "A", "key": "k"}), ("replica", 3), ("resources", "small"),
         ("config", "listener:")]


def main():
    bad = 0
    for line in sys.stdin:
        given = json.loads(line)
        path = pathlib.Path(given["chart"]) / "values.schema.json"
        if not path.exists():
            continue
        checker = jsonschema.Draft7Validator(json.loads(path.read_text(encoding="utf-8")))
        for problem in checker.iter_errors(given["values"]):
            print(f"{path}: {problem.message}", file=sys.stderr)
            bad += 1
        for key, value in WRONG:
            if checker.is_valid({**copy.deepcopy(given["values"]), key: value}):
                print(f"{path}: accepts {key}: {value!r}", file=sys.stderr)
                bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
