"""The page of the admin listener in a real browser: the tests of browser/*.mjs."""
import os

import pytest
from browser_tests import names

from harness import ACCOUNT, TOKEN
from harness.admin import ADMIN_TOKEN, WITH_TOKEN

# Script, if it ever became more than text.
HOSTILE = {
    "account": "gacct_<script>has_been_run()</script><img/src/onerror>",
    "path": "/<script>has_been_run=1</script>",
    "name": "<img src=x onerror=has_been_run=1><b>bold",
    "id": "id-7",
}


@pytest.mark.parametrize("module, name", names())
def test_page(browser_tests, start_gate, start_sidecar, module, name):
    is_hostile = name.startswith("hostile")
    account = HOSTILE["account"] if is_hostile else ACCOUNT
    gate = start_gate("--limit", "600", tokens={TOKEN: account})
    config = {"discovery": {"public_url": "https://api.example.com", "service_id": "api", "name": HOSTILE["name"]}} if is_hostile else {}
    sidecar = start_sidecar(config, gate=gate, env=WITH_TOKEN)
    within = 180 if module == "looks" else 60
    browser_tests.run(module, name, within, admin="http://127.0.0.1:%d" % sidecar.ports["admin"], proxy="http://127.0.0.1:%d" % sidecar.port,
                      file=str(sidecar.path), admin_token=ADMIN_TOKEN, token=TOKEN, account=account, hostile=HOSTILE,
                      scale=float(os.environ.get("PAGE_SCALE", "1")), points=int(os.environ.get("PAGE_POINTS", "5")))
