#!/usr/bin/env python3
"""manpage.py PROGRAM - the man page of gate-sidecar on standard output, made from what its --help says."""
import os
import re
import sys
import time

import help_text

EXIT_CODES = [
    ("0", "Success."),
    ("1", "It ran, and the answer is no or the work failed: a token is refused (verify) or unknown (revoke), the request would be refused "
          "(explain), the sidecar is not ready (healthcheck), or there is no process or no admin token."),
    ("2", "Wrong usage, or standard input is not one token."),
    ("3", "Gate could not be asked (verify, revoke)."),
    ("78", "The configuration is invalid."),
]
VARIABLES = [
    ("FOIL_SECRET_KEY", "The secret key for Gate, unless gate.secret_key_file names a file."),
    ("GATE_SIDECAR_ADMIN_TOKEN", "The admin token, unless admin.token_file names a file."),
    ("GATE_SIDECAR_FLEET_KEY", "The key that the replicas of a fleet share, unless fleet.key_file names a file."),
    ("GATE_SIDECAR_FLEET_PASSWORD", "The password at the store of the fleet, unless fleet.password_file names a file."),
    ("GATE_SIDECAR_FLEET_SENTINEL_PASSWORD", "The password at the sentinels of that store, unless fleet.sentinel.password_file "
                                             "names a file."),
    ("GATE_SIDECAR_SECTION_KEY", "Overrides an option of the configuration: cache.ttl is GATE_SIDECAR_CACHE_TTL. The items of a list are "
                                 "separated by commas."),
    ("PORT", "Sets the port, with the address 0.0.0.0, where listener.address is not given."),
]
FILES = [
    ("/etc/gate-sidecar/gate-sidecar.yaml", "The configuration of the service."),
    ("/etc/gate-sidecar/secret-key", "The secret key of the service, readable for root alone."),
    ("/usr/share/doc/gate-sidecar/gate-sidecar.yaml", "Every option with its default."),
]


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def paragraph(names, text):
    return ".TP\n%s\n%s" % (names, escaped(text) or "\\&")


def bold(text):
    return "\\fB%s\\fR" % escaped(text)


def option(entry):
    value = " \\fI%s\\fR" % escaped(entry.value) if entry.value else ""
    more = " (needs %s)" % ", ".join(entry.needs()) if entry.needs() else ""
    return paragraph(", ".join(map(bold, entry.names)) + value, entry.text + more)


def positional(entry):
    return paragraph("\\fI%s\\fR" % escaped(entry.value or entry.names[0]), entry.text)


def command(name, of):
    yield ".SS %s" % escaped(re.sub(r"^gate-sidecar |\[OPTIONS\] ?", "", of.usage)).strip()
    yield escaped(of.description) + "."
    yield from map(positional, of.positionals)
    yield from (option(entry) for entry in of.options if "--help" not in entry.names)


def page(program):
    whole, commands = help_text.ask_all(program)
    version = help_text.output_of(program, "version").split()[1]
    date = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", "0"))))
    yield '.TH GATE\\-SIDECAR 1 "%s" "gate\\-sidecar %s" "User Commands"' % (date, version)
    yield ".SH NAME"
    yield "gate\\-sidecar \\- " + escaped(whole.description[0].lower() + whole.description[1:].rstrip("."))
    yield ".SH SYNOPSIS"
    yield "\\fBgate\\-sidecar\\fR [\\fIOPTIONS\\fR] [\\fICOMMAND\\fR]"
    yield ".SH DESCRIPTION"
    yield escaped("Without a command, it serves until it is told to end by TERM. It takes the agent token from each request, verifies the token "
                  "with Gate, and forwards valid requests to the API with the account in X-Gate-Account-Id.")
    yield ".SH OPTIONS"
    yield from map(option, whole.options)
    yield ".SH COMMANDS"
    for name, of in commands.items():
        yield from command(name, of)
    for title, rows in (("EXIT STATUS", EXIT_CODES), ("ENVIRONMENT", VARIABLES), ("FILES", FILES)):
        yield ".SH " + title
        yield from (paragraph(bold(name), text) for name, text in rows)
    yield ".SH SIGNALS"
    yield escaped("TERM and INT end it after shutdown.delay and shutdown.grace, a second one immediately. HUP reloads the configuration. USR1 makes "
                  "/readyz report 503 while it goes on serving.")


if __name__ == "__main__":
    print("\n".join(page(sys.argv[1])))
