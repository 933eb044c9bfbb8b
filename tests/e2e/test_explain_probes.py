"""What explain says of a request is what the proxy does with it: each probe that is one request goes to both."""
import pathlib
import subprocess
import sys

import pytest
import yaml

from harness import TOKEN
from harness.sidecar import BASE, BINARY, FOR_SANITIZERS

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "probes"))
from probes import PROBES  # noqa: E402

# Found in what follows the head, of which explain knows nothing.
OF_THE_BODY = {"bad_chunk", "body_timeout"}


def single_requests():
    """(id, bytes): of the probes that send one piece with a whole head."""
    for probe in PROBES:
        pieces = [step for step in probe["steps"] if isinstance(step, bytes)]
        if len(pieces) != 1 or b"\r\n\r\n" not in pieces[0]:
            continue
        data = pieces[0].replace(b"@AUTH@", b"Authorization: Bearer @TOK@\r\n")
        data = data.replace(b"@TOKCHUNK@", b"%x\r\naccess_token=@TOK@\r\n" % (13 + len(TOKEN)))
        yield probe["id"], data.replace(b"@TOK@", TOKEN.encode())


def explained(path, data):
    """The decision in explain's words, or None for what is no request head to it."""
    head = data[:data.index(b"\r\n\r\n", 2) + 4]
    done = subprocess.run([BINARY, "explain", "--request", "--config", path], env=FOR_SANITIZERS, input=head,
                          capture_output=True, timeout=30, check=False)
    assert done.returncode in (0, 1), done.stderr
    return dict(line.split(None, 1) for line in done.stdout.decode().splitlines())["decision"]


def refusal_of(connection, data):
    """(status, code) of the refusal of a request's head; None where the head is accepted."""
    connection.send(data)
    connection.end_sending()
    try:
        answer = connection.response(to_head=data.startswith(b"HEAD "))
    except EOFError:  # the body has ended too early
        return None
    if answer.status < 400:  # the upstream answers 200
        return None
    code = answer.error["code"] if answer.body else ""
    return None if code in OF_THE_BODY else (answer.status, code)


# By method, so that the probes meet each of them.
ROUTES = [{"methods": ["POST"], "auth": "none"}, {"methods": ["HEAD"], "auth": "optional"}, {"methods": ["PUT"], "auth": "deny"},
          {"methods": ["DELETE", "PATCH"], "shadow": True}, {"methods": ["OPTIONS"], "preflight": True},
          {"path": "/admin/**", "auth": "deny"}, {"host": "*.open.test", "auth": "none"}]


@pytest.mark.parametrize("routes", [[], ROUTES], ids=["no routes", "routes of each kind"])
def test_explain_says_what_the_proxy_does(start_sidecar, tmp_path, routes):
    path = tmp_path / "explain.yaml"
    path.write_text(yaml.safe_dump({**BASE, "routes": routes}), encoding="utf-8")
    sidecar = start_sidecar({"routes": routes})
    seen, differ = 0, []
    for name, data in single_requests():
        with sidecar.connect() as connection:
            refusal = refusal_of(connection, data)
        said = explained(path, data)
        agreed = said.startswith("refused with %d %s" % refusal) if refusal else not said.startswith("refused")
        if not agreed:
            differ.append("%s: %s, but %s" % (name, refusal, said))
        seen += 1
    assert not differ, "\n".join(differ)
    assert seen >= 200, seen
