"""What became of each mutant, one JSON object a line, in a file for each tree: what a run can be resumed from.

A later line counts more than an earlier one. Several runs may add to one file at the same time.
"""
import json


class Results:
    def __init__(self, folder, tree_digest):
        self.path = folder / (tree_digest + ".jsonl")

    def _lines(self):
        if not self.path.is_file():
            return []
        found = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue  # cut short by the end of a run
        return found

    def _add(self, **what):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(what) + "\n")  # in one write: see above

    def add_outcome(self, mutant, outcome, noticed, seconds):
        self._add(mutant=mutant.digest, name=mutant.name, outcome=outcome, noticed=noticed, seconds=round(seconds, 1))

    def outcomes(self):
        """{digest of the mutant: its last line}"""
        return {line["mutant"]: line for line in self._lines() if "mutant" in line}

    def add_usual_time(self, test, seconds):
        self._add(test=test, seconds=round(seconds, 2))

    def usual_times(self):
        """{test that passes in the unbroken tree: seconds}"""
        return {line["test"]: line["seconds"] for line in self._lines() if "test" in line}
