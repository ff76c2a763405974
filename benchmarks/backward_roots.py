"""How steep an earth must be for a Rayleigh mode to run backwards: what `engine/pairs.py` takes as its limits.

    python benchmarks/backward_roots.py [--minutes 2] [--seed 1]

Draws random stacks, counts modes on a fine grid of velocities and keeps those where the count falls: there a root of
negative group velocity lies between two trial velocities. Prints the smallest values seen, over all such roots, of the
three quantities on which the engine decides whether to look for hidden pairs.
"""

import argparse
import time

import numpy as np
from numba import njit

from seisgrad.dispersion.engine.batch import _prepare
from seisgrad.dispersion.engine.lanes import OPTIONS
from seisgrad.dispersion.engine.pairs import _phases, _step
from seisgrad.dispersion.engine.secular import evaluate, workspace

VELOCITIES = 400


@njit(**OPTIONS)
def backward(h, vp, vs, rho, omega, c, F, J):
    """The fastest backward root, the vertical phase there and the steepest rise of vs; NaN where there is none."""
    stack, water, _, _ = _prepare(h, vp, vs, rho, np.array([omega]))
    evaluate(stack, water, np.full(len(c), omega), c, len(c), True, F, J, workspace())
    at = -1
    for i in range(len(c) - 1):
        if J[i + 1] < J[i]:
            at = i + 1
    if at < 0:
        return np.nan, 0.0, 0.0
    p, s = _phases(stack, water, omega, c[at])
    return c[at], p + s, _step(stack[0], stack[2], omega, c[at])


def stack(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
    """Few layers, many layers, or a rough gradient; half-space vs 1, contrasts of 1.5 to 40, any Poisson's ratio."""
    kind = rng.integers(3)
    layers = rng.integers(2, 5) if kind == 0 else rng.integers(5, 25)
    contrast = np.exp(rng.uniform(np.log(1.5), np.log(40.0)))
    vs = np.sort(np.exp(rng.uniform(-np.log(contrast), 0.0, layers)))
    if kind == 0 and rng.random() < 0.3:
        rng.shuffle(vs[:-1])
    if kind == 1:
        rise = np.interp(
            np.sort(rng.random(layers)), [0.0, 0.3, 0.6, 1.0], np.sort(np.r_[0, rng.random(2), 1])
        )
        vs = np.exp(-np.log(contrast) * (1.0 - rise))
        if rng.random() < 0.5:
            vs[1:-1] = np.minimum(vs[1:-1] * np.exp(0.3 * rng.standard_normal(layers - 2)), 1.2)
    vs[0], vs[-1] = 1.0 / contrast, 1.0
    high = np.where(rng.random(layers) < 0.5, 3.0, 40.0)
    vp = vs * np.exp(rng.uniform(np.log(1.18), np.log(high)))
    vp = np.maximum(np.minimum(vp, np.maximum(2.5, 1.18 * vs)), 1.18 * vs)
    rho = np.exp(rng.uniform(np.log(0.5), np.log(1.6), layers))
    h = np.exp(rng.uniform(-1.0, 1.0, layers))
    omega = 2.0 * np.pi * np.exp(rng.uniform(np.log(0.15), np.log(2.5))) / np.sum((h / vs)[:-1])
    return h, vp, vs, rho, omega


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    F, J = np.empty(VELOCITIES + 8), np.empty(VELOCITIES + 8)
    seen, number, start = [], 0, time.monotonic()
    while time.monotonic() - start < 60.0 * arguments.minutes:
        h, vp, vs, rho, omega = stack(rng)
        number += 1
        c, phase, step = backward(h, vp, vs, rho, omega, np.geomspace(0.6 * vs[0], 1.0, VELOCITIES), F, J)
        if not np.isnan(c):
            seen.append((vs[-1] / vs.min(), step, phase))
    table = np.array(seen).reshape(-1, 3)
    print(f"{number} stacks, {len(table)} with a backward root (seed {arguments.seed})")
    for column, name in enumerate(("contrast of vs", "steepest rise of vs", "vertical phase (rad)")):
        print(f"{name:20s} smallest {np.sort(table[:, column])[:3].round(2)}")


if __name__ == "__main__":
    main()
