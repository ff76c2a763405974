"""Misfits of wavefields, all with the same call: ``misfit(predicted, observed)`` is the sum over gathers.

A gather is what one source gives, at one frequency where the data are spectra; because misfits of gathers add up, a
survey can be worked through part by part. Data that are NaN are none: they add nothing, and nothing flows back into
the prediction there. A weight, 0 or more, multiplies both sides first, like a window or a taper; 0 leaves a datum out.
"""

import abc
from collections.abc import Callable
from typing import Any, ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad._lazy import extra
from seisgrad.errors import InputError
from seisgrad.inversion.waveform import layout
from seisgrad.operator import Space

_SMALL = 1e-5  # of the root-mean-square amplitude: what rounds off the corner of a modulus at zero

Gathers = Float[Tensor, "gather trace sample"]


class Misfit(abc.ABC):
    """A distance between data; a subclass writes :meth:`of_gathers`.

    Args:
        space: of the data; the names of its axes count, and the coordinates along time. Whatever a batch holds of it
            is measured alike.

    Raises:
        InputError: data of a kind that the misfit does not know.
    """

    kinds: ClassVar[tuple[layout.Kind, ...]] = ("traces", "spectra")

    def __init__(self, space: Space) -> None:
        self.space = space
        self.kind = layout.kind(space)
        if self.kind not in self.kinds:
            wanted = {"traces": "traces (last axis 'time')", "spectra": "spectra (last axis 'part')"}
            raise InputError(
                f"misfit {type(self).__name__} is given data with axes {space.axes}, expected "
                f"{' or '.join(wanted[k] for k in self.kinds if k in wanted)}; choose another misfit"
            )

    def __call__(
        self,
        predicted: Float[Tensor, "..."],
        observed: Float[Tensor, "..."],
        weight: Float[Tensor, "..."] | None = None,
    ) -> Float[Tensor, ""]:
        """The sum of the misfits of all gathers.

        Args:
            predicted: laid out like the space, with any number of sources and frequencies.
            observed: shaped like ``predicted``; NaN where there is none.
            weight: broadcasts to ``observed``.
        """
        there = ~observed.isnan()
        if weight is not None:
            there = there & (weight > 0)
        if self.kind == "spectra":
            there = there.all(-1, keepdim=True).expand_as(observed)
        p, d = predicted.masked_fill(~there, 0.0), observed.masked_fill(~there, 0.0)
        if weight is not None:
            p, d = p * weight, d * weight
        return self.of_gathers(*(layout.gathers(self.space, values) for values in (p, d, there))).sum()

    @abc.abstractmethod
    def of_gathers(self, p: Gathers, d: Gathers, there: Bool[Tensor, "gather trace sample"]) -> Tensor:
        """The misfit of every gather, ``[gather]``; predicted and observed are 0 where there are no data."""


class L2(Misfit):
    """½ Σ (p − d)², in the data's unit squared."""

    kinds = ("traces", "spectra", "values")

    def of_gathers(self, p: Gathers, d: Gathers, there: Tensor) -> Tensor:
        return 0.5 * (p - d).square().sum((1, 2))


class RelativeL2(Misfit):
    """Σ (p − d)² / Σ d²: every gather counts the same, however strong its source and its frequency are."""

    kinds = ("traces", "spectra", "values")

    def of_gathers(self, p: Gathers, d: Gathers, there: Tensor) -> Tensor:
        return _over((p - d).square().sum((1, 2)), d.square().sum((1, 2)))


class Envelope(Misfit):
    """:class:`RelativeL2` of envelopes: of the analytic signal of a trace (Wu, Luo & Wu 2014, Geophysics 79, WA13), of
    the amplitude of a spectrum. It does not see the phase within the envelope."""

    def of_gathers(self, p: Gathers, d: Gathers, there: Tensor) -> Tensor:
        small = _SMALL * _rms(d, there)
        shapes = [_modulus(self._analytic(values), small) for values in (p, d)]
        return _over((shapes[0] - shapes[1]).square().sum((1, 2)), shapes[1].square().sum((1, 2)))

    def _analytic(self, values: Gathers) -> Tensor:
        """Real and imaginary part on a new last axis; the trace is padded so that its end does not wrap around."""
        if self.kind == "spectra":
            return values[..., None, :]
        n = values.shape[-1]
        turned = torch.fft.irfft(-1j * torch.fft.rfft(values, 2 * n), 2 * n)[..., :n]
        return torch.stack([values, turned], -1)


