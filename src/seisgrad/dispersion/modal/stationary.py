"""Phase velocity and its kernels from trial eigenfunctions, by the stationary principle of surface waves.

With the motion-stress vector of Aki & Richards (2002, ch. 7) the equations of a mode are Hamilton's, with depth in the
place of time. Displacements q, tractions p and the earth make one functional

    S(k; q, p, m) = ∫ (p·q' - H(q, p; k, ω, m)) dz + half-space = ½k²A + kB + D + half-space,

which vanishes on a mode and is stationary there in q and p, each varied alone. A trial that is off by ε therefore gives
k off by ε², and the derivative with respect to any property of the earth, at a fixed trial, off by ε only:

    dk/dm = -(∂S/∂m)/(∂S/∂k).

Tractions are trial functions of their own, not derivatives of the displacements: they stay smooth where the earth is
rough. H is linear in a few *parts* of the earth, ρ, μ, 1/μ, 1/(λ+2μ), λ/(λ+2μ) and 4μ(λ+μ)/(λ+2μ), whose averages are
those of a finely layered medium (Backus 1962).

Everything here is dimensionless: lengths in wavelengths cT, velocities in c, density in a reference density, so that
ω = 2π and k = 2π at the phase velocity c that sets the scale.
"""

import abc
import math
from typing import ClassVar, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

OMEGA = 2.0 * math.pi

Layers = tuple[Tensor, Tensor, Tensor]
"""vp (or its square), vs (or its square) and density."""


class Pencil(NamedTuple):
    """A, B and D of S = ½k²A + kB + D + half-space, each ``[...]``."""

    stiffness: Tensor
    mixed: Tensor
    rest: Tensor


class Form(abc.ABC):
    """The functional of one wave. Trials are ``[..., function, node]``, displacements first, then tractions.

    Velocities are in km/s and densities in g/cm³, ``[..., layer]``.
    """

    #: Trial functions: this many displacements and as many tractions.
    displacements: ClassVar[int]
    #: Of the parts, which is 1/μ.
    shear_compliance: ClassVar[int]
    #: Exponents of velocity² and of density in the parts.
    dimensions: ClassVar[tuple[tuple[int, int], ...]]

    @abc.abstractmethod
    def parts(self, vp: Tensor, vs: Tensor, rho: Tensor) -> Float[Tensor, "*batch part layer"]:
        """What H is linear in, of layers ``[..., layer]``."""

    @abc.abstractmethod
    def by_layer(
        self, by_part: Float[Tensor, "*batch part layer"], vp: Tensor, vs: Tensor, rho: Tensor
    ) -> Float[Tensor, "*batch 3 layer"]:
        """From derivatives with respect to the parts to those with respect to vp, vs and density."""

    @abc.abstractmethod
    def features(self, means: Float[Tensor, "*batch part node"]) -> Float[Tensor, "*batch part node"]:
        """The parts' averages as numbers of order one for a network."""

    @abc.abstractmethod
    def pencil(self, trial: Tensor, integrals: Tensor, weight: Float[Tensor, " node"]) -> Pencil:
        """A, B and D of a trial over the integrals ``[..., part, node]`` of the earth."""

    @abc.abstractmethod
    def densities(self, trial: Tensor, k: Tensor) -> Float[Tensor, "*batch part node"]:
        """∂S/∂part at a fixed trial."""

    @abc.abstractmethod
    def below(self, end: Tensor, half_space: Layers, k: Tensor) -> tuple[Tensor, Tensor]:
        """What the half-space below the last node adds to S, and the derivative of that in k.

        ``end`` ``[..., function]`` is the trial there, ``half_space`` holds α², β² and ρ, ``[...]``.
        """

    @abc.abstractmethod
    def half_space_mode(self, z: Float[Tensor, " node"]) -> Float[Tensor, "function node"]:
        """A trial to begin with: a mode of a simple earth, tractions in units of ωμ/c."""

    def units(self, density: Tensor, velocity: Tensor) -> Float[Tensor, "*batch part"]:
        """What turns the parts (g/cm³, km/s) into dimensionless ones, for scales ``[...]``."""
        powers = [density**-d * velocity ** (-2 * v) for v, d in self.dimensions]
        return torch.stack(torch.broadcast_tensors(*powers), -1)

    def error(self, trial: Tensor, pencil: Pencil, half_space: Layers, k: Tensor) -> tuple[Tensor, Tensor]:
        """(k - k of the trial)/k to first order, and ∂S/∂k, at a given k ``[...]``."""
        beyond, beyond_k = self.below(trial[..., -1], half_space, k)
        S = k * (0.5 * k * pencil.stiffness + pencil.mixed) + pencil.rest + beyond
        S_k = k * pencil.stiffness + pencil.mixed + beyond_k
        return S / (k * S_k), S_k

    def solve(self, trial: Tensor, pencil: Pencil, half_space: Layers, k: Tensor) -> Tensor:
        """The k at which S vanishes, by Newton's method from a nearby ``k``."""
        for _ in range(_NEWTON_STEPS):
            error, _ = self.error(trial, pencil, half_space, k)
            k = k * (1.0 - error.clamp(-_LONGEST_STEP, _LONGEST_STEP))
        return k


