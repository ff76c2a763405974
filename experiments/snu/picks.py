"""The dispersion file of station SNU as six sets of measurements, and the errors that their own misfit asks for.

The file is one list of 436 values and names no source. Where one source ends and the next begins shows in its lines:
in the kind of velocity, in how numbers are written, and in the errors. Everything taken for granted about the file is a
constant here.
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from torch import Tensor

import seisgrad as sg
from seisgrad.dispersion.curves_reading import read_picks
from seisgrad.dispersion.picks import Pick
from seisgrad.dispersion.starting_model import StartingModel
from seisgrad.inversion import GaussianPrior, Posterior, gauss_newton
from seisgrad.operator import Operator, Space

FILE = Path("dispersion") / "snu.dsp"
SETS = {
    "P1": (362, "phase", "10 to 234 s, ±0.02 to 9 km/s each"),
    "G1": (11, "group", "35 to 175 s, ±0.001 km/s"),
    "G2": (14, "group", "20 to 200 s, ±0.001 km/s"),
    "G3": (21, "group", "10 to 70 s, ±0.005 km/s"),
    "P2": (9, "phase", "35 to 150 s, ±0.001 km/s"),
    "G4": (19, "group", "10 to 100 s, ±0.01 to 0.1 km/s"),
}
"""The sets in the order of the file: how many values each has, of what kind, and how they are given."""
OWN = "P1"
"""The one set with an error of its own for each value; the errors of the others are formal."""
IMAGINED = 2.0
"""Data imagined in :func:`fit` that say the errors are as they were, as in ``estimate_noise``."""
PASSES, SETTLED = 60, 1e-3
SLOWEST, FASTEST = 0.2, 1.8
"""Bounds of vs as multiples of the prior mean, as ``seisgrad invert`` has them."""

Make = Callable[[sg.dispersion.Survey, Tensor], Operator]


class AtPicks(Operator):
    """The values of a survey's curves at picks, one per pick, however many picks a period has.

    Args:
        survey: whose branches and periods hold all picks.
        rows: the picks.
    """

    def __init__(self, survey: sg.dispersion.Survey, rows: Sequence[Pick]) -> None:
        branches = [str(branch) for branch in survey.branches]
        periods = torch.tensor([pick.period for pick in rows], dtype=torch.float64)
        self.branch = torch.tensor([branches.index(f"{p.wave} {p.kind} {p.mode}") for p in rows])
        self.period = (survey.periods / periods[:, None] - 1.0).abs().argmin(-1)
        self.domain, self.codomain = survey.space, Space("picks", ("pick",), (len(rows),), "km/s")

    def apply(self, x: Float[Tensor, "*batch branch period"]) -> Float[Tensor, "*batch pick"]:
        """One value per pick."""
        return x[..., self.branch, self.period]


@dataclass(frozen=True, eq=False)
class Picks:
    """The picks, each with the set that it belongs to; tensors are ``[pick]``, velocities and errors in km/s."""

    rows: tuple[Pick, ...]
    member: tuple[str, ...]

    @cached_property
    def curves(self) -> sg.dispersion.DispersionCurves:
        """The picks as a table."""
        return sg.dispersion.DispersionCurves.from_picks(self.rows)

    @cached_property
    def survey(self) -> sg.dispersion.Survey:
        """Both kinds of velocity at all periods, on a spherical earth."""
        return self.curves.survey("spherical")

    @cached_property
    def period(self) -> Float[Tensor, " pick"]:
        """Periods, s."""
        return torch.tensor([pick.period for pick in self.rows], dtype=torch.float64)

    @cached_property
    def velocity(self) -> Float[Tensor, " pick"]:
        """What was measured."""
        return torch.tensor([pick.velocity for pick in self.rows], dtype=torch.float64)

    @cached_property
    def given(self) -> Float[Tensor, " pick"]:
        """The errors in the file."""
        return torch.tensor([pick.sigma for pick in self.rows], dtype=torch.float64)

    def of(self, *names: str) -> Bool[Tensor, " pick"]:
        """Which picks belong to these sets."""
        return torch.tensor([name in names for name in self.member])

    def of_kind(self, kind: str) -> Bool[Tensor, " pick"]:
        """Which picks are ``phase`` or ``group`` velocities."""
        return torch.tensor([pick.kind == kind for pick in self.rows])

    def only(self, which: Bool[Tensor, " pick"]) -> Float[Tensor, " pick"]:
        """The velocities of some picks, NaN for the others: data that an inversion leaves out."""
        return torch.where(which, self.velocity, torch.nan)

    def select(self, which: Bool[Tensor, " pick"]) -> "Picks":
        """Some of the picks, on a survey of their own."""
        keep = which.nonzero()[:, 0].tolist()
        return Picks(tuple(self.rows[i] for i in keep), tuple(self.member[i] for i in keep))

    def operator(self, begin: StartingModel, make: Make = sg.dispersion.Physics) -> Operator:
        """From vs of the rock to the picks, by the exact operator or another."""
        return AtPicks(self.survey, self.rows) @ make(self.survey, begin.depth) @ begin.tie


def read() -> Picks:
    """The picks of the file; ends with a sentence where it is not there, or is another."""
    named = os.environ.get("SEISGRAD_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "data"
    if not (folder / FILE).is_file():
        sys.exit(
            f"there is no file {FILE} in {folder}; set SEISGRAD_DATA to the folder that holds it. The values come with "
            "the tutorial of Computer Programs in Seismology and are not part of this project."
        )
    rows = tuple(read_picks(folder / FILE, None))
    member = tuple(name for name, (number, *_) in SETS.items() for _ in range(number))
    kinds = [SETS[name][1] for name in member]
    if kinds != [pick.kind for pick in rows]:
        sys.exit(
            f"{folder / FILE} does not hold the {len(member)} values in six sets that this study is about"
        )
    return Picks(rows, member)


@dataclass(frozen=True, eq=False)
class Fit:
    """A posterior with the errors that its misfit asks for.

    Attributes:
        posterior: with these errors.
        sigma: the errors, km/s, ``[pick]``.
        factor: of the given errors of the set :data:`OWN`.
        floor: of all other values, as a fraction of the velocity, added in quadrature to what is given.
    """

    posterior: Posterior
    sigma: Float[Tensor, " pick"]
    factor: float
    floor: float


def fit(op: Operator, picks: Picks, prior: GaussianPrior, data: Float[Tensor, " pick"] | None = None) -> Fit:
    """Invert, with two numbers for the errors that the misfit decides: a factor for one set, a floor for the others.

    Each of both groups gets the size that maximises the evidence (MacKay 1992), Σr²/(N - γ) = 1 with γ the importance
    of its N data. The five sets without errors of their own share one floor: a set that may choose its own errors can
    make itself right, by shrinking them until the others count for nothing.

    Args:
        op: from vs to the picks.
        picks: all of them.
        prior: of vs.
        data: NaN where a pick is to be left out; all of ``picks`` by default.
    """
    data = picks.velocity if data is None else data
    own, there = picks.of(OWN), data.isfinite()
    bounds = (SLOWEST * prior.mean, FASTEST * prior.mean)
    factor, floor, start = 1.0, 0.01, prior.mean
    for _ in range(PASSES):
        sigma = torch.where(own, factor * picks.given, torch.hypot(picks.given, floor * picks.velocity))
        found = gauss_newton(
            op, data, sigma, prior, start=start, bounds=bounds, max_iterations=200, tolerance=1e-3
        )
        growth = [_growth(found, which & there) for which in (own, ~own)]
        if max(abs(part - 1.0) for part in growth) < SETTLED:
            return Fit(found, sigma, factor, floor)
        factor, floor, start = factor * growth[0], floor * growth[1], found.mean
    sys.exit(f"the size of the errors has not settled after {PASSES} inversions")


def _growth(found: Posterior, which: Bool[Tensor, " pick"]) -> float:
    """By what the errors of some data have to grow; 1 where there are none."""
    if not bool(which.any()):
        return 1.0
    square, own = float(found.residual[which].square().sum()), float(found.importance[which].sum())
    return ((square + IMAGINED) / (int(which.sum()) - own + IMAGINED)) ** 0.5
