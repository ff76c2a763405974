"""Correlations of noise with all its waves: fundamental mode, overtones and body waves.

Over the layered earth the noise is that of three dimensions, from the response of layers to forces on the surface in
closed form, which shares nothing with the elastic operator:

``volume``: sources everywhere, in balance; then the correlation is the imaginary part of the Green's function.
``surface``: vertical and horizontal forces on the surface, everywhere and independent of each other.

Over any earth of the line the noise is that of two dimensions, of line forces across the section, from the elastic
operator's own Green's functions on a longer line: ``volume`` by the same theorem, ``surface`` as the sum of
conj(u_A) u_B over vertical forces every half kilometre along the line and 18 km beyond its ends. They are turned by
what the chain takes back, π/4 and what is left of the near field, on the way from points to line sources: they say
nothing about that, those over the layered earth do.
"""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import j0, j1
from worlds import (
    COMPONENTS,
    ENDS,
    GRID,
    INTERVAL,
    STATIONS,
    assembled,
    both_sides,
    layers,
    shape,
    start,
    waves,
)

import seisgrad as sg
from seisgrad.earth import SolidSection

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]
Sources = Literal["volume", "surface"]

HALF = 500, 300  # lags on either side in three and in two dimensions
QUALITY = 100.0  # of the rock for noise in three dimensions: without losses its sum has no end
STEP = 0.002  # 1/km, between wavenumbers: poles are wider
SLOWEST = 1.5  # km/s: waves run no slower, twice their wavenumber is far in the near field
LINE_BAND = (0.25, 0.78)  # Hz, of noise in two dimensions
BEYOND, APART = 18.0, 0.5  # km: how far beyond the ends of the line sources go, and between them


def from_all_sides(section: SolidSection, sources: Sources) -> "sg.noise.Correlations":
    """Over a layered earth, the column of the first node."""
    model = layers(section)
    earth = [np.asarray(values[0]) for values in (model.thickness, model.vp, model.vs, model.rho)]
    distance = STATIONS[1:] - STATIONS[0]  # they are evenly spaced
    f = np.fft.rfftfreq(4 * HALF[0], INTERVAL)
    inside = np.flatnonzero((f > 0.1) & (f < 1.6))
    spectrum = np.zeros((3, len(distance), len(f)))
    for i, size in zip(inside, shape(f[inside]), strict=True):
        omega = 2 * np.pi * f[i]
        last = 2 * omega / SLOWEST + 0.5
        k = np.arange(0.5 * STEP, last, STEP)
        zz, zr = (
            k * np.clip((last - k) / (0.2 * last), 0, 1) * part for part in _power(earth, k, omega, sources)
        )
        kr = k * distance[:, None]
        spectrum[0, :, i] = size * (j0(kr) @ zz) / zz.sum()
        spectrum[1, :, i] = size * (j1(kr) @ zr) / zz.sum()
    spectrum[2] = -spectrum[1]
    rows = [both_sides(spectrum[c, b - a - 1], HALF[0]) for a, b in ENDS for c in range(len(COMPONENTS))]
    return assembled(np.array(rows))


def _power(earth: list[Real], k: Real, omega: float, sources: Sources) -> tuple[Real, Real]:
    """Of noise by wavenumber: the factors of J0 in ZZ and of J1 in ZR, vertical upward."""
    (xx, xz), (zx, zz) = np.moveaxis(admittance(earth, k, omega), 0, -1)
    if sources == "volume":
        return -zz.imag, xz.imag
    return np.abs(zz) ** 2 + np.abs(zx) ** 2, -(xz * zz.conj() + xx * zx.conj()).real


def admittance(earth: list[Real], k: Real, omega: float) -> Complex:
    """Motion (r1, r2) of the surface of layers by tractions (r3, r4), ``[k, motion, traction]``.

    Horizontal motion is r1 and downward motion i r2 times e^{i(kx − ωt)}, and so are r3 and i r4 the stresses on
    horizontal planes (Aki & Richards 2002, section 7.2). From the half-space upwards the tractions follow the
    motion; waves enter each layer from the side from which they decay, so that nothing overflows.
    """
    thickness, *speeds, density = earth
    vp, vs = (np.asarray(v) * (1 - 0.5j / QUALITY) for v in speeds)
    _, moved, _, pulled, _ = _decaying(vp[-1], vs[-1], density[-1], k, omega)
    follow = pulled @ np.linalg.inv(moved)
    for i in reversed(range(len(thickness) - 1)):
        rates, moved, risen, pulled, lifted = _decaying(vp[i], vs[i], density[i], k, omega)
        fade = np.exp(-rates * thickness[i])[:, None]
        echo = -np.linalg.solve(lifted - follow @ risen, (pulled - follow @ moved) * fade)
        echo = fade.swapaxes(1, 2) * echo
        follow = (pulled + lifted @ echo) @ np.linalg.inv(moved + risen @ echo)
    return np.linalg.inv(follow)


