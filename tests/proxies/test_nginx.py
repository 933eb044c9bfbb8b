"""Nginx in front of an API, asking gate-sidecar with the files of config/answering/nginx."""
from contract import Contract
from harness import TOKEN
from rig import Nginx


class TestNginx(Contract):
    proxy = Nginx

    def test_the_api_and_the_sidecar_know_a_request_by_the_same_id(self, front, upstream):
        assert front.ask("/orders/by-id", TOKEN).status == 200
        line = front.sidecar.access_line("/orders/by-id")
        assert upstream.last.one("X-Request-Id") == line["request_id"]
