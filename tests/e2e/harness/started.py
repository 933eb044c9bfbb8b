class Started:
    """What a test has started, ended in reverse order when the test is over."""

    def __init__(self):
        self.things = []

    def add(self, thing):
        self.things.append(thing)
        return thing

    def stop(self):
        problems = []
        for thing in reversed(self.things):
            try:
                thing.stop()
            except AssertionError as problem:
                problems.append(str(problem))
        assert not problems, "\n".join(problems)
