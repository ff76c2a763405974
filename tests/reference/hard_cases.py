"""Named hard cases: exact models with every real root below the half-space's vs, frozen in hard_cases.json.

Rayleigh waves that run backwards: at one root the group velocity is negative, and the number of modes slower
than c goes up, up, down, up. They need soft sediment over a half-space ten times faster (at once or by
steps), and they live in a few per cent of period below the period of zero group velocity, where the backward
root and the forward root under it are born together. Touching channels: a slow surface layer and a slow
buried layer, whose modes come as near each other as the lid between them allows: within 2e-3, 2e-4, 1e-6 and
less than a rounding for Love waves, within 2e-4, 1e-5, 4e-8 and less than a rounding for Rayleigh waves. The
roots were found by `scan` at 40 samples per half wavelength; at 100 they are the same.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np


class HardCase(NamedTuple):
    """One model at one period, the wave, and all its roots (km/s) in ascending order with their direction."""

    name: str
    wave: str
    model: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    period: float
    roots: np.ndarray
    direction: np.ndarray


def read_cases():
    """All frozen cases."""
    out = []
    for row in json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8")):
        model = tuple(np.array(row[key]) for key in ("thickness", "vp", "vs", "rho"))
        out.append(
            HardCase(
                row["name"],
                row["wave"],
                model,
                row["period"],
                np.array(row["roots"]),
                np.array(row["direction"]),
            )
        )
    return out


NAMED = read_cases()
BACKWARD = [case for case in NAMED if "touching" not in case.name]
TOUCHING = [case for case in NAMED if "touching" in case.name]
