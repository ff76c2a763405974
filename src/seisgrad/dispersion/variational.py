"""Phase velocity and its kernels from trial eigenfunctions, by the stationary principle of surface waves.

With the motion-stress vector of Aki & Richards (2002, ch. 7) the equations of a mode are Hamilton's, with depth in the
place of time. Displacements q, tractions p and the earth make one functional

    S(k; q, p, m) = ∫ (p·q' - H(q, p; k, ω, m)) dz + half-space,

which vanishes on a mode and is stationary there in q and p, each varied alone. A trial that is off by ε therefore gives
k off by ε², and the derivative with respect to any property of the earth, at a fixed trial, off by ε only:

    dk/dm = -(∂S/∂m)/(∂S/∂k).

Tractions are trial functions of their own, not derivatives of the displacements: they stay smooth where the earth is
rough. Below the grid the decaying solutions are exact, and enter through their impedance.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from .trial import L1, L2, R1, R2, R3, R4, TrialSpace

Layers = tuple[Tensor, Tensor, Tensor]
"""vp, vs and density ``[batch, layer]``, the half-space last."""


class Trial(NamedTuple):
    """What a trial says about one wave, ``[batch, period]``; rows ``[batch, period, 3 (vp, vs, rho), layer]``.

    ``error`` is (c of the trial - c)/c to first order, if ``k`` was that of c. ``rows`` are ∂c/∂m of the layers above
    the half-space, at a fixed trial.
    """

    error: Float[Tensor, "batch period"]
    rows: Float[Tensor, "batch period 3 layer"]


def rayleigh(space: TrialSpace, coefficients: Tensor, earth: Layers, omega: Tensor, k: Tensor) -> Trial:
    """The Rayleigh wave of trial ``coefficients`` ``[batch, period, 6, spline]``; tractions over ``omega``.

    Args:
        space: of the trial functions.
        coefficients: of r1, r2, r3/ω, r4/ω (l1, l2/ω are not used).
        earth: vp, vs (km/s) and density (g/cm³).
        omega: rad/s, ``[batch, period]``.
        k: rad/km, where the functional is evaluated, ``[batch, period]``.
    """
    vp, vs, rho = (p[:, None, :-1] for p in earth)
    mu, stiff = rho * vs * vs, rho * vp * vp
    lame = 1.0 - 2.0 * mu / stiff  # λ/(λ+2μ)
    value = coefficients @ space.value.T
    slope = coefficients[:, :, (R1, R2)] @ space.slope.T
    r1, r2 = value[:, :, R1], value[:, :, R2]
    r3, r4 = value[:, :, R3] * omega[..., None], value[:, :, R4] * omega[..., None]
    square, K = (omega * omega)[..., None], k[..., None]
    i11, i22, i33, i44 = (space.per_layer(f * f) for f in (r1, r2, r3, r4))
    i14, i23 = space.per_layer(r1 * r4), space.per_layer(r2 * r3)
    work = space.per_layer(r3 * slope[:, :, 0] + r4 * slope[:, :, 1])
    plate = (4.0 * mu * (1.0 - mu / stiff) * i11).sum(-1)
    mixed = (lame * i14 - i23).sum(-1)
    rest = (work - 0.5 * (i33 / mu + i44 / stiff + square * rho * (i11 + i22))).sum(-1)
    below, below_k = _rayleigh_below(coefficients[:, :, :, -1], earth, omega, k)
    S = 0.5 * k * k * plate + k * mixed + rest + below
    S_k = k * plate + mixed + below_k
    by_stiff = 0.5 * (i44 + (2.0 * K * mu) ** 2 * i11) / stiff**2 + 2.0 * K * mu / stiff**2 * i14
    by_mu = 2.0 * K * K * (1.0 - 2.0 * mu / stiff) * i11 - 2.0 * K / stiff * i14 + 0.5 * i33 / mu**2
    by_rho = -0.5 * square * (i11 + i22)
    return _trial(S, S_k, by_stiff, by_mu, by_rho, (vp, vs, rho), omega, k)


def love(space: TrialSpace, coefficients: Tensor, earth: Layers, omega: Tensor, k: Tensor) -> Trial:
    """The Love wave of the same trial coefficients; arguments as of :func:`rayleigh`."""
    vp, vs, rho = (p[:, None, :-1] for p in earth)
    mu, square, K = rho * vs * vs, (omega * omega)[..., None], k[..., None]
    l1 = coefficients[:, :, L1] @ space.value.T
    l2 = coefficients[:, :, L2] @ space.value.T * omega[..., None]
    i11, i22 = space.per_layer(l1 * l1), space.per_layer(l2 * l2)
    work = space.per_layer(l2 * (coefficients[:, :, L1] @ space.slope.T))
    stiffness = (mu * i11).sum(-1)
    beta, hard = earth[1][:, None, -1], (earth[2] * earth[1] ** 2)[:, None, -1]
    decay = _root(k * k - (omega / beta) ** 2)
    end = coefficients[:, :, L1, -1] ** 2 * hard
    S = 0.5 * (k * k * stiffness + end * decay) + (work - 0.5 * (i22 / mu + square * rho * i11)).sum(-1)
    S_k = k * stiffness + 0.5 * end * k / decay
    by_mu = 0.5 * (K * K * i11 + i22 / mu**2)
    by_rho = -0.5 * square * i11
    return _trial(S, S_k, torch.zeros_like(by_mu), by_mu, by_rho, (vp, vs, rho), omega, k)


def _trial(
    S: Tensor,
    S_k: Tensor,
    by_stiff: Tensor,
    by_mu: Tensor,
    by_rho: Tensor,
    earth: Layers,
    omega: Tensor,
    k: Tensor,
) -> Trial:
    """From derivatives with respect to λ+2μ, μ and ρ to those of c with respect to vp, vs and ρ."""
    vp, vs, rho = earth
    rows = torch.stack(
        [by_stiff * 2.0 * rho * vp, by_mu * 2.0 * rho * vs, by_stiff * vp**2 + by_mu * vs**2 + by_rho], 2
    )
    # c = ω/k, so dc = -c dk/k
    return Trial(S / (k * S_k), rows * (omega / (k * k) / S_k)[..., None, None])


def _root(x: Tensor) -> Tensor:
    """√x, held away from zero where a half-space does not quite trap the wave."""
    return torch.sqrt(x.clamp_min(1e-9))


def _rayleigh_below(end: Tensor, earth: Layers, omega: Tensor, k: Tensor) -> tuple[Tensor, Tensor]:
    """What the half-space adds to S, and its derivative in k; ``end`` holds the trial at its top (last spline)."""
    alpha, beta, rho = (p[:, None, -1] for p in earth)
    r1, r2 = end[:, :, R1], end[:, :, R2]
    p, s = _root(k * k - (omega / alpha) ** 2), _root(k * k - (omega / beta) ** 2)
    p_k, s_k = k / p, k / s
    turn, both = k * k + s * s, p * s
    both_k = p_k * s + p * s_k
    shear = (omega / beta) ** 2
    above = shear * (p * r1 * r1 + s * r2 * r2) + 2.0 * k * (turn - 2.0 * both) * r1 * r2
    above_k = shear * (p_k * r1 * r1 + s_k * r2 * r2)
    above_k = above_k + 2.0 * (turn - 2.0 * both + k * (4.0 * k - 2.0 * both_k)) * r1 * r2
    under = k * k - both
    half = 0.5 * rho * beta * beta
    return half * above / under, half * (above_k / under - above * (2.0 * k - both_k) / under**2)
