"""What `--help` of a program made with CLI11 says, as data: for the man page and the completion of the shell."""
import os
import re
import subprocess

COLUMN = 30  # where CLI11 begins the texts
NOTES = ("REQUIRED", "Excludes:", "Needs:", "...", "(Env:")


class Entry:
    """An option, a positional or a subcommand: its names, the kind of its value, what CLI11 adds, and its text."""

    def __init__(self, left, text):
        names, *rest = left.split()
        self.names = names.split(",")
        self.value = rest.pop(0) if rest and not rest[0].startswith(NOTES) else ""
        self.value = self.value.split(":")[0]  # INT:POSITIVE
        self.notes, self.text = " ".join(rest), text

    def needs(self):
        """The names of what has to be there too."""
        found = re.search(r"Needs: ((?:\S+ ?)+?)(?= Excludes:|$)", self.notes)
        return found[1].split() if found else []


class Help:
    def __init__(self, text):
        self.description = text.split("\n", 1)[0]
        self.usage = re.search(r"^Usage: (.*)$", text, re.M)[1]
        self.options, self.positionals, self.subcommands = (entries(text, title) for title in ("Options", "Positionals", "Subcommands"))


def entries(text, title):
    section = re.search(r"^%s:\n((?:  .*\n?)*)" % title, text, re.M)
    if not section:
        return []
    found = []
    for line in section[1].splitlines():
        if line.startswith(" " * COLUMN):
            found[-1][1] = (found[-1][1] + " " + line.strip()).strip()
        elif len(line) > COLUMN and line[COLUMN - 1] == " " and line[COLUMN] != " ":
            found.append([line[:COLUMN].strip(), line[COLUMN:].strip()])
        else:
            found.append([line.strip(), ""])
    return [Entry(left, text) for left, text in found]


def output_of(program, *arguments):
    """What it prints where no variable of the environment is set: a default could show one."""
    environment = {name: os.environ[name] for name in ("GATE_SIDECAR_DUMPABLE",) if name in os.environ}  # for sanitizers
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True, env=environment).stdout


def ask(program, *command):
    return Help(output_of(program, *command, "--help"))


def ask_all(program):
    """(the help of the program, {subcommand: its help})"""
    whole = ask(program)
    return whole, {entry.names[0]: ask(program, entry.names[0]) for entry in whole.subcommands}
