"""What a program uses of the CPU and of the kernel when nobody looks too closely."""
import dataclasses
import tempfile

from call_counts import Counters
from rig import Rig

TIMED, CONNECTIONS, COUNTED = 150_000, 50, 20_000


@dataclasses.dataclass
class Use:
    """Per request at 50 connections, undisturbed."""
    cpu_us: float
    norm: float         # the same in what the load generator takes: two runs are better compared by this
    user_share: float   # of it: by the kernel's ticks, which are few; by perf's samples, if there are any
    counts: dict        # {function: Count}

    def split(self):
        """Microseconds: (user, kernel)."""
        return self.cpu_us * self.user_share, self.cpu_us * (1 - self.user_share)

    def __str__(self):
        return ("%.2f us of CPU (%.2f of the load generator's): %.2f in user space, %.2f (%.0f %%) in the kernel"
                % (self.cpu_us, self.norm, *self.split(), 100 - 100 * self.user_share))


def measure_use(program, tools, scenario, access_log):
    driver = tools / "costs_driver"
    with tempfile.TemporaryDirectory() as folder, Rig(folder, program, driver, scenario, access_log) as rig:
        rig.connect(CONNECTIONS)
        rig.ask(CONNECTIONS * 40)
        before, own_before = rig.cpu(), rig.driver_cpu()
        rig.ask(TIMED)
        cpu, user, system = (now - then for now, then in zip(rig.cpu(), before))
        own = rig.driver_cpu() - own_before
    with tempfile.TemporaryDirectory() as folder:
        counters = Counters(tools / "libcall_counts.so", folder + "/counts")
        with Rig(folder, program, driver, scenario, access_log, environment=counters.environment()) as rig:
            rig.connect(CONNECTIONS)
            rig.ask(CONNECTIONS * 40)
            counts = counters.per_request(rig, COUNTED)
    return Use(cpu * 1e6 / TIMED, cpu / own, user / max(user + system, 1), counts)
