"""Real clients over TLS: each verifies the certificate, and goes on with one connection."""
import http.client
import shutil
import ssl
import subprocess

import pytest

from harness import TOKEN
from harness.certificates import Authority
from harness.wait import eventually

TIMES = 3
NODE = """
const https = require('node:https'), fs = require('node:fs');
const agent = new https.Agent({ca: fs.readFileSync(process.argv[2]), keepAlive: true, maxSockets: 1});
const options = {host: 'localhost', port: process.argv[3], path: '/node', agent, headers: {Authorization: 'Bearer ' + process.argv[4]}};
async function ask() {
  return new Promise((resolve, reject) => https.get(options, (answer) => {
    answer.resume();
    answer.on('end', () => resolve(answer.statusCode));
  }).on('error', reject));
}
(async () => {
  for (let i = 0; i < 3; i++) console.log(await ask());
  agent.destroy();
})();
"""


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ca")


@pytest.fixture
def sidecar(start_sidecar, authority):
    cert_file, key_file = map(str, authority.issue("localhost", "DNS:localhost"))
    return start_sidecar({"listener": {"tls": {"certificates": [{"cert_file": cert_file, "key_file": key_file}]}}})


def has_shaken_hands_once(sidecar):
    eventually(lambda: sidecar.metric("tls_handshakes_total", result="ok") == 1, "the handshake")
    assert sidecar.metric("gate_decisions_total", verdict="allow") == TIMES
    return True


def test_curl(sidecar, authority):
    url = "https://localhost:%d/curl" % sidecar.port
    done = subprocess.run(["curl", "-s", "--max-time", "60", "--ipv4", "--cacert", str(authority.ca_file), "-H", "Authorization: Bearer " + TOKEN,
                           "-w", "%{http_code} %{http_version} %{ssl_verify_result}\n", *["-o", "/dev/null", url] * TIMES],
                          capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.splitlines() == ["200 1.1 0"] * TIMES
    assert has_shaken_hands_once(sidecar)


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node here")
def test_node(sidecar, authority, tmp_path):
    script = tmp_path / "ask.cjs"
    script.write_text(NODE, encoding="ascii")
    done = subprocess.run(["node", script, str(authority.ca_file), str(sidecar.port), TOKEN], capture_output=True, text=True, timeout=120,
                          check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["200"] * TIMES), done.stderr
    assert has_shaken_hands_once(sidecar)


def test_python(sidecar, authority):
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    connection = http.client.HTTPSConnection("localhost", sidecar.port, timeout=60, context=context)
    for _ in range(TIMES):
        connection.request("GET", "/python", headers={"Authorization": "Bearer " + TOKEN})
        answer = connection.getresponse()
        assert (answer.status, len(answer.read())) == (200, 2)
    connection.close()
    assert has_shaken_hands_once(sidecar)
