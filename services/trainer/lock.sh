#!/usr/bin/env bash
# Writes the requirements files from pyproject.toml: every package that is needed, with its version and hashes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
uv=${1:?usage: lock.sh PATH_OF_UV}

lock() {
  "$uv" pip compile "$@" --quiet --universal --python-version 3.11 --generate-hashes \
    --no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command services/trainer/lock.sh
}

lock pyproject.toml --output-file requirements.txt
lock --group dev --constraints requirements.txt --output-file requirements-dev.txt
lock --group installer --output-file ../../deploy/local/requirements-uv.txt
