"""Eigenfunctions of surface waves and the energy integrals over them, which also check the derivatives.

Solved apart from the mode search: an orthonormal basis of the solutions that decay with depth is carried up
through thin sublayers and orthonormalised at each (Godunov's method, stable for any depth); the free surface
picks the combination, and the stored triangular factors carry it back down. Group velocity then follows from
Rayleigh's principle, without any derivative.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.dispersion.roots import RootSolver
from seisgrad.dispersion.survey import Branch, Wave, as_periods
from seisgrad.earth import LayeredModel
from seisgrad.errors import InputError

Array = NDArray[np.float64]

#: Sublayers are at most this many inverse wavenumbers thick.
_THIN = 0.5
#: Gauss-Legendre nodes per sublayer.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)
#: Depth, in S decay lengths below the deepest turning point, at which the eigenfunctions are taken to end.
_DECAY = 20.0


@dataclass(frozen=True, eq=False)
class Eigenfunctions:
    """Displacements and tractions of one mode with depth (Aki & Richards 2002, ch. 7; z down).

    Rayleigh: ``displacement`` = (r1, r2), ``traction`` = (r3, r4) with u = (r1, i r2) e^{i(kx - ωt)}; Love: (l1,)
    and (l2,). Scaled to vertical (Love: transverse) displacement 1 at the top of the solid; NaN at periods without
    the mode, and r1 is what the fluid's own motion gives in water.

    Attributes:
        depth: km, ``[depth]``.
        periods: s, ``[period]``.
        displacement: ``[component, period, depth]``.
        traction: GPa/km per unit displacement (g/cm³ km²/s² / km), ``[component, period, depth]``.
        phase_velocity: km/s, ``[period]``.
        group_velocity: km/s from the energy integrals, ``[period]``.
    """

    depth: Float[Tensor, " depth"]
    periods: Float[Tensor, " period"]
    displacement: Float[Tensor, "component period depth"]
    traction: Float[Tensor, "component period depth"]
    phase_velocity: Float[Tensor, " period"]
    group_velocity: Float[Tensor, " period"]


def eigenfunctions(
    model: LayeredModel,
    periods: Sequence[float] | Float[Tensor, " period"],
    wave: Wave = "rayleigh",
    mode: int = 0,
    depth: Sequence[float] | Float[Tensor, " depth"] | None = None,
) -> Eigenfunctions:
    """Eigenfunctions of one mode of one flat model.

    Args:
        model: a single model, ``[layer]``.
        periods: s, positive and increasing.
        wave: ``"rayleigh"`` or ``"love"``.
        mode: 0 is the fundamental.
        depth: where to sample, km; by default 200 depths to one and a half times the top of the half-space.

    Raises:
        InputError: a batch of models, or depths that are negative.
    """
    if model.batch_shape:
        raise InputError(
            f"eigenfunctions take a single model, got a batch of shape {tuple(model.batch_shape)}; index it"
        )
    Branch(wave, "phase", mode)
    bottom = float(model.depth[-1]) or 100.0
    z = np.linspace(0.0, 1.5 * bottom, 200) if depth is None else np.asarray(depth, dtype=np.float64)
    if z.ndim != 1 or (z < 0).any():
        raise InputError(
            f"depths range from {z.min():g} km with shape {z.shape}, expected one axis of values from 0 downwards"
        )
    checked = as_periods(periods)
    solver = RootSolver(wave, "phase", [mode], checked)
    layers = tuple(p.detach()[None] for p in (model.thickness, model.vp, model.vs, model.rho))
    c = solver(layers, False)[0][0].numpy()
    parts = 2 if wave == "rayleigh" else 1
    shape = (parts, len(c), len(z))
    displacement, traction, group = np.full(shape, np.nan), np.full(shape, np.nan), np.full(len(c), np.nan)
    earth = tuple(p[0].numpy() for p in layers)
    for i, (period, speed) in enumerate(zip(checked.tolist(), c.tolist(), strict=True)):
        if np.isnan(speed):
            continue
        solution = _Solution(earth, 2.0 * np.pi / period, speed, wave)
        values = solution.at(z)
        displacement[:, i], traction[:, i] = values[:parts], values[parts:]
        group[i] = solution.group_velocity()
    as_tensors = (torch.from_numpy(a) for a in (displacement, traction, c, group))
    u, t, c_, g = as_tensors
    return Eigenfunctions(torch.from_numpy(z), checked, u, t, c_, g)


class _Solution:
    """One mode of one model: sublayers, the state at the bottom of each, and the half-space below."""

    def __init__(self, earth: tuple[Array, ...], omega: float, c: float, wave: Wave) -> None:
        self.omega, self.c, self.k = omega, c, omega / c
        self.wave = wave
        thickness, vp, vs, rho = earth
        fluids = int((vs == 0.0).sum())
        self.water = tuple(p[:fluids] for p in (thickness, vp, rho))
        self.seafloor = float(thickness[:fluids].sum())
        solid = tuple(p[fluids:] for p in earth)
        self._cut(*solid)
        self._solve()

    def _cut(self, thickness: Array, vp: Array, vs: Array, rho: Array) -> None:
        """Sublayers of the solid down to where the mode has decayed."""
        decay = np.sqrt(np.maximum(0.0, 1.0 - (self.c / vs) ** 2)) * self.k
        turning = np.nonzero(vs <= self.c)[0]
        total = np.cumsum(
            np.where(np.arange(len(vs)) > (turning[-1] if len(turning) else -1), decay * thickness, 0.0)
        )
        enough = np.nonzero(total[:-1] > _DECAY)[0]
        last = enough[0] + 1 if len(enough) else len(vs) - 1
        pieces = np.maximum(1, np.ceil(thickness[:last] * self.k / _THIN).astype(int))
        layer = np.repeat(np.arange(last), pieces)
        self.h = thickness[layer] / pieces[layer]
        self.vp, self.vs, self.rho = vp[layer], vs[layer], rho[layer]
        self.half_space = (vp[last], vs[last], rho[last])
        self.top = np.concatenate([[0.0], np.cumsum(self.h)])

    def _solve(self) -> None:
        basis = self._decaying(*self.half_space)
        bases, factors = [basis], []
        for i in range(len(self.h) - 1, -1, -1):
            carried = self._propagator(self.h[i : i + 1], self.vp[i], self.vs[i], self.rho[i])[0] @ basis
            basis, factor = np.linalg.qr(carried)
            bases.append(basis)
            factors.append(factor)
        r2, r4 = self._water_condition()
        n = basis.shape[1]
        # rows that vanish at the surface: tractions, less what the water imposes on the vertical one
        condition = basis[n:].copy()
        if n == 2:
            condition[1] = r2 * condition[1] - r4 * basis[1]
        weights = np.linalg.svd(condition)[2][-1]
        weights = weights / (basis[:n] @ weights)[-1]
        self.surface = basis @ weights
        states = [self.surface]
        for below, factor in zip(reversed(bases[:-1]), reversed(factors), strict=True):
            weights = np.linalg.solve(factor, weights)
            states.append(below @ weights)
        #: state at the top of every sublayer and of the half-space
        self.states = np.array(states)

    def _scales(self) -> Array:
        """What turns scaled tractions into physical ones."""
        n = 2 if self.wave == "rayleigh" else 1
        unit = self.omega**2 / self.k if n == 2 else self.k
        return np.array([1.0] * n + [unit] * n)

    def _decaying(self, vp: float, vs: float, rho: float) -> Array:
        """Orthonormal basis of the solutions that decay in a half-space.

        Scaled: z by 1/k, tractions by ω²/k, Love's by k.
        """
        rb = np.sqrt(max(0.0, 1.0 - (self.c / vs) ** 2))
        if self.wave == "love":
            vector = np.array([[1.0], [-rho * vs**2 * rb]])
            return vector / np.linalg.norm(vector)
        ra = np.sqrt(1.0 - (self.c / vp) ** 2)
        potentials = np.array([[1.0, 0.0], [-ra, 0.0], [0.0, 1.0], [0.0, -rb]])
        return np.linalg.qr(self._from_potentials(vs, rho) @ potentials)[0]

    def _from_potentials(self, vs: float, rho: float) -> Array:
        """(φ, φ', ψ, ψ') to (r1, r2, r3, r4): r1 = φ - ψ', r2 = ψ - φ', r3 = ρψ - q r2, r4 = ρφ - q r1, q = 2μ/c²."""
        q = 2.0 * rho * vs**2 / self.c**2
        r1, r2 = np.array([1.0, 0.0, 0.0, -1.0]), np.array([0.0, -1.0, 1.0, 0.0])
        phi, psi = np.array([1.0, 0.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 0.0])
        return np.array([r1, r2, rho * psi - q * r2, rho * phi - q * r1])

    def _propagator(self, up: Array, vp: float, vs: float, rho: float) -> Array:
        """Matrices that carry the state upwards by ``up`` km, ``[distance, n, n]``."""
        H = self.k * up
        b = 1.0 - (self.c / vs) ** 2
        Cb, Sb = _even_functions(b, H)
        if self.wave == "love":
            mu = rho * vs**2
            return np.moveaxis(np.array([[Cb, -Sb / mu], [-b * mu * Sb, Cb]]), 2, 0)
        a = 1.0 - (self.c / vp) ** 2
        Ca, Sa = _even_functions(a, H)
        blocks = np.zeros((len(H), 4, 4))
        blocks[:, 0, 0] = blocks[:, 1, 1] = Ca
        blocks[:, 0, 1], blocks[:, 1, 0] = -Sa, -a * Sa
        blocks[:, 2, 2] = blocks[:, 3, 3] = Cb
        blocks[:, 2, 3], blocks[:, 3, 2] = -Sb, -b * Sb
        T = self._from_potentials(vs, rho)
        return T @ blocks @ np.linalg.inv(T)

    def _water_condition(self) -> tuple[float, float]:
        """r2 and r4 (scaled) at the sea floor under a free water surface; (1, 0) without water."""
        r2, r4 = 1.0, 0.0
        for h, vp, rho in zip(*self.water, strict=True):
            r2, r4 = self._across_water(r2, r4, h, vp, rho)
        return r2, r4

    def _through_water(
        self, r2: float, r4: float, distance: Array, vp: float, rho: float
    ) -> tuple[Array, Array]:
        """r2 and r4 (scaled) ``distance`` km further down in the water: r2' = -(a/ρ) r4, r4' = -ρ r2."""
        a = 1.0 - (self.c / vp) ** 2
        C, S = _even_functions(a, self.k * distance)
        return C * r2 - a * S * r4 / rho, C * r4 - rho * S * r2

    def _across_water(self, r2: float, r4: float, h: float, vp: float, rho: float) -> tuple[float, float]:
        """r2 and r4 (scaled) at the bottom of a layer of water, from those at its top."""
        below2, below4 = self._through_water(r2, r4, np.array([h]), vp, rho)
        return float(below2[0]), float(below4[0])

    def at(self, depth: Array) -> Array:
        """State in physical units at the given depths below the surface, ``[component, depth]``."""
        z = depth - self.seafloor
        out = np.empty((len(self.surface), len(z)))
        index = np.clip(np.searchsorted(self.top, z, side="right") - 1, 0, len(self.h))
        for i in range(len(self.h) + 1):
            where = (index == i) & (z >= 0.0)
            if not where.any():
                continue
            if i < len(self.h):
                up = self.top[i + 1] - z[where]
                matrices = self._propagator(up, self.vp[i], self.vs[i], self.rho[i])
                out[:, where] = (matrices @ self.states[i + 1]).T
            else:
                out[:, where] = self._below(z[where] - self.top[-1])
        out = out * self._scales()[:, None]
        if (z < 0.0).any():
            out[:, z < 0.0] = self._in_water(depth[z < 0.0])
        return out

    def _below(self, distance: Array) -> Array:
        """The half-space: its two potentials decay on their own."""
        vp, vs, rho = self.half_space
        rb = np.sqrt(max(0.0, 1.0 - (self.c / vs) ** 2))
        fade_b = np.exp(-rb * self.k * distance)
        if self.wave == "love":
            return self.states[-1][:, None] * fade_b
        fade_a = np.exp(-np.sqrt(1.0 - (self.c / vp) ** 2) * self.k * distance)
        T = self._from_potentials(vs, rho)
        potentials = np.linalg.solve(T, self.states[-1])
        fades = np.array([fade_a, fade_a, fade_b, fade_b])
        return T @ (potentials[:, None] * fades)

    def _in_water(self, depth: Array) -> Array:
        """Displacement and traction in the water: r3 = 0 and r1 = k r4/(ρω²); Love waves do not enter it."""
        if self.wave == "love":
            return np.zeros((2, len(depth)))
        r2_floor, r4_floor = self._water_condition()
        floor = self.surface[1] / r2_floor if r2_floor else self.surface[3] / r4_floor
        out = np.zeros((4, len(depth)))
        r2, r4, top = 1.0, 0.0, 0.0
        for h, vp, rho in zip(*self.water, strict=True):
            where = (depth >= top) & (depth < top + h)
            r2_in, r4_in = self._through_water(r2, r4, depth[where] - top, vp, rho)
            out[0, where], out[1, where], out[3, where] = floor * r4_in / rho, floor * r2_in, floor * r4_in
            r2, r4 = self._across_water(r2, r4, h, vp, rho)
            top += h
        return out * self._scales()[:, None]

    def group_velocity(self) -> float:
        """U = I2/(c I1) for Love, (I2 + I3/2k)/(c I1) for Rayleigh, with the half-space and the water included."""
        first, second, third = self._integrals()
        return float((second + third / (2.0 * self.k)) / (self.c * first))

    def _integrals(self) -> tuple[float, float, float]:
        total, scales = np.zeros(3), self._scales()[:, None]
        for i, h in enumerate(self.h):
            vp, vs, rho = self.vp[i], self.vs[i], self.rho[i]
            carried = self._propagator(0.5 * h * (1.0 - _NODES), vp, vs, rho) @ self.states[i + 1]
            density = self._density(carried.T * scales, vp, vs, rho)
            total += 0.5 * h * density @ _WEIGHTS
        vp, vs, rho = self.half_space
        # in the half-space everything decays at least as the S wave: panels of one decay length
        rate = self.k * np.sqrt(max(1.0 - (self.c / vs) ** 2, 1e-12))
        # near a cutoff the P part fades much faster than the S part: panels for both
        fast = self.k * np.sqrt(1.0 - (self.c / vp) ** 2) if self.wave == "rayleigh" else rate
        reach = 20.0 / rate
        edges = np.union1d(np.linspace(0.0, reach, 41), np.linspace(0.0, min(20.0 / fast, reach), 41))
        for upper, lower in pairwise(edges):
            z = 0.5 * (upper + lower) + 0.5 * (lower - upper) * _NODES
            density = self._density(self._below(z) * scales, vp, vs, rho)
            total += 0.5 * (lower - upper) * density @ _WEIGHTS
        top = 0.0
        for h, vp, rho in zip(*self.water, strict=True):
            pieces = max(1, int(np.ceil(h * self.k / _THIN)))
            for j in range(pieces):
                z = top + h * (j + 0.5 * (1.0 + _NODES)) / pieces
                total += 0.5 * h / pieces * self._density(self._in_water(z), vp, 0.0, rho) @ _WEIGHTS
            top += h
        return float(total[0]), float(total[1]), float(total[2])

    def _density(self, state: Array, vp: float, vs: float, rho: float) -> Array:
        """Integrands of I1, I2 and I3 (Aki & Richards 2002, section 7.3)."""
        mu = rho * vs**2
        if self.wave == "love":
            l1 = state[0]
            return 0.5 * np.array([rho * l1**2, mu * l1**2, 0.0 * l1])
        r1, r2, r3, r4 = state
        modulus, lam = rho * vp**2, rho * (vp**2 - 2.0 * vs**2)
        down2 = (r4 - self.k * lam * r1) / modulus
        down1 = r3 / mu + self.k * r2 if mu > 0.0 else self.k * r2
        kinetic = 0.5 * rho * (r1**2 + r2**2)
        return np.array([kinetic, 0.5 * (modulus * r1**2 + mu * r2**2), lam * r1 * down2 - mu * r2 * down1])


def _even_functions(x: float, H: Array) -> tuple[Array, Array]:
    """cosh(√x H) and sinh(√x H)/√x for either sign of x."""
    root = np.sqrt(complex(x))
    if abs(root) < 1e-8:
        return np.ones_like(H), H.copy()
    return np.cosh(root * H).real, (np.sinh(root * H) / root).real
