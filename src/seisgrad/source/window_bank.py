"""Green's functions as a prior uses them: filtered ground velocity around P and S, in memory, summed by the batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.source.band import MEMORY, fast_length, frequencies, response
from seisgrad.source.gather import HALF_WINDOW, SAMPLING
from seisgrad.source.greens import GreensBank
from seisgrad.source.radiation import ELEMENTARY

#: Those that a source without a volume change excites, by component.
_DEVIATORIC = tuple(name for name in ELEMENTARY if not name.endswith("EX"))
_OF_COMPONENT = torch.tensor(
    [[_DEVIATORIC.index(c + s) if c + s in _DEVIATORIC else -1 for s in ("DD", "DS", "SS")] for c in "ZRT"]
)
_FADE = (
    1.0  # s at both ends of a window; where motion ends at once, moving it by part of a sample makes it ring
)
_COLUMNS = [ELEMENTARY.index(name) for name in _DEVIATORIC]


class WindowBank:
    """Velocity of the ground (m/s per N·m of a step of moment) around P and S, of the models asked for.

    The windows are cut so that the arrival is at the same sample in all of them.

    Args:
        bank: Green's functions.
        models: names of those to take, all by default.
        before: seconds of motion ahead of the arrival, and
        after: after it; beyond, the windows fade out.

    Raises:
        InputError: an unknown model, another sampling, or traces that end before the window of S does.
    """

    def __init__(
        self, bank: GreensBank, models: Sequence[str] | None = None, *, before: float, after: float
    ) -> None:
        names = list(bank.names)
        self.models = tuple(names if models is None else models)
        for name in self.models:
            if name not in names:
                raise InputError(f"the bank has no model {name!r}, expected some of {', '.join(names)}")
        if abs(bank.time_step * SAMPLING - 1.0) > 1e-9:
            raise InputError(f"the bank is sampled every {bank.time_step:g} s, expected {1.0 / SAMPLING:g} s")
        self.depths, self.distances = (_tensor(axis) for axis in (bank.depths, bank.distances))
        rows = [names.index(name) for name in self.models]
        self.p, self.s = (torch.stack([_tensor(a[r]) for r in rows]) for a in (bank.p, bank.s))
        self.before, after = before + _FADE, after + _FADE
        self.samples = round((self.before + after) * SAMPLING)
        pieces = []
        for i, row in enumerate(rows):
            start = _tensor(bank.start[row])
            end = start + (bank.traces.shape[-1] - 1) / SAMPLING
            if (end < self.s[i] + HALF_WINDOW).any():
                raise InputError(
                    f"traces of {self.models[i]!r} end before {HALF_WINDOW:g} s after S; make a bank with longer ones"
                )
            arrivals = torch.stack((self.p[i], self.s[i]), -1) - start[..., None]
            pieces.append(self._windows(bank.traces[row], arrivals))
        self._table = torch.cat(pieces)  # [entry phase function, sample]

    def _windows(self, traces: Any, arrivals: Float[Tensor, "depth distance 2"]) -> Tensor:
        """Of one model, depth by depth: only so much is in double precision at once."""
        length = fast_length(traces.shape[-1] + round((MEMORY + 2.0 * self.before) * SAMPLING))
        frequency = frequencies(length)
        gain = velocity_response(length)
        fade = _faded(self.samples)
        rows = []
        for depth in range(len(arrivals)):
            steps = _tensor(traces[depth])[:, _COLUMNS].diff(dim=-1) * SAMPLING
            spectrum = torch.fft.rfft(steps, length) * gain
            for phase in range(2):
                ahead = arrivals[depth, :, phase] - self.before
                turn = torch.exp(2j * torch.pi * frequency * ahead[:, None])[:, None]
                cut = torch.fft.irfft(spectrum * turn, length)[..., : self.samples]
                rows.append((cut * fade).float())
        stacked = torch.stack(rows).unflatten(0, (len(arrivals), 2)).transpose(1, 2)
        return stacked.reshape(-1, self.samples)  # [depth distance phase function, sample]

    def entry(
        self,
        model: Int[Tensor, " row"],
        depth: Float[Tensor, " row"],
        distance: Float[Tensor, " row"],
    ) -> Int[Tensor, " row"]:
        """The entry that is nearest in depth and distance (km).

        Nothing is interpolated between entries: the waves behind a first arrival are not in step with it, and a mean of
        two neighbours is a record of neither.
        """
        down, out = nearest(self.depths, depth), nearest(self.distances, distance)
        return (model * len(self.depths) + down) * len(self.distances) + out

    def arrivals(self, entry: Int[Tensor, " row"]) -> Float[Tensor, "row phase"]:
        """Travel times of P and S, s."""
        return torch.stack((self.p, self.s), -1).flatten(0, 2)[entry]

    def motion(
        self, entry: Int[Tensor, " row"], radiation: Float[Tensor, "row 10"]
    ) -> Float[Tensor, "row phase component sample"]:
        """Z, R and T of each row: its entry times :func:`~seisgrad.source.radiation.coefficients`, summed.

        Sums go over the table itself; nothing is copied out of it first.
        """
        row, functions = len(entry), len(_DEVIATORIC)
        column = _OF_COMPONENT.clamp(min=0)
        index = (2 * entry[:, None] + torch.arange(2))[..., None, None] * functions + column
        factor = torch.where(_OF_COMPONENT >= 0, radiation[:, _COLUMNS][:, column], 0.0)
        factor = factor[:, None].expand(row, 2, 3, 3).to(self._table.dtype)
        summed = torch.nn.functional.embedding_bag(
            index.reshape(-1, 3), self._table, per_sample_weights=factor.reshape(-1, 3), mode="sum"
        )
        return summed.view(row, 2, 3, self.samples)


def nearest(axis: Float[Tensor, " node"], value: Float[Tensor, "*batch"]) -> Int[Tensor, "*batch"]:
    """Index of the node of an increasing axis that is nearest to each value."""
    return torch.searchsorted(0.5 * (axis[1:] + axis[:-1]), value.contiguous())


def _faded(samples: int) -> Float[Tensor, " sample"]:
    place = torch.arange(samples, dtype=torch.float64)
    inside = torch.minimum(place, place.flip(0)) / (_FADE * SAMPLING)
    return torch.sin(0.5 * torch.pi * inside.clamp(max=1.0)).square()


def velocity_response(length: int) -> Tensor:
    """What makes filtered velocity of the differences between samples of displacement, by frequency.

    A difference over a time step is the derivative half a step later, smaller by sinc(f Δt); both are undone.
    """
    frequency = frequencies(length)
    step = 1.0 / SAMPLING
    half = torch.exp(-1j * torch.pi * frequency * step)
    return response(frequency, taper=False) * half / torch.sinc(frequency * step)


def _tensor(values: Any) -> Float[Tensor, "..."]:
    return torch.as_tensor(np.asarray(values), dtype=torch.float64)
