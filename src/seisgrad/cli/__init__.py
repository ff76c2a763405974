"""The command line: one small file per command, each turning its arguments into calls of the library.

Importing this room imports none of the heavy ones; a command imports what it needs when it runs, so
``--help`` answers at once.
"""

from seisgrad.cli.app import app, main

__all__ = ["app", "main"]
