#!/usr/bin/env bash
# Prints the path of the tiny language model; makes it first, in some minutes, when the cache lacks it.
# Usage: build.sh [PYTHON], a Python with torch, transformers and tokenizers; default: python3
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PYTHONPATH="$here" exec "${1:-python3}" -m tiny_lm
