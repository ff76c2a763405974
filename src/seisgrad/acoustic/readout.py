"""From traces of a pulse to what a survey asks: spectra of the unit source, or traces of the source's own wavelet.

Both are linear in the traces, one matrix ``[step, value]``, and have no error of the time step
(:mod:`seisgrad.waves.leapfrog`).
The volume rate q of the scheme is the integral of the source s in time: S = iω Q.
"""

import math

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from seisgrad.waves import leapfrog

#: The source of traces is faded out up to this multiple of its highest frequency at least.
_LEAST_FADE = 1.05


def spectra(
    volume_rate: Float[Tensor, " step"],
    time_step: float,
    frequencies: Float[Tensor, " frequency"],
    spacing: float,
    fade: float,
) -> Float[Tensor, "step frequency 2"]:
    """The matrix to real and imaginary parts of the response to a unit source at each frequency.

    The last ``fade`` seconds are faded out, so that what little is left of the waves is not cut.
    """
    omega = (2.0 * math.pi * frequencies).to(torch.complex128)
    return torch.view_as_real(_response(volume_rate, time_step, omega, spacing, fade))


def traces(
    volume_rate: Float[Tensor, " step"],
    time_step: float,
    times: Float[Tensor, " time"],
    wavelet: Float[Tensor, " time"],
    highest: float,
    spacing: float,
) -> Float[Tensor, "step time"]:
    """The matrix to pressure at ``times`` of a source with the time function ``wavelet``.

    The spectrum is taken along a line below the real axis, ω − iγ, where that of a 2-D response is finite at zero
    frequency; e^{γt} undoes it in time. Above ``highest`` Hz it is faded out over half as much again, or as far as
    the mirror image of the sampled wavelet's spectrum leaves room.
    """
    step = float(times[1] - times[0])
    end = max(min(1.5 * highest, 1.0 / step - highest), _LEAST_FADE * highest)
    window = 2.0 * len(volume_rate) * time_step
    damping = 8.0 / window
    frequency = torch.arange(int(end * window) + 1, dtype=torch.float64) / window
    omega = torch.complex(2.0 * math.pi * frequency, torch.full_like(frequency, -damping))
    fade = len(volume_rate) * time_step - float(times[-1])
    unit = _response(volume_rate, time_step, omega, spacing, fade)  # [step, frequency]
    source = step * torch.exp(-1j * omega[:, None] * times) @ wavelet.to(torch.complex128)
    ramp = ((end - frequency) / (end - highest)).clamp(0.0, 1.0)
    weight = torch.sin(0.5 * math.pi * ramp).square() * torch.where(frequency > 0, 2.0, 1.0) / window
    back = (source * weight)[:, None] * torch.exp(1j * omega[:, None] * times)  # [frequency, time]
    return (unit @ back).real


def band(times: Float[Tensor, " time"], wavelet: Float[Tensor, " time"]) -> float:
    """The frequency above which the wavelet's spectrum stays below a thousandth of its largest value, Hz."""
    length = 8 * len(times)
    spectrum = torch.fft.rfft(wavelet, n=length).abs()
    top = int((spectrum > 1e-3 * spectrum.max()).nonzero().max())
    return max(top, 1) / (length * float(times[1] - times[0]))


def _response(
    volume_rate: Tensor, time_step: float, omega: Complex[Tensor, " frequency"], spacing: float, fade: float
) -> Complex[Tensor, "step frequency"]:
    """Of a unit source, whose spectrum is iω times that of its volume rate."""
    return leapfrog.response(volume_rate, time_step, omega, spacing, fade) / (1j * omega)
