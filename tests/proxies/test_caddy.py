"""Caddy in front of an API, asking gate-sidecar with the files of config/answering/caddy."""
from contract import Contract
from rig import Caddy


class TestCaddy(Contract):
    proxy = Caddy
