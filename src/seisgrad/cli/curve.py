"""One dispersion curve of one model, by the exact operator or by somebody's own."""

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.cli.choices import load_operator
from seisgrad.dispersion.physics import Status, solve
from seisgrad.dispersion.physics import kernels as exact_kernels
from seisgrad.dispersion.surrogate import DispersionNet
from seisgrad.dispersion.survey import Survey
from seisgrad.earth import LayeredModel
from seisgrad.errors import InputError
from seisgrad.operator import Operator, linearise
from seisgrad.report.files import Curve


def predict(model: LayeredModel, survey: Survey, operator: str, *, kernels: bool) -> Curve:
    """Velocity, status and, where asked for, the four kernels of the survey's only branch.

    Raises:
        InputError: an operator of one's own that does not give one value per period.
    """
    if operator != "exact":
        return _by_operator(model, survey, operator, kernels=kernels)
    (branch,) = survey.branches
    question = (model, survey.periods, branch.wave, branch.kind, branch.mode, survey.earth)
    if not kernels:
        answer = solve(*question)
        return Curve(survey, answer.velocity, answer.status)
    answer = exact_kernels(*question)
    rows = {name: getattr(answer, name) for name in ("vp", "vs", "rho", "thickness")}
    return Curve(survey, answer.velocity, answer.status, rows, model.depth)


def _by_operator(model: LayeredModel, survey: Survey, name: str, *, kernels: bool) -> Curve:
    """The same by an operator from ``[3, depth]``, which knows no thickness: that kernel is NaN."""
    function, x = load_operator(name, survey, model.depth), model.stack()
    wanted = (1, len(survey.periods))
    with torch.set_grad_enabled(kernels):
        value = function(x)
    if tuple(value.shape) not in (wanted, wanted[1:]):
        raise InputError(
            f"--operator {name} returned shape {tuple(value.shape)}, expected [branch, period] {wanted}"
        )
    velocity = value.detach().to(torch.float64).reshape(-1)
    # a surrogate refuses what it cannot answer: what it leaves out is no mode
    reason = Status.BELOW_CUTOFF if isinstance(function, DispersionNet) else Status.FAILED
    status = torch.where(velocity.isfinite(), int(Status.OK), int(reason)).to(torch.uint8)
    if not kernels:
        return Curve(survey, velocity, status)
    rows = _rows(function, x).reshape(len(velocity), 3, -1).to(torch.float64)
    named = {
        "vp": rows[:, 0],
        "vs": rows[:, 1],
        "rho": rows[:, 2],
        "thickness": torch.full_like(rows[:, 0], torch.nan),
    }
    return Curve(survey, velocity, status, named, model.depth)


def _rows(function, x: Float[Tensor, "3 layer"]) -> Float[Tensor, "... 3 layer"]:
    return linearise(function if isinstance(function, Operator) else lambda m: function(m), x)[1].detach()
