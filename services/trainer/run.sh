#!/usr/bin/env bash
# The trainer with the Python of environment.sh: run.sh [--exit-with-parent] job.json
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$(bash "$here/environment.sh")
PYTHONPATH=$here/src exec "$python" -m parley_trainer "$@"
