"""Banks of Green's functions as commands need them: what is missing is made, on the nodes of the bank."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seisgrad.cli.console import Step
    from seisgrad.source.greens import Progress
    from seisgrad.source.layered import Column


def in_step(step: "Step", bank: Path, *, shown: bool) -> "Progress":
    """Progress of a bank that is made as a step of a longer work; says first what the models that it lacks take."""
    from seisgrad.cli.costs import of_earths
    from seisgrad.cli.estimate import Forecast
    from seisgrad.dataset.workers import cores

    def tell(before: int, done: int, total: int) -> None:
        step.at(f"{done} of {total} velocity models")

    return Forecast(shown=shown).counted(tell, lambda missing: of_earths(missing, cores(), bank))


def complete_bank(
    bank: Path,
    names: Sequence[str],
    workers: int | None,
    progress: "Progress",
    others: "Mapping[str, Column] | None" = None,
) -> None:
    """Make the models that a bank lacks, or the whole bank.

    Args:
        bank: its path.
        names: of models, those of the bank or of :mod:`seisgrad.source.earths`.
        workers: processes; as many as there are cores where None.
        progress: told after every model.
        others: models that have no name there.
    """
    import numpy as np

    from seisgrad.dataset.workers import cores
    from seisgrad.source.earths import named_column
    from seisgrad.source.greens import DEPTHS, DISTANCES, make_bank, settings_of
    from seisgrad.source.layered import Band, Column
    from seisgrad.source.layered.solver import BAND

    found = settings_of(bank) if bank.exists() else {}
    layers = found.get("models", {})
    make_bank(
        bank,
        {
            name: Column(*map(np.array, layers[name].values())) if name in layers else named_column(name)
            for name in names
        }
        | dict(others or {}),
        found.get("depths", DEPTHS),
        found.get("distances", DISTANCES),
        band=Band(**found["band"]) if found else BAND,
        workers=workers or cores(),
        progress=progress,
    )
