"""How well the data decide a section: the Laplace posterior on a few nodes around the model that was found."""

import math
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.earth.section_nodes import write_nodes
from seisgrad.elastic.inversion import Inversion
from seisgrad.elastic.parameters import VelocityTie, VsTie
from seisgrad.errors import InputError
from seisgrad.operator import jvp
from seisgrad.waves.places import as_complex

_LEAST = (
    1e-3  # of the size of the data: errors that are estimated are at least this, the accuracy of an operator
)
_TOGETHER = 4  # directions worked out together: more take more memory


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """A Gaussian around the model found, of changes that are bilinear between a few nodes.

    It is the curvature of the misfit of the data, by Gauss and Newton, with a prior that knows each node by itself:
    what else fits nearly as well nearby. It knows nothing of finer structure, of other minima, or of errors that
    records share, and is too small where these count.

    Attributes:
        depth: of the nodes, closer together near the surface, km.
        distance: of the nodes from the first of the section, km.
        covariance: of the nodes (of vp, then vs, where both are unknown; depth by depth), (km/s)².
        sigma: of vs on the grid of the section, km/s, ``[z, x]``.
        prior: the same before the data.
        noise: standard deviation taken for the data of each frequency, the root mean square over records: of phases in
            radians where amplitudes do not count, else in the unit of the spectra.
    """

    depth: Float[Tensor, " row"]
    distance: Float[Tensor, " column"]
    covariance: Float[Tensor, "node node"]
    sigma: Float[Tensor, "z x"]
    prior: Float[Tensor, "z x"]
    noise: Float[Tensor, " frequency"]

    def write(self, path: str | os.PathLike[str], inversion: Inversion) -> None:
        """NetCDF with ``vs_sigma`` and ``vs_sigma_prior`` on ``z`` and ``x``."""
        fields = {"vs_sigma": (self.sigma.numpy(), "km/s"), "vs_sigma_prior": (self.prior.numpy(), "km/s")}
        write_nodes(fields, inversion.start.spacing, inversion.start.origin, Path(path))


def laplace(inversion: Inversion, nodes: tuple[int, int], deviation: float | None = None) -> Uncertainty:
    """The Laplace posterior of vs, and of vp where it is unknown too, at the model found.

    One derivative along each node is worked out at each frequency, which costs about what a gradient does; keep nodes
    few. Where phases are fitted (misfit ``unit_amplitude``) their errors are those of the spectra over the amplitude.
    Without ``deviation`` in the data all records of a frequency are taken to err as they misfit; and where the model
    does not fit to the deviation, errors are scaled up until it does.

    Args:
        inversion: its end.
        nodes: along depth and along the line, at least 2.
        deviation: of a node before the data, km/s; by default one standardised unit of the inversion.

    Raises:
        InputError: too few nodes, or a deviation that is not positive.
    """
    if min(nodes) < 2 or (deviation is not None and not deviation > 0):
        raise InputError(
            f"laplace received nodes {nodes} and deviation {deviation}, expected at least 2 nodes along each axis and "
            "a positive deviation"
        )
    settings, grid = inversion.plan.settings, inversion.grid
    tie = VsTie(grid) if settings.unknowns == "vs" else VelocityTie(grid)
    at = inversion.result.unknowns
    depth = grid.extent[0] * torch.linspace(0, 1, nodes[0], dtype=torch.float64).square()
    distance = grid.extent[1] * torch.linspace(0, 1, nodes[1], dtype=torch.float64)
    hats = torch.einsum("iz,jx->ijzx", _hats(depth, grid.z), _hats(distance, grid.x)).flatten(0, 1)
    basis = hats if at.ndim == 2 else torch.stack([hats, hats * 0], 1)
    basis = basis if at.ndim == 2 else torch.cat([basis, basis.flip(1)])
    before = deviation or settings.unit * float(inversion.start.vs.mean())
    information = torch.eye(len(basis), dtype=torch.float64) / before**2
    noise = []
    for k in range(len(inversion.spectra.survey.frequencies)):
        rows, error = _whitened(inversion, tie, at, basis, k)
        information += rows @ rows.T
        noise.append(error)
    covariance = torch.linalg.inv(information)
    of_vs = covariance[-len(hats) :, -len(hats) :]
    flat = hats.flatten(1)
    sigma = (flat * (of_vs @ flat)).sum(0).sqrt().reshape(grid.shape)
    prior = before * flat.square().sum(0).sqrt().reshape(grid.shape)
    return Uncertainty(depth, distance, covariance, sigma, prior, torch.tensor(noise, dtype=torch.float64))


def _whitened(
    inversion: Inversion, tie: VsTie | VelocityTie, at: Tensor, basis: Tensor, frequency: int
) -> tuple[Float[Tensor, "node datum"], float]:
    """The derivative of the data of a frequency along every node over the data's errors, and these errors' size."""
    op, spectra = inversion.operator, inversion.spectra
    part = op.select(frequency=[frequency])  # type: ignore[attr-defined]
    there = inversion.mask.weight[:, frequency, ..., 0] > 0
    observed = as_complex(spectra.values[:, frequency])[there]
    with torch.no_grad():
        value = as_complex(part(tie(at))[:, 0])[there]
        along = torch.vmap(lambda change: jvp(lambda x: part(tie(x)), at, change), chunk_size=_TOGETHER)
        slopes = as_complex(along(basis)[:, :, 0])[:, there]
    if inversion.plan.settings.misfit == "unit_amplitude":
        slopes = (slopes / value).imag  # of the phase
        residual = (value / observed).angle()
        error = None if spectra.deviation is None else spectra.deviation[:, frequency][there] / observed.abs()
        size = 1.0
    else:
        slopes = torch.cat([slopes.real, slopes.imag], 1)
        residual = torch.view_as_real(value - observed).flatten()
        error = None if spectra.deviation is None else spectra.deviation[:, frequency][there].repeat(2)
        size = float(observed.abs().square().mean().sqrt())
    if error is None:
        error = residual.square().mean().sqrt()
    error = error.clamp(min=_LEAST * size)
    error = error * (residual / error).square().mean().sqrt().clamp(min=1.0)
    return slopes / error, math.sqrt(float(error.square().mean()))


def _hats(nodes: Float[Tensor, " node"], places: Float[Tensor, " place"]) -> Float[Tensor, "node place"]:
    """The linear interpolation from nodes to places."""
    right = torch.searchsorted(nodes, places).clamp(1, len(nodes) - 1)
    share = ((places - nodes[right - 1]) / (nodes[right] - nodes[right - 1])).clamp(0, 1)
    rows = torch.zeros(len(nodes), len(places), dtype=places.dtype)
    rows.scatter_(0, (right - 1)[None], (1 - share)[None])
    return rows.scatter_(0, right[None], share[None])
