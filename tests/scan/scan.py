#!/usr/bin/env python3
"""Lets testssl.sh and sslscan look at the TLS listener of a gate-sidecar of its own.

  GATE_SIDECAR=... GATE_EMULATOR=... scan.py

Exit status 0: neither has found anything above LOW, except about who has issued the certificate (a test's own authority).
1: one has, or did not look at what it should have looked at. What they say is in build/scan.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from datetime import datetime, timedelta, timezone

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from harness.certificates import Authority  # noqa: E402
from harness.emulator import Emulator  # noqa: E402
from harness.server import Server  # noqa: E402
from harness.sidecar import BASE, Sidecar, merged  # noqa: E402

OUT = HERE.parents[1] / "build" / "scan"
NAME = "localhost"
# Of what a certificate's issuer decides: its place in a chain that is known, and how it can be taken back.
ABOUT_THE_ISSUER = ("cert_chain_of_trust", "cert_crlDistributionPoints", "cert_ocspURL", "cert_revocation", "cert_caIssuers",
                    "cert_certificatePolicies_EV", "cert_mustStapleExtension", "OCSP_stapling", "DNS_CAArecord", "intermediate_cert")
HARMLESS = {"OK", "INFO", "LOW", "DEBUG"}
ABOUT_ITSELF = {"engine_problem"}   # of testssl.sh: its openssl knows no GOST
# Without these a tool has not looked: it could not connect, or writes something else than it did.
LOOKED_AT = {"SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3", "heartbleed", "secure_renego", "secure_client_renego", "CRIME_TLS",
             "ROBOT", "LUCKY13", "BREACH", "FS", "cipher_order", "cert_keySize"}


def date(days):
    return (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


def is_about_the_issuer(name):
    return name.split(" ")[0].startswith(ABOUT_THE_ISSUER)


def run_testssl(port, ca_file):
    """[(id, severity, finding)] of testssl.sh: all but what it asks over HTTP, which is the API's to answer."""
    results = OUT / "testssl.json"
    results.unlink(missing_ok=True)
    command = ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--openssl-timeout", "10", "--connect-timeout", "10",
               "--ip", "127.0.0.1", "--nodns", "none", "--add-ca", ca_file, "--jsonfile", results,
               "-p", "-s", "-f", "-P", "-S", "-U", "%s:%d" % (NAME, port)]
    with open(OUT / "testssl.txt", "w", encoding="utf-8") as log:
        subprocess.run([str(part) for part in command], stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
                       timeout=1200)
    return [(f["id"], f["severity"], f["finding"]) for f in json.loads(results.read_text(encoding="utf-8"))]


def check_testssl(port, ca_file):
    found = run_testssl(port, ca_file)
    ids = {name.split(" ")[0].replace("PFS", "FS") for name, _, _ in found}   # its name in 3.0
    problems = ["testssl.sh has not looked at %s" % name for name in sorted(LOOKED_AT - ids)]
    for name, severity, finding in found:
        if severity not in HARMLESS and not is_about_the_issuer(name) and name not in ABOUT_ITSELF:
            problems.append("testssl.sh: %s: %s: %s" % (severity, name, finding))
    print("testssl.sh: %d findings, %d of them about the certificate's issuer" % (
        len(found), sum(is_about_the_issuer(name) and severity not in HARMLESS for name, severity, _ in found)))
    return problems


def run_sslscan(port):
    command = ["sslscan", "--no-colour", "--xml=%s" % (OUT / "sslscan.xml"), "--sni-name=" + NAME, "127.0.0.1:%d" % port]
    with open(OUT / "sslscan.txt", "w", encoding="utf-8") as log:
        subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=True, timeout=600)
    return xml.parse(OUT / "sslscan.xml").getroot().find("ssltest")


def check_sslscan(port):
    """What it does not rate is held against what transports.md says."""
    found = run_sslscan(port)
    on = {("TLSv" if p.get("type") == "tls" else "SSLv") + p.get("version") for p in found.findall("protocol") if p.get("enabled") == "1"}
    problems = [] if on == {"TLSv1.2", "TLSv1.3"} else ["sslscan: the protocols are %s" % sorted(on)]
    ciphers = found.findall("cipher")
    if len(ciphers) < 3:
        problems.append("sslscan has found %d ciphers only" % len(ciphers))
    for cipher in ciphers:
        name = cipher.get("cipher")
        has_secrecy = name.startswith(("TLS_", "ECDHE-"))
        is_aead = "GCM" in name or "POLY1305" in name or "CCM" in name
        if int(cipher.get("bits")) < 128 or not has_secrecy or not is_aead:
            problems.append("sslscan: the cipher %s" % name)
    if found.find("renegotiation").get("supported") != "0" and found.find("renegotiation").get("secure") != "1":
        problems.append("sslscan: insecure renegotiation")
    compression = found.find("compression")   # not there where sslscan's own OpenSSL has none: testssl.sh has looked, too
    if compression is not None and compression.get("supported") != "0":
        problems.append("sslscan: compression")
    problems += ["sslscan: Heartbleed in TLS %s" % h.get("sslversion") for h in found.findall("heartbleed") if h.get("vulnerable") != "0"]
    print("sslscan: %s, %d ciphers" % (", ".join(sorted(on)), len(ciphers)))
    return problems


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        authority = Authority(directory / "ca")
        certificate, key = authority.issue("listener", "DNS:" + NAME, date(-1), date(80))
        gate, upstream = Emulator({"agt_valid": "gacct_1"}), Server()
        wiring = {"upstream": {"url": upstream.url}, "gate": {"base_url": gate.url},
                  "listener": {"tls": {"certificates": [{"cert_file": str(certificate), "key_file": str(key)}]}}}
        sidecar = Sidecar(directory, merged(BASE, wiring))
        problems = check_testssl(sidecar.port, authority.ca_file) + check_sslscan(sidecar.port)
        for thing in (sidecar, gate, upstream):
            thing.stop()
    print("\n".join(problems) if problems else "nothing above LOW")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
