"""Measured dispersion curves as one tidy table of picks, and the grid of branch and period that an operator predicts.

The table is read from and written to files (CSV, CPS surf96 lines, NetCDF) by :func:`read_curves` and
:func:`write_curves`; the formats themselves live in :mod:`~seisgrad.dispersion.curves_reading` and
:mod:`~seisgrad.dispersion.curves_writing`.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seisgrad.dispersion.curves_reading import read_picks
from seisgrad.dispersion.curves_writing import write_picks
from seisgrad.dispersion.picks import Pick, complaint
from seisgrad.dispersion.survey import Branch, Earth, Kind, Survey, Wave
from seisgrad.errors import InputError

SAME_PERIOD = 1e-6  # relative: two periods closer than this are one period

_FLOATS = ("period", "velocity", "sigma", "latitude", "longitude")
_COLUMNS = ("wave", "kind", "mode", "period", "velocity", "sigma", "site", "latitude", "longitude")


@dataclass(frozen=True, eq=False)
class DispersionCurves:
    """An immutable table of dispersion picks, one row per pick.

    Rows are sorted by site and branch in the order in which these first appear, then by period. Build it with
    :meth:`from_columns` or :meth:`from_picks`; read it with :func:`read_curves`.

    Args:
        wave: ``"rayleigh"`` or ``"love"``, one per pick.
        kind: ``"phase"``, ``"group"`` or ``"ellipticity"``, one per pick.
        mode: 0 for the fundamental, ``[pick]``.
        period: s, ``[pick]``.
        velocity: km/s (the ratio itself for ellipticity), ``[pick]``.
        sigma: one standard deviation of the velocity, same unit, ``[pick]``.
        site: a name per pick, empty where there is none.
        latitude: degrees north, NaN where unknown, ``[pick]``.
        longitude: degrees east, NaN where unknown, ``[pick]``.

    Raises:
        InputError: columns of different length, or a pick that cannot be: see :func:`picks.complaint`.
    """

    wave: tuple[str, ...]
    kind: tuple[str, ...]
    mode: Int[Tensor, " pick"]
    period: Float[Tensor, " pick"]
    velocity: Float[Tensor, " pick"]
    sigma: Float[Tensor, " pick"]
    site: tuple[str, ...]
    latitude: Float[Tensor, " pick"]
    longitude: Float[Tensor, " pick"]

    def __post_init__(self) -> None:
        _check_shapes({name: getattr(self, name) for name in _COLUMNS})
        for name in _FLOATS:
            object.__setattr__(self, name, getattr(self, name).detach().to("cpu", torch.float64))
        object.__setattr__(self, "mode", self.mode.detach().to("cpu", torch.int64))
        for row, pick in enumerate(self, start=1):
            if problem := complaint(pick):
                raise InputError(f"pick {row} of the table: {problem}")
        self._sort()

    def _sort(self) -> None:
        groups = {key: i for i, key in enumerate(dict.fromkeys(zip(self.site, self.branch_of, strict=True)))}
        key = [
            (groups[s, b], p) for s, b, p in zip(self.site, self.branch_of, self.period.tolist(), strict=True)
        ]
        order = sorted(range(len(key)), key=key.__getitem__)
        for name in _COLUMNS:
            column = getattr(self, name)
            picked = column[order] if isinstance(column, Tensor) else tuple(column[i] for i in order)
            object.__setattr__(
                self, name, picked
            )  # indexing copies, so the caller's tensors stay the caller's

    @classmethod
    def from_columns(
        cls,
        *,
        wave: str | Sequence[str],
        kind: str | Sequence[str],
        mode: int | Sequence[int] | Tensor = 0,
        period: Sequence[float] | Tensor,
        velocity: Sequence[float] | Tensor,
        sigma: float | Sequence[float] | Tensor,
        site: str | Sequence[str] = "",
        latitude: float | Sequence[float] | Tensor = math.nan,
        longitude: float | Sequence[float] | Tensor = math.nan,
    ) -> "DispersionCurves":
        """A table from columns in the units of the class; a single value stands for every pick.

        Raises:
            InputError: columns of different length, or a pick that cannot be.
        """
        number = len(period)

        def names(values: str | Sequence[str]) -> tuple[str, ...]:
            return (values,) * number if isinstance(values, str) else tuple(values)

        def numbers(values: Any, dtype: torch.dtype = torch.float64) -> Tensor:
            column = torch.as_tensor(values, dtype=dtype)
            return column.expand(number) if column.ndim == 0 else column

        columns: dict[str, Any] = {
            "wave": names(wave),
            "kind": names(kind),
            "mode": numbers(mode, torch.int64),
            "period": numbers(period),
            "velocity": numbers(velocity),
            "sigma": numbers(sigma),
            "site": names(site),
            "latitude": numbers(latitude),
            "longitude": numbers(longitude),
        }
        _check_shapes(columns)
        return cls(**columns)

    @classmethod
    def from_picks(cls, picks: Iterable[Pick]) -> "DispersionCurves":
        """A table from single picks."""
        rows = list(picks)
        columns = {name: [getattr(row, name) for row in rows] for name in _COLUMNS}
        return cls.from_columns(**columns)

    @classmethod
    def concatenate(cls, tables: Iterable["DispersionCurves"]) -> "DispersionCurves":
        """Several tables one below the other, sorted anew."""
        return cls.from_picks(pick for table in tables for pick in table)

    def __add__(self, other: "DispersionCurves") -> "DispersionCurves":
        return DispersionCurves.concatenate((self, other))

    def __len__(self) -> int:
        return len(self.wave)

    def __iter__(self) -> Iterator[Pick]:
        columns = (getattr(self, name) for name in _COLUMNS)
        lists = (column.tolist() if isinstance(column, Tensor) else column for column in columns)
        return (Pick(*row) for row in zip(*lists, strict=True))

    def __repr__(self) -> str:
        branches = ", ".join(str(branch) for branch in self.branches)
        if not len(self):
            return "DispersionCurves(no pick)"
        return f"DispersionCurves({len(self)} picks of {branches}, {self.period.min():g}–{self.period.max():g} s)"

    @property
    def branch_of(self) -> tuple[Branch, ...]:
        """The branch of every pick."""
        columns = zip(self.wave, self.kind, self.mode.tolist(), strict=True)
        return tuple(Branch(cast(Wave, wave), cast(Kind, kind), mode) for wave, kind, mode in columns)

    @property
    def branches(self) -> tuple[Branch, ...]:
        """The branches that occur, in the order in which they first appear."""
        return tuple(dict.fromkeys(self.branch_of))

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites that occur, in the order in which they first appear."""
        return tuple(dict.fromkeys(self.site))

    def select(
        self,
        *,
        wave: str | None = None,
        kind: str | None = None,
        mode: int | None = None,
        site: str | None = None,
        periods: tuple[float, float] | None = None,
    ) -> "DispersionCurves":
        """The picks that fit all that is asked; ``periods`` is a closed interval in s. May be empty."""
        wanted = {"wave": wave, "kind": kind, "mode": mode, "site": site}
        shortest, longest = periods or (0.0, math.inf)

        def fits(pick: Pick) -> bool:
            named = all(value is None or getattr(pick, name) == value for name, value in wanted.items())
            return named and shortest <= pick.period <= longest

        return DispersionCurves.from_picks(pick for pick in self if fits(pick))

    def survey(self, earth: Earth = "flat") -> Survey:
        """The survey that predicts these picks: every branch that occurs, at the union of the periods.

        Periods that agree to a relative 1e-6 are one period.

        Raises:
            InputError: the table is empty.
        """
        if not len(self):
            raise InputError(
                "the table of curves has no pick, so it makes no survey: read or measure some first"
            )
        union: list[float] = []
        for period in sorted(self.period.tolist()):
            if not union or period > union[-1] * (1 + SAME_PERIOD):
                union.append(period)
        return Survey(self.branches, torch.tensor(union, dtype=torch.float64), earth)

    def gridded(
        self, survey: Survey
    ) -> tuple[Float[Tensor, "branch period"], Float[Tensor, "branch period"]]:
        """Velocity and sigma on the survey's branches and periods, NaN where nothing was picked.

        Several picks of one branch and period (a relative 1e-6) are combined by inverse variance. When they scatter
        more than their sigmas say, the sigma of the mean is widened by the square root of their reduced chi-square
        (the Birge ratio); it is never narrowed by it.

        Raises:
            InputError: the table holds more than one site, or a pick that is not in the survey.
        """
        if len(self.sites) > 1:
            raise InputError(
                f"the table holds {len(self.sites)} sites ({', '.join(map(repr, self.sites[:3]))}, …), expected one: "
                "take one with select(site=…)"
            )
        velocity = torch.full((len(survey.branches), len(survey.periods)), math.nan, dtype=torch.float64)
        sigma = velocity.clone()
        cells: dict[tuple[int, int], list[Pick]] = {}
        for pick, branch in zip(self, self.branch_of, strict=True):
            cells.setdefault((_row(survey, branch), _column(survey, pick.period)), []).append(pick)
        for cell, picks in cells.items():
            velocity[cell], sigma[cell] = _combine(picks)
        return velocity, sigma


