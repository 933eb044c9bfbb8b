"""A gate-sidecar whose configuration file changes while it runs."""
import json

import yaml

from .http import Connection, request
from .sidecar import merged

ADMIN_TOKEN = "hunter2-hunter2-hunter2"


class Reloadable:
    """A running sidecar with an admin token, and the configuration that its file holds."""

    def __init__(self, sidecar):
        self.sidecar = sidecar
        self.config = yaml.safe_load(sidecar.path.read_text(encoding="utf-8"))

    def __getattr__(self, name):
        return getattr(self.sidecar, name)

    def replace(self, text):
        """The file is another one, in one step."""
        other = self.path.with_name("being-written")
        other.write_text(text, encoding="utf-8")
        other.rename(self.path)

    def write(self, change):
        self.config = merged(self.config, change)
        self.replace(yaml.safe_dump(self.config, sort_keys=False))

    def post(self, target="/reload", method="POST", token=ADMIN_TOKEN):
        with Connection.to(self.ports["admin"]) as connection:
            return connection.exchange(request(method, target, token, [("Connection", "close")], host="localhost"))

    def reload(self, change=None):
        """Writes and reloads; what is said of it."""
        if change is not None:
            self.write(change)
        answer = self.post()
        assert answer.status == 200, answer
        return answer.json()

    def refused(self, text):
        """The problems with which the file is refused."""
        self.replace(text)
        answer = self.post()
        assert (answer.status, answer.error["code"]) == (422, "config.refused")
        return answer.error["details"]["problems"]

    def generation(self):
        return json.loads(self.post("/config", "GET").body)["generation"]

    def lines(self, words, level=None):
        return [e for e in self.log() if words in e.get("message", "") and level in (None, e.get("level"))]
