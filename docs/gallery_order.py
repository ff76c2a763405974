"""The order of the tutorials on their page: as one would read them."""

from pathlib import Path

NAMES = "first_kernels", "priors", "dispersion", "acoustic", "elastic", "noise", "source"


def place(filename: str) -> int:
    """Where a script stands; one that is not listed comes last."""
    name = Path(filename).stem.removeprefix("plot_")
    return NAMES.index(name) if name in NAMES else len(NAMES)
