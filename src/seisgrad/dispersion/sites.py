"""The curves of many sites laid out on one survey, and what is wrong with those that no earth could have given."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seisgrad.dispersion.curves import DispersionCurves
from seisgrad.dispersion.picks import FASTEST, FINEST, Pick, complaint
from seisgrad.dispersion.survey import Earth, Survey
from seisgrad.errors import InputError


@dataclass(frozen=True, eq=False)
class Sites:
    """The curves of many sites on one survey.

    Attributes:
        names: of the sites.
        latitude: degrees north, NaN where unknown.
        longitude: degrees east, NaN where unknown.
        survey: every branch and period that occurs.
        velocity: km/s, NaN where nothing was picked.
        sigma: one standard deviation of it.
    """

    names: tuple[str, ...]
    latitude: Float[Tensor, " site"]
    longitude: Float[Tensor, " site"]
    survey: Survey
    velocity: Float[Tensor, "site branch period"]
    sigma: Float[Tensor, "site branch period"]

    @classmethod
    def of(cls, curves: DispersionCurves, earth: Earth = "flat") -> "Sites":
        """The table laid out by site; several picks of one value are combined as by
        :meth:`~seisgrad.dispersion.DispersionCurves.gridded`.

        Raises:
            InputError: an empty table, or a site at two places.
        """
        survey, names = curves.survey(earth), curves.sites
        latitude, longitude = _places(curves, names)
        shape = (len(names), len(survey.branches), len(survey.periods))
        velocity, sigma = torch.full((2, *shape), math.nan, dtype=torch.float64)
        site, row = _numbers(names, curves.site), _numbers(survey.branches, curves.branch_of)
        # the period of the survey that is nearest in ratio: between two of them, their geometric mean decides
        column = torch.bucketize(curves.period, (survey.periods[1:] * survey.periods[:-1]).sqrt())
        cell = (site * shape[1] + row) * shape[2] + column
        velocity.view(-1)[cell], sigma.view(-1)[cell] = curves.velocity, curves.sigma
        times = torch.bincount(cell, minlength=velocity.numel())
        doubled = torch.zeros(len(names), dtype=torch.bool)
        doubled[site[times[cell] > 1]] = True
        picks: dict[int, list[Pick]] = {i: [] for i in doubled.nonzero()[:, 0].tolist()}
        for number, pick in zip(site.tolist(), curves, strict=True) if picks else ():
            if number in picks:
                picks[number].append(pick)
        for number, own in picks.items():
            velocity[number], sigma[number] = DispersionCurves.from_picks(own).gridded(survey)
        return cls(names, latitude, longitude, survey, velocity, sigma)

    def __len__(self) -> int:
        return len(self.names)


def complaints(
    survey: Survey,
    velocity: Float[Tensor, "site branch period"],
    sigma: Float[Tensor, "site branch period"],
) -> dict[int, str]:
    """By number, the sites that hold a value that cannot be, and what is wrong with the first such value."""
    ratio = torch.tensor([[branch.kind == "ellipticity"] for branch in survey.branches])
    possible = velocity.isfinite() & (ratio | ((velocity > 0.0) & (velocity <= FASTEST)))
    weighed = sigma.isfinite() & (sigma > 0.0) & (sigma >= FINEST * velocity.abs())
    found: dict[int, str] = {}
    for site, row, column in (~velocity.isnan() & ~(possible & weighed)).nonzero().tolist():
        branch, period = survey.branches[row], float(survey.periods[column])
        values = float(velocity[site, row, column]), float(sigma[site, row, column])
        words = complaint(Pick(branch.wave, branch.kind, branch.mode, period, *values))
        found.setdefault(site, f"{branch} at {period:g} s: {words}")
    return found


def _numbers(known: tuple, wanted: tuple) -> Int[Tensor, " pick"]:
    """The place of each one among those that are known."""
    number = {one: i for i, one in enumerate(known)}
    return torch.tensor([number[one] for one in wanted])


def _places(curves: DispersionCurves, names: tuple[str, ...]) -> tuple[Tensor, Tensor]:
    """Latitude and longitude of every site."""
    found: dict[str, tuple[float, float]] = {}
    columns = zip(curves.site, curves.latitude.tolist(), curves.longitude.tolist(), strict=True)
    for name, latitude, longitude in columns:
        known = found.setdefault(name, (latitude, longitude))
        if not all(a == b or (a != a and b != b) for a, b in zip(known, (latitude, longitude), strict=True)):
            raise InputError(
                f"site {name!r} is at {known[0]:g}, {known[1]:g} and at {latitude:g}, {longitude:g}; expected one "
                "place per site"
            )
    table = torch.tensor([found[name] for name in names], dtype=torch.float64)
    return table[:, 0], table[:, 1]
