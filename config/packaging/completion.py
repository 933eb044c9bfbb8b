#!/usr/bin/env python3
"""completion.py PROGRAM - bash completion for gate-sidecar on standard output, made from what its --help says."""
import re
import sys

import help_text

TEMPLATE = """# bash completion for gate-sidecar                                        -*- shell-script -*-
_gate_sidecar() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} command='' words='' i
  COMPREPLY=()
  case $previous in
    -c | --config)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return ;;
    {with_value}) return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${{COMP_WORDS[i]}} in
      {commands}) command=${{COMP_WORDS[i]}} ;;
    esac
  done
  case $command in
    '') words='{top}' ;;
{cases}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -F _gate_sidecar gate-sidecar
"""


def names_of(options):
    return [name for option in options for name in option.names if name.startswith("--")]


def values_for(program, command, of):
    """Words that may stand as a positional."""
    if command == "explain":
        return re.findall(r"^\| `(\w+)` \|", help_text.output_of(program, "explain", "--markdown"), re.M)
    if command == "log-level":
        return re.findall(r"\w+", of.positionals[0].text.split("(")[0].replace(" or ", " "))
    return []


def completion(program):
    whole, commands = help_text.ask_all(program)
    everywhere = names_of(whole.options)
    with_value = sorted({name for of in (whole, *commands.values()) for option in of.options if option.value for name in option.names}
                        - {"-c", "--config"})
    cases = ["    %s) words='%s' ;;" % (name, " ".join([*names_of(of.options), *everywhere[1:], *values_for(program, name, of)]))
             for name, of in commands.items()]
    return TEMPLATE.format(commands=" | ".join(commands), top=" ".join([*commands, *everywhere]), cases="\n".join(cases),
                           with_value=" | ".join(with_value))


if __name__ == "__main__":
    print(completion(sys.argv[1]), end="")
