"""The rest of the fleet: replicas that share the sidecar's store and tokens, and what befalls the store."""
import asyncio
import pathlib

from harness import store as store_module
from harness.admin import WITH_TOKEN
from harness.fleet import fleet_of, is_connected
from harness.sidecar import Sidecar, merged
from harness.wait import eventually

REFUSED = 401


class Neighbours:
    """None where there is no redis-server: the sidecar is alone then."""

    def __init__(self, world, count):
        self.world, self.count, self.replicas, self.store = world, count, [], None
        if count and store_module.is_installed():
            self.store = store_module.Store()

    def shared(self):
        """(configuration, environment) of each member."""
        return fleet_of(self.store) if self.store else ({}, dict(WITH_TOKEN))

    def start(self, directory):
        if not self.store:
            return
        own, environment = self.shared()
        for number in range(self.count):
            folder = pathlib.Path(directory) / ("neighbour%d" % number)
            folder.mkdir()
            quiet = {"log": {"access": False}, "workers": 1}
            self.replicas.append(Sidecar(folder, merged(merged(self.world.config(), own), quiet), env=environment))
        self.wait()

    def wait(self):
        """Until all are connected, the sidecar that is watched among them."""
        if self.store:
            for each in (self.world.sidecar, *self.replicas):
                eventually(lambda it=each: is_connected(it), "the fleet", within=10)

    def kill(self):
        for each in self.replicas:
            if each.process.running():
                each.process.kill()
        if self.store:
            self.store.stop()

    def stop(self):
        for each in self.replicas:
            each.stop()
            if each.process.err.all():
                self.world.book.error("a neighbour on standard error: %s" % each.process.err.all()[:20])


async def visits(world, rng, tokens, revoked):
    """Tokens come to the neighbours too. Whatever is wrong elsewhere: a good one is not refused, and a revoked one does not pass."""
    while await world.is_on_after(rng.uniform(0.02, 0.3)):
        replica, token = rng.choice(world.neighbours.replicas), rng.choice([*tokens, revoked])
        target = "/counted/%s?n=10" % world.book.new_id()
        try:
            status = (await world.control(lambda: replica.ask(target, token))).status
        except (OSError, AssertionError):
            continue  # the upstream ended in the middle of its answer
        world.book.count("neighbours", "%s %d" % ("revoked" if token == revoked else "good", status))
        is_right = status >= 500 or (status == REFUSED) == (token == revoked)
        if not is_right:
            world.book.error("a neighbour answered %s with %d" % (token, status))


async def store_faults(world, rng, every):
    """The store is away, stands still, or forgets everything. No request notices: there is no window that excuses one."""
    store = world.neighbours.store
    while await world.is_on_after(rng.uniform(0.5, 1.5) * every):
        fault = rng.choice(["killed", "frozen", "wiped", "cut"])
        world.book.count("store faults", fault)
        if fault == "wiped":
            await world.control(lambda: store("FLUSHALL"))
        elif fault == "cut":
            await world.control(lambda: store("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
        else:
            await world.control(store.kill if fault == "killed" else store.freeze)
            await asyncio.sleep(rng.uniform(0.05, 2.0))
            await world.control(store.start if fault == "killed" else store.thaw)
