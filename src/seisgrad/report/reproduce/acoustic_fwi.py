"""Waveform inversion with the physics, with a learned operator, and with one after the other: Figure 5 of the paper."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.acoustic import Grid, Physics, Survey, prior
from seisgrad.acoustic.inversion import DensityTie
from seisgrad.acoustic.learning import clear_of
from seisgrad.inversion.waveform import Progress, RelativeL2, Stage, fwi
from seisgrad.operator import Operator
from seisgrad.report.reproduce.acoustic import SEED, Maker, Setting, Tell
from seisgrad.report.reproduce.table import Line

CASES = ("smooth", "sharp")
"""Priors whose first test models are the truths."""
SOURCES = 20
VELOCITY, DENSITY = 3.0, 2.2
"""The homogeneous start, km/s and g/cm³; density follows velocity in proportion, as in the truths."""
BOUNDS = (2.3, 3.8)
"""Velocities that an inversion may find, km/s; grid and time step of the physics are made for them."""
PARTS = 4
"""Bands from the lowest frequency up, each as long as the first one further."""
ITERATIONS = 8
"""Steps of L-BFGS in each band by default."""
PAPER_MISFIT = {"adjoint": 0.0289, "learned": 0.0319}
PAPER_SECONDS = {"adjoint": 100.0, "learned": 1.0}
"""The paper's relative L2 of the model and its seconds per iteration on a V100."""
_AT_ONCE = 8
_RATE = 0.03  # km/s, the largest change of the first step in a band
_SMOOTHING = 0.15  # of the shortest wavelength of the band


@dataclass(frozen=True)
class Truth:
    """A model to be found.

    Args:
        case: name of its prior.
        setting: grid and frequencies.
    """

    case: str
    setting: Setting

    @cached_property
    def earth(self) -> Float[Tensor, "2 z x"]:
        """Velocity and density."""
        return self._draw.earth[0]

    @property
    def survey(self) -> Survey:
        """All sources, at every node."""
        return self.setting.survey(self._draw.sources[0])

    @property
    def velocity(self) -> tuple[float, float]:
        """The velocities that the inversions may find, km/s."""
        return BOUNDS

    @property
    def weight(self) -> Float[Tensor, "source 1 receiver 1"]:
        """1 where data count: at nodes more than half a kilometre from the source."""
        away = clear_of(self.setting.grid, self.survey.sources)
        return away.flatten(1)[:, None, :, None].double()

    @property
    def tie(self) -> DensityTie:
        """ρ = 2.2 v / 3."""
        values = torch.tensor([VELOCITY, DENSITY], dtype=torch.float64)
        shape = self.setting.grid.shape
        return DensityTie(self.setting.grid, values[:, None, None].expand(2, *shape).clone(), 1.0)

    def physics(self, grid: Grid, survey: Survey) -> Physics:
        """The exact operator as the inversion has it."""
        return Physics(grid, survey, velocity=self.velocity)

    @cached_property
    def data(self) -> Float[Tensor, "source frequency receiver part"]:
        """Spectra of the truth, simulated on a grid finer than the inversion's."""
        grid, survey = self.setting.grid, self.survey
        refine = self.physics(grid, survey).refine + 2
        return predict(Physics(grid, survey, velocity=self.velocity, refine=refine), self.earth)

    @property
    def _draw(self):
        return prior(self.case).draw(1, SEED, split="test", grid=self.setting.grid, sources=SOURCES)


@dataclass(frozen=True, eq=False)
class Found:
    """How one way of inverting ended.

    Attributes:
        velocity: of the model.
        model_misfit: relative L2 of the velocity.
        data_misfit: relative L2 of the spectra, by the physics, whatever the inversion used.
        solves: simulations of one source by the physics, forward or adjoint.
    """

    velocity: Float[Tensor, "z x"]
    model_misfit: float
    data_misfit: float
    solves: int


@dataclass(frozen=True, eq=False)
class Inversions:
    """All ways for one truth: ``start``, ``adjoint``, the learned operator, and that ``…-then-exact``.

    Attributes:
        truth: the model.
        found: by way.
        seconds: of one gradient of all sources and frequencies, of ``adjoint`` and of the learned operator.
    """

    truth: Truth
    found: dict[str, Found]
    seconds: dict[str, float]


def invert_all(
    truth: Truth,
    name: str,
    learned: Maker,
    iterations: int = ITERATIONS,
    folder: Path | None = None,
    label: str | None = None,
    tell: Tell = lambda done: None,
) -> Inversions:
    """Invert the data of a truth in every way.

    Args:
        truth: the model.
        name: of the learned operator.
        learned: makes it.
        iterations: steps of L-BFGS in each band; of the physics after the learned operator in the last band alone.
        folder: for the states; the same call goes on with what a stopped one left.
        label: of the learned operator's states, which tells its weights from others; its name by default.
        tell: called with words as the work goes on.
    """
    grid, survey = truth.setting.grid, truth.survey
    exact = truth.physics(grid, survey)
    tell("simulate the data")
    data = truth.data
    seconds = {}
    for way, op in (("adjoint", exact), (name, learned(grid, survey))):
        tell(f"time one gradient, {way}")
        seconds[way] = seconds_of(op, truth)
    start = torch.full(grid.shape, VELOCITY, dtype=torch.float64)
    bands = _bands(truth.setting.frequencies)
    walk = _Walk(truth, data, iterations, folder, tell)
    adjoint, solves = walk.down("adjoint", truth.physics, bands, start)
    mine, _ = walk.down(label or name, learned, bands, start)
    then = f"{name}-then-exact"
    both, after = walk.down(f"{label or name}-then-exact", truth.physics, bands[-1:], mine)
    models = {"start": (start, 0), "adjoint": (adjoint, solves), name: (mine, 0), then: (both, after)}
    tell("compare with the data")
    return Inversions(
        truth, {way: _judge(truth, data, exact, *model) for way, model in models.items()}, seconds
    )


