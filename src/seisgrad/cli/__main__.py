"""``python -m seisgrad.cli``: the command line by module, for processes that start others of their kind."""

import sys

from seisgrad.cli import main

if __name__ == "__main__":
    sys.exit(main())
