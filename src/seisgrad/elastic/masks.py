"""Which records of a line an inversion looks at: by component, by offset, and by signal over noise."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.elastic.data import Spectra
from seisgrad.elastic.survey import COMPONENTS
from seisgrad.errors import InputError

Chosen = Literal["both", "vertical", "horizontal"]

_SAME = 1e-6  # km: a source and a receiver closer than this are one node


@dataclass(frozen=True)
class Mask:
    """Weights of 1 and 0.

    Attributes:
        weight: ``[source, frequency, component, receiver, 1]``.
        left_out: how many of the records each rule leaves out; a record may break several.
        records: in all.
    """

    weight: Float[Tensor, "source frequency component receiver 1"]
    left_out: dict[str, int]
    records: int

    @property
    def used(self) -> int:
        """Records that count."""
        return int(self.weight.sum())


def mask(
    spectra: Spectra,
    components: str = "both",
    offsets: tuple[float, float] | None = None,
    signal_to_noise: float = 0.0,
) -> Mask:
    """The records that count: those that are there, not of a node to itself, and what the arguments ask.

    Args:
        spectra: the data.
        components: of motion: ``"both"``, ``"vertical"`` or ``"horizontal"``.
        offsets: distances between source and receiver, km, both ends included; None for all.
        signal_to_noise: the least amplitude over the standard deviation of a part; 0 asks nothing.

    Raises:
        InputError: an unknown component, a ratio without an error estimate, or rules that leave nothing.
    """
    if components not in get_args(Chosen):
        raise InputError(f"components is {components!r}, expected one of {', '.join(get_args(Chosen))}")
    survey = spectra.survey
    away = (survey.sources[:, None] - survey.receivers).abs()[:, None, None]
    rules = {
        "gaps": ~spectra.values.isnan().any(-1),
        "a node to itself": away > _SAME,
    }
    if offsets is not None:
        low, high = offsets
        rules["offset"] = (away >= low - _SAME) & (away <= high + _SAME)
    if components != "both":
        chosen = torch.tensor([name == components for name in COMPONENTS])
        rules["component"] = chosen[None, None, :, None]
    if signal_to_noise > 0:
        if spectra.deviation is None:
            raise InputError(
                f"signal_to_noise is {signal_to_noise:g}, but the data have no variable deviation to compare with; add "
                "it, or leave signal_to_noise out"
            )
        amplitude = spectra.values.square().sum(-1).sqrt()
        # a deviation that is not known compares false and leaves its record out
        rules["signal over noise"] = amplitude.nan_to_num(0.0) >= signal_to_noise * spectra.deviation
    shape = spectra.values.shape[:-1]
    passed = {name: rule.expand(shape) for name, rule in rules.items()}
    there = torch.stack(list(passed.values())).all(0)
    left_out = {name: int((~rule).sum()) for name, rule in passed.items()}
    if not bool(there.any()):
        told = ", ".join(f"{name} {number}" for name, number in left_out.items() if number)
        raise InputError(f"no record is left of {there.numel()} (left out by {told}); relax a rule")
    return Mask(there[..., None].double(), left_out, there.numel())
