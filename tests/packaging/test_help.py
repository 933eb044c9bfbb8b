"""The man page and the completion say what --help says."""
import os
import re
import shutil
import subprocess
import sys

import help_text
import pytest
from conftest import ROOT


def made_by(script, program):
    done = subprocess.run([sys.executable, "-B", ROOT / "config" / "packaging" / script, program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def page(program):
    return made_by("manpage.py", program)


def plain(troff):
    """A man page's text without its marks."""
    return re.sub(r"\\f[BIR]|\\&", "", troff).replace("\\-", "-").replace("\\e", "\\")


def test_entries_of_a_help_text_are_read():
    help_of = help_text.Help("Does it.\nUsage: p c [OPTIONS] [code...]\n\nPositionals:\n"
                             "  code CODE ... Excludes: --request\n                              Which\n\nOptions:\n"
                             "  -h,--help                   Print this\n"
                             "  --for TIME Needs: level     How long\n"
                             "  --pid INT:POSITIVE          The process\n"
                             "  -c,--config FILE (Env:X)\n                              A file;\n                              one\n")
    assert [(o.names, o.value, o.text) for o in help_of.options] == [
        (["-h", "--help"], "", "Print this"), (["--for"], "TIME", "How long"), (["--pid"], "INT", "The process"),
        (["-c", "--config"], "FILE", "A file; one")]
    assert help_of.options[1].needs() == ["level"] and not help_of.subcommands
    assert [(p.names, p.value, p.text) for p in help_of.positionals] == [(["code"], "CODE", "Which")]


def test_the_man_page_has_each_command_and_option(program, page):
    text = plain(page)
    whole, commands = help_text.ask_all(program)
    assert len(commands) >= 12
    for name, of in {"": whole, **commands}.items():
        assert "\n.SS " + name in text or not name
        for option in of.options:
            assert ", ".join(option.names) in text and (not option.text or option.text in text), option.names


def test_the_man_page_has_the_exit_codes_of_the_readme(page):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    codes = re.search(r"^\| exit code \|.*\n\|.*\n((?:\|.*\n)+)", readme, re.M)[1]
    section = page.split(".SH EXIT STATUS")[1].split(".SH")[0]
    assert re.findall(r"^\| (\d+) \|", codes, re.M) == re.findall(r"\\fB(\d+)\\fR", section)


def test_the_man_page_is_well_formed(page):
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-z"], input=page, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def completed(script, words):
    """What bash offers for the last of these words."""
    text = script + 'COMP_WORDS=(%s); COMP_CWORD=%d; _gate_sidecar; printf "%%s\\n" "${COMPREPLY[@]}"' % (
        " ".join("'%s'" % word for word in words), len(words) - 1)
    done = subprocess.run(["bash", "-u", "-c", text], capture_output=True, text=True, check=True, cwd=ROOT, env={"PATH": os.environ["PATH"]})
    return [line for line in done.stdout.splitlines() if line]


@pytest.fixture(scope="module")
def script(program):
    return made_by("completion.py", program)


@pytest.mark.parametrize("words, offered", [
    (["gate-sidecar", "un"], ["unblock"]),
    (["gate-sidecar", "--c"], ["--config"]),
    (["gate-sidecar", "log-level", "--t"], ["--token-fingerprint"]),
    (["gate-sidecar", "log-level", "wa"], ["warn"]),
    (["gate-sidecar", "explain", "gate_key"], ["gate_key_refused"]),
    (["gate-sidecar", "--config", "config/gate-sidecar.y"], ["config/gate-sidecar.yaml"]),
    (["gate-sidecar", "block", "--for", ""], []),
    (["gate-sidecar", "drain", "--p"], ["--pid"]),
    (["gate-sidecar", "verify", "--p"], []),
])
def test_bash_completes(script, words, offered):
    assert completed(script, words) == offered


def test_bash_completes_every_command(program, script):
    assert set(help_text.ask_all(program)[1]) <= set(completed(script, ["gate-sidecar", ""]))
