#!/usr/bin/env bash
# Makes the Python environment of model/ and services/fraud-api, once for each set of pinned packages.
# Prints the path of its python, and nothing else, on stdout.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
venv="${XDG_CACHE_HOME:-$HOME/.cache}/sluice/venv-model"

find_python() {
  local name
  for name in python3.13 python3.12 python3.11 python3; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  echo "model/setup.sh: Python 3.11 or newer is needed and was not found" >&2
  return 1
}

mkdir -p "$(dirname "$venv")"
# Two runs at a time must not build the same folder; macOS has no flock, there the second run is on its own.
if command -v flock >/dev/null; then
  exec 9>"$venv.lock"
  flock 9
fi

wanted="$(cat "$here/requirements.txt" "$here/../services/fraud-api/requirements.txt" | cksum)"
if [ "$(cat "$venv/.complete" 2>/dev/null)" != "$wanted" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
  python="$(find_python)"
  echo "model/setup.sh: installing pinned Python packages into $venv" >&2
  rm -rf "$venv"
  "$python" -m venv "$venv" >&2
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2
  printf '%s' "$wanted" >"$venv/.complete"
fi
echo "$venv/bin/python"
