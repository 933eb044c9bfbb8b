# shellcheck shell=bash
# stages.sh - the linters. Sourced by ./run, which has stage, die, configure, build, totals and the counts of tests.
# shellcheck disable=SC2154

# listed --changed|--recent|'' PATTERN...: names of files that git knows.
listed() {
  if [ "$1" = --changed ]; then
    { git diff --name-only --diff-filter=d HEAD -- "${@:2}"; git ls-files --others --exclude-standard -- "${@:2}"; } | sort -u
  else
    git ls-files -- "${@:2}"
  fi
}

# recent PATTERN...: what the last 30 commits have changed, and the work tree; everything, where the clone has fewer.
recent() {
  local since
  since=$(git rev-parse -q --verify HEAD~30) || since=$(git hash-object -t tree /dev/null)
  { git diff --name-only --diff-filter=d "$since" -- "$@"; listed --changed "$@"; } | sort -u
}

# tidied --changed|--recent|'': the sources for clang-tidy; for a header one that includes it.
tidied() {
  local header
  if [ "$1" != --recent ]; then listed "$1" 'src/*.cpp'; return; fi
  {
    recent 'src/*.cpp'
    recent 'include/*.hpp' 'src/*.hpp' | while read -r header; do
      git grep -lE "#include [<\"]([a-z/]*/)?${header#include/}|#include \"${header##*/}\"" -- 'src/*.cpp' | head -n 1 || true
    done
  } | sort -u
}

# tidy SOURCE: clang-tidy, unless the file has passed since its object was built: since anything it includes changed.
tidy() {
  local stamp=build/clang/tidy/$1 objects=("build/clang/${1%/*}"/CMakeFiles/*.dir/"${1##*/}.o")
  if [ -f "${objects[0]}" ] && [ "$stamp" -nt "${objects[0]}" ] && [ "$stamp" -nt .clang-tidy ]; then return; fi
  mkdir -p "${stamp%/*}"
  if clang-tidy --quiet -p build/clang "$1" > "$stamp.log" 2>&1; then touch "$stamp"; return; fi
  grep -v '^[0-9]* warnings\? generated' "$stamp.log"
  return 1
}
export -f tidy

# linted NAME COMMAND... -- FILE...: one of the linters, its command as xargs takes it; counts as a test.
linted() {
  local name=$1 with_options=(); shift
  while [ "$1" != -- ]; do with_options+=("$1"); shift; done; shift
  stage "$name: $# files"
  if [ $# = 0 ] || printf '%s\0' "$@" | xargs -0 "${with_options[@]}"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

ended_if_bad() { if [ "$failed" != "$1" ]; then totals; die "lint found something"; fi; }

# format_stages --changed|'': what looks at text alone.
format_stages() {
  local sources scripts documents before=$failed
  git rev-parse --is-inside-work-tree >/dev/null || die "lint needs to know from git what belongs to the project"
  mapfile -t sources < <(listed "$1" '*.cpp' '*.hpp')
  mapfile -t scripts < <(listed "$1" run .ci/run '*.sh')
  mapfile -t documents < <(listed "$1" '*.yaml' '*.yml' ':!tests/fuzz/corpus' ':!*/templates/*')
  linted clang-format clang-format --dry-run -Werror -- "${sources[@]}"
  linted shellcheck shellcheck -x -- "${scripts[@]}"
  linted yamllint yamllint -d '{extends: default, rules: {document-start: disable, line-length: {max: 130}, braces: disable, comments: {min-spaces-from-content: 1}}}' -- "${documents[@]}"
  ended_if_bad "$before"
}

# tidy_stage --changed|--recent|''
tidy_stage() {
  local sources before=$failed
  if [ "$1" = --recent ]; then
    configure clang   # clang's own warnings come with the fuzz targets
  else
    build clang       # clang's own warnings, -Wthread-safety among them
  fi
  mapfile -t sources < <(tidied "$1")
  if [ "$1" = --recent ]; then
    linted clang-tidy /usr/bin/python3 -B tests/lint/tidy_joined.py build/clang "$jobs" -- "${sources[@]}"
  else
    # shellcheck disable=SC2016 # expanded by the inner shell
    linted clang-tidy -n 1 -P "$jobs" bash -c 'tidy "$0"' -- "${sources[@]}"
  fi
  ended_if_bad "$before"
}
