"""What a wave goes through between a step of moment and a record, as functions of frequency (kernel e^{-iωt})."""

import math

import numpy as np
import torch
from jaxtyping import Complex, Float
from torch import Tensor

from seisgrad.source.gather import SAMPLING

#: Hz, where additional attenuation delays nothing: that of an onset.
REFERENCE = 5.0

#: Pa; small earthquakes scatter about it by a factor of three and more (Shearer et al. 2006, J. Geophys. Res.).
STRESS_DROP = 3e6
_SHEAR = 3400.0  # m/s at the source


def duration(moment: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """Seconds in which a source of M0 (N·m) radiates: 2/(π f) with f the corner frequency at :data:`STRESS_DROP`.

    Source:
        Brune (1970, 1971), J. Geophys. Res.: f = 0.49 β (Δσ/M0)^⅓.
    """
    return 2.0 / (math.pi * 0.49 * _SHEAR) * (moment / STRESS_DROP) ** (1.0 / 3.0)


def moment_rate(
    frequency: Float[Tensor, " frequency"],
    duration: Float[Tensor, "*batch"],
    brune: torch.Tensor,
) -> Complex[Tensor, "*batch frequency"]:
    """Spectrum of a moment rate of area 1 that begins at time 0.

    A triangle of this duration T, or Brune's ω² t e^{-ωt} with ω = 4/T, which has its centroid at T/2 too.

    Args:
        frequency: Hz.
        duration: T, s.
        brune: which of them are Brune's.
    """
    whole = duration[..., None]
    half = torch.sinc(0.5 * frequency * whole).square()
    triangle = torch.polar(half, -math.pi * frequency * whole)
    pole = torch.complex(torch.ones_like(half), 0.5 * math.pi * frequency * whole).pow(-2)
    return torch.where(brune[..., None], pole, triangle)


def attenuation(
    frequency: Float[Tensor, " frequency"], t_star: Float[Tensor, "*batch"]
) -> Complex[Tensor, "*batch frequency"]:
    """e^{-πft*} with the dispersion that makes it causal: waves below :data:`REFERENCE` come later.

    Source:
        Azimi et al. (1968); Aki & Richards (2002), section 5.5.
    """
    t = t_star[..., None]
    late = 2.0 * frequency * (frequency.clamp(min=1e-6) / REFERENCE).log()
    return torch.polar(torch.exp(-math.pi * frequency * t), late * t)


def scattering(
    energy: Float[Tensor, " row"],
    time: Float[Tensor, " row"],
    length: int,
    samples: int,
    rng: np.random.Generator,
) -> Complex[Tensor, "row 3 frequency"]:
    """Spectra of random trains of echoes, one per component, that fall off exponentially.

    Args:
        energy: of the echoes in all, over that of the direct wave.
        time: s in which their amplitude falls to 1/e.
        length: of the Fourier transform, samples.
        samples: in which echoes come, at most.
        rng: draws them.
    """
    train = torch.from_numpy(rng.standard_normal((len(energy), 3, samples), dtype=np.float32))
    after = torch.arange(1, samples + 1) / SAMPLING
    fall = torch.exp(-after / time[:, None])
    scale = (energy[:, None] / fall.square().sum(-1, keepdim=True)).sqrt()
    return torch.fft.rfft(train * (fall * scale)[:, None], length)
