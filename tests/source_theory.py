"""Closed forms for earthquake sources."""

import numpy as np

from seisgrad.source.layered import Band, Sum

#: A full space: km/s and g/cm³.
VP, VS, RHO = 6.0, 3.5, 2.7


def full_space(
    moment: np.ndarray, azimuth: float, depth: float, distance: float, start: float, band: Band
) -> np.ndarray:
    """Displacement of a step of moment: Aki & Richards (2002), 4.29, near, intermediate and far terms.

    Args:
        moment: nn, ee, dd, ne, nd, ed.
        azimuth: degrees.
        depth, distance: km.
        start: of the trace after the origin time, s.
        band: with whose taper, at whose complex frequencies it is made, so that nothing but waves is compared.

    Returns:
        Z, R and T ``[3, time]``, m per N·m.
    """
    damping = -np.log(Sum().wrap) / band.length
    s = 1j * (2.0 * np.pi * band.frequencies - 1j * damping)
    cos, sin = np.cos(np.radians(azimuth)), np.sin(np.radians(azimuth))
    place = np.array([distance * cos, distance * sin, -depth])
    r = np.linalg.norm(place)
    g, (nn, ee, dd, ne, nd, ed) = place / r, moment
    m = np.array([[nn, ne, nd], [ne, ee, ed], [nd, ed, dd]])
    mgg, mg, trace = g @ m @ g, m @ g, np.trace(m)
    near = 15.0 * g * mgg - 3.0 * g * trace - 6.0 * mg
    middle_p, middle_s = 6.0 * g * mgg - g * trace - 2.0 * mg, -(6.0 * g * mgg - g * trace - 3.0 * mg)
    far_p, far_s = g * mgg, mg - g * mgg
    at_p, at_s = r / VP, r / VS
    ramp = [-np.exp(-s * t) * (t / s + 1.0 / s**2) for t in (at_p, at_s)]
    p, q = np.exp(-s * at_p), np.exp(-s * at_s)
    terms = near[:, None] / r**4 * (ramp[1] - ramp[0]) / s
    terms += (middle_p[:, None] / VP**2 * p + middle_s[:, None] / VS**2 * q) / s / r**2
    terms += (far_p[:, None] / VP**3 * p + far_s[:, None] / VS**3 * q) / r
    terms *= np.exp(s * start) * band.taper * 1e-15 / (4.0 * np.pi * RHO)
    traces = np.fft.irfft(terms, band.transformed)[:, : band.samples] / band.time_step
    north, east, down = traces * np.exp(damping * band.time_step * np.arange(band.samples))
    return np.stack([-down, cos * north + sin * east, cos * east - sin * north])