def _decaying(vp: complex, vs: complex, density: float, k: Real, omega: float) -> tuple[Complex, ...]:
    """Rates ``[k, wave]`` at which P and S decay along depth, and ``[k, 2, wave]`` the motion of those that decay
    downwards and upwards, and the tractions of both."""
    p, s = (np.sqrt(k**2 - (omega / v) ** 2) for v in (vp, vs))
    stiff = density * vs**2
    bend, turn_p, turn_s = -stiff * (s**2 + k**2), 2 * stiff * k * p, 2 * stiff * k * s
    table = [
        [[k, s], [p, k]],
        [[k, -s], [-p, k]],
        [[-turn_p, bend], [bend, -turn_s]],
        [[turn_p, bend], [bend, turn_s]],
    ]
    motions = (np.moveaxis(np.array(rows, dtype=complex), -1, 0) for rows in table)
    return np.stack([p, s], -1), *motions


def along_the_line(section: SolidSection, sources: Sources) -> "sg.noise.Correlations":
    """Over any section, of line forces across it."""
    half = HALF[1]
    f = np.fft.rfftfreq(4 * half, INTERVAL)
    inside = (f > LINE_BAND[0]) & (f < LINE_BAND[1])
    between = _sum_of_sources if sources == "surface" else _balance
    found, power = between(section, torch.from_numpy(f[inside]))
    rows = np.zeros((len(found), len(f)), dtype=complex)
    rows[:, inside] = shape(f[inside], LINE_BAND) * found / power
    return assembled(_of_points(np.array([both_sides(row, half) for row in rows])))


def _sum_of_sources(section: SolidSection, frequencies: torch.Tensor) -> tuple[Complex, Real]:
    """conj(u_A) u_B of forces all along the surface, by pair and component, and the power of the vertical motion."""
    last = float(GRID.x[-1]) + 2 * BEYOND
    sources = torch.linspace(0.0, last, round(last / APART) + 1, dtype=torch.float64)
    up, along = np.moveaxis(_motion(section, sources, frequencies), 2, 0)  # [source, frequency, receiver]
    of = {"ZZ": (up, up), "ZR": (up, along), "RZ": (along, up)}
    found = [(of[c][0][..., a].conj() * of[c][1][..., b]).sum(0) for a, b in ENDS for c in COMPONENTS]
    return np.array(found), (np.abs(up) ** 2).sum(0).mean(-1)


def _balance(section: SolidSection, frequencies: torch.Tensor) -> tuple[Complex, Real]:
    """The imaginary part of the Green's functions between the stations, less than 0 where both are one."""
    stations = torch.from_numpy(STATIONS) + BEYOND
    up, along = -np.moveaxis(_motion(section, stations, frequencies), 2, 0).imag
    of = {
        "ZZ": lambda a, b: up[a, :, b],
        "ZR": lambda a, b: along[a, :, b],
        "RZ": lambda a, b: along[b, :, a],
    }
    found = [of[c](a, b) for a, b in ENDS for c in COMPONENTS]
    return np.array(found), np.mean([up[i, :, i] for i in range(len(STATIONS))], 0)


def _motion(section: SolidSection, sources: torch.Tensor, frequencies: torch.Tensor) -> Complex:
    """Of the stations by vertical forces on the longer line, ``[source, frequency, component, station]``."""
    cells = round(BEYOND / GRID.spacing)
    edges = (section.earth[..., :1], section.earth[..., -1:])
    left, right = (edge.expand(-1, -1, cells) for edge in edges)
    grid = sg.elastic.Grid((GRID.shape[0], GRID.shape[1] + 2 * cells), GRID.spacing)
    survey = sg.elastic.Survey(
        sources, torch.from_numpy(STATIONS) + BEYOND, frequencies, quantity="displacement"
    )
    operator = sg.elastic.Harmonic(grid, survey, slowest=SLOWEST)
    with torch.no_grad():
        return torch.view_as_complex(operator(torch.cat([left, section.earth, right], -1))).numpy()


def _of_points(rows: Real) -> Real:
    """Correlations of line sources, ``[pair · component, lag]``, turned into those of points: what arrives at positive
    lags by the phase of √(kr) H²(kr), and what arrives at negative ones, in reverse, as well."""
    number, half = rows.shape[-1], rows.shape[-1] // 2
    f = np.fft.fftfreq(4 * number, INTERVAL)
    known, k, _ = waves(start())
    near = {"ZZ": 0.125, "ZR": -0.375, "RZ": -0.375}
    kr = [np.interp(np.abs(f), known, k[:, 0]) * (STATIONS[b] - STATIONS[a]) for a, b in ENDS]
    turn = np.array([0.25 * np.pi + near[c] / size for size in kr for c in COMPONENTS])
    turn = np.exp(1j * np.sign(f) * turn)
    later = 0.5 * (1 + np.sin(0.5 * np.pi * np.clip(np.arange(-half, half + 1) * INTERVAL, -1, 1)))
    positive = np.fft.ifft(np.fft.fft(rows * later, 4 * number) * turn).real
    negative = np.fft.ifft(np.fft.fft(rows * (1 - later), 4 * number) * turn.conj()).real
    return (positive + negative)[..., :number]
