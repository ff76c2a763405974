"""A toy bank of Green's functions: P and S far from a point source in a full space, in place of a layered earth."""

import math

import numpy as np
import torch

from seisgrad.source.greens import GreensBank

PULSE = 0.4  # s, the standard deviation of every arrival: at 2 Hz a millionth is left
ONSET = 4.0 * PULSE  # s from the arrival to the middle of its pulse


def toy_bank(
    names: tuple[str, ...] = ("slow", "fast"),
    depths: tuple[float, ...] = (4.0, 8.0, 12.0),
    distances: tuple[float, ...] = (10.0, 20.0, 40.0, 70.0, 100.0, 140.0),
    samples: int = 512,
) -> GreensBank:
    """Green's functions of full spaces with P at 6 and 6.3 km/s (Aki & Richards 2002, eq. 4.29, far-field terms)."""
    shape = (len(names), len(depths), len(distances))
    traces = np.zeros((*shape, 10, samples), np.float32)
    start, p, s = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for place in np.ndindex(*shape):
        vp = 6.0 + 0.3 * place[0]
        vs = vp / math.sqrt(3.0)
        x, z = distances[place[2]], depths[place[1]]
        r = math.hypot(x, z)
        p[place], s[place] = r / vp, r / vs
        start[place] = math.floor(10.0 * (r / vp - 2.0)) / 10.0
        time = start[place] + 0.1 * np.arange(samples)
        of_p, of_s = (
            np.exp(-0.5 * ((time - r / v - ONSET) / PULSE) ** 2)
            / (PULSE * math.sqrt(2.0 * math.pi) * 4.0 * math.pi * 2700.0 * (1e3 * v) ** 3 * 1e3 * r)
            for v in (vp, vs)
        )
        sin, down = x / r, -z / r
        along = (1.0, 2.0 * down**2 - sin**2, -2.0 * sin * down, sin**2)  # of EX, DD, DS and SS
        across = (0.0, -3.0 * sin * down, sin**2 - down**2, sin * down)
        for k in range(4):
            traces[(*place, k)] = -along[k] * down * of_p + across[k] * sin * of_s
            traces[(*place, 4 + k)] = along[k] * sin * of_p + across[k] * down * of_s
        traces[(*place, 8)], traces[(*place, 9)] = -down * of_s, sin * of_s
    deep, far = (torch.tensor(axis, dtype=torch.float64) for axis in (depths, distances))
    times = [torch.from_numpy(a) for a in (start, p, s)]
    return GreensBank(names, deep, far, 0.1, (2.0, 2.5), torch.from_numpy(traces), *times)
