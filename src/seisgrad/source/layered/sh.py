"""SH waves of one wavenumber below a transverse force at the surface; see :mod:`.psv` for the way up and down.

With V the displacement and T the traction: V' = T/μ, T' = (kkμ − ρωω) V, waves exp(∓νs z), νsνs = kk − ωω/ββ.
"""

import numpy as np
from numba import njit

from seisgrad.source.layered.options import OPTIONS


@njit(**OPTIONS, cache=True)
def strains(wavenumbers, thickness, slow_s, mu, depths, layers, most, free, out):
    """Strains at every depth for a number of wavenumbers; arguments as for :func:`.psv.strains`.

    Fills ``out`` ``[2, wavenumber, depth]`` with kV and T/μ.
    """
    count = len(mu)
    kept = np.empty((count, 3), np.complex128)
    for i in range(len(wavenumbers)):
        k = wavenumbers[i]
        ratio = 0.0j
        for n in range(count - 1, -1, -1):
            nu = np.sqrt(k * k - slow_s[n])
            reflected = across = 0.0j
            if n < count - 1:
                reflected = (mu[n] * nu + ratio) / (mu[n] * nu - ratio)
                across = np.exp(-nu * thickness[n])
            back = reflected * across * across
            kept[n, 0], kept[n, 1], kept[n, 2] = nu, reflected, across
            ratio = -mu[n] * nu * (1.0 - back) / (1.0 + back)
        if not free:
            ratio -= mu[0] * kept[0, 0]
        v, source, lost = 1.0 / ratio, 0, 0.0
        out[:, i] = 0.0
        for n in range(layers[-1] + 1):
            nu, reflected, across = kept[n, 0], kept[n, 1], kept[n, 2]
            down = v / (1.0 + reflected * across * across)
            up = reflected * across * down
            while source < len(depths) and layers[source] == n and lost + nu.real * depths[source] <= most:
                x = depths[source]
                d, u = down * np.exp(-nu * x), 0.0j
                if n < count - 1:
                    u = up * np.exp(-nu * (thickness[n] - x))
                out[0, i, source] = k * (d + u)
                out[1, i, source] = nu * (u - d)
                source += 1
            lost += nu.real * thickness[n]
            if lost > most:
                break
            v = down * across + up
