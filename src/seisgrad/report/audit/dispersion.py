"""The audit of a dispersion operator: what it is compared with, band by band, and on which earths."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import Linearised
from seisgrad.audit.shift import stretched, with_low, with_step
from seisgrad.dispersion import Physics, prior
from seisgrad.dispersion.prior import DEPTH
from seisgrad.dispersion.surrogate import DispersionNet
from seisgrad.earth.layered import thickness_from_depth
from seisgrad.earth.validation import find_fault
from seisgrad.operator import Operator
from seisgrad.report.reproduce.ensembles import SEED
from seisgrad.report.reproduce.kernels import SURVEY, WAVES, compared, exact_rows, fitted
from seisgrad.report.reproduce.table import BANDS, band_case, periods_of

ENSEMBLE = 2000
"""Earths of the training ensemble from which its mean and its principal directions are taken."""
OTHERS = ("weak", "tectonic", "lvz")
"""Priors that an operator is audited on too, its own apart."""
STEP, FASTER = 35.0, 1.25
"""A sharp discontinuity: below this depth, km, everything is multiplied by this factor."""
ZONE, SLOWER = (60.0, 90.0), 0.9
"""A low zone: between these depths, km, everything is multiplied by this factor."""

Earths = Float[Tensor, "model 3 depth"]


def layout() -> Layout:
    """The axes of the table of the kernels' experiment: its twelve bands are the groups, and kernels count at nodes
    with tops above 110 km, not in the half-space."""
    exact = Physics(SURVEY, DEPTH)
    groups = {}
    for i, wave in enumerate(WAVES):
        for band in BANDS:
            groups[band_case(wave, band)] = torch.zeros(exact.codomain.shape, dtype=torch.bool)
            groups[band_case(wave, band)][i] = periods_of(band)
    return Layout.of(exact.domain, exact.codomain, inside=compared(DEPTH), groups=groups)


def reference() -> Linearised:
    """The exact operator, with kernels from one sweep through the layers for all rows."""

    def both(x: Earths) -> tuple[Tensor, Tensor]:
        rows = exact_rows(x, DEPTH)
        return rows.velocity, rows.kernel

    return Linearised(Physics(SURVEY, DEPTH), both)


def audited(found: Operator | Callable[[Tensor], Tensor]) -> Operator | Callable[[Tensor], Tensor]:
    """An operator cut to the branches and periods of the table; a plain function or network as it is.

    Raises:
        InputError: another grid, or branches or periods of the table that it does not give.
    """
    return fitted(found, DEPTH) if isinstance(found, Operator) else found


def settings_of(operator: object) -> dict[str, Any] | None:
    """How the dataset was made that an operator was trained on: its prior and seed; None where no card says so."""
    return operator.card["data"]["settings"] if isinstance(operator, DispersionNet) else None


def training_ensemble(name: str, seed: int) -> Earths:
    """The first earths of a training set.

    Args:
        name: of the prior.
        seed: of the dataset.
    """
    return prior(name).draw(ENSEMBLE, seed=seed, split="train", depth=DEPTH).model.stack()


def unseen_earths(name: str, number: int) -> Earths:
    """Earths that no training has seen: of the test split."""
    return prior(name).draw(number, seed=SEED, split="test", depth=DEPTH).model.stack()


def shifted_sets(
    own: str, earths: Earths, ensemble: Float[Tensor, "known 3 depth"], number: int
) -> dict[str, Tensor]:
    """Sets of earths that training has not shown: of other priors, further out, with a step and with a low zone.

    Args:
        own: the prior that the operator belongs to.
        earths: of that prior, to be changed.
        ensemble: of training.
        number: of earths in each set, at most: what a change has made impossible as an earth (a ratio of velocities
            that no solid has) is left out, and a set without an earth too.
    """
    found = {name: unseen_earths(name, number) for name in OTHERS if name != own}
    found["stretched"] = stretched(earths, ensemble)
    found["with a step"] = with_step(earths, DEPTH, STEP, FASTER)
    found["with a low zone"] = with_low(earths, DEPTH, *ZONE, SLOWER)
    return {name: kept for name, x in found.items() if len(kept := _possible(x)[:number])}


def _possible(earths: Earths) -> Earths:
    thickness = thickness_from_depth(DEPTH)
    there = [find_fault(thickness, *earth.unbind(-2)) is None for earth in earths]
    return earths[torch.tensor(there, dtype=torch.bool)]
