"""The linear-Gaussian inverses of the records of one event: noise, scatter, and the ways in which a moment tensor can
change."""

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.linear import solve
from seisgrad.source.axes import principal_axes
from seisgrad.source.gather import COMPONENTS, PHASES, SAMPLES
from seisgrad.source.ground_noise import GroundNoise
from seisgrad.source.moment_tensor import from_matrix, to_basis
from seisgrad.source.randomisation import Randomisation

#: Ways in which the moment tensor of a double couple can change, each a direction of norm 1 among the coefficients.
DIRECTIONS = ("size", "turn about T", "turn about B", "turn about P", "CLVD")
_SHRINK = 0.2  # of the scatter of records that counts as independent: so few draws do not know all of it
_FLOOR = 1e-4  # of noise at all frequencies, as a share of its power
_LEVEL = 0.1  # root mean square of noise over that of the signal, where a prior has none
_WINDOW = len(PHASES) * len(COMPONENTS) * SAMPLES  # samples of a station


def own_frame(moment: Float[Tensor, " 6"]) -> Float[Tensor, "5 direction"]:
    """The :data:`DIRECTIONS` of a double couple as columns of orthonormal coefficients."""
    t, b, p = principal_axes(moment)[1].unbind(-1)

    def both(x: Tensor, y: Tensor) -> Tensor:
        return (x[:, None] * y + y[:, None] * x) / math.sqrt(2.0)

    def square(x: Tensor) -> Tensor:
        return x[:, None] * x

    matrices = torch.stack(
        (
            (square(t) - square(p)) / math.sqrt(2.0),
            both(b, p),
            both(t, p),
            both(t, b),
            (2.0 * square(b) - square(t) - square(p)) / math.sqrt(6.0),
        )
    )
    return to_basis(from_matrix(matrices)).mT


def linear_inverse(
    matrix: Float[Tensor, "station phase component time 5"],
    covariance: Float[Tensor, "station sample sample"],
    spread: Float[Tensor, " direction"],
    frame: Float[Tensor, "5 direction"],
) -> Float[Tensor, "5 station phase component time"]:
    """(Gᵀ C⁻¹ G + C_m⁻¹)⁻¹ Gᵀ C⁻¹.

    Args:
        matrix: G, for coefficients over ‖m‖.
        covariance: C of the records of each station, which are independent of each other.
        spread: standard deviations of the coefficients before, by direction.
        frame: directions.
    """
    g = matrix.flatten(1, 3)
    weighed = solve(covariance, g)
    normal = torch.einsum("sna,snb->ab", g, weighed) + frame @ torch.diag(spread**-2.0) @ frame.mT
    return solve(normal, weighed.flatten(0, 1).mT).view(5, *matrix.shape[:-1])


def scatter_covariance(
    records: Float[Tensor, "draw station phase component time"],
) -> Float[Tensor, "station sample sample"]:
    """Covariance of records about their mean, shrunk towards its diagonal."""
    x = records.flatten(2).movedim(1, 0)
    covariance = x.mT @ x / (len(records) - 1)
    apart = torch.diag_embed(covariance.diagonal(dim1=1, dim2=2))
    return torch.lerp(covariance, apart, _SHRINK)


class Noise:
    """Noise as events are drawn with: its covariance in a window, and how large it is at a station.

    Args:
        randomisation: how large.
    """

    def __init__(self, randomisation: Randomisation) -> None:
        low, high = randomisation.noise
        mean = low if high <= low else (high**2 - low**2) / (2.0 * math.log(high / low))
        self._level = (math.sqrt(mean) if high > low else low) or _LEVEL
        traces = GroundNoise().draw(2048, np.random.default_rng(0)).double()
        power = torch.fft.rfft(traces).abs().square().mean((0, 1))
        covariance = torch.fft.irfft(power)[:SAMPLES]
        lag = (torch.arange(SAMPLES)[:, None] - torch.arange(SAMPLES)).abs()
        eye = torch.eye(SAMPLES, dtype=torch.float64)
        self._window = covariance[lag] / covariance[0] + _FLOOR * eye

    def covariance(
        self, signal: Float[Tensor, "station phase component time"]
    ) -> Float[Tensor, "station sample sample"]:
        """Of stations with such records; windows and components are independent of each other."""
        recorded = (signal != 0).any(-1).any(1)
        # the prior takes the level from all components, recorded or not: here those that there are
        power = signal.square().sum((1, 2, 3)) / (recorded.sum(-1) * len(PHASES) * SAMPLES)
        windows = torch.block_diag(*(self._window,) * (_WINDOW // SAMPLES))
        return (self._level**2 * power)[:, None, None] * windows
