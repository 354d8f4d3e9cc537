#!/usr/bin/env bash
# Prints the path of a Python that holds what the trainer requires; with --dev also what its tests require.
# Installs it first where that was not done yet.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

requirements=("$here/requirements.txt")
case "$*" in
  '') ;;
  --dev) requirements+=("$here/requirements-dev.txt") ;;
  *) echo "usage: environment.sh [--dev]" >&2 && exit 2 ;;
esac
exec bash "$here/../../deploy/local/python-environment.sh" trainer "${requirements[@]}"
