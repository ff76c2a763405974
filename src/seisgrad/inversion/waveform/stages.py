"""The plan of a waveform inversion: stages, each with its band, its budget, its steps and its regularisation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal, get_args

from seisgrad.errors import InputError

Optimiser = Literal["adam", "lbfgs"]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage: what part of the data is fitted, how, and for how long.

    Args:
        iterations: steps of Adam, or of L-BFGS at most; or
        epochs: passes of Adam through all batches of the band.
        lowest: Hz, the band's lower end, included; None for no limit.
        highest: Hz, the band's upper end, included; None for no limit.
        source_batch: sources per step of Adam; None for all.
        frequency_batch: frequencies per step of Adam; None for all of the band.
        optimiser: ``"adam"``, the one for batches; ``"lbfgs"`` takes all data of the band in every step, and needs
            fewer of them.
        rate: Adam's step, and the largest change in the first step of L-BFGS, in units of the model (of ``scale``,
            where :func:`~seisgrad.inversion.waveform.fwi` was given one).
        smoothing: standard deviation of the Gaussian that smooths the gradient, in the unit of the model's coordinates
            (km), or cells where it has none; 0 for none.
        misfit: by name, see :data:`~seisgrad.inversion.waveform.MISFITS`; None for that of the whole inversion.
        damping: weight of the mean squared change from the start, halved.
        roughness: weight of the mean squared gradient, halved (first-order Tikhonov).
        curvature: weight of the mean squared Laplacian, halved (second-order Tikhonov).
        total_variation: weight of the mean length of the gradient, which spares edges.

    Raises:
        InputError: a value out of its range, or not exactly one budget.
    """

    iterations: int | None = None
    epochs: int | None = None
    lowest: float | None = None
    highest: float | None = None
    source_batch: int | None = None
    frequency_batch: int | None = None
    optimiser: str = "lbfgs"
    rate: float = 0.01
    smoothing: float = 0.0
    misfit: str | None = None
    damping: float = 0.0
    roughness: float = 0.0
    curvature: float = 0.0
    total_variation: float = 0.0

    def __post_init__(self) -> None:
        if (self.iterations is None) == (self.epochs is None):
            raise InputError(
                f"the budget of a stage is iterations={self.iterations} and epochs={self.epochs}, expected exactly one "
                "of them"
            )
        if self.optimiser not in get_args(Optimiser):
            raise InputError(f"optimiser is {self.optimiser!r}, expected {' or '.join(get_args(Optimiser))}")
        for name in ("iterations", "epochs", "source_batch", "frequency_batch"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < 1):
                raise InputError(f"{name} is {value!r}, expected a whole number of at least 1")
        for name in ("lowest", "highest", "rate"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise InputError(f"{name} is {value!r}, expected a positive number")
        for name in ("smoothing", "damping", "roughness", "curvature", "total_variation"):
            value = getattr(self, name)
            if not 0 <= value < math.inf:
                raise InputError(f"{name} is {value!r}, expected a number that is not negative")
        if self.lowest is not None and self.highest is not None and self.lowest > self.highest:
            raise InputError(
                f"the band of a stage goes from {self.lowest:g} to {self.highest:g} Hz, expected lowest below highest"
            )
        for name in ("epochs", "source_batch", "frequency_batch"):
            if self.optimiser == "lbfgs" and getattr(self, name) is not None:
                raise InputError(
                    f"optimiser lbfgs takes all data in every step and was given {name}={getattr(self, name)}; leave "
                    "it out, or take optimiser adam"
                )

    def within(self, frequencies: Sequence[float]) -> list[int]:
        """Indices of the frequencies in the band; a hair beyond an end still counts."""
        low, high = self.lowest or 0.0, self.highest or math.inf
        return [i for i, f in enumerate(frequencies) if low * (1 - 1e-9) <= f <= high * (1 + 1e-9)]

    def say(self) -> str:
        """The stage in words that name what is not by default: ``"lbfgs, 20 iterations, to 4 Hz"``."""
        budget = f"{self.iterations} iterations" if self.epochs is None else f"{self.epochs} epochs"
        band = [f"from {self.lowest:g} Hz"] if self.lowest is not None else []
        band += [f"to {self.highest:g} Hz"] if self.highest is not None else []
        told = {"iterations", "epochs", "lowest", "highest", "optimiser"}
        rest = [
            f"{f.name} {getattr(self, f.name)}"
            for f in fields(self)
            if f.name not in told and getattr(self, f.name) != f.default
        ]
        return ", ".join([self.optimiser, budget, *band, *rest])


def cumulative(frequencies: Sequence[float], number: int = 4, **settings: object) -> list[Stage]:
    """Stages whose bands begin at the lowest frequency and reach further each time, to the highest in the last.

    Low frequencies first keep the wavefield within half a period of the data, so that no cycle is skipped (Bunks et
    al. 1995, Geophysics 60, 1457).

    Args:
        frequencies: Hz, of the data.
        number: of stages; no more than there are frequencies.
        **settings: of every :class:`Stage`.

    Raises:
        InputError: no frequency, a number below 1, or settings that a stage refuses.
    """
    ordered = sorted(set(map(float, frequencies)))
    if not ordered or number < 1:
        raise InputError(
            f"cumulative received {len(ordered)} frequencies and number={number}, expected at least 1"
        )
    number = min(number, len(ordered))
    last = [math.ceil(len(ordered) * (k + 1) / number) - 1 for k in range(number)]
    return [Stage(highest=ordered[i], **settings) for i in last]  # type: ignore[arg-type]