class NormalisedCorrelation(Misfit):
    """1 − ⟨p, d⟩ / (‖p‖ ‖d‖): of each trace, averaged over those of a gather (Choi & Alkhalifah 2012, Geophys.
    Prospect. 60, 748); of spectra over the receivers of a gather. It sees no scale, of a trace or of a gather."""

    def of_gathers(self, p: Gathers, d: Gathers, there: Tensor) -> Tensor:
        along = -1 if self.kind == "traces" else (1, 2)
        energy = [values.square().sum(along) for values in (p, d)]
        tiny = torch.finfo(p.dtype).tiny ** 0.5
        # a prediction of nothing correlates with nothing, and its gradient is nothing
        cosine = _over((p * d).sum(along), (energy[0].clamp(min=tiny) * energy[1]).sqrt())
        apart = (1 - cosine) * (energy[1] > 0)
        return _mean(apart, there.any(-1)) if self.kind == "traces" else apart


class UnitAmplitude(Misfit):
    """½ |p/|p| − d/|d||², which is 1 − cos of the difference of phases, averaged over the receivers of a gather (Zou et
    al. 2025, doi:10.1029/2025JB031624): amplitudes, which real data do not keep, are not seen at all."""

    kinds = ("spectra",)

    def of_gathers(self, p: Gathers, d: Gathers, there: Tensor) -> Tensor:
        p, d = (values / _modulus(values, _SMALL * _rms(values, there))[..., None] for values in (p, d))
        return _mean(0.5 * (p - d).square().sum(-1), there.any(-1))


class Transport(Misfit):
    """The squared 2-Wasserstein distance of traces, s², averaged over those of a gather: what is shifted by τ is τ²
    away, however many periods τ is (Engquist & Froese 2014, Commun. Math. Sci. 12, 979).

    Transport knows densities only. The positive and the negative part of a trace are each scaled to unit mass and
    carried on their own, and the mean of the two is taken; a share of 1e-4 is spread evenly over the trace, so that a
    part that is not there is no division by zero. Amplitudes are not seen. Needs POT (``pip install
    'seisgrad[transport]'``).
    """

    kinds = ("traces",)
    floor = 1e-4

    def __init__(self, space: Space) -> None:
        super().__init__(space)
        with extra("transport"):
            from ot import wasserstein_1d
        self._distance = wasserstein_1d
        self.times = space.coords.get("time") or tuple(range(space.length("time")))

    def of_gathers(self, p: Gathers, d: Gathers, there: Tensor) -> Tensor:
        at = torch.tensor(self.times, dtype=p.dtype, device=p.device)[:, None].expand(-1, p[..., 0].numel())
        cost = torch.zeros_like(p[..., 0])
        for sign in (1, -1):
            here, seen = (self._density(sign * values) for values in (p, d))
            apart: Any = self._distance(at, at, here, seen, p=2, require_sort=False)
            cost = cost + 0.5 * apart.reshape(cost.shape)
        return _mean(cost * (d != 0).any(-1), there.any(-1))

    def _density(self, values: Gathers) -> Float[Tensor, "time column"]:
        """The positive part as a density, one trace per column."""
        mass = values.clamp(min=0.0).flatten(0, 1).mT
        spread = self.floor * mass.mean(0) + torch.finfo(mass.dtype).tiny ** 0.5
        return (mass + spread) / (mass + spread).sum(0)


MISFITS: dict[str, Callable[[Space], Misfit]] = {
    "l2": L2,
    "relative_l2": RelativeL2,
    "envelope": Envelope,
    "correlation": NormalisedCorrelation,
    "unit_amplitude": UnitAmplitude,
    "transport": Transport,
}
"""By the name that a :class:`~seisgrad.inversion.waveform.Stage` gives."""


def misfit_named(name: str, space: Space) -> Misfit:
    """The misfit of this name for data of ``space``.

    Raises:
        InputError: an unknown name, or data that this misfit does not know.
    """
    if name not in MISFITS:
        raise InputError(f"there is no misfit {name!r}, expected one of {', '.join(MISFITS)}")
    return MISFITS[name](space)


def _over(value: Tensor, scale: Tensor) -> Tensor:
    """The ratio, and 0 where the scale is 0, because there are no data."""
    there = scale > 0
    return torch.where(there, value, 0.0) / torch.where(there, scale, 1.0)


def _rms(values: Gathers, there: Tensor) -> Float[Tensor, "gather 1"]:
    """Root-mean-square amplitude of the data of each gather, never quite 0."""
    mean = values.square().sum((1, 2)) / there.sum((1, 2)).clamp(min=1)
    return (mean + torch.finfo(values.dtype).tiny ** 0.5).sqrt()[:, None]


def _modulus(parts: Float[Tensor, "... 2"], small: Float[Tensor, "gather 1"]) -> Tensor:
    small = small.reshape(-1, *(1 for _ in parts.shape[1:-1]))
    return (parts.square().sum(-1) + small.square()).sqrt()


def _mean(values: Float[Tensor, "gather trace"], there: Bool[Tensor, "gather trace"]) -> Tensor:
    """The mean over the traces that have data."""
    return (values * there).sum(1) / there.sum(1).clamp(min=1)
