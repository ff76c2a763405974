"""From traces of a pulse to what a survey asks: spectra of the unit source, or traces of the source's own wavelet.

Both are linear in the traces, one matrix ``[step, value]``. Two exact facts of the leapfrog scheme stand in it:

- an oscillation that the scheme advances at frequency ω' obeys the physics of ω = (2/Δt) sin(ω'Δt/2), so the transform
  is taken at ω' = (2/Δt) arcsin(ωΔt/2) and no error of the time step is left in the spectrum;
- the pulse is known sample by sample, so its own discrete transform divides it out, whatever its shape.

The volume rate q of the scheme is the integral of the source s in time: S = iω Q.
"""

import math

import torch
from jaxtyping import Complex, Float
from torch import Tensor

#: The pulse's spectrum at the highest frequency asked, relative to that at 0.
_AT_HIGHEST = 0.2
#: The pulse begins this many standard deviations before its peak.
_BEFORE = 5.0
#: The source of traces is faded out up to this multiple of its highest frequency at least.
_LEAST_FADE = 1.05


def pulse_width(highest: float) -> float:
    """Standard deviation of the pulse in time, s: its spectrum falls to a fifth at ``highest`` Hz."""
    return math.sqrt(-2.0 * math.log(_AT_HIGHEST)) / (2.0 * math.pi * highest)


def pulse(steps: int, time_step: float, highest: float) -> Float[Tensor, " step"]:
    """A Gaussian volume rate of unit area, sample n at (n + ½) Δt."""
    width = pulse_width(highest)
    time = (torch.arange(steps, dtype=torch.float64) + 0.5) * time_step
    return torch.exp(-0.5 * (time / width - _BEFORE).square()) / (width * math.sqrt(2.0 * math.pi))


def pulse_length(highest: float) -> float:
    """The time after which the pulse has passed, s."""
    return 2.0 * _BEFORE * pulse_width(highest)


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
    """The transform of traces divided by that of the source, at the frequencies of the scheme."""
    scheme = 2.0 / time_step * torch.asin(0.5 * omega * time_step)
    step = torch.arange(len(volume_rate), dtype=torch.float64)
    kernel = torch.exp(-1j * scheme * time_step * step[:, None])
    rate = (torch.exp(-0.5j * scheme * time_step) * (volume_rate.to(torch.complex128) @ kernel)) * 1j * omega
    left = (len(volume_rate) - step) * time_step / fade
    window = torch.sin(0.5 * math.pi * left.clamp(max=1.0)).square()
    return (
        window[:, None] * kernel / (spacing**2 * rate)
    )  # weight 1 fills one cell: it is spacing² times a point
