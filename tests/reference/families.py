"""Seeded random model families, and the periods that fit each model's size."""

from typing import NamedTuple

import numpy as np

FAMILIES = ("increasing", "low_velocity", "irregular", "near_surface", "mantle", "water")


class Case(NamedTuple):
    """One model (km, km/s, g/cm3; the last thickness is 0) and its periods in s."""

    thickness: np.ndarray
    vp: np.ndarray
    vs: np.ndarray
    rho: np.ndarray
    periods: np.ndarray


def two_decades(thickness, vs, number=30):
    """Periods over two decades: from a fifth to twenty times the vertical S travel time through the stack."""
    solid = vs[:-1] > 0
    time = np.sum(thickness[:-1][solid] / vs[:-1][solid])
    return time * np.geomspace(0.2, 20.0, number)


def shares(rng, layers, total, spread=0.8):
    """Thicknesses of random shares adding to total; thin on top."""
    weight = np.exp(spread * rng.standard_normal(layers)) * np.geomspace(
        1.0, 1.0 + 3.0 * rng.random(), layers
    )
    return total * weight / weight.sum()


def stack(thickness, vs, ratio, rho):
    """Append the half-space thickness and build the arrays."""
    return np.append(thickness, 0.0), vs * ratio, vs, rho


def birch(rng, vp):
    """Density growing with vp, with 5 % of its own."""
    return (1.2 + 0.27 * vp) * (1.0 + 0.05 * rng.standard_normal(vp.size).clip(-2, 2))


def increasing(rng):
    """Vs grows with depth; 2-12 layers, 10-80 km."""
    n = int(rng.integers(2, 13))
    vs = np.sort(rng.uniform(0.5, 4.8, n + 1))
    vs += 0.02 * np.arange(n + 1)
    ratio = rng.uniform(1.5, 2.2, n + 1)
    h = shares(rng, n, rng.uniform(10, 80))
    return stack(h, vs, ratio, birch(rng, vs * ratio))


def low_velocity(rng):
    """Increasing but for one zone of one to three slow layers."""
    h, _, vs, _ = increasing(rng)
    n = vs.size - 1
    first = int(rng.integers(0, n)) if n > 1 else 0
    last = min(n, first + int(rng.integers(1, 4)))
    vs = vs.copy()
    vs[first:last] *= rng.uniform(0.4, 0.95)
    vs[first:last] = np.maximum(vs[first:last], 0.2)
    ratio = rng.uniform(1.5, 2.2, n + 1)
    return h, vs * ratio, vs, birch(rng, vs * ratio)


def irregular(rng):
    """Any order, contrasts up to 4, from 0.1 km/s, Vp/Vs up to 4, the half-space sometimes slower."""
    n = int(rng.integers(1, 11))
    vs = np.empty(n + 1)
    vs[0] = np.exp(rng.uniform(np.log(0.1), np.log(1.5)))
    for i in range(1, n + 1):
        factor = np.exp(rng.uniform(-np.log(2.0), np.log(4.0)))
        vs[i] = np.clip(vs[i - 1] * factor, 0.1, 5.0)
    vs[-1] = np.clip(vs[:-1].max() * rng.uniform(0.6, 2.0), 0.3, 5.5)
    ratio = np.where(vs < 1.0, rng.uniform(1.3, 4.0, n + 1), rng.uniform(1.3, 2.2, n + 1))
    rho = rng.uniform(1.5, 3.3, n + 1)
    return stack(shares(rng, n, np.exp(rng.uniform(np.log(0.2), np.log(60.0))), 1.2), vs, ratio, rho)


def near_surface(rng):
    """Metres to tens of metres, 0.08-1.5 km/s, one inversion likely, saturated or dry."""
    n = int(rng.integers(1, 9))
    vs = np.geomspace(rng.uniform(0.08, 0.3), rng.uniform(0.4, 1.5), n + 1) * np.exp(
        0.25 * rng.standard_normal(n + 1)
    )
    vs[-1] = max(vs[-1], 0.5 * vs.max())
    ratio = rng.uniform(1.4, 2.5, n + 1)
    if rng.random() < 0.5:
        wet = int(rng.integers(0, n + 1))
        ratio[wet:] = np.maximum(1.45 / vs[wet:], 1.7)
    rho = rng.uniform(1.5, 2.4, n + 1)
    return stack(shares(rng, n, rng.uniform(0.002, 0.1)), vs, ratio, rho)


def mantle(rng):
    """Crust and mantle to 700 km, 10-40 layers, with a low-velocity zone."""
    n = int(rng.integers(10, 41))
    h = shares(rng, n, 700.0, 0.4)
    top = np.concatenate([[0.0], np.cumsum(h)])
    vs = np.interp(top, [0, 30, 31, 120, 220, 410, 660, 700], [3.0, 3.8, 4.4, 4.4, 4.5, 4.9, 5.6, 6.0])
    zone = np.exp(-(((top - rng.uniform(60, 200)) / rng.uniform(20, 60)) ** 2))
    vs = vs * (1.0 - rng.uniform(0, 0.15) * zone) * (1.0 + 0.02 * rng.standard_normal(n + 1))
    ratio = rng.uniform(1.7, 1.85, n + 1)
    return stack(h, vs, ratio, birch(rng, vs * ratio))


def water(rng):
    """One or two water layers on any of the other crustal families."""
    base = (increasing, low_velocity, irregular)[int(rng.integers(0, 3))]
    h, vp, vs, rho = base(rng)
    layers = int(rng.integers(1, 3))
    depth = shares(rng, layers, rng.uniform(0.02, 0.5) * h.sum())
    wet = np.sort(rng.uniform(1.45, 1.55, layers))
    density = np.sort(rng.uniform(1.0, 1.05, layers))
    return (
        np.concatenate([depth, h]),
        np.concatenate([wet, vp]),
        np.concatenate([np.zeros(layers), vs]),
        np.concatenate([density, rho]),
    )


def draw(family, seed):
    """The case of one family and one seed: always the same model."""
    rng = np.random.default_rng([FAMILIES.index(family), seed])
    maker = {
        "increasing": increasing,
        "low_velocity": low_velocity,
        "irregular": irregular,
        "near_surface": near_surface,
        "mantle": mantle,
        "water": water,
    }[family]
    h, vp, vs, rho = maker(rng)
    return Case(h, vp, vs, rho, two_decades(h, vs))
