"""A program under test."""
import os
import re
import signal
import subprocess
import threading

from .wait import PATIENCE, Lines, eventually

REPORT = re.compile(r"(Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer|runtime error:")


class Process:
    """Runs argv; collects its output line by line; stopping it checks how it ended."""

    def __init__(self, argv, env=None):
        self.argv = [str(a) for a in argv]
        self.exit_code_matters, self.was_told_to_end = True, False
        self.out, self.err = Lines(), Lines()
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("GATE_SIDECAR_", "FOIL_"))}
        environment.update(env or {})
        self.popen = subprocess.Popen(self.argv, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True, errors="backslashreplace")
        self._readers = [threading.Thread(target=self._collect, args=pair, daemon=True)
                         for pair in ((self.popen.stdout, self.out), (self.popen.stderr, self.err))]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _collect(stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))
        lines.end()

    def running(self):
        return self.popen.poll() is None

    def freeze(self):
        """Stops every thread, and returns when all of them have stopped; thaw() lets them go on."""
        self.signal(signal.SIGSTOP)
        eventually(lambda: all(self._state_of(thread) == "T" for thread in os.listdir("/proc/%d/task" % self.popen.pid)), "all threads to stop")

    def thaw(self):
        self.signal(signal.SIGCONT)

    def _state_of(self, thread):
        with open("/proc/%d/task/%s/stat" % (self.popen.pid, thread), encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0]

    def signal(self, number):
        self.was_told_to_end |= number == signal.SIGTERM
        self.popen.send_signal(number)

    def wait(self, within=5.0):
        """The exit code. A process that does not end in time is killed, and the test fails."""
        try:
            code = self.popen.wait(within * PATIENCE)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise AssertionError("%s did not end in time\n%s" % (self.argv[0], self.output())) from None
        for reader in self._readers:
            reader.join()
        return code

    def stop(self, within=5.0):
        """Ends it with TERM if it still runs; fails unless it exits with 0 and without a sanitizer's report."""
        if self.running() and not self.was_told_to_end:
            self.signal(signal.SIGTERM)
        code = self.wait(within)
        self.check_no_report()
        assert code == 0 or not self.exit_code_matters, "%s exited with %s\n%s" % (self.argv[0], code, self.output())

    def kill(self):
        self.popen.kill()
        self.wait()

    def check_no_report(self):
        report = [line for line in self.err.all() if REPORT.search(line)]
        assert not report, "a sanitizer reported:\n" + "\n".join(self.err.all()[-80:])

    def output(self):
        return "stdout:\n%s\nstderr:\n%s" % ("\n".join(self.out.all()[-40:]), "\n".join(self.err.all()[-80:]))

    def rss(self):
        """Resident memory in bytes."""
        return self._memory("VmRSS:")

    def peak_rss(self):
        """The greatest resident memory so far, in bytes."""
        return self._memory("VmHWM:")

    def _memory(self, name):
        with open("/proc/%d/status" % self.popen.pid, encoding="ascii", errors="replace") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name))
