"""curl, the program."""
import hashlib
import json
import subprocess


class Answer:
    """What one run of curl brought: `body` is its output, `transfers` holds what --write-out told of each URL."""

    def __init__(self, done, head):
        self.code, self.body, self.told, self.head = done.returncode, done.stdout, done.stderr.decode("latin-1"), head
        self.transfers = [json.loads(line) for line in self.told.splitlines() if line.startswith('{"')]

    @property
    def status(self):
        return self.transfers[-1]["http_code"]

    def json(self):
        return json.loads(self.body)

    def __getattr__(self, name):
        return self.transfers[-1][name]

    def fields(self, name):
        """Values of a field of the last response, trailers included."""
        last = self.head.rsplit("HTTP/1.", 1)[-1]
        pairs = [line.split(":", 1) for line in last.splitlines() if ":" in line]
        return [value.strip() for key, value in pairs if key.lower() == name.lower()]


class Curl:
    """curl(path, option...) asks the sidecar with the token; options of curl follow the path."""

    def __init__(self, port, token, directory):
        self.base, self._token, self._head = "http://127.0.0.1:%d" % port, token, directory / "head"

    def arguments(self, *options):
        bearer = ["-H", "Authorization: Bearer " + self._token] if self._token else []
        return ["curl", "-q", "-sS", "--max-time", "120", "--noproxy", "*", "-D", str(self._head), "-w", "%{stderr}\\n%{json}\\n",
                *bearer, *map(str, options)]

    def __call__(self, path, *options, text=b""):
        """text is what curl finds on its standard input."""
        done = subprocess.run(self.arguments(*options, self.base + path), input=text, capture_output=True, timeout=180, check=False)
        return Answer(done, self._head.read_text(encoding="latin-1") if self._head.exists() else "")


def sha256(data):
    return hashlib.sha256(data).hexdigest()
