"""A proxy from Debian that runs for a test."""
import shutil

from .http import Connection
from .process import Process
from .wait import eventually


class RealProxy:
    """Who derives from it says `program`, and knows its `port` before start()."""
    program = ""

    def start(self, directory, arguments):
        """In that directory; returns when it accepts connections."""
        found = shutil.which(self.program, path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin")
        assert found, "%s is not installed" % self.program
        self.process = Process([found, *arguments], {"HOME": str(directory)})
        eventually(self.accepts, "%s to listen; it said:\n%s" % (self.program, self.process.output()), within=10)

    def accepts(self):
        assert self.process.running(), "%s ended:\n%s" % (self.program, self.process.output())
        try:
            Connection.to(self.port).close()
        except OSError:
            return False
        return True

    def stop(self):
        self.process.exit_code_matters = False   # HAProxy tells how it ended: 143
        self.process.stop(within=15)