_NEWTON_STEPS = 5
_LONGEST_STEP = 0.1


def _work(tractions: Tensor, displacements: Tensor) -> Tensor:
    """∫ p q' dz of straight lines between nodes, summed over the functions."""
    middle = 0.5 * (tractions[..., 1:] + tractions[..., :-1])
    return (middle * torch.diff(displacements, dim=-1)).sum((-2, -1))


def _decay(k: Tensor, velocity_squared: Tensor) -> Tensor:
    """√(k² - ω²/v²), held away from zero where the half-space does not quite trap the wave."""
    return torch.sqrt((k * k - OMEGA * OMEGA / velocity_squared).clamp_min(1e-4))


class Love(Form):
    """Love waves: l1 and l2; parts ρ, μ, 1/μ."""

    displacements = 1
    shear_compliance = 2
    dimensions = ((0, 1), (1, 1), (-1, -1))

    def parts(self, vp: Tensor, vs: Tensor, rho: Tensor) -> Float[Tensor, "*batch part layer"]:
        """See :class:`Form`."""
        mu = rho * vs * vs
        return torch.stack([rho, mu, 1.0 / mu], -2)

    def by_layer(
        self, by_part: Float[Tensor, "*batch part layer"], vp: Tensor, vs: Tensor, rho: Tensor
    ) -> Float[Tensor, "*batch 3 layer"]:
        """See :class:`Form`."""
        by_rho, by_mu, by_compliance = by_part.unbind(-2)
        by_mu = by_mu - by_compliance / (rho * vs * vs) ** 2
        return torch.stack([torch.zeros_like(by_mu), by_mu * 2.0 * rho * vs, by_rho + by_mu * vs * vs], -2)

    def features(self, means: Float[Tensor, "*batch part node"]) -> Float[Tensor, "*batch part node"]:
        """See :class:`Form`."""
        return means.log()

    def pencil(self, trial: Tensor, integrals: Tensor, weight: Float[Tensor, " node"]) -> Pencil:
        """See :class:`Form`."""
        rho, mu, compliance = integrals.unbind(-2)
        l1, l2 = trial.unbind(-2)
        square = l1 * l1
        rest = _work(trial[..., 1:, :], trial[..., :1, :])
        rest = rest - 0.5 * (compliance * l2 * l2 + OMEGA * OMEGA * rho * square).sum(-1)
        return Pencil((mu * square).sum(-1), torch.zeros_like(rest), rest)

    def densities(self, trial: Tensor, k: Tensor) -> Float[Tensor, "*batch part node"]:
        """See :class:`Form`."""
        l1, l2 = trial.unbind(-2)
        square = 0.5 * l1 * l1
        return torch.stack([-OMEGA * OMEGA * square, (k * k)[..., None] * square, -0.5 * l2 * l2], -2)

    def below(self, end: Tensor, half_space: Layers, k: Tensor) -> tuple[Tensor, Tensor]:
        """See :class:`Form`."""
        _, beta2, rho = half_space
        s = _decay(k, beta2)
        half = 0.5 * rho * beta2 * end[..., 0] ** 2
        return half * s, half * k / s

    def half_space_mode(self, z: Float[Tensor, " node"]) -> Float[Tensor, "function node"]:
        """A displacement that decays by half a wavenumber."""
        decaying = torch.exp(-0.5 * OMEGA * z)
        return torch.stack([decaying, -0.25 * decaying])


