"""Requests to the admin listener of a sidecar that has an admin token."""
import json

from .http import Connection, request

ADMIN_TOKEN = "hunter2-hunter2-hunter2"
WITH_TOKEN = {"GATE_SIDECAR_ADMIN_TOKEN": ADMIN_TOKEN}


def operate(sidecar, method, target, body=None, token=ADMIN_TOKEN, listener="admin"):
    """`body`: bytes as they are, or what becomes JSON."""
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    with Connection.to(sidecar.ports[listener]) as connection:
        return connection.exchange(request(method, target, token, [("Connection", "close")], data, host="localhost"))