def _check_shapes(columns: Mapping[str, tuple[str, ...] | Tensor]) -> None:
    shapes = {name: tuple(c.shape) if isinstance(c, Tensor) else (len(c),) for name, c in columns.items()}
    if len(set(shapes.values())) > 1 or len(shapes["period"]) != 1:
        raise InputError(
            f"the columns of a table of curves have the shapes {shapes}, expected one value per pick"
        )


def _row(survey: Survey, branch: Branch) -> int:
    if branch not in survey.branches:
        known = ", ".join(str(b) for b in survey.branches)
        raise InputError(
            f"the curves hold {branch}, but the survey has only {known}: drop it with select(…) first"
        )
    return survey.branches.index(branch)


def _column(survey: Survey, period: float) -> int:
    nearest = int(torch.argmin((survey.periods / period - 1).abs()))
    if abs(survey.periods[nearest].item() / period - 1) > SAME_PERIOD:
        raise InputError(
            f"the curves hold a pick at {period:g} s, which is not a period of the survey (the nearest is "
            f"{survey.periods[nearest].item():g} s): use curves.survey() or drop it with select(…)"
        )
    return nearest


def _combine(picks: list[Pick]) -> tuple[float, float]:
    """Inverse-variance mean and its sigma, widened by the Birge ratio when that is above one (Birge 1932)."""
    if len(picks) == 1:
        return picks[0].velocity, picks[0].sigma
    values = torch.tensor([pick.velocity for pick in picks], dtype=torch.float64)
    sigmas = torch.tensor([pick.sigma for pick in picks], dtype=torch.float64)
    # Relative to the smallest sigma, so that extreme sigmas neither overflow nor vanish.
    smallest = sigmas.min()
    weights = (smallest / sigmas) ** 2
    mean = (weights * values).sum() / weights.sum()
    birge = (((values - mean) / sigmas) ** 2).sum() / (len(picks) - 1)
    sigma = smallest / weights.sum().sqrt() * birge.clamp(min=1.0).sqrt()
    return mean.item(), sigma.item()


