#!/usr/bin/env python3
"""sbom.py --build DIRECTORY --program FILE [--target TARGET] [--emulator EMULATOR] - an SPDX 2.3 document about a program.

What is in the program comes from the build: the archives of its link command, the headers that ninja has recorded for its
objects, and the shared libraries that it names. dpkg tells which package each is of, with its version and source: that of the
architecture that the compiler of the build makes programs for. Licences stand in a table below: a package that is not in it
ends this with an error, so that somebody looks. The program is asked for its version, in EMULATOR where this machine cannot
run it. The document goes to standard output.
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
    "boost1.81": "BSL-1.0", "boost1.83": "BSL-1.0", "cli11": "BSD-3-Clause",
    "cross-toolchain-base": "LGPL-2.1-or-later",  # glibc and the headers of linux, for a cross compiler
    "fmtlib": "MIT", "gcc-12": "GPL-3.0-or-later WITH GCC-exception-3.1", "gcc-12-cross": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "gcc-14": "GPL-3.0-or-later WITH GCC-exception-3.1", "glibc": "LGPL-2.1-or-later", "hiredis": "BSD-3-Clause",
    "libzstd": "BSD-3-Clause", "linux": "GPL-2.0-only WITH Linux-syscall-note", "openssl": "Apache-2.0", "rapidjson": "MIT", "spdlog": "MIT", "yaml-cpp": "MIT", "zlib": "Zlib",
    "libxcrypt": "LGPL-2.1-or-later",
}
# Headers of these describe the system: nothing of them but constants and declarations gets into the program.
OF_THE_SYSTEM = {"cross-toolchain-base", "glibc", "linux", "libxcrypt"}


def run(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout


def spellings(path):
    """A path, and as it was before /lib became a link to /usr/lib: dpkg knows one of them."""
    real = os.path.realpath(path)
    return {path, real, real.removeprefix("/usr"), "/usr" + path if not path.startswith("/usr") else path}


def owner(listed, architecture):
    """Of the packages that dpkg lists for a file, such as "libssl-dev:amd64, libssl-dev:arm64", the one of the architecture.

    A package that no architecture is named of is the only one with this name; a library of another architecture is none of ours.
    """
    packages = listed.split(", ")
    return next((each for each in packages if each.endswith(":" + architecture)), next((each for each in packages if ":" not in each), None))


def owners(paths, architecture):
    """{path: package} for files of Debian packages; the others are left out."""
    wanted = {each: path for path in paths for each in spellings(path)}
    asked = subprocess.run(["dpkg-query", "--search", *sorted(wanted)], capture_output=True, text=True, check=False).stdout
    found = {}
    for line in asked.splitlines():
        packages, _, path = line.partition(": ")
        package = owner(packages, architecture)
        if path in wanted and package and "diversion" not in packages:
            found[wanted[path]] = package
    return found


class Build:
    """What ninja knows about a target."""

    def __init__(self, directory, target):
        self.directory, self.target = directory, target
        self.commands = run("ninja", "-C", directory, "-t", "commands", target).splitlines()
        self.compiler = next(word for word in self.commands[-1].split() if word not in (":", "&&"))  # what links is what compiles
        self.triplet = run(self.compiler, "-print-multiarch").strip() or run(self.compiler, "-dumpmachine").strip()
        self.architecture = architecture_of(self.triplet)

    def archives(self):
        """The archives of others that are linked into it."""
        link = self.commands[-1].split()
        found = [word for word in link if word.startswith("/") and word.endswith(".a")]
        for word in link:
            name = word.removeprefix("-static-lib")
            if name != word:
                found.append(run(self.compiler, "-print-file-name=lib%s.a" % {"gcc": "gcc", "stdc++": "stdc++"}[name]).strip())
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


def architecture_of(triplet):
    """What Debian calls the architecture of x86_64-linux-gnu or aarch64-linux-gnu."""
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(triplet.split("-")[0]) or sys.exit("sbom: what does Debian call %s?" % triplet)


def shared_libraries(program, folders):
    """The libraries that the program itself names, where its loader finds them: it may be of an architecture that cannot run here."""
    found = []
    for name in re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-dW", program)):
        places = [os.path.join(folder, name) for folder in folders if os.path.exists(os.path.join(folder, name))]
        found.append(places[0] if places else sys.exit("sbom: no %s in %s" % (name, ", ".join(folders))))
    return found


def facts(package):
    """(name, architecture, version, source, version of the source) of an installed package."""
    return run("dpkg-query", "-W", "-f", "${Package}\t${Architecture}\t${Version}\t${source:Package}\t${source:Version}", package).split("\t")


def described(package):
    name, architecture, version, source, source_version = facts(package)
    if source not in LICENCES:
        sys.exit("sbom: look at the licence of %s (source %s), and add it to the table" % (package, source))
    return {
        "SPDXID": "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", name), "name": name, "versionInfo": version,
        "supplier": "Organization: Debian", "downloadLocation": "https://snapshot.debian.org/package/%s/%s/" % (source, source_version),
        "filesAnalyzed": False, "licenseConcluded": LICENCES[source], "licenseDeclared": "NOASSERTION", "copyrightText": "NOASSERTION",
        "sourceInfo": "built by Debian from source package %s %s" % (source, source_version),
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                          "referenceLocator": "pkg:deb/debian/%s@%s?arch=%s" % (name.replace("+", "%2B"), version.replace("+", "%2B").replace(":", "%3A"), architecture)}],
    }


def linked(build, program):
    """[(package, relationship, comment)]: each package once, its closest relationship first."""
    archives, loaded = build.archives(), shared_libraries(program, ["/lib/" + build.triplet, "/usr/lib/" + build.triplet])
    static, shared, headers = (owners(paths, build.architecture) for paths in (archives, loaded, build.headers()))
    lost = sorted(set(archives) - set(static)) + sorted(set(loaded) - set(shared))
    if lost:
        sys.exit("sbom: of no Debian package: " + ", ".join(lost))
    seen = {}
    for package in sorted(set(static.values())):
        seen.setdefault(package, ("STATIC_LINK", "linked in from its archive"))
    for package in sorted(set(shared.values())):
        seen.setdefault(package, ("DYNAMIC_LINK", "loaded when the program starts"))
    for package in sorted(set(headers.values())):
        if facts(package)[3] not in OF_THE_SYSTEM:
            seen.setdefault(package, ("STATIC_LINK", "compiled in from its headers"))
    return [(package, *how) for package, how in seen.items()]


def document(program, name, version, revision, parts):
    digest = hashlib.sha256(pathlib.Path(program).read_bytes()).hexdigest()
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", "0"))))
    ours = {
        "SPDXID": "SPDXRef-Package-" + name, "name": name, "versionInfo": version, "supplier": "NOASSERTION",
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
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": name + "-" + version,
        "documentNamespace": "https://spdx.org/spdxdocs/%s-%s-%s" % (name, version, digest[:32]),
        "creationInfo": {"created": created, "creators": ["Tool: gate-sidecar-sbom-1"]}, "packages": packages, "relationships": relationships,
    }


def main():
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--build", required=True)
    given.add_argument("--program", required=True)
    given.add_argument("--target", default="gate-sidecar")
    given.add_argument("--emulator", default="")
    arguments = given.parse_args()
    name, version, revision = re.fullmatch(r"(\S+) (\S+) \((.*)\)\n?", run(*arguments.emulator.split(), arguments.program, "--version")).groups()
    parts = linked(Build(arguments.build, arguments.target), arguments.program)
    json.dump(document(arguments.program, name, version, revision, parts), sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
