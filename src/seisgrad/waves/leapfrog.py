"""A pulse sent through a leapfrog scheme, and the spectrum of the response to a unit source out of it.

Two exact facts of the scheme stand here:

- an oscillation that it advances at frequency ω' obeys the physics of ω = (2/Δt) sin(ω'Δt/2), so the transform is
  taken at ω' = (2/Δt) arcsin(ωΔt/2) and no error of the time step is left in the spectrum;
- the pulse is known sample by sample, so its own discrete transform divides it out, whatever its shape.
"""

import math

import torch
from jaxtyping import Complex, Float
from torch import Tensor

#: The pulse's spectrum at the highest frequency asked, relative to that at 0.
_AT_HIGHEST = 0.2
#: The pulse begins this many standard deviations before its peak.
_BEFORE = 5.0


def pulse_width(highest: float) -> float:
    """Standard deviation of the pulse in time, s: its spectrum falls to a fifth at ``highest`` Hz."""
    return math.sqrt(-2.0 * math.log(_AT_HIGHEST)) / (2.0 * math.pi * highest)


def pulse(steps: int, time_step: float, highest: float) -> Float[Tensor, " step"]:
    """A Gaussian of unit area, half a step after the traces' samples: sample n at (n + ½) Δt."""
    width = pulse_width(highest)
    time = (torch.arange(steps, dtype=torch.float64) + 0.5) * time_step
    return torch.exp(-0.5 * (time / width - _BEFORE).square()) / (width * math.sqrt(2.0 * math.pi))


def pulse_length(highest: float) -> float:
    """The time after which the pulse has passed, s."""
    return 2.0 * _BEFORE * pulse_width(highest)


def response(
    pulse: Float[Tensor, " step"],
    time_step: float,
    omega: Complex[Tensor, " frequency"],
    spacing: float,
    fade: float,
) -> Complex[Tensor, "step frequency"]:
    """The matrix from traces to their transform divided by that of the pulse, at the frequencies of the scheme.

    The last ``fade`` seconds are faded out, so that what little is left of the waves is not cut. A weight of 1 at a
    node fills one cell of ``spacing`` km: it is spacing² times a point source.
    """
    scheme = 2.0 / time_step * torch.asin(0.5 * omega * time_step)
    step = torch.arange(len(pulse), dtype=torch.float64)
    kernel = torch.exp(-1j * scheme * time_step * step[:, None])
    sent = torch.exp(-0.5j * scheme * time_step) * (pulse.to(torch.complex128) @ kernel)
    left = (len(pulse) - step) * time_step / fade
    window = torch.sin(0.5 * math.pi * left.clamp(max=1.0)).square()
    return window[:, None] * kernel / (spacing**2 * sent)
