"""Whether a fleet allows what Gate does not: every answer is held against what Gate said, and when."""
import itertools
import threading
import time

from harness.http import Connection, request
from harness.wait import pause

IN_USE = 8  # tokens at a time
FRESH_EVERY = 5  # requests: the one of them is for a token that nobody has seen
SLACK = 0.5  # seconds that two clocks, and the way of an answer, may take


class Judge:
    """Asks all replicas for tokens in use and for fresh ones, has Gate end a token now and then, and remembers each answer.

    `good`: tokens of which the emulator knows; they are ended one by one. `fresh`: a prefix of which it accepts all.
    """

    def __init__(self, fleet, gate, ttl, good, fresh, rate=50, end_every=0.4):
        self.fleet, self.gate, self.ttl, self.rate, self.end_every, self.fresh = fleet, gate, ttl, rate, end_every, fresh
        self.good, self.ends, self.answers = list(good), {}, []  # ends: token -> (before, after Gate was told)
        self.left_out = None  # a replica that is not asked
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=run, daemon=True)
                        for run in (self._end_tokens, *(lambda n=number: self._ask(n) for number in range(len(fleet))))]
        for each in self.threads:
            each.start()

    def _in_use(self):
        """Those that Gate accepts, and those that it has ended for as long as an answer of before may be used."""
        now = time.monotonic()
        over = sum(after + self.ttl + 2 * SLACK < now for _, after in list(self.ends.values()))
        return self.good[over:over + IN_USE]

    def _end_tokens(self):
        for token in self.good:
            if self.stopped.wait(self.end_every):
                return
            before = time.monotonic()
            self.gate.revoke(token)
            self.ends[token] = (before, time.monotonic())

    def _ask(self, number):
        connection, at = None, time.monotonic()
        for count in itertools.count():
            if self.stopped.is_set():
                return
            at = max(at + 1 / self.rate, time.monotonic() - 0.1)
            self.stopped.wait(max(0.0, at - time.monotonic()))
            if self.left_out == number:
                connection = None
                continue
            tokens = self._in_use()
            token = self.fresh + str(count) if count % FRESH_EVERY == 0 else tokens[count % len(tokens)]
            sent = time.monotonic()
            try:
                connection = connection or Connection.to(self.fleet[number].port)
                status = connection.exchange(request("GET", "/", token)).status
            except (OSError, AssertionError, ValueError, EOFError):
                connection, status = None, 0
            self.answers.append((sent, time.monotonic(), number, token, status))

    def stop(self):
        """After the last token that was ended has had its time."""
        pause(self.ttl + 2 * SLACK)
        self.stopped.set()
        for each in self.threads:
            each.join()

    def slowest(self, since, until):
        return max(done - sent for sent, done, *_ in self.answers if since <= sent <= until)

    def wrong_allows(self):
        """Sent when no yes of Gate could be valid any more, and let through."""
        return [answer for answer in self.answers
                if answer[4] == 200 and answer[3] in self.ends and answer[0] > self.ends[answer[3]][1] + self.ttl + SLACK]

    def failures(self):
        """Of tokens that Gate accepted all the time, and whatever is neither yes nor no."""
        def is_wrong(answer):
            _, done, _, token, status = answer
            ended = token in self.ends and done >= self.ends[token][0]
            return status != 200 and not (status == 401 and ended)
        return [answer for answer in self.answers if is_wrong(answer)]
