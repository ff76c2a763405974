"""What the commands that invert have in common."""

from jaxtyping import Float
from torch import Tensor

from seisgrad.dispersion.invert import Inversion
from seisgrad.dispersion.physics import kernels
from seisgrad.dispersion.survey import Branch


def kernels_to_vs(inversion: Inversion) -> dict[Branch, Float[Tensor, "period layer"]]:
    """The exact kernels to vs of every branch of an inversion at its most probable earth."""
    survey, model = inversion.survey, inversion.model
    return {
        branch: kernels(model, survey.periods, branch.wave, branch.kind, branch.mode, survey.earth).vs
        for branch in survey.branches
    }
