"""What moment tensors in a layered half-space do at its surface: the sum over wavenumbers and frequencies."""

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bernoulli, j0, j1

from seisgrad.errors import InputError
from seisgrad.source.layered import psv, sh
from seisgrad.source.layered.ground import Array, Column, checked, velocity
from seisgrad.source.radiation import ELEMENTARY

#: Metres that a moment of 1 N·m makes where lengths are in km and stresses in GPa: 1 N·m is 1e-18 GPa km³.
_METRES = 1e-15
#: km, the shallowest source: what has to be summed grows as its inverse.
SHALLOWEST = 0.5


def _first_weights(number: int) -> Array:
    """Weights of the first terms of a sum over k > 0 that make it the integral of an odd function from k = 0.

    The sum misses it by Σ aₛ ζ(−s) dkˢ⁺¹ over the odd powers of its series at k = 0 (Euler & Maclaurin): a plane wave
    that is everywhere at once. The terms of the first ``number`` powers are taken out.
    """
    powers = 2 * np.arange(number) + 1
    missed = [bernoulli(s + 1)[-1] / (s + 1) for s in powers]  # −ζ(−s)
    weights = np.linalg.solve(np.arange(1.0, number + 1.0) ** powers[:, None], missed)
    return 1.0 + weights.astype(np.float64)


_FIRST = _first_weights(4)


class Band(NamedTuple):
    """Time samples and frequencies of a computation.

    Attributes:
        samples: per trace.
        time_step: s.
        flat: Hz, up to which nothing is taken away.
        end: Hz, from which on nothing is left; a smooth taper lies between, without a shift of phase.
    """

    samples: int = 1024
    time_step: float = 0.1
    flat: float = 2.0
    end: float = 2.5

    @property
    def transformed(self) -> int:
        """Length of the discrete Fourier transform, a quarter more, so that what wraps around is mostly cut away."""
        return self.samples + self.samples // 4

    @property
    def length(self) -> float:
        """Seconds after which the discrete Fourier transform repeats."""
        return self.transformed * self.time_step

    @property
    def frequencies(self) -> Array:
        """Hz, those below the end of the band, ``[frequency]``."""
        return np.arange(math.ceil(self.end * self.length)) / self.length

    @property
    def taper(self) -> Array:
        """What each frequency is multiplied by, ``[frequency]``."""
        over = np.clip((self.frequencies - self.flat) / (self.end - self.flat), 0.0, 1.0)
        # a cosine of a cosine: what rings before an arrival fades like t⁻⁵ and not like t⁻³
        return 0.5 + 0.5 * np.cos(np.pi * (0.5 - 0.5 * np.cos(np.pi * over)))


class Sum(NamedTuple):
    """How finely and how far wavenumbers are summed; the defaults are those whose error was measured.

    Attributes:
        period: km after which sources repeat; from the times and distances asked for where None. The step is 2π/period.
        decay: nepers by which SV waves may decay on their way to the source before the rest of the sum is left out.
        wrap: what is left after one length of the trace of all that wraps around in time.
    """

    period: float | None = None
    decay: float = 18.0
    wrap: float = 3e-4


BAND, SUM = Band(), Sum()


def elementary(
    column: Column,
    depths: Array,
    distances: Array,
    start: Array,
    band: Band = BAND,
    how: Sum = SUM,
    *,
    quantity: Literal["displacement", "velocity"] = "displacement",
    free: bool = True,
    threads: int = 1,
) -> Array:
    """The ten elementary Green's functions at the surface, ``[depth, distance, 10, time]``.

    They are the displacement, m, or the velocity, m/s, that a step of moment of 1 N·m at the origin time makes, in the
    order of :data:`~seisgrad.source.radiation.ELEMENTARY`: near field, body waves and surface waves, all of them.

    A frequency with a small imaginary part, undone in time, keeps what comes later than the trace from wrapping around
    (Phinney 1965); the sum over wavenumbers at even steps is the motion from a lattice of sources, of which all but
    one are too far to be heard (Bouchon & Aki 1977).

    Args:
        column: the ground.
        depths: of the sources, km, at least :data:`SHALLOWEST`; one on an interface lies in the layer below it.
        distances: of the receivers, km, positive.
        start: of each trace after the origin time, s, ``[depth, distance]``; what came before would wrap around.
        band: samples and frequencies.
        how: the sum.
        quantity: displacement, or its derivative in time.
        free: with a free surface; without, the ground of the first layer goes on above the receivers.
        threads: frequencies are shared among so many.

    Raises:
        InputError: an impossible column, depth or distance.
    """
    column, depths, distances = checked(column), np.asarray(depths, float), np.asarray(distances, float)
    _check_places(depths, distances)
    order = np.argsort(depths, kind="stable")
    fastest = float(column.vp.max()) * 1.05  # high frequencies go a little faster than those at the reference
    latest = float((start + band.length).max())
    period = how.period or 2.0 * (2.0 * float(distances.max()) + fastest * latest)
    damping = -math.log(how.wrap) / band.length
    omegas = 2.0 * np.pi * band.frequencies - 1j * damping
    task = _Task(column, depths[order], 2.0 * np.pi / period, how.decay, free)
    bessel = _bessel(task.wavenumbers(omegas[-1]), distances, task.step)
    spectra = np.zeros((len(omegas), len(ELEMENTARY), len(distances), len(depths)), np.complex128)

    def one(number: int) -> None:
        step = band.taper[number] / (1.0 if quantity == "velocity" else 1j * omegas[number])
        spectra[number] = task.spectrum(omegas[number], bessel) * step

    with ThreadPoolExecutor(max(1, threads)) as pool:
        list(pool.map(one, range(len(omegas))))
    spectra = spectra[..., np.argsort(order)].transpose(3, 2, 1, 0)
    shifted = spectra * np.exp(1j * omegas * start[..., None, None])
    traces = np.fft.irfft(shifted, band.transformed, axis=-1)[..., : band.samples] / band.time_step
    return traces * np.exp(damping * band.time_step * np.arange(band.samples)) * _METRES


