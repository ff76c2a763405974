"""Where the horizontals of a station point, from the Rayleigh waves that arrive from all other stations.

What correlates with the vertical at A is, on the horizontals at B, motion along the great circle, a quarter period off
the vertical. So the two horizontals, each compared with the vertical a quarter period later, make a vector that turns
with the azimuth of the path as (cos, sin). If they are swapped, it turns the other way.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.noise.correlations import Correlations

Real = NDArray[np.float64]

_LEAST_PAIRS = 3


@dataclass(frozen=True)
class Orientation:
    """Of the horizontals of a station.

    Attributes:
        station: its name.
        turned: degrees by which what is called north points clockwise of north.
        mirrored: whether what is called east lies on the other side: horizontals swapped, or one of them reversed.
        scatter: of the paths about this, 0 where all agree, 1 where none does.
        pairs: how many paths.
    """

    station: str
    turned: float
    mirrored: bool
    scatter: float
    pairs: int


def orientations(correlations: Correlations) -> list[Orientation]:
    """The orientation of every station with three paths or more, from ``ZZ``, ``ZR`` and ``ZT`` or ``RZ`` and ``TZ``.

    Args:
        correlations: of kind ``C``, not folded.

    Raises:
        InputError: of another kind.
    """
    correlations.require("C", to="compare vertical and horizontal motion")
    # in front of the zero of the lag the wave travels backwards, and a quarter period later is one earlier
    vertical = _quarter_period_later(correlations.of("ZZ")) * torch.sign(correlations.lag)
    found: dict[str, list[tuple[float, complex]]] = {}
    for at_b, sign, radial, transverse in ((True, 1, "ZR", "ZT"), (False, -1, "RZ", "TZ")):
        if not {radial, transverse} <= set(correlations.components):
            continue
        along, across = (
            sign * (correlations.of(name).double().nan_to_num(0.0) * vertical).sum(-1)
            for name in (radial, transverse)
        )
        for pair, motion in zip(correlations.pairs, torch.complex(along, across).tolist(), strict=True):
            name, direction = (pair.b.name, pair.back_azimuth + 180) if at_b else (pair.a.name, pair.azimuth)
            if motion:
                found.setdefault(name, []).append((np.radians(direction), motion / abs(motion)))
    enough = {name: rows for name, rows in sorted(found.items()) if len(rows) >= _LEAST_PAIRS}
    # whether waves roll forward or backward is the same for all, and not known before
    rolling = np.sign(sum(motion.real for rows in enough.values() for _, motion in rows)) or 1.0
    return [
        _fitted(
            name, np.array([row[0] for row in rows]), np.array([complex(rolling * row[1]) for row in rows])
        )
        for name, rows in enough.items()
    ]


def _fitted(name: str, direction: Real, motion: NDArray[np.complex128]) -> Orientation:
    """The turn, and perhaps mirror, that brings north + i east of all paths nearest to their directions."""
    straight, mirrored = motion.mean(), (motion * np.exp(2j * direction)).mean()
    if abs(straight) >= abs(mirrored):
        return Orientation(
            name, -float(np.degrees(np.angle(straight))), False, 1 - float(abs(straight)), len(motion)
        )
    return Orientation(
        name, float(np.degrees(np.angle(mirrored))), True, 1 - float(abs(mirrored)), len(motion)
    )


def _quarter_period_later(wave: Float[Tensor, "pair lag"]) -> Float[Tensor, "pair lag"]:
    """The Hilbert transform."""
    spectrum = torch.fft.rfft(wave.double().nan_to_num(0.0))
    return torch.fft.irfft(-1j * spectrum, wave.shape[-1])
