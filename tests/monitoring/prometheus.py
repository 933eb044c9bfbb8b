"""A real Prometheus that scrapes one sidecar."""
import json
import re
import urllib.parse
import urllib.request

from harness.process import Process
from harness.wait import eventually


class Prometheus:
    """A real one, which scrapes one target every second."""

    def __init__(self, directory, port, *flags):
        config = directory / "prometheus.yml"
        config.write_text(json.dumps({
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "api", "static_configs": [{"targets": ["127.0.0.1:%d" % port]}]}]}), encoding="utf-8")
        self.process = Process(["prometheus", "--config.file=%s" % config, "--storage.tsdb.path=%s" % (directory / "data"),
                                "--web.listen-address=127.0.0.1:0", "--log.level=info", *flags], {})
        self.process.exit_code_matters = False
        line = self.process.err.wait_for(lambda text: "Listening on" in text and "address=" in text, "Prometheus' port", 10)
        self.address = re.search(r"address=(\S+)", line).group(1)
        self.process.err.wait_for(lambda text: "Server is ready" in text, "Prometheus to be ready", 10)

    def ask(self, path, **parameters):
        """The data of an answer of the API."""
        url = "http://%s/api/v1/%s?%s" % (self.address, path, urllib.parse.urlencode(parameters))
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
            return json.load(answer)["data"]

    def query(self, expression):
        """The samples that an expression has now."""
        return self.ask("query", query=expression)["result"]

    def wait_for_scrapes(self, times):
        def scraped():
            found = self.query("count_over_time(gate_config_generation[1m])")
            return bool(found) and float(found[0]["value"][1]) >= times
        eventually(scraped, "%d scrapes" % times, within=10)

    def stop(self):
        self.process.stop()
