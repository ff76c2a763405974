"""The mode network as a solver of values with rows: the same face towards torch as the exact engine."""

from collections.abc import Iterator

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.dispersion.modal.network import Answer, ModeNetwork
from seisgrad.earth import LayeredModel
from seisgrad.errors import InputError

#: (earth, period) pairs evaluated at a time, to bound memory: rows take 6 KB each on 256 layers.
_BLOCK = 8192
#: As many where a CPU calculates their rows, which more would push out of its cache.
_BLOCK_OF_ROWS = 2048
#: Inputs this many standard deviations outside the range of training are refused.
_MOST_EXCESS = 1.0


class ModeSolver:
    """One wave at some periods, as a tenant of :func:`seisgrad.implicit.differentiable`.

    Args:
        network: trained.
        wave: ``"rayleigh"`` or ``"love"``.
        tops: of the layers, km.
        periods: s.
        strict: raise InputError on inputs outside the range of training; otherwise their values are NaN.
    """

    def __init__(
        self,
        network: ModeNetwork,
        wave: str,
        tops: Float[Tensor, " layer"],
        periods: Float[Tensor, " period"],
        strict: bool,
    ) -> None:
        self.network, self.wave, self.strict = network, wave, strict
        self.tops, self.periods = tops, periods

    def __call__(self, parameters: tuple[Tensor, ...], want_rows: bool) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Values ``[model, period]`` and rows of vp, vs and rho, each ``[model, period, layer]`` (zero where NaN).

        Raises:
            InputError: what is no solid earth; one outside the range of training, where that is not allowed.
        """
        values, rows = [], []
        for answer, missing in self.answers(parameters, want_rows):
            values.append(answer.velocity.masked_fill(missing, torch.nan))
            if answer.rows is not None:
                rows.append(answer.rows.double().masked_fill(missing[..., None, None], 0.0))
        return torch.cat(values), torch.cat(rows).unbind(2) if want_rows else ()

    @torch.no_grad()
    def answers(
        self, parameters: tuple[Tensor, ...], rows: bool = False
    ) -> Iterator[tuple[Answer, Bool[Tensor, "model period"]]]:
        """The network's answers in blocks of models, and which of their values do not exist or are left out.

        Raises:
            InputError: as when called.
        """
        check_solid(*parameters)
        earth = torch.stack(parameters, 1)
        tops, periods = self.tops.to(earth.device), self.periods.to(earth.device)
        block = _BLOCK_OF_ROWS if rows and earth.device.type == "cpu" else _BLOCK
        some = max(1, block // len(periods))
        for first in range(0, max(1, len(earth)), some):
            part = earth[first : first + some]
            answer = self.network.answer(self.wave, tops, part, periods.expand(len(part), -1), rows)
            outside = answer.excess > _MOST_EXCESS
            if self.strict and bool(outside.any()):
                raise InputError(self._said(answer.excess, first))
            # as the exact operator: no mode where the half-space does not trap it
            yield answer, outside | ~(answer.velocity < part[:, 1, -1:])

    def _said(self, excess: Float[Tensor, "model period"], first: int) -> str:
        model, period = divmod(int(excess.argmax()), excess.shape[1])
        return (
            f"model [{first + model}] at period {float(self.periods[period]):g} s is {float(excess.max()):.1f} "
            f"standard deviations outside what the surrogate was trained on ({self.wave}); use the exact operator, "
            "or in Python outside='nan' to leave such values out"
        )


def check_solid(vp: Tensor, vs: Tensor, rho: Tensor) -> None:
    """InputError where layers ``[model, layer]`` are no earth, or have water, which no surrogate has learned."""
    LayeredModel(torch.ones_like(vp), vp, vs, rho)
    if bool((vs == 0.0).any()):
        model, layer = (int(i) for i in (vs == 0.0).nonzero()[0])
        raise InputError(
            f"model [{model}], layer {layer + 1} is water, which the surrogates have not learned; use the exact "
            "operator"
        )