class _Task(NamedTuple):
    """One frequency after the other of a column; depths ascend."""

    column: Column
    depths: Array
    step: float
    decay: float
    free: bool

    def wavenumbers(self, omega: complex) -> Array:
        """Those at which waves from the shallowest source have not decayed."""
        slowness, tops = 1.0 / self.column.vs, self.column.tops
        height = np.clip(self.depths[0] - tops, 0.0, np.append(self.column.thickness[:-1], np.inf))
        low, high = 0.0, omega.real * float(slowness.max()) + 1.01 * self.decay / self.depths[0]
        for _ in range(40):
            k = 0.5 * (low + high)
            lost = float(np.sqrt(np.maximum(k**2 - (omega.real * slowness) ** 2, 0.0)) @ height)
            low, high = (k, high) if lost < self.decay else (low, k)
        return self.step * np.arange(1, math.ceil(high / self.step) + 1)

    def spectrum(self, omega: complex, bessel: dict[str, Array]) -> NDArray[np.complex128]:
        """``[10, distance, depth]``, for a moment that is an impulse."""
        k, column = self.wavenumbers(omega), self.column
        vp, vs = velocity(column.vp, column.qp, omega), velocity(column.vs, column.qs, omega)
        slow_p, slow_s, mu = (omega / vp) ** 2, (omega / vs) ** 2, column.rho * vs**2
        layers = np.searchsorted(column.tops, self.depths, side="right") - 1
        below, shape = self.depths - column.tops[layers], (len(k), len(self.depths))
        places = (below, layers, self.decay + 3.0, self.free)
        div_z, kw, shear_z, div_r, ku, shear_r = flat = np.empty((6, *shape), np.complex128)
        psv.strains(k, column.thickness, slow_p, slow_s, mu, *places, flat)
        kv, shear_t = turned = np.empty((2, *shape), np.complex128)
        sh.strains(k, column.thickness, slow_s, mu, *places, turned)

        def over(name: str, values: NDArray[np.complex128]) -> NDArray[np.complex128]:
            # a real matrix times a complex one: half the work
            return (bessel[name][:, : len(k)] @ values.view(np.float64)).view(np.complex128)

        return np.stack(
            [
                over("j0", div_z),
                over("j0", 2.0 * div_z - 3.0 * kw),
                over("j1", shear_z),
                -over("j2", kw),
                -over("j1", div_r),
                over("j1", 3.0 * ku - 2.0 * div_r),
                over("slope1", shear_r) + over("ratio1", shear_t),
                -over("slope2", ku) - over("ratio2", kv),
                over("ratio1", shear_r) + over("slope1", shear_t),
                -over("ratio2", ku) - over("slope2", kv),
            ]
        )


def _bessel(wavenumbers: Array, distances: Array, step: float) -> dict[str, Array]:
    """J₀, J₁, J₂, J₁', J₂', J₁/x and 2J₂/x at x = kr, ``[distance, k]``, times what a sum over k needs."""
    x = distances[:, None] * wavenumbers
    zero, one = j0(x), j1(x)
    ratio1 = one / x
    two = 2.0 * ratio1 - zero
    ratio2 = 2.0 * two / x
    found = {"j0": zero, "j1": one, "j2": two, "ratio1": ratio1, "ratio2": ratio2}
    found |= {"slope1": zero - ratio1, "slope2": one - ratio2}
    weights = wavenumbers * step / (2.0 * np.pi)
    weights[: len(_FIRST)] *= _FIRST
    return {name: values * weights for name, values in found.items()}


def _check_places(depths: Array, distances: Array) -> None:
    if depths.ndim != 1 or not len(depths) or not bool((depths >= SHALLOWEST).all()):
        raise InputError(
            f"depths are {depths.tolist()} km, expected at least one, all of at least {SHALLOWEST:g} km"
        )
    if distances.ndim != 1 or not len(distances) or not bool((distances > 0.0).all()):
        raise InputError(f"distances are {distances.tolist()} km, expected at least one, all positive")
