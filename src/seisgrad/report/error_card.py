"""How good a trained surrogate is: measured on earths it has never seen, and written into its card."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.dispersion import Branch, Physics, Survey
from seisgrad.dispersion.modal.network import ModeNetwork
from seisgrad.dispersion.prior import DEPTH, prior
from seisgrad.dispersion.surrogate import DispersionNet, annotate_card
from seisgrad.report.reproduce.ensembles import models as models_of
from seisgrad.report.reproduce.kernels import SURVEY, WAVES, evaluate, exact_rows
from seisgrad.report.reproduce.table import BANDS, band_case, cases, periods_of

METRICS = (
    "mape_percent",
    "raw_cosine_vs",
    "raw_cosine_vp",
    "raw_cosine_rho",
    "relative_l2_vs",
    "relative_l2_vp",
    "relative_l2_rho",
)
PARTS = {"broad": ("weak", "tectonic", "lvz")}
"""Ensembles that are mixtures, and what a surrogate of one is judged on."""
CITATION = (
    "Yu, Cai & Liu (2026), arXiv:2604.04107, for the experiment; seisgrad for the network and its training"
)
GROUP = Survey(tuple(Branch(wave, "group") for wave in WAVES), SURVEY.periods)
#: Earths whose group velocities are made at a time.
_SOME = 50
#: Validation earths from which the scale of the expected errors is taken.
_CALIBRATION = 200


def measurable(card: dict[str, Any]) -> bool:
    """Whether a surrogate lives on the grid and the periods of the table."""
    layout = card["layout"]
    return layout["depth"] == DEPTH.tolist() and layout["periods"] == SURVEY.periods.tolist()


def measure(folder: Path, number: int, tell: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
    """Errors of velocity and kernels by band, and the scale of the expected errors, added to the card in ``folder``.

    Args:
        folder: of a trained surrogate for which :func:`measurable` holds.
        number: of earths from the test split of its prior, or of each part of a mixture.
        tell: what is being done, for a progress bar.

    Returns:
        The entries that the card has gained. ``mape_percent`` is that of phase velocity; of group velocity, whose
        errors have a long tail, there are the mean and the median.
    """
    net = DispersionNet(folder, SURVEY, outside="nan")
    name = net.card["data"]["settings"]["prior"]
    found: dict[str, Any] = {"citation": CITATION, "errors": []}
    if isinstance(net.network, ModeNetwork):
        found["doubt_factor"] = net.card["doubt_factor"] = 1.0
        found["doubt_factor"] = _doubt_factor(net, name)
    for part in PARTS.get(name, (name,)):
        earths = models_of(part, number)
        assert earths is not None
        comparison = evaluate(
            {part: net}, earths, DEPTH, lambda done, p=part: tell(f"{done} of {number} of {p}")
        )[part]
        bands: dict[str, dict[str, Any]] = {}
        for line in cases(part, comparison):
            if line.metric in METRICS:
                value = round(line.mean, 5) if math.isfinite(line.mean) else None  # Love waves know no vp
                bands.setdefault(line.case, {"band": line.case})[line.metric] = value
        for case, entries in _group_errors(folder, earths).items():
            bands[case] |= entries
        found["errors"].append({"prior": part, "models": number, "bands": list(bands.values())})
    annotate_card(folder, found)
    return found


def _group_errors(folder: Path, earths: Float[Tensor, "model 3 depth"]) -> dict[str, dict[str, float | None]]:
    """Mean and median error of group velocity in percent, by band; what either operator does not give is left out."""
    net, exact = DispersionNet(folder, GROUP, outside="nan"), Physics(GROUP, DEPTH)
    parts = []
    for x in earths.split(_SOME):
        true = exact(x)
        parts.append(100.0 * (net(x) - true).abs() / true)
    error, found = torch.cat(parts), {}
    for branch, wave in enumerate(WAVES):
        for band in BANDS:
            inside = error[:, branch, periods_of(band)]
            mean, median = float(inside.nanmean()), float(inside.nanmedian())
            found[band_case(wave, band)] = {
                name: round(value, 5) if math.isfinite(value) else None
                for name, value in (("group_mape_percent", mean), ("group_median_percent", median))
            }
    return found


def _doubt_factor(net: DispersionNet, name: str) -> float:
    """What the network's expected errors must be multiplied with to be right on average."""
    earths = prior(name).draw(_CALIBRATION, seed=0, split="validation").model.stack()
    true = exact_rows(earths, DEPTH).velocity
    error, expected = (net(earths) - true).abs(), net.uncertainty(earths) / 2.0**0.5
    there = error.isfinite() & expected.isfinite()
    return float(torch.sum(error[there]) / torch.sum(expected[there]))
