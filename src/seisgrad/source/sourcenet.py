"""SourceNet, the set transformer of arXiv:2601.06320, and what is left of it without each of its parts.

Where the text leaves a choice it stands here: residual blocks halve the samples and are normalised over groups of
channels, which keeps stations apart; amplitude spectra have as many samples as the windows; the scalars are
standardised; the feed-forward parts have the width that gives the 2.06 million weights of the paper.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seisgrad.nn.set_transformer import AttentionPooling, SetTransformer, mean_over
from seisgrad.source.answer import Answer, Doubt
from seisgrad.source.gather import COMPONENTS, PHASES, SAMPLES, Gather

SCALARS = 20
"""Numbers of a station beside its windows."""
_CHANNELS = (32, 64, 128)
_TINY = 1e-12  # m/s, and as a share of the largest amplitude: what logarithms are cut off at


@dataclass(frozen=True, kw_only=True)
class PaperSize:
    """Size of a :class:`PaperNet`; that of the paper by default.

    Args:
        d_model: features per station, a multiple of ``heads``.
        heads: attention heads.
        layers: of attention among stations; with 0, stations do not see each other.
        feed_forward: width of the feed-forward parts.
        scalars: whether the network sees distances, places, depth and amplitudes.
        attention_pooling: stations are weighed; otherwise they count alike, which without layers is DeepSets (Zaheer et
            al. 2017, arXiv:1703.06114).
    """

    d_model: int = 128
    heads: int = 4
    layers: int = 3
    feed_forward: int = 2048
    scalars: bool = True
    attention_pooling: bool = True


class PaperNet(nn.Module):
    """See the module. Azimuths and places go in as plain numbers, as in the paper.

    Args:
        size: of its parts.

    Raises:
        InputError: heads that do not divide ``d_model``.
    """

    def __init__(self, size: PaperSize) -> None:
        super().__init__()
        self.size = size
        d = size.d_model
        self.towers = nn.ModuleList(_tower() for _ in PHASES)
        self.numbers = (
            nn.Sequential(nn.Linear(SCALARS, 64), nn.ReLU(), nn.Linear(64, 32)) if size.scalars else None
        )
        self.token = nn.Linear(len(PHASES) * _CHANNELS[-1] + 32 * size.scalars, d)
        self.stations = SetTransformer(d, size.heads, size.layers, size.feed_forward)
        self.pooling = AttentionPooling(d) if size.attention_pooling else None
        self.mechanism = nn.Sequential(nn.Linear(d, 64), nn.ReLU(), nn.Linear(64, 5))
        self.magnitude = nn.Sequential(nn.Linear(d, 64), nn.ReLU(), nn.Linear(64, 1))
        self.doubt = Doubt(d)
        self.mean, self.scale = nn.Buffer(torch.zeros(SCALARS)), nn.Buffer(torch.ones(SCALARS))
        self.size_mean, self.size_scale = nn.Buffer(torch.zeros(())), nn.Buffer(torch.ones(()))

    def adapt(self, gather: Gather, magnitude: Float[Tensor, " event"]) -> None:
        """Take the constants of standardisation from events to train on."""
        values = scalars(gather)[gather.present]
        self.mean.copy_(values.mean(0))
        self.scale.copy_(values.std(0).clamp(min=1e-2))
        self.size_mean.copy_(magnitude.mean())
        self.size_scale.copy_(magnitude.std().clamp(min=1e-2))

    def forward(self, gather: Gather) -> Answer:
        """The answer to a gather with at least one station; to none it means nothing, and whoever asks refuses that."""
        there, channels = gather.present, _channels(gather)
        parts = [
            tower(channels[..., phase, :, :].flatten(0, -3)).unflatten(0, there.shape)
            for phase, tower in enumerate(self.towers)
        ]
        if self.numbers is not None:
            standard = (scalars(gather) - self.mean) / self.scale
            parts.append(self.numbers(torch.where(there[..., None], standard, 0.0)))
        x = self.stations(self.token(torch.cat(parts, -1)), there)
        if self.pooling is None:
            pooled, weight = mean_over(x, there), there / there.sum(-1, keepdim=True).clamp(min=1)
        else:
            pooled, weight = self.pooling(x, there)
            weight = weight.squeeze(-2)
        mechanism = self.mechanism(pooled)
        magnitude = self.size_mean + self.size_scale * self.magnitude(pooled).squeeze(-1)
        return Answer(mechanism, magnitude, self.doubt(pooled, mechanism), weight.to(mechanism))


class _ResidualBlock(nn.Module):
    """Two convolutions of half as many samples beside a shortcut."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(channels, out, 3, 2, 1, bias=False),
            nn.GroupNorm(8, out),
            nn.ReLU(),
            nn.Conv1d(out, out, 3, 1, 1, bias=False),
            nn.GroupNorm(8, out),
        )
        self.shortcut = nn.Conv1d(channels, out, 1, 2)

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch out half"]:
        return (self.shortcut(x) + self.layers(x)).relu()


def _tower() -> nn.Sequential:
    into = (2 * len(COMPONENTS), *_CHANNELS[:-1])
    blocks = (_ResidualBlock(a, b) for a, b in zip(into, _CHANNELS, strict=True))
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool1d(1), nn.Flatten())


def _channels(gather: Gather) -> Float[Tensor, "*batch station phase channel time"]:
    """Windows and their amplitude spectra, each over the largest of the event."""
    windows = torch.where(gather.recorded[..., None, :, None], gather.windows, 0.0)
    return torch.cat([_over_largest(windows), _over_largest(_spectra(windows))], -2)


def _spectra(windows: Tensor) -> Float[Tensor, "*batch station phase component time"]:
    """Amplitude spectra with as many samples as the windows have."""
    padded = torch.fft.rfft(windows, n=2 * SAMPLES - 2)
    return (padded.real.square() + padded.imag.square() + torch.finfo(windows.dtype).tiny).sqrt()


def _over_largest(x: Tensor) -> Tensor:
    largest = x.abs().amax((-4, -3, -2, -1), keepdim=True)
    return x / largest.clamp(min=torch.finfo(x.dtype).tiny)


def scalars(gather: Gather) -> Float[Tensor, "*batch station scalar"]:
    """The numbers of a station: distance, azimuth, longitude, latitude, depth, the logarithms of the largest
    amplitude of each phase and component in time and in frequency, and those of P over S by component."""
    windows = torch.where(gather.recorded[..., None, :, None], gather.windows, 0.0)
    in_time, in_frequency = ((x.abs().amax(-1) + _TINY).log10() for x in (windows, _spectra(windows)))
    there = gather.present
    where = [torch.where(there, x, 0.0) for x in (gather.distance, gather.azimuth, *gather.place.unbind(-1))]
    depth = gather.depth[..., None].expand(there.shape)
    ratio = in_time[..., 0, :] - in_time[..., 1, :]
    numbers = (torch.stack((*where, depth), -1), in_time.flatten(-2), in_frequency.flatten(-2), ratio)
    return torch.cat(numbers, -1)
