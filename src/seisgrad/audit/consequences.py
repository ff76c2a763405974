"""What a learned derivative does to an inversion: steps, uncertainties and descent with either Jacobian."""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Consequences:
    """One linearised inversion per model with the exact and with the learned Jacobian, everything else being exact.

    First axis ``model``: one true model with noisy data, and another model from which the inversion starts. Angles are
    in degrees; ratios are learned over exact; ``parameters`` names the last axis of the resolved positions. NaN where
    a number does not exist.

    Attributes:
        truth: index of the true model in the set.
        start: index of the starting model; -1 where it is the mean of the prior.
        angle: between the Gauss-Newton steps, in the metric of the exact posterior (errors the data and the prior care
            about).
        plain_angle: between the Gauss-Newton steps as they stand, each parameter over its prior sigma.
        length_ratio: of the Gauss-Newton steps in the metric of the exact posterior.
        trace_ratio: of the posterior covariances, each parameter over its prior variance.
        resolved_exact: deepest position with 1 - σ²(posterior)/σ²(prior) of at least 0.5 by the exact Jacobian.
        resolved_learned: the same by the learned one.
        chi2_start: squared residuals over sigma per datum at the start.
        chi2_exact: at the end of the exact Gauss-Newton step, searched along its line.
        chi2_learned: at the end of the learned one, likewise; always the *true* misfit, of the exact operator.
        falls: 1 where the learned Gauss-Newton direction lowers the true objective (misfit and prior), else 0.
        gain: decrease of the true objective along it over that along the exact one.
        descent_falls: 1 where the direction of steepest descent by the learned Jacobian lowers the true objective.
        descent_gain: decrease of the true objective along it over that along the exact one.
    """

    parameters: tuple[str, ...]
    truth: Int[Tensor, " model"]
    start: Int[Tensor, " model"]
    angle: Float[Tensor, " model"]
    plain_angle: Float[Tensor, " model"]
    length_ratio: Float[Tensor, " model"]
    trace_ratio: Float[Tensor, " model"]
    resolved_exact: Float[Tensor, "model parameter"]
    resolved_learned: Float[Tensor, "model parameter"]
    chi2_start: Float[Tensor, " model"]
    chi2_exact: Float[Tensor, " model"]
    chi2_learned: Float[Tensor, " model"]
    falls: Float[Tensor, " model"]
    gain: Float[Tensor, " model"]
    descent_falls: Float[Tensor, " model"]
    descent_gain: Float[Tensor, " model"]
