#!/usr/bin/env bash
# Prints the path of a Python 3.11 that holds what the requirements say. Installs it first where that was not done yet,
# in the cache, under a name that follows from the requirements.
# Usage: python-environment.sh NAME REQUIREMENTS…, files of pinned versions with hashes
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[[ $# -ge 2 ]] || {
  echo "usage: python-environment.sh NAME REQUIREMENTS…" >&2
  exit 2
}
name=$1
requirements=("${@:2}")
python=$(command -v python3.11) || {
  echo "$name needs Python 3.11, and there is no python3.11 on the PATH" >&2
  exit 1
}

digest=$(cat "$here/requirements-uv.txt" "${requirements[@]}" | sha256sum | cut -c 1-16)
home=${XDG_CACHE_HOME:-$HOME/.cache}/parley
target=$home/$name-$digest
if ! "$target/bin/python" -c '' 2>/dev/null; then
  mkdir -p "$home"
  aside=$(mktemp -d "$home/$name-$digest.XXXXXX")
  trap 'rm -rf "$aside"' EXIT
  {
    "$python" -m venv "$aside/installer"
    "$aside/installer/bin/pip" install --quiet --require-hashes --no-deps -r "$here/requirements-uv.txt"
    "$aside/installer/bin/uv" venv --quiet --relocatable --python "$python" "$aside/made"
    VIRTUAL_ENV=$aside/made "$aside/installer/bin/uv" pip install --quiet --require-hashes --no-deps \
      --compile-bytecode "${requirements[@]/#/--requirements=}"
    [[ ! -e $target ]] || "$target/bin/python" -c '' || rm -rf "$target"
    # Whoever is first has made it; of two that ran at once, one takes the other's.
    mv -T "$aside/made" "$target" || "$target/bin/python" -c ''
  } >&2
fi
echo "$target/bin/python"