@dataclass(frozen=True, eq=False)
class _Walk:
    """Inversions of one truth, band by band: the operator of a band is made for its highest frequency."""

    truth: Truth
    data: Tensor
    iterations: int
    folder: Path | None
    tell: Tell

    def down(
        self, way: str, make: Maker, bands: list[list[int]], start: Float[Tensor, "z x"]
    ) -> tuple[Float[Tensor, "z x"], int]:
        """The velocity at the end, and how many simulations it took; ``way`` names the folder of the state."""
        truth, velocity, solves = self.truth, start, 0
        low, high = truth.velocity
        for band in bands:
            highest = truth.setting.frequencies[band[-1]]
            stage = Stage(iterations=self.iterations, rate=_RATE, smoothing=_SMOOTHING * VELOCITY / highest)
            result = fwi(
                make(truth.setting.grid, truth.survey.select(frequency=band)),
                self.data[:, band],
                velocity,
                stages=[stage],
                misfit="relative_l2",
                weight=truth.weight,
                parameterisation=truth.tie,
                bounds=(low, high),
                at_once=_AT_ONCE,
                folder=None if self.folder is None else self.folder / way / f"{highest:g}Hz",
                progress=self._teller(way, highest),
            )
            velocity, solves = result.unknowns, solves + result.solves
        return velocity, solves

    def _teller(self, way: str, highest: float) -> Callable[[Progress], None]:
        def told(at: Progress) -> None:
            self.tell(
                f"{self.truth.case}, {way}, to {highest:g} Hz, step {at.iteration} of {at.iterations}, misfit "
                f"{at.misfit:.3g}"
            )

        return told


def seconds_of(op: Operator, truth: Truth) -> float:
    """Seconds of wall clock that one gradient of all sources and frequencies takes, at the homogeneous start."""
    start = torch.full(truth.setting.grid.shape, VELOCITY, dtype=torch.float64)
    begin = time.perf_counter()
    for group in _groups():
        x = start.clone().requires_grad_()
        misfit = RelativeL2(op.codomain)
        part = op.select(source=group)(truth.tie(x))  # type: ignore[attr-defined]
        torch.autograd.grad(misfit(part, truth.data[group], truth.weight[group]), x)
    return time.perf_counter() - begin


def predict(op: Operator, earth: Float[Tensor, "2 z x"]) -> Float[Tensor, "source frequency receiver part"]:
    """Spectra, some sources at a time."""
    with torch.no_grad():
        return torch.cat([op.select(source=group)(earth) for group in _groups()])  # type: ignore[attr-defined]


def fwi_lines(found: Inversions) -> list[Line]:
    """Misfits of model and data, and what they cost, with the paper's beside."""
    case, lines = found.truth.case, []
    nan = math.nan
    for way, end in found.found.items():
        paper = _paper(PAPER_MISFIT, way) if way in found.seconds else nan
        lines += [
            Line(way, case, "fwi_model_misfit", end.model_misfit, 1, 0, paper),
            Line(way, case, "fwi_data_misfit", end.data_misfit, 1, 0),
            Line(way, case, "fwi_physics_solves", float(end.solves), 1, 0),
        ]
    for way, seconds in found.seconds.items():
        lines.append(Line(way, case, "seconds_per_iteration", seconds, 1, 0, _paper(PAPER_SECONDS, way)))
    return lines


def _paper(numbers: dict[str, float], way: str) -> float:
    return numbers["adjoint" if way == "adjoint" else "learned"]


def _judge(truth: Truth, data: Tensor, exact: Physics, velocity: Float[Tensor, "z x"], solves: int) -> Found:
    """A model against the truth, and what the physics makes of it against the data."""
    true = truth.earth[0]
    difference, size = (
        (values * truth.weight).norm() for values in (predict(exact, truth.tie(velocity)) - data, data)
    )
    return Found(velocity, float((velocity - true).norm() / true.norm()), float(difference / size), solves)


def _bands(frequencies: Iterable[float]) -> list[list[int]]:
    """Indices of the frequencies of each band: from the first, a quarter more each time."""
    number = len(list(frequencies))
    ends = sorted({max(1, round(number * k / PARTS)) for k in range(1, PARTS + 1)})
    return [list(range(end)) for end in ends]


def _groups() -> list[list[int]]:
    return [group.tolist() for group in torch.arange(SOURCES).split(_AT_ONCE)]
