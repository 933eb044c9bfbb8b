#!/usr/bin/env python3
"""sbom.py --build DIRECTORY --program FILE [--target TARGET] - an SPDX 2.3 document about a program, on standard output.

What is in the program comes from the build: the archives of its link command, the headers that ninja has recorded for its
objects, and the shared libraries that it names. dpkg tells which package each is of, with its version and source. Licences
stand in a table below: a package that is not in it ends this with an error, so that somebody looks.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

# By the name of the source package: SPDX expressions of what gets into the program.
LICENCES = {
    "boost1.81": "BSL-1.0", "boost1.83": "BSL-1.0", "cli11": "BSD-3-Clause", "fmtlib": "MIT", "gcc-12": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "gcc-14": "GPL-3.0-or-later WITH GCC-exception-3.1", "glibc": "LGPL-2.1-or-later", "hiredis": "BSD-3-Clause",
    "libzstd": "BSD-3-Clause", "linux": "GPL-2.0-only WITH Linux-syscall-note", "openssl": "Apache-2.0", "rapidjson": "MIT", "spdlog": "MIT", "yaml-cpp": "MIT", "zlib": "Zlib",
    "libxcrypt": "LGPL-2.1-or-later",
}
# Headers of these describe the system: nothing of them but constants and declarations gets into the program.
OF_THE_SYSTEM = {"glibc", "linux", "libxcrypt"}


def run(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout


def spellings(path):
    """A path, and as it was before /lib became a link to /usr/lib: dpkg knows one of them."""
    real = os.path.realpath(path)
    return {path, real, real.removeprefix("/usr"), "/usr" + path if not path.startswith("/usr") else path}


def owners(paths):
    """{path: package} for files of Debian packages; the others are left out."""
    wanted = {each: path for path in paths for each in spellings(path)}
    asked = subprocess.run(["dpkg-query", "--search", *sorted(wanted)], capture_output=True, text=True, check=False).stdout
    found = {}
    for line in asked.splitlines():
        packages, _, path = line.partition(": ")
        if path in wanted and "diversion" not in packages:
            found[wanted[path]] = packages.split(",")[0].split(":")[0]
    return found


class Build:
    """What ninja knows about a target."""

    def __init__(self, directory, target):
        self.directory, self.target = directory, target
        self.commands = run("ninja", "-C", directory, "-t", "commands", target).splitlines()

    def archives(self):
        """The archives of others that are linked into it."""
        link = self.commands[-1].split()
        found = [word for word in link if word.startswith("/") and word.endswith(".a")]
        for word in link:
            name = word.removeprefix("-static-lib")
            if name != word:
                found.append(run("g++", "-print-file-name=lib%s.a" % {"gcc": "gcc", "stdc++": "stdc++"}[name]).strip())
        return sorted(set(found))

    def headers(self):
        """The headers of others that its objects were compiled with."""
        objects = {found[1] for found in (re.search(r" -o (\S+\.o) ", line) for line in self.commands) if found}
        found, of_ours = set(), False
        for line in run("ninja", "-C", self.directory, "-t", "deps").splitlines():
            if not line.startswith(" "):
                of_ours = line.split(":")[0] in objects
            elif of_ours and line.strip().startswith("/usr/"):
                found.add(os.path.normpath(line.strip()))
        return sorted(found)


def shared_libraries(program):
    loaded = dict(re.findall(r"^\s*(\S+) => (/\S+)", run("ldd", program), re.M))
    return [loaded[name] for name in re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-dW", program)) if name in loaded]


def facts(package):
    """(version, source, version of the source) of an installed package."""
    return run("dpkg-query", "-W", "-f", "${Version}\t${source:Package}\t${source:Version}", package).split("\t")


def described(package):
    version, source, source_version = facts(package)
    if source not in LICENCES:
        sys.exit("sbom: look at the licence of %s (source %s), and add it to the table" % (package, source))
    return {
        "SPDXID": "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", package), "name": package, "versionInfo": version,
        "supplier": "Organization: Debian", "downloadLocation": "https://snapshot.debian.org/package/%s/%s/" % (source, source_version),
        "filesAnalyzed": False, "licenseConcluded": LICENCES[source], "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION",
        "sourceInfo": "built by Debian from source package %s %s" % (source, source_version),
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                          "referenceLocator": "pkg:deb/debian/%s@%s" % (package.replace("+", "%2B"), version.replace("+", "%2B").replace(":", "%3A"))}],
    }


def linked(build, program):
    """[(package, relationship, comment)]: each package once, its closest relationship first."""
    static, shared, headers = (owners(paths) for paths in (build.archives(), shared_libraries(program), build.headers()))
    lost = sorted(set(build.archives()) - set(static)) + sorted(set(shared_libraries(program)) - set(shared))
    if lost:
        sys.exit("sbom: of no Debian package: " + ", ".join(lost))
    seen = {}
    for package in sorted(set(static.values())):
        seen.setdefault(package, ("STATIC_LINK", "linked in from its archive"))
    for package in sorted(set(shared.values())):
        seen.setdefault(package, ("DYNAMIC_LINK", "loaded when the program starts"))
    for package in sorted(set(headers.values())):
        if facts(package)[1] not in OF_THE_SYSTEM:
            seen.setdefault(package, ("STATIC_LINK", "compiled in from its headers"))
    return [(package, *how) for package, how in seen.items()]


def document(program, version, revision, parts):
    digest = hashlib.sha256(pathlib.Path(program).read_bytes()).hexdigest()
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", "0"))))
    ours = {
        "SPDXID": "SPDXRef-Package-gate-sidecar", "name": "gate-sidecar", "versionInfo": version, "supplier": "NOASSERTION",
        "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0",
        "copyrightText": "NOASSERTION", "primaryPackagePurpose": "APPLICATION", "sourceInfo": "revision " + revision,
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
    }
    relationships = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": ours["SPDXID"]}]
    packages = [ours]
    for package, how, comment in parts:
        one = described(package)
        packages.append(one)
        relationships.append({"spdxElementId": ours["SPDXID"], "relationshipType": how, "relatedSpdxElement": one["SPDXID"], "comment": comment})
    return {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "gate-sidecar-" + version,
        "documentNamespace": "https://spdx.org/spdxdocs/gate-sidecar-%s-%s" % (version, digest[:32]),
        "creationInfo": {"created": created, "creators": ["Tool: gate-sidecar-sbom-1"]}, "packages": packages, "relationships": relationships,
    }


def main():
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--build", required=True)
    given.add_argument("--program", required=True)
    given.add_argument("--target", default="gate-sidecar")
    arguments = given.parse_args()
    _, version, revision = re.fullmatch(r"(\S+) (\S+) \((.*)\)\n?", run(arguments.program, "version")).groups()
    parts = linked(Build(arguments.build, arguments.target), arguments.program)
    json.dump(document(arguments.program, version, revision, parts), sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
