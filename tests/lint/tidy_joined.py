#!/usr/bin/env python3
"""clang-tidy on sources of a folder joined in one file: the headers of others, most of its time, are read once for all.

tidy_joined.py BUILD JOBS SOURCE...: BUILD holds compile_commands.json. What cmake/unity.cmake lists stays alone. Says
for each finding which source it is in, and ends with 1 if there was any. The sources are copied, not included: clang's
analyzer looks at the functions of the main file alone, and a #line directive would be another file to it."""
import concurrent.futures
import itertools
import json
import pathlib
import re
import shlex
import subprocess
import sys

MOST_IN_ONE = 12


def apart():
    text = pathlib.Path("cmake/unity.cmake").read_text(encoding="utf-8")
    return set(re.search(r"set\(GATE_APART\s+([^)]*)\)", text).group(1).split())


def groups(sources):
    alone = apart()
    together = [source for source in sources if source not in alone]
    for _, folder in itertools.groupby(sorted(together, key=lambda s: s.rpartition("/")), lambda s: s.rpartition("/")[0]):
        files = list(folder)
        for begin in range(0, len(files), MOST_IN_ONE):
            yield files[begin:begin + MOST_IN_ONE]
    yield from ([source] for source in sources if source in alone)


def flags_of(build):
    """Of each source, what it is compiled with."""
    out = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        words = shlex.split(entry["command"])
        compiler = next(i for i, word in enumerate(words) if re.fullmatch(r"(.*/)?clang\+\+\S*", word))
        out[entry["file"]] = words[compiler + 1:words.index("-o")]
    return out


def join(files, path):
    """Returns which source each line of `path` came from, and which line it was."""
    origins, text = [], []
    for file in files:
        lines = pathlib.Path(file).read_text(encoding="utf-8").splitlines()
        origins += [(file, number) for number in range(1, len(lines) + 1)]
        text += lines
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return origins


def tidy(build, number, files, flags):
    path = build / "joined" / ("%d.cpp" % number)
    origins = join(files, path)
    folder = pathlib.Path(files[0]).parent
    done = subprocess.run(
        ["clang-tidy", "--quiet", "--config-file=.clang-tidy", str(path), "--",
         *flags[str(pathlib.Path(files[0]).resolve())], "-iquote", str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    where = re.compile(r"\S*" + re.escape(str(path)) + r":(\d+)")
    out = where.sub(lambda found: "%s:%d" % origins[int(found.group(1)) - 1], done.stdout)
    return done.returncode, "\n".join(line for line in out.splitlines() if not re.match(r"\d+ warnings? generated", line))


def main():
    build, jobs, sources = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    (build / "joined").mkdir(exist_ok=True)
    flags = flags_of(build)
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        runs = [pool.submit(tidy, build, number, files, flags) for number, files in enumerate(groups(sources))]
        for run in runs:
            code, text = run.result()
            bad += code != 0
            if text:
                print(text, flush=True)
    print("%d sources in %d files" % (len(sources), len(runs)))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