class Rayleigh(Form):
    """Rayleigh waves: r1, r2, r3, r4; parts ρ, 1/μ, 1/(λ+2μ), λ/(λ+2μ), 4μ(λ+μ)/(λ+2μ)."""

    displacements = 2
    shear_compliance = 1
    dimensions = ((0, 1), (-1, -1), (-1, -1), (0, 0), (1, 1))

    def parts(self, vp: Tensor, vs: Tensor, rho: Tensor) -> Float[Tensor, "*batch part layer"]:
        """See :class:`Form`."""
        mu, stiff = rho * vs * vs, rho * vp * vp
        ratio = mu / stiff
        return torch.stack([rho, 1.0 / mu, 1.0 / stiff, 1.0 - 2.0 * ratio, 4.0 * mu * (1.0 - ratio)], -2)

    def by_layer(
        self, by_part: Float[Tensor, "*batch part layer"], vp: Tensor, vs: Tensor, rho: Tensor
    ) -> Float[Tensor, "*batch 3 layer"]:
        """See :class:`Form`."""
        by_rho, by_shear, by_axial, by_lame, by_plate = by_part.unbind(-2)
        mu, stiff = rho * vs * vs, rho * vp * vp
        ratio = mu / stiff
        by_mu = 4.0 * (1.0 - 2.0 * ratio) * by_plate - by_shear / mu**2 - 2.0 * by_lame / stiff
        by_stiff = (2.0 * mu * by_lame - by_axial) / stiff**2 + 4.0 * ratio**2 * by_plate
        return torch.stack(
            [
                by_stiff * 2.0 * rho * vp,
                by_mu * 2.0 * rho * vs,
                by_rho + by_mu * vs * vs + by_stiff * vp * vp,
            ],
            -2,
        )

    def features(self, means: Float[Tensor, "*batch part node"]) -> Float[Tensor, "*batch part node"]:
        """See :class:`Form`."""
        lame = 2.0 * means[..., 3:4, :] - 1.0
        return torch.cat([means[..., :3, :].log(), lame, means[..., 4:, :].log()], -2)

    def pencil(self, trial: Tensor, integrals: Tensor, weight: Float[Tensor, " node"]) -> Pencil:
        """See :class:`Form`."""
        rho, shear, axial, lame, plate = integrals.unbind(-2)
        r1, r2, r3, r4 = trial.unbind(-2)
        rest = shear * r3 * r3 + axial * r4 * r4 + OMEGA * OMEGA * rho * (r1 * r1 + r2 * r2)
        rest = _work(trial[..., 2:, :], trial[..., :2, :]) - 0.5 * rest.sum(-1)
        return Pencil((plate * r1 * r1).sum(-1), (lame * r1 * r4 - weight * r2 * r3).sum(-1), rest)

    def densities(self, trial: Tensor, k: Tensor) -> Float[Tensor, "*batch part node"]:
        """See :class:`Form`."""
        r1, r2, r3, r4 = trial.unbind(-2)
        k = k[..., None]
        inertia = -0.5 * OMEGA * OMEGA * (r1 * r1 + r2 * r2)
        return torch.stack([inertia, -0.5 * r3 * r3, -0.5 * r4 * r4, k * r1 * r4, 0.5 * k * k * r1 * r1], -2)

    def below(self, end: Tensor, half_space: Layers, k: Tensor) -> tuple[Tensor, Tensor]:
        """See :class:`Form`."""
        alpha2, beta2, rho = half_space
        r1, r2 = end[..., 0], end[..., 1]
        p, s = _decay(k, alpha2), _decay(k, beta2)
        p_k, s_k = k / p, k / s
        turn, both = k * k + s * s, p * s
        both_k = p_k * s + p * s_k
        shear = OMEGA * OMEGA / beta2
        above = shear * (p * r1 * r1 + s * r2 * r2) + 2.0 * k * (turn - 2.0 * both) * r1 * r2
        above_k = shear * (p_k * r1 * r1 + s_k * r2 * r2)
        above_k = above_k + 2.0 * (turn - 2.0 * both + k * (4.0 * k - 2.0 * both_k)) * r1 * r2
        under = k * k - both
        half = 0.5 * rho * beta2
        return half * above / under, half * (above_k / under - above * (2.0 * k - both_k) / under**2)

    def half_space_mode(self, z: Float[Tensor, " node"]) -> Float[Tensor, "function node"]:
        """The Rayleigh wave of a Poisson solid (Aki & Richards 2002, ch. 5)."""
        p, s, amplitude, vertical = 0.8475, 0.3933, 0.5773, 1.4679
        fast, slow = torch.exp(-p * OMEGA * z), torch.exp(-s * OMEGA * z)
        r1, r2 = fast - amplitude * slow, p * fast - vertical * slow
        r1_z, r2_z = amplitude * s * slow - p * fast, vertical * s * slow - p * p * fast
        return torch.stack([r1, r2, r1_z - r2, 3.0 * r2_z + r1])


FORMS: dict[str, Form] = {"rayleigh": Rayleigh(), "love": Love()}
