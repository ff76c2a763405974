"""One site by other packages: evodcinv's global search and bayesbay's sampler, with the data and the prior of ours."""

import os
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

import seisgrad as sg
from seisgrad.dispersion.starting_model import StartingModel

PERIODS = torch.arange(2.0, 61.0, dtype=torch.float64)
WAVES = ("rayleigh", "love")
SPREAD = 0.05
"""Of vs in the prior, as a fraction."""
BOTTOM = 410.0
"""Top of the half-space, in which ak135 is faster than all these waves, km."""
SEARCHED = ((1.0, 4.0), (2.0, 8.0), (4.0, 16.0), (8.0, 32.0), (16.0, 64.0))
"""Bounds of the thicknesses of evodcinv's layers over its half-space, km."""
CHAINS, SAMPLES = 9, 50_000


class Result(NamedTuple):
    """What a peer needed for a site, core seconds, and how well it fits, squared residuals per datum."""

    seconds: float
    chi2: float


def core_seconds() -> float:
    """Processor time of this process and of those that it started and that have ended."""
    return sum(os.times()[:4])


def chi2(model: np.ndarray, data: torch.Tensor, sigma: torch.Tensor) -> float:
    """Misfit of layers [layer, (thickness, vp, vs, rho)] by the exact operator."""
    earth = sg.LayeredModel(*torch.from_numpy(np.ascontiguousarray(model.T)))
    found = torch.stack([sg.dispersion.velocity(earth, PERIODS, wave) for wave in WAVES])
    return float(((found - data) / sigma).square().mean())


def density_of(starting: StartingModel) -> Callable[[float], float]:
    """Density of the reference by its vp, so that the peers have the same tie."""
    order = starting.reference.vp.argsort()
    vp, rho = starting.reference.vp[order].numpy(), starting.reference.rho[order].numpy()
    return lambda value: float(np.interp(value, vp, rho))


def by_evodcinv(
    starting: StartingModel, data: torch.Tensor, sigma: torch.Tensor, population: int, iterations: int
) -> Result:
    setattr(np, "Inf", np.inf)  # noqa: B010 (which evodcinv 2.2 still asks of numpy 2)
    import progress
    from evodcinv import Curve, EarthModel, Layer

    progress.Infinite.file = None  # no bar
    tops = np.cumsum([0.0, *(sum(bounds) / 2.0 for bounds in SEARCHED)])
    vs = np.interp(tops, starting.depth.numpy(), starting.reference.vs.numpy())
    model = EarthModel()
    for thickness, mean in zip([*SEARCHED, (0.0, 1.0)], vs, strict=True):
        model.add(Layer(thickness, [mean * (1.0 - 3.0 * SPREAD), mean * (1.0 + 3.0 * SPREAD)], [0.23, 0.30]))
    model.configure(
        optimizer="cpso",
        misfit="rmse",
        density=density_of(starting),
        optimizer_args={"popsize": population, "maxiter": iterations, "workers": 1, "seed": 0},
    )
    curves = [
        Curve(PERIODS.numpy(), v.numpy(), 0, wave, "phase", uncertainties=s.numpy())
        for wave, v, s in zip(WAVES, data, sigma, strict=True)
    ]
    start = core_seconds()
    best = model.invert(curves).model
    return Result(core_seconds() - start, chi2(best, data, sigma))


def by_bayesbay(starting: StartingModel, data: torch.Tensor, sigma: torch.Tensor, iterations: int) -> Result:
    import bayesbay
    from bayesbay.discretization import Voronoi1D
    from disba import PhaseDispersion

    reference, density = starting.reference, density_of(starting)
    ratio = float((reference.vp / reference.vs).median())
    periods = PERIODS.numpy()

    def forward(state) -> np.ndarray:
        cells = state["voronoi"]
        vs = cells["vs"]
        thickness = Voronoi1D.compute_cell_extents(cells["discretization"])
        rho = np.array([density(value) for value in ratio * vs])
        solver = PhaseDispersion(thickness, ratio * vs, vs, rho, algorithm="dunkin")
        return np.concatenate([solver(periods, mode=0, wave=wave).velocity for wave in WAVES])

    low, high = float(reference.vs.min()), float(reference.vs.max())
    margin = 1.0 - 3.0 * SPREAD, 1.0 + 3.0 * SPREAD
    vs = bayesbay.prior.UniformPrior("vs", vmin=margin[0] * low, vmax=margin[1] * high, perturb_std=0.1)
    voronoi = Voronoi1D(
        name="voronoi",
        vmin=0.0,
        vmax=BOTTOM,
        perturb_std=8.0,
        n_dimensions_min=4,
        n_dimensions_max=15,
        parameters=[vs],
    )
    target = bayesbay.likelihood.Target(
        "phase velocity",
        data.flatten().numpy(),
        covariance_mat_inv=np.diag(sigma.flatten().numpy() ** -2.0),
    )
    np.random.seed(0)  # noqa: NPY002 (the peer draws from the global state)
    inversion = bayesbay.BayesianInversion(
        bayesbay.parameterization.Parameterization(voronoi),
        bayesbay.likelihood.LogLikelihood(targets=target, fwd_functions=forward),
        n_chains=1,
    )
    start = core_seconds()
    inversion.run(n_iterations=iterations, burnin_iterations=iterations // 2, save_every=50, verbose=False)
    took = core_seconds() - start
    saved = np.array(inversion.get_results()["phase velocity.dpred"]).reshape(-1, data.numel())
    residual = (saved - data.flatten().numpy()) / sigma.flatten().numpy()
    return Result(took / iterations * CHAINS * SAMPLES, float(np.median((residual**2).mean(-1))))
