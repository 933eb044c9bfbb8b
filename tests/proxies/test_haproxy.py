"""Haproxy in front of an API, asking gate-sidecar with the files of config/answering/haproxy."""
from contract import Contract
from rig import Haproxy


class TestHaproxy(Contract):
    proxy = Haproxy
