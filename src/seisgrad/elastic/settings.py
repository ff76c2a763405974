"""What an inversion along a line is to do: its settings, and by default the workflow of Zou et al. (2025)."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from seisgrad.elastic.parameters import Allowed, BrocherPenalty, Unknowns
from seisgrad.errors import InputError
from seisgrad.inversion.waveform import Stage, cumulative
from seisgrad.inversion.waveform.plan import Plan, read_plan

_RATE, _EPOCHS, _CELLS, _BANDS = 0.05, 5, 3.0, 4  # of Zou et al. (2025)
_PAIRS = 64  # of a frequency and a source in a batch of theirs


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What holds for all stages of :func:`~seisgrad.elastic.inversion.invert`.

    Args:
        misfit: of stages that name none.
        unknowns: ``"vs"``: vp and density follow by Brocher (2005); ``"vp and vs"``: density follows vp.
        vs: lowest and highest, km/s.
        vp: the same, and
        ratio: of vp to vs the same, where both are unknown.
        brocher: weight of :class:`~seisgrad.elastic.parameters.BrocherPenalty` where both are unknown, (km/s)⁻².
        unit: one standardised unit, in which rates are given, as a share of the mean velocity of the start. Fields of
            the ensemble of Zou et al. (2025) have a standard deviation of 20 %.
        components: of motion that count: ``"both"``, ``"vertical"`` or ``"horizontal"``.
        offsets: lowest and highest distance between source and receiver that counts, km; by default all but of a node
            to itself.
        signal_to_noise: the least that counts; needs ``deviation`` in the data.
        slowest: velocity of the slowest Rayleigh wave at the highest frequency that computations are made for, km/s; by
            default 0.7 of the start's.
        spacing: of the nodes, km; by default a section's own, or a sixth of the shortest wavelength.
        depth: of the lowest nodes under a layered start, km.
        uncertainty: nodes along depth and along the line of the Laplace posterior, which the command line works out
            where they are given; see :func:`~seisgrad.elastic.uncertainty.laplace`.
        seed: of the batches.

    Raises:
        InputError: a value out of its range.
    """

    misfit: str = "unit_amplitude"
    unknowns: str = "vs"
    vs: tuple[float, float] = Allowed.vs
    vp: tuple[float, float] = Allowed.vp
    ratio: tuple[float, float] = Allowed.ratio
    brocher: float = 0.6
    unit: float = 0.2
    components: str = "both"
    offsets: tuple[float, float] | None = None
    signal_to_noise: float = 0.0
    slowest: float | None = None
    spacing: float | None = None
    depth: float | None = None
    uncertainty: tuple[int, int] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.unknowns not in get_args(Unknowns):
            raise InputError(f"unknowns is {self.unknowns!r}, expected {' or '.join(get_args(Unknowns))}")
        _ = self.allowed, BrocherPenalty(self.brocher)
        if self.offsets is not None and not 0 <= self.offsets[0] < self.offsets[1]:
            raise InputError(f"offsets is {self.offsets}, expected the lowest and the highest in km")
        if self.signal_to_noise < 0 or self.seed < 0:
            raise InputError(
                f"signal_to_noise is {self.signal_to_noise} and seed is {self.seed}, expected at least 0"
            )
        if self.uncertainty is not None and min(self.uncertainty) < 2:
            raise InputError(f"uncertainty is {self.uncertainty}, expected at least 2 nodes along each axis")
        for name in ("unit", "slowest", "spacing", "depth"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise InputError(f"{name} is {value!r}, expected a positive number")

    @property
    def allowed(self) -> Allowed:
        """The bounds of velocities."""
        return Allowed(self.vp, self.vs, self.ratio)


def default_stages(frequencies: Sequence[float], spacing: float, *, in_time: bool = False) -> list[Stage]:
    """The workflow of Zou et al. (2025): four cumulative bands, five epochs of Adam in each, its step 0.05 at first and
    halved with each band, gradients smoothed by three cells.

    An epoch sees each frequency once, with all sources: an operator in the frequency domain has them all at the price
    of one. ``in_time`` all frequencies come at once, and a batch has about 64 pairs of a source and a frequency.

    Args:
        frequencies: of the data, Hz.
        spacing: of the nodes, km.
        in_time: for an operator that simulates one source after the other.
    """
    stages = cumulative(frequencies, _BANDS, epochs=_EPOCHS, optimiser="adam", smoothing=_CELLS * spacing)
    batches = [
        {"source_batch": max(1, round(_PAIRS / len(stage.within(frequencies))))}
        if in_time
        else {"frequency_batch": 1}
        for stage in stages
    ]
    return [
        dataclasses.replace(stage, rate=_RATE / 2**k, **batch)
        for k, (stage, batch) in enumerate(zip(stages, batches, strict=True))
    ]


def plan(
    path: Path | None, frequencies: Sequence[float], spacing: float | None = None, *, in_time: bool = False
) -> Plan[Settings]:
    """What to do, from a YAML or JSON file (:func:`~seisgrad.inversion.waveform.plan.read_plan`) with the entries of
    :class:`Settings`; stages by default as :func:`default_stages` has them, for frequencies in Hz and a spacing in km.

    Raises:
        InputError: a file that cannot be used; the sentence names the entry.
    """
    return read_plan(
        path,
        Settings,
        lambda found: default_stages(frequencies, found.spacing or spacing or 1.0, in_time=in_time),
    )
