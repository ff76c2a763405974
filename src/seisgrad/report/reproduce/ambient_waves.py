"""Spectra of the surface by every operator against the exact ones: Figure 2 of Zou et al. (2025), band by band."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.elastic.error_card import CLEAR, correlation, relative_l2
from seisgrad.report.reproduce.acoustic import line
from seisgrad.report.reproduce.ambient import BASIN, Case, Maker, Setting, Tell, Truth, predict
from seisgrad.report.reproduce.table import Line

PAPER = 0.98
"""The paper's correlation on an unseen basin, of waveforms in time, all frequencies together."""
LOW, ALL = "0.12-0.30", "0.12-0.50"
"""Bands of several bands."""


@dataclass(frozen=True, eq=False)
class Waves:
    """How well every operator does on the earths of a case.

    Attributes:
        case: of the earths.
        setting: of the experiment.
        correlation: of the complex spectra, by operator.
        relative_l2: the same.
        truth: the first earth,
        records: its exact spectra by ``exact truth`` and those of every operator, of one source in the middle.
        source: the index of that.
    """

    case: Case
    setting: Setting
    correlation: dict[str, Float[Tensor, "earth source frequency"]]
    relative_l2: dict[str, Float[Tensor, "earth source frequency"]]
    truth: Truth
    records: dict[str, Float[Tensor, "frequency component receiver part"]]
    source: int


def evaluate(
    case: Case,
    makers: Mapping[str, Maker],
    number: int,
    first: Callable[[Case], Truth],
    tell: Tell = lambda done: None,
) -> Waves:
    """Judge operators on the earths of a case, at all nodes beyond a kilometre from the source.

    Args:
        case: which earths.
        makers: operators by name.
        number: of earths, where a case has many.
        first: the first earth of a case, kept for what comes later.
        tell: called with words as the work goes on.
    """
    setting = first(case).setting
    truths = [first(case), *(Truth(case, setting, i) for i in range(1, number if case.many else 1))]
    found: dict[str, list[tuple[Tensor, Tensor]]] = {name: [] for name in makers}
    shown: dict[str, Tensor] = {}
    source = len(truths[0].survey.sources) // 2
    for i, truth in enumerate(truths):
        tell(f"{i + 1} of {len(truths)}: exact")
        survey, true = truth.survey, truth.records
        close = (survey.receivers - survey.sources[:, None]).abs() < CLEAR
        shown.setdefault("exact truth", true[source])
        for name, make in makers.items():
            tell(f"{i + 1} of {len(truths)}: {name}")
            mine = predict(make(truth.grid, survey), truth.earth)
            found[name].append((correlation(mine, true, close), relative_l2(mine, true, close)))
            shown.setdefault(name, mine[source])
    pairs = {name: tuple(torch.stack(v) for v in zip(*values, strict=True)) for name, values in found.items()}
    return Waves(
        case,
        setting,
        {name: pair[0] for name, pair in pairs.items()},
        {name: pair[1] for name, pair in pairs.items()},
        truths[0],
        shown,
        source,
    )


def wave_lines(found: Waves) -> list[Line]:
    """Correlation and relative L2 by band, below 0.3 Hz, and of all."""
    setting, lines = found.setting, []
    bands = setting.bands | {LOW: setting.band(0.12, 0.30), ALL: setting.band(0.12, 0.50)}
    for name, values in found.correlation.items():
        for band, inside in bands.items():
            if not inside:
                continue
            told = name not in ("background", "exact") and band == ALL and found.case == BASIN
            lines += [
                line(name, f"{found.case.name} {band}", metric, part[..., inside], paper)
                for metric, part, paper in (
                    ("correlation", values, PAPER if told else math.nan),
                    ("relative_l2", found.relative_l2[name], math.nan),
                )
            ]
    return lines
