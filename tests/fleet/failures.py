"""What befalls a fleet's store: each thing begins, and ends."""
import os


class Place:
    """A store behind a relay, and the replicas that use it."""

    def __init__(self, store, relay, fleet):
        self.store, self.relay, self.fleet = store, relay, fleet

    def relay_delays(self, seconds):
        self.relay.delay = seconds

    def cut_replies(self, every):
        self.relay.cut_after = self.relay.cut_every = every

    def spoil_keys(self):
        place = self.store.log()[:-len(":ev")]
        for suffix in (b":c", b":k", b":b", b":n", b":ev"):
            self.store("SET", place + suffix, os.urandom(1000))

    def spoil_log(self):
        log = self.store.log()
        for size in (1, 28, 29, 250, 4096, 1 << 18):
            self.store("XADD", log, "*", "m", os.urandom(size))
            self.store("XADD", log, "*", "m", b"\x01" + os.urandom(size))
        self.store("XADD", log, "*", "other", "field", "m", "")

    def replay(self):
        log = self.store.log()
        for _, fields in self.store("XRANGE", log, "-", "+"):
            self.store("XADD", log, "*", *fields)


# name -> (how it begins, how it ends). What only happens has no end.
FAILURES = {
    "killed, and back empty": (lambda p: p.store.kill(), lambda p: p.store.start()),
    "stopped": (lambda p: p.store.freeze(), lambda p: p.store.thaw()),
    "read-only": (lambda p: p.store("REPLICAOF", "127.0.0.1", "1"), lambda p: p.store("REPLICAOF", "NO", "ONE")),
    "full": (lambda p: p.store("CONFIG", "SET", "maxmemory", "1"), lambda p: p.store("CONFIG", "SET", "maxmemory", "0")),
    "wiped": (lambda p: p.store("FLUSHALL"), None),
    "40 ms away": (lambda p: p.relay_delays(0.04), lambda p: p.relay_delays(0.0)),
    "2 s away": (lambda p: p.relay_delays(2.0), lambda p: p.relay_delays(0.0)),
    "cut in the middle of replies": (lambda p: p.cut_replies(500), lambda p: p.cut_replies(None)),
    "garbage in every key": (lambda p: p.spoil_keys(), None),
    "garbage in the log": (lambda p: p.spoil_log(), None),
    "old messages again": (lambda p: p.replay(), None),
    "its history set back": (lambda p: p.store.set_history_back(), None),
    "its scripts forgotten": (lambda p: p.store("SCRIPT", "FLUSH"), None),
}
OWNER_FROZEN = "a replica frozen"
LOCK_LIFE = 0.3  # seconds
