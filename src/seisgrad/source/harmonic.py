"""A network from the records of any stations to the moment tensor, equivariant by construction.

Turn all stations about the epicentre and the mechanism turns with them, to rounding; multiply all records by a number
and the moment is multiplied by it. Neither has to be learned. Every station is a token in its own frame (away from the
source, clockwise, down), where records know no direction. Stations see each other through attention that turns
keys, queries and values by whole multiples of the azimuth (:class:`seisgrad.nn.turn.Turn`): orders 0, 1 and 2 are those
of the radiation of a moment tensor, 3 and 4 come in with its products, the geometry of the stations among them.

What a station then says are linear equations about the moment tensor in its own frame: what its records weigh of each
coefficient, and what that sum is. The answer solves those of all stations by weighted least squares, as d = G m would
be solved were the earth known: how stations lie around the source need not be learned either.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seisgrad.errors import InputError
from seisgrad.nn.set_transformer import AttentionPooling, SetTransformer
from seisgrad.nn.turn import Turn
from seisgrad.source.answer import Answer, Doubt
from seisgrad.source.gather import COMPONENTS, PHASES, SAMPLES, Gather

_ORDERS = (0, 0, 1, 1, 2, 2, 3, 4)
_DECAY = 1.3  # amplitudes fall about with this power of distance; what is left of it the network learns
_PER_SCALE = 2.0 / (3.0 * math.log(10.0))  # of magnitude per ln of amplitude
_EQUATIONS = 6  # of a station: as many as P and S have components
_DAMPING = 0.03
_FLOOR = 1e-10  # of squared amplitudes, as a share of the square of the largest


@dataclass(frozen=True, kw_only=True)
class HarmonicSize:
    """Size of a :class:`HarmonicNet`.

    Args:
        d_model: features per station; each head holds as many as a multiple of 16.
        heads: attention heads.
        layers: of attention.
        feed_forward: width of the feed-forward parts.
        window: width of the layers that read one window.
    """

    d_model: int = 128
    heads: int = 4
    layers: int = 4
    feed_forward: int = 256
    window: int = 256


class Tokens(NamedTuple):
    """What a network of stations reads: all of order one, 0 where there is nothing.

    Attributes:
        shapes: windows over their own root mean square.
        numbers: scalars of a station.
        amplitudes: of the P and the S window against the others of the event, distance taken out.
        scale: ln of the amplitude (m/s) that is 1 in ``amplitudes``.
    """

    shapes: Float[Tensor, "*batch station phase component time"]
    numbers: Float[Tensor, "*batch station number"]
    amplitudes: Float[Tensor, "*batch station phase"]
    scale: Float[Tensor, "*batch"]


NUMBERS = 10
"""How many scalars a station has in :class:`Tokens`."""


def tokens(gather: Gather) -> Tokens:
    """Records as numbers of order one, which neither a common factor nor a common rotation changes."""
    there = gather.present
    windows = torch.where(gather.recorded[..., None, :, None], gather.windows, 0.0)
    largest = windows.abs().amax((-4, -3, -2, -1)).clamp(min=torch.finfo(windows.dtype).tiny)
    windows = windows / largest[..., None, None, None, None]
    count = gather.recorded.sum(-1, keepdim=True).clamp(min=1)
    rms = (windows.square().mean(-1).sum(-1) / count + _FLOOR).sqrt()
    distance, depth = torch.where(there, gather.distance, 1.0), gather.depth[..., None].expand(there.shape)
    path = (distance.square() + depth.square() + 1.0).sqrt()
    corrected = rms.log() + _DECAY * (path / 50.0).log()[..., None]
    number = there.sum(-1).clamp(min=1)
    middle = torch.where(there, corrected.amax(-1), 0.0).sum(-1) / number
    level = torch.where(there[..., None], corrected - middle[..., None, None], 0.0)
    numbers = (
        0.5 * level[..., 0],
        0.5 * level[..., 1],
        (path / 50.0).log(),
        2.0 * torch.atan2(depth, distance) - 1.0,
        0.1 * depth - 1.0,
        0.5 * (rms[..., 0].log() - rms[..., 1].log()),
        number[..., None].to(depth).log().expand(there.shape) - 2.0,
        *gather.recorded.to(windows).unbind(-1),
    )
    return Tokens(
        windows / rms[..., None, None] * there[..., None, None, None],
        torch.where(there[..., None], torch.stack(numbers, -1), 0.0),
        torch.where(there[..., None], _tamed(level.exp()), 0.0),
        largest.log() + middle,
    )


def _tamed(amplitude: Tensor) -> Tensor:
    """Itself where small, at most 5."""
    return amplitude / (1.0 + 0.2 * amplitude)


class HarmonicNet(nn.Module):
    """See the module.

    Args:
        size: of its parts.

    Raises:
        InputError: heads that do not hold the angular orders.
    """

    def __init__(self, size: HarmonicSize) -> None:
        super().__init__()
        self.size = size
        d, pairs = size.d_model, size.d_model // (2 * size.heads)
        if size.d_model % (2 * size.heads * len(_ORDERS)):
            raise InputError(
                f"d_model {d} over {size.heads} heads cannot hold {len(_ORDERS)} angular orders in pairs, expected a "
                f"multiple of {2 * size.heads * len(_ORDERS)}"
            )
        self.orders = nn.Buffer(
            torch.tensor(_ORDERS).repeat_interleave(pairs // len(_ORDERS)), persistent=False
        )
        self.windows = nn.ModuleList(_window_reader(size.window, d) for _ in PHASES)
        self.numbers = nn.Sequential(nn.Linear(NUMBERS, 64), nn.GELU(), nn.Linear(64, 64))
        self.token = nn.Sequential(nn.Linear(4 * d + 64, 2 * d), nn.GELU(), nn.Linear(2 * d, d))
        self.stations = SetTransformer(d, size.heads, size.layers, size.feed_forward)
        self.pooling = AttentionPooling(d, 2)
        self.equations = nn.Sequential(nn.Linear(d, d), nn.GELU(), nn.Linear(d, 6 * _EQUATIONS))
        self.magnitude = nn.Linear(d, 1)
        self.doubt = Doubt(d + 3)
        self.offset = nn.Buffer(torch.zeros(()))

    def adapt(self, gather: Gather, magnitude: Float[Tensor, " event"]) -> None:
        """Take from events to train on how amplitudes and magnitudes are related in the mean."""
        self.offset.copy_((magnitude - _PER_SCALE * tokens(gather).scale).mean())

    def forward(self, gather: Gather) -> Answer:
        """The answer to a gather with at least one station; to none it means nothing, and whoever asks refuses that."""
        there, read = gather.present, tokens(gather)
        azimuth = torch.deg2rad(torch.where(there, gather.azimuth, 0.0))
        x = self.stations(self._token(read), there, Turn(azimuth, self.orders))
        weight = self.pooling.weights(x, there)
        equations = self.equations(x).to(azimuth.dtype).unflatten(-1, (_EQUATIONS, 6))
        solved = _solved(
            _in_common(equations[..., :5], azimuth[..., None]), equations[..., 5], weight[..., 0, :]
        )
        magnitude = (weight[..., 1, :] * self.magnitude(x).squeeze(-1)).sum(-1)
        pooled = (weight[..., 0, :, None] * x).sum(-2)
        doubt = self.doubt(torch.cat([pooled, solved.quality], -1), solved.mechanism)
        magnitude = self.offset + _PER_SCALE * read.scale + magnitude
        return Answer(solved.mechanism, magnitude, doubt, solved.share)

    def _token(self, read: Tokens) -> Float[Tensor, "*batch station d"]:
        parts = []
        for phase, reader in enumerate(self.windows):
            features = reader(read.shapes[..., phase, :, :].flatten(-2))
            parts += [features, features * read.amplitudes[..., phase, None]]
        return self.token(torch.cat([*parts, self.numbers(read.numbers)], -1))


class _Solved(NamedTuple):
    """A mechanism by least squares.

    Attributes:
        mechanism: coefficients.
        quality: misfit of the equations, and the ln of the least and the largest they determine: not for training.
        share: of every station in what they determine; sums to 1.
    """

    mechanism: Float[Tensor, "*batch 5"]
    quality: Float[Tensor, "*batch 3"]
    share: Float[Tensor, "*batch station"]


def _solved(
    g: Float[Tensor, "*batch station equation 5"],
    y: Float[Tensor, "*batch station equation"],
    weight: Float[Tensor, "*batch station"],
) -> _Solved:
    """The m that makes Σ w |g·m − y|² + λ |m|² least; sums are written out, and so stay exact where products of
    matrices are rounded to half precision."""
    weighted = weight[..., None, None] * g
    matrix = (weighted[..., :, None] * g[..., None, :]).sum((-4, -3))
    right = (weighted * y[..., None]).sum((-3, -2))
    eye = torch.eye(5, dtype=matrix.dtype, device=matrix.device)
    mechanism = torch.linalg.solve(matrix + _DAMPING * eye, right)
    with torch.no_grad():
        misfit = (weight[..., None] * ((g * mechanism[..., None, None, :]).sum(-1) - y).square()).sum(
            (-2, -1)
        )
        of_stations = weighted.mul(g).sum((-2, -1))
        least, largest = torch.linalg.eigvalsh(matrix + _DAMPING * eye)[..., [0, -1]].log().unbind(-1)
        quality = torch.stack((misfit, least, largest), -1)
    return _Solved(mechanism, quality, of_stations / of_stations.sum(-1, keepdim=True))


def _window_reader(width: int, d: int) -> nn.Sequential:
    samples = len(COMPONENTS) * SAMPLES
    return nn.Sequential(
        nn.Linear(samples, width), nn.GELU(), nn.Linear(width, width), nn.GELU(), nn.Linear(width, d)
    )


def _in_common(
    own: Float[Tensor, "*batch station equation 5"], azimuth: Float[Tensor, "*batch station 1"]
) -> Float[Tensor, "*batch station equation 5"]:
    """Coefficients of moment tensors in the frame of each station, x away from the source, in that of north."""
    b0, b1, b2, b3, b4 = own.unbind(-1)
    cos, sin, cos2, sin2 = azimuth.cos(), azimuth.sin(), (2.0 * azimuth).cos(), (2.0 * azimuth).sin()
    turned = (b0 * cos2 - b2 * sin2, b1, b0 * sin2 + b2 * cos2, b3 * cos - b4 * sin, b3 * sin + b4 * cos)
    return torch.stack(turned, -1)
