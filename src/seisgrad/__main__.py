"""``python -m seisgrad``: the command line, also where the command ``seisgrad`` is not on the path."""

import sys

from seisgrad.cli import main

if __name__ == "__main__":
    sys.exit(main())
