#!/usr/bin/env bash
# Tests of the Python parts, model/ and services/: style (that of spark/ too), training, the API, and the TypeScript scorer
# against it.
# The last line is "N passed, N failed". Uses one core.
set -uo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1

python="$(bash model/setup.sh)" || { echo "0 passed, 1 failed"; exit 1; }
passed=0
failed=0

# Adds the counts of one pytest run. A run that ends badly without a failed test counts as one failure.
count() {
  local report="$1" code="$2" runs bad
  read -r runs bad < <("$python" - "$report" <<'PY'
import sys
from xml.etree import ElementTree

try:
    suite = ElementTree.parse(sys.argv[1]).find("testsuite")
    bad = int(suite.get("failures")) + int(suite.get("errors"))
    print(int(suite.get("tests")) - bad - int(suite.get("skipped")), bad)
except (OSError, ElementTree.ParseError):
    print(0, 0)
PY
  )
  [ "$code" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
  passed=$((passed + runs))
  failed=$((failed + bad))
}

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
export HYPOTHESIS_STORAGE_DIRECTORY="$work/hypothesis"

for check in "check" "format --check"; do
  # shellcheck disable=SC2086
  if "$python" -m ruff $check --quiet --no-cache --config services/ruff.toml model services spark; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
done

marks=()
if [ ! -x node_modules/.bin/node ]; then
  echo "not checked: the TypeScript scorer against this one, because the packages of package.json are not installed"
  marks=(-m "not typescript")
fi
for folder in model/tests services/fraud-api/tests; do
  "$python" -m pytest -q -c services/pytest.ini --rootdir "$folder" --junitxml="$work/report.xml" ${marks[@]+"${marks[@]}"} "$folder"
  count "$work/report.xml" "$?"
  rm -f "$work/report.xml"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
