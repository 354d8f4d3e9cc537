"""`python -m parley_trainer`."""

import os
import sys

from .cli import main

code = main(sys.argv[1:])
sys.stdout.flush()
sys.stderr.flush()
# The libraries' own clean-up at exit takes longer than a small training.
os._exit(code)
