"""What can go wrong, in two kinds: the input cannot be used, or the work failed.

Every message is one sentence that names the quantity, the value received, what was expected and the next step. The
command line maps :class:`InputError` to exit status 2 and :class:`WorkError` to exit status 1.
"""


class SeisgradError(Exception):
    """The common base: catch it to catch everything that seisgrad raises on purpose."""


class InputError(SeisgradError, ValueError):
    """What was given cannot be used: a malformed file, a wrong unit, a shape that does not fit."""


class WorkError(SeisgradError, RuntimeError):
    """The input was fine and the work could not be finished."""
