"""The sites of the recovery experiment: true earths, their data, and what is known of earths before the data.

The unknowns are the natural logarithms of vp, vs and density at the paper's control points, straight lines between.
What is believed of them is the mean and the covariance of the ensemble's own draws, so that all three vary as they do
there.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.dispersion import Physics, prior
from seisgrad.dispersion.prior import DEPTH
from seisgrad.errors import InputError
from seisgrad.inversion import GaussianPrior, Profile, paper_control_points
from seisgrad.operator import Function, Operator, Space
from seisgrad.report.reproduce.ensembles import SEED, models
from seisgrad.report.reproduce.kernels import PARAMETERS, SURVEY

ENSEMBLE = "weak"
"""The prior of the earths that are recovered."""
SITES, DRAWS = 60, 2000
"""Earths that are recovered, and draws of their ensemble, at most."""
LEAST, DRAWS_PER_MODEL = 25, 20
"""Models that have to be asked for, or covariances would be of too few draws; draws for each of them."""
NOISE = 0.005
"""Standard deviation of the noise, relative to the velocity."""
NEAREST = 11
"""Draws of the ensemble that a site is begun from, beside the regression: those with the nearest curves."""
_LEAST_RATIO = 1.2
"""Vp/vs that a start has at least, so that it is an elastic solid."""


@dataclass(frozen=True, eq=False)
class Experiment:
    """Sites to be recovered, and what is known before. Velocities and unknowns are natural logarithms.

    Attributes:
        depth: tops of the layers, km.
        profile: from control points to layers.
        truth: the straight lines nearest to each true earth, ``[site, 3, point]``.
        data: exact curves with noise, NaN where a mode does not exist, ``[site, branch, period]``.
        prior: mean and covariance of ``draws``.
        draws: the straight lines nearest to each draw of the ensemble, those whose curves are complete.
        curves: exact curves of the draws themselves, ``[draw, branch, period]``.
    """

    depth: Float[Tensor, " depth"]
    profile: Profile
    truth: Float[Tensor, "site 3 point"]
    data: Float[Tensor, "site branch period"]
    prior: GaussianPrior
    draws: Float[Tensor, "draw 3 point"]
    curves: Float[Tensor, "draw branch period"]

    @property
    def points(self) -> Float[Tensor, " point"]:
        """Depths of the control points, km."""
        return torch.tensor(self.profile.domain.coords["depth"], dtype=torch.float64)

    def in_logarithms(self, operator: Operator) -> Operator:
        """From the unknowns to the logarithms of the curves."""
        matrix, points, curves = self.profile.matrix, self.points.tolist(), operator.codomain
        shape, coords = (len(PARAMETERS), len(points)), {"parameter": PARAMETERS, "depth": points}
        unknowns = Space("ln of an earth", ("parameter", "depth"), shape, "1", coords)
        result = Space("ln of velocity", curves.axes, curves.shape, "1", curves.coords)
        earth = Function(lambda u: (u @ matrix.mT).exp(), unknowns, operator.domain)
        return Function(_logarithm, curves, result) @ operator @ earth

    def starts(self) -> Float[Tensor, "start site 3 point"]:
        """Where inversions begin: the linear regression of the draws on their curves, then the nearest draws.

        Curves and draws are those of the exact operator, so that every operator begins at the same earths.
        """
        curves, draws = self.curves.flatten(1), self.draws.flatten(1)
        away, number = curves - curves.mean(0), len(curves)
        square = away.mT @ away / (number - 1) + NOISE**2 * torch.eye(away.shape[1], dtype=torch.float64)
        cross = (draws - draws.mean(0)).mT @ away / (number - 1)
        found = []
        for data in self.data.flatten(1):
            have = data.isfinite()
            weight = torch.linalg.solve(square[have][:, have], (data - curves.mean(0))[have])
            near = (curves - data)[:, have].square().sum(1).argsort()[:NEAREST]
            found.append(torch.cat([(draws.mean(0) + cross[:, have] @ weight)[None], draws[near]]))
        begin = torch.stack(found, 1).unflatten(-1, self.truth.shape[1:])
        vp, vs = PARAMETERS.index("vp"), PARAMETERS.index("vs")
        least = begin[:, :, vs] + begin.new_tensor(_LEAST_RATIO).log()
        begin[:, :, vp] = torch.maximum(begin[:, :, vp], least)
        return begin


def drawn(number: int) -> tuple[Experiment, Float[Tensor, "site 3 depth"]]:
    """The experiment of a table of ``number`` models, and its true earths: the first models of the table's own.

    What is known before comes from the validation split, which shares no draw with them.
    """
    earths = models(ENSEMBLE, min(number, SITES))
    assert earths is not None  # only the frozen ensemble can be absent
    draws = prior(ENSEMBLE).draw(min(DRAWS_PER_MODEL * number, DRAWS), seed=SEED, split="validation")
    return experiment(earths, draws.model.stack(), DEPTH, SEED), earths


def experiment(
    earths: Float[Tensor, "site 3 depth"],
    draws: Float[Tensor, "draw 3 depth"],
    depth: Float[Tensor, " depth"],
    seed: int,
    points: tuple[float, ...] = paper_control_points(),
) -> Experiment:
    """Data of true earths, and the Gaussian prior of their ensemble.

    Args:
        earths: the truths, vp, vs (km/s), rho (g/cm³).
        draws: of their ensemble, none of them a truth.
        depth: tops of the layers, km; the last is the half-space.
        seed: of the noise.
        points: control points, km, from 0; those below the half-space's top are left out, and one stands there.

    Raises:
        InputError: too few draws with complete curves for a covariance of the unknowns and one of the data.
    """
    bottom = float(depth[-1])
    profile = Profile.control_points((*(z for z in points if z < bottom), bottom), depth)
    physics = Physics(SURVEY, depth)
    curves = _logarithm(physics(draws))
    complete = curves.isfinite().flatten(1).all(1)
    known = nearest_lines(draws[complete], profile)
    needed = max(known[0].numel(), physics.codomain.size)
    if len(known) <= needed:
        raise InputError(
            f"{len(known)} of {len(draws)} draws have complete curves, expected more than {needed} for the covariances "
            f"of {known[0].numel()} unknowns and {physics.codomain.size} data: take more draws"
        )
    believed = GaussianPrior(known.mean(0), torch.cov(known.flatten(1).mT))
    clean = _logarithm(physics(earths))
    generator = torch.Generator().manual_seed(seed)
    data = clean + NOISE * torch.randn(clean.shape, generator=generator, dtype=clean.dtype)
    return Experiment(depth, profile, nearest_lines(earths, profile), data, believed, known, curves[complete])


def nearest_lines(earths: Float[Tensor, "earth 3 depth"], profile: Profile) -> Float[Tensor, "earth 3 point"]:
    """The control points whose straight lines are nearest, by least squares over the layers, to ln of an earth."""
    matrix = profile.matrix
    return earths.log() @ torch.linalg.solve(matrix.mT @ matrix, matrix.mT).mT


def _logarithm(y: Tensor) -> Tensor:
    """ln y; NaN, with a silent gradient, where y is."""
    missing = y.isnan()
    return y.masked_fill(missing, 1.0).log().masked_fill(missing, torch.nan)
