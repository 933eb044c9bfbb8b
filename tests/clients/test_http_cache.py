"""http-cache-tests of the HTTP working group: what a client of the API's own caching sees does not change on the way.

The sidecar is no cache. So whatever these tests find without it, good or bad, they must find through it.
"""
import json
import os
import subprocess

from harness.process import Process
from tools.node import INSTALLED, require_installed

PACKAGE = INSTALLED / "http-cache-tests"


class CacheTestServer:
    """The package's own server."""

    def __init__(self):
        self.process = Process(["node", PACKAGE / "server" / "server.mjs"],
                               {"npm_config_protocol": "http", "npm_config_port": "0", "npm_config_pidfile": os.devnull})
        self.url = "http://127.0.0.1:" + self.process.out.wait_for(lambda line: "Listening" in line, "the server's port", within=30).split(":")[-1].strip("/")

    def stop(self):
        self.process.exit_code_matters = False
        self.process.stop()


def begin(base):
    """The whole list, as `npm run cli --base=...` runs it."""
    environment = {**os.environ, "npm_config_base": base, "npm_config_id": "", "npm_package_config_id": ""}
    return subprocess.Popen(["node", "--no-warnings", "cli.mjs"], cwd=PACKAGE, env=environment, stdout=subprocess.PIPE, text=True)


# The server frames this answer in a way that nobody knows; Node overlooks it, we answer 502.
REFUSED = {"headers-store-Transfer-Encoding"}


def test_results_are_the_same_as_without_the_sidecar(start_sidecar, started):
    require_installed()
    server = started.add(CacheTestServer())
    sidecar = start_sidecar({"auth": {"mode": "optional"}}, upstream=server)
    runs = [begin(server.url), begin("http://127.0.0.1:%d" % sidecar.port)]
    directly, through = (json.loads(run.communicate(timeout=300)[0]) for run in runs)
    verdicts = [{name: result is True for name, result in results.items()} for results in (directly, through)]
    print("%d tests, %d pass without a cache" % (len(directly), sum(verdicts[0].values())))
    assert len(directly) > 300 and sum(verdicts[0].values()) > 100
    assert verdicts[0] == verdicts[1]
    # The reasons of the failures are the same, too, unless the server broke HTTP or hung up: then a 502 tells of it.
    different = {name: (told, through[name]) for name, told in directly.items()
                 if told != through[name] and told[0] != "FetchError" and name not in REFUSED}
    assert not different, json.dumps(different, indent=1)
