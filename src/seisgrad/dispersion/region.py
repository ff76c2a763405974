"""Many sites at once: the curves of a region, one inversion each, in batches; a site that fails stops no other."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from seisgrad.dispersion.curves import DispersionCurves
from seisgrad.dispersion.invert import FASTEST, SLOWEST, STEPS, operator_of
from seisgrad.dispersion.starting_model import StartingModel
from seisgrad.dispersion.survey import Earth, Survey
from seisgrad.errors import InputError
from seisgrad.inversion import Posterior, gauss_newton

REFUSED = 3
"""Status of a site that could not be inverted at all; beside the values of :class:`~seisgrad.inversion.Status`."""
TOGETHER = 256
"""Sites inverted together."""


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
        number, rows = (
            {name: i for i, name in enumerate(names)},
            {b: i for i, b in enumerate(survey.branches)},
        )
        site = torch.tensor([number[name] for name in curves.site])
        row = torch.tensor([rows[branch] for branch in curves.branch_of])
        column = (curves.period[:, None] / survey.periods - 1.0).abs().argmin(-1)
        cell = (site * shape[1] + row) * shape[2] + column
        velocity.view(-1)[cell], sigma.view(-1)[cell] = curves.velocity, curves.sigma
        _, where, times = torch.unique(cell, return_inverse=True, return_counts=True)
        for name in dict.fromkeys(curves.site[i] for i in (times[where] > 1).nonzero()[:, 0].tolist()):
            velocity[number[name]], sigma[number[name]] = curves.select(site=name).gridded(survey)
        return cls(names, latitude, longitude, survey, velocity, sigma)

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What inversions say of sites; the first axis is the site.

    Attributes:
        vs: of the rock layers, km/s; NaN where the site was refused.
        sigma: one posterior standard deviation.
        shrinkage: posterior over prior standard deviation.
        resolved: depth down to which shrinkage is at most a half, km; NaN where none is.
        chi2: squared residuals per datum.
        p_fit: probability of residuals at least as large.
        p_prior: probability of a model as far from the prior.
        information: parameters that the data determine.
        status: of :class:`~seisgrad.inversion.Status`, or :data:`REFUSED`.
        message: what became of the site, in words.
        prediction: km/s.
    """

    vs: Float[Tensor, "site rock"]
    sigma: Float[Tensor, "site rock"]
    shrinkage: Float[Tensor, "site rock"]
    resolved: Float[Tensor, " site"]
    chi2: Float[Tensor, " site"]
    p_fit: Float[Tensor, " site"]
    p_prior: Float[Tensor, " site"]
    information: Float[Tensor, " site"]
    status: UInt8[Tensor, " site"]
    message: tuple[str, ...]
    prediction: Float[Tensor, "site branch period"]

    @staticmethod
    def together(parts: "list[Outcome]") -> "Outcome":
        """Batches of sites as one."""
        joined = {}
        for field in fields(Outcome):
            columns = [getattr(part, field.name) for part in parts]
            joined[field.name] = sum(columns, ()) if field.name == "message" else torch.cat(columns)
        return Outcome(**joined)


def invert_sites(
    sites: Sites,
    starting: StartingModel,
    *,
    floor: float = 0.0,
    operator: Callable[[Survey, Tensor], Callable[[Tensor], Tensor]] | None = None,
    first: int = 0,
    together: int = TOGETHER,
) -> Iterator[tuple[int, Outcome]]:
    """Invert site after site, a batch at a time, all with one grid and one prior.

    Args:
        sites: the data.
        starting: grid, prior and tie.
        floor: error of the theory as a fraction of the velocity, added in quadrature.
        operator: makes the forward operator from ``(survey, depth)``; the exact one by default.
        first: site to begin with, where an earlier run has ended.
        together: sites per batch.

    Yields:
        The number of the first site of a batch, and what became of its sites.
    """
    forward = operator_of(operator, sites.survey, starting) @ starting.tie
    prior = starting.prior
    bounds = (SLOWEST * prior.mean, FASTEST * prior.mean)

    def invert(velocity: Tensor, sigma: Tensor) -> Posterior:
        noise = torch.hypot(sigma, floor * velocity)
        return gauss_newton(forward, velocity, noise, prior, bounds=bounds, max_iterations=STEPS)

    for begin in range(first, len(sites), together):
        here = slice(begin, begin + together)
        yield begin, _try(invert, sites.velocity[here], sites.sigma[here], len(starting.rock_depth))


def _try(
    invert: Callable[[Tensor, Tensor], Posterior], velocity: Tensor, sigma: Tensor, layers: int
) -> Outcome:
    """A batch; where something in it is refused, its halves, down to the one site whose fault it is."""
    try:
        return _read(invert(velocity, sigma))
    except InputError as error:
        if len(velocity) == 1:
            return _refused(str(error), velocity, layers)
    half = len(velocity) // 2
    parts = [_try(invert, velocity[part], sigma[part], layers) for part in (slice(half), slice(half, None))]
    return Outcome.together(parts)


def _read(posterior: Posterior) -> Outcome:
    empty = posterior.count == 0
    status = posterior.status.masked_fill(empty, REFUSED)
    messages = tuple(posterior.message(i) for i in range(len(status)))
    return Outcome(
        posterior.mean.masked_fill(empty[:, None], torch.nan),
        posterior.sigma,
        posterior.shrinkage,
        posterior.resolved_to("depth"),
        posterior.chi2,
        posterior.p_fit,
        posterior.p_prior,
        posterior.information,
        status,
        messages,
        posterior.prediction,
    )


def _refused(reason: str, velocity: Tensor, layers: int) -> Outcome:
    profile = torch.full((1, layers), math.nan, dtype=torch.float64)
    number = torch.full((1,), math.nan, dtype=torch.float64)
    status = torch.full((1,), REFUSED, dtype=torch.uint8)
    curve = torch.full_like(velocity, math.nan)
    return Outcome(
        profile,
        profile,
        profile,
        number,
        number,
        number,
        number,
        number,
        status,
        (f"Refused: {reason}",),
        curve,
    )


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
