"""Training of the mode network: exact velocities and kernel rows, one (earth, wave, period) per sample and step."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from seisgrad.dispersion.learning import Losses, Samples, arrays_of
from seisgrad.dispersion.modal.network import Lesson, Reply, top_of
from seisgrad.dispersion.networks import Layout, Modes
from seisgrad.training.task import Batch, Split

#: Share of the kernel of vs above the depth at which a mode is said to begin.
_BEGINS = 0.03
#: Jitter of the scale (of ln c) and of the top (wavelengths), so that a scout's errors are no surprise.
_SCALE_JITTER, _TOP_JITTER = 0.02, 0.2
#: An error of the velocity that weighs as much as a kernel row that is wrong altogether.
_VELOCITY_UNIT = 0.01
#: Share of the vs row's square below which another row is not looked at more closely.
_ROW_FLOOR = 1e-2
_SCOUT_BETA = 0.02
#: Weight of the expected error's likelihood (Laplace's distribution): it is to learn from the others, not to lead them.
_DOUBT_WEIGHT = 0.02
_ADAPT_SAMPLES = 20_000


class ModeTask:
    """Eigenfunctions that give the right velocity and the right kernels, for :func:`seisgrad.training.fit`.

    Args:
        train, validation: samples as of :class:`~seisgrad.dispersion.learning.CurveTask`, with rows.
        layout: the axes of both.
        arguments: of the network.
        losses: of these count ``derivatives``, ``row_weight`` and ``parameter_weights``. On values alone nothing tells
            the scout where a mode begins: it is then looked for from the surface.
        seed: of its first weights.
        data: what the samples are, JSON-able, for the card.

    Raises:
        InputError: arrays that are missing or do not fit the layout.
    """

    def __init__(
        self,
        train: Samples,
        validation: Samples,
        layout: Layout,
        arguments: Modes,
        losses: Losses,
        *,
        seed: int = 0,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self.losses = losses
        self.tops = torch.tensor(layout.depth, dtype=torch.float64)
        self.periods = np.asarray(layout.periods)
        self.waves = [branch.split()[0] for branch in layout.branches]
        self._arrays = {
            split: self._with_beginnings(arrays_of(samples, layout, True, split))
            for split, samples in (("train", train), ("validation", validation))
        }
        self._description = {
            "system": "dispersion",
            "network": "modes",
            "arguments": asdict(arguments),
            "layout": layout.to_dict(),
            "losses": asdict(losses) | {"parameter_weights": list(losses.parameter_weights)},
            "data": dict(data or {}),
        }
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = arguments.build(layout)
        index = np.arange(min(_ADAPT_SAMPLES, self.number("train")))
        network.adapt(self._lessons(self.batch("train", index, np.random.default_rng(seed))))
        self.network: nn.Module = network

    def number(self, split: Split) -> int:
        """How many earths there are."""
        return len(self._arrays[split]["earth"])

    def batch(self, split: Split, index: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        """One row of each earth with its velocity, and jitter of the scale and the top."""
        arrays = self._arrays[split]
        which = generator.integers(arrays["rows"].shape[1], size=len(index))
        branch = arrays["row_branch"][index, which].astype(np.int64)
        period = arrays["row_period"][index, which].astype(np.int64)
        jitter = np.stack(
            [generator.standard_t(3.0, len(index)).clip(-5.0, 5.0), generator.standard_normal(len(index))], 1
        )
        found = {
            "earth": arrays["earth"][index],
            "branch": branch,
            "period": self.periods[period],
            "velocity": arrays["velocity"][index, branch, period],
            "row": arrays["rows"][index, which],
            "begin": arrays["begin"][index, which],
            "jitter": jitter,
        }
        return {name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in found.items()}

    def loss(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """``loss`` and its parts: ``row``, ``value`` and ``scout``; ``mape_percent`` and ``row_percent`` for people."""
        lessons = self._lessons(batch)
        replies: dict[str, Reply] = network(lessons)
        parts = [self._parts(replies[w], lessons[w], batch["row"][here], batch["begin"][here])
                 for w, here in self._of_wave(batch)]  # fmt: skip
        joined = {name: torch.cat([part[name] for part in parts]).mean() for name in parts[0]}
        loss = joined["value"] + joined["scout"] + _DOUBT_WEIGHT * joined["doubt"]
        if self.losses.derivatives:
            loss = loss + self.losses.row_weight * joined["row"]
        return {"loss": loss, **joined}

    def description(self) -> dict[str, Any]:
        """The card's entries: network, arguments, layout and data."""
        return self._description

    def _with_beginnings(self, arrays: dict[str, NDArray]) -> dict[str, NDArray]:
        """The depth at which each row's mode begins, ``[sample, row]`` km."""
        begin = np.zeros(arrays["row_period"].shape)
        if not self.losses.derivatives:
            return arrays | {"begin": begin}
        tops = self.tops.numpy()
        for first in range(0, len(begin), 1024):
            here = slice(first, first + 1024)
            grown = np.cumsum(np.abs(np.nan_to_num(arrays["rows"][here, :, 1])), -1)
            begin[here] = tops[(grown < _BEGINS * grown[..., -1:]).sum(-1).clip(max=len(tops) - 1)]
        return arrays | {"begin": begin}

    def _of_wave(self, batch: Batch) -> list[tuple[str, Tensor]]:
        """For each wave of the batch, which samples are its, with a velocity."""
        there = batch["velocity"].isfinite()
        chosen = [(w, ((batch["branch"] == i) & there).nonzero()[:, 0]) for i, w in enumerate(self.waves)]
        return [(wave, here) for wave, here in chosen if len(here)]

    def _lessons(self, batch: Batch) -> dict[str, Lesson]:
        tops = self.tops.to(batch["earth"].device)
        return {
            wave: _lesson(tops, {n: v[here] for n, v in batch.items()}) for wave, here in self._of_wave(batch)
        }

    def _parts(
        self,
        reply: Reply,
        lesson: Lesson,
        row: Float[Tensor, "sample 3 layer"],
        begin: Float[Tensor, " sample"],
    ) -> dict[str, Tensor]:
        """The losses of each sample of one wave."""
        size = row.square().sum(-1)
        size = size.clamp_min(1e-20) + _ROW_FLOOR * size[:, 1:2] * size.new_tensor([1.0, 0.0, 1.0])
        off = (reply.rows[:, 0] - row).square().sum(-1) / size
        weights = off.new_tensor(self.losses.parameter_weights)
        error = reply.error[:, 0]
        ratio = torch.log(lesson.exact / reply.first)
        scale = (reply.first * lesson.period)[:, 0]
        doubt = reply.doubt[:, 0] + error.detach().abs() * torch.exp(-reply.doubt[:, 0])
        scout = _huber(reply.ratio - ratio)[:, 0] + _huber(reply.begin[:, 0] - begin / scale)
        return {
            # saturating: a mode that the network has not found yet must not rule the step
            "row": (torch.log1p(off) * weights).sum(-1),
            "value": torch.log1p((error / _VELOCITY_UNIT) ** 2),
            "scout": scout.to(off.dtype),
            "doubt": doubt,
            "mape_percent": 100.0 * error.detach().abs(),
            "row_percent": 100.0 * off[:, 1].detach().sqrt(),
        }


def _huber(difference: Tensor) -> Tensor:
    return nn.functional.smooth_l1_loss(
        difference, torch.zeros_like(difference), beta=_SCOUT_BETA, reduction="none"
    )


def _lesson(tops: Tensor, batch: Batch) -> Lesson:
    """One wave's samples, each with one period."""
    exact, period = batch["velocity"].double()[:, None], batch["period"].double()[:, None]
    scale, shift = batch["jitter"].double().unbind(-1)
    velocity = exact * torch.exp(_SCALE_JITTER * scale[:, None])
    begin = batch["begin"].double()[:, None] + _TOP_JITTER * shift[:, None] * exact * period
    return Lesson(tops, batch["earth"].double(), period, exact, velocity, top_of(begin, velocity * period))
