"""The earths on which the operators of the kernels experiment are judged: none of them was ever trained on."""

import logging
import os
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.dispersion import prior
from seisgrad.dispersion.prior import DEPTH
from seisgrad.errors import InputError

SEED = 260404107
"""Of the models that are drawn for the table; the ``test`` split of a prior shares no draw with its other splits."""
FROZEN = "frozen"
"""The name of the ensemble that stands in a file and is never drawn again."""

OWN = {
    "default": "weak",
    **{name: name for name in ("weak", "weak_paper", "tectonic", "lvz", "tectonic_lvz")},
}
"""The shipped operators, each with the prior it belongs to."""
OTHERS = {"default": ("tectonic", "lvz")}
"""Priors that an operator is also judged on."""

_log = logging.getLogger(__name__)


def ensembles_of(operator: str) -> dict[str, str]:
    """The ensembles an operator is judged on, by name, each with what stands before the names of its cases.

    First the prior it belongs to (``weak`` where nothing else is known), without a prefix; then priors it has never
    seen; then the frozen ensemble.
    """
    others = (*OTHERS.get(operator, ()), FROZEN)
    return {OWN.get(operator, "weak"): "", **{name: f"{name} " for name in others}}


def frozen_file() -> Path:
    """Where the frozen ensemble is expected: in the folder that ``SEISGRAD_DATA`` names, or beside the checkout."""
    named = os.environ.get("SEISGRAD_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[5] / "shared" / "data"
    return folder / "dispersion" / "test_models.npz"


def models(name: str, number: int) -> Float[Tensor, "model 3 depth"] | None:
    """Models of an ensemble on the grid of the table (256 tops at 0.5 km): vp, vs (km/s) and rho (g/cm³).

    Args:
        name: of a prior, or :data:`FROZEN`.
        number: how many; of the frozen ensemble at most as many as there are.

    Returns:
        The models in float64, or None where the file of the frozen ensemble is absent.

    Raises:
        InputError: a prior that does not exist, a number that is not positive, a file on another grid.
    """
    if name != FROZEN:
        return prior(name).draw(number, seed=SEED, split="test").model.stack()
    path = frozen_file()
    if not path.is_file():
        _log.info(
            "no frozen ensemble at %s, its cases are left out: set SEISGRAD_DATA to the folder of data", path
        )
        return None
    with np.load(path) as data:
        if not np.array_equal(data["depth"], DEPTH.numpy()):
            raise InputError(f"{path} is on a grid of {len(data['depth'])} tops, expected 256 at 0.5 km")
        columns = [torch.from_numpy(data[key]).double() for key in ("vp", "vs", "rho")]
    return torch.stack(columns, dim=-2)[:number]