def read_curves(path: str | Path, *, sigma: float | None = None) -> DispersionCurves:
    """Read dispersion curves; the format is told from the content.

    * **CSV** with the header ``wave,kind,mode,period,velocity,sigma`` and, where there are many sites,
      ``site,latitude,longitude``. ``frequency`` (Hz) may stand for ``period`` (s), ``slowness`` (s/km) for
      ``velocity`` (km/s); the sigma is then that of the slowness and becomes σ_v = v² σ_s. The header may be in any
      case, the delimiter may be a comma, a semicolon or a tab, lines that begin with ``#`` are comments, other columns
      are ignored, and rows may be in any order.
    * **CPS surf96** lines ``SURF96 R C X 0 22.44 3.70 0.12 …``: wave (R, L), type (C phase, U group), flag, mode,
      period s, velocity km/s, sigma km/s; what follows is ignored.
    * **NetCDF** as :func:`write_curves` makes it.

    A pick without a sigma cannot be weighed against others, so it is refused unless ``sigma`` gives one.

    Args:
        path: the file.
        sigma: km/s (the ratio for ellipticity), taken where the file gives no sigma, or 0 in a surf96 line.

    Raises:
        InputError: the file cannot be read, or holds a value that cannot be; the line and the value are named.
    """
    return DispersionCurves.from_picks(read_picks(Path(path), sigma))


def write_curves(curves: DispersionCurves, path: str | Path) -> None:
    """Write dispersion curves, whole or not at all; the suffix tells the format.

    ``.csv``; ``.dsp``, ``.disp`` or ``.surf96`` for CPS surf96 lines (ten significant digits; no ellipticity and no
    sites); ``.nc`` for NetCDF. CSV and NetCDF keep every digit.

    Raises:
        InputError: the suffix is another, the folder is missing, or the format cannot hold these curves.
    """
    write_picks(list(curves), Path(path))
