"""Every metric of a batch of models: kernels by parameter, all parameters together, and the values."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.audit import metrics
from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import Pair

Key = tuple[str, str]
"""A metric and the parameter it is of; the parameter is empty for the values and for all parameters together."""
Measures = dict[Key, Float[Tensor, "model branch output"]]

WHOLE = ""
"""The name of all parameters together."""
WHOLE_ERROR: Key = ("whole_relative_l2", WHOLE)
"""Relative L2 error of the kernels of all parameters together."""
WIDTH = 9
"""Samples in the running mean of the published metrics, and before the peak is sought."""

RAW: dict[str, metrics.Measure] = {
    "cosine": metrics.cosine,
    "correlation": metrics.pearson,
    "relative_l2": metrics.relative_l2,
    "amplitude_ratio": metrics.amplitude_ratio,
    "sign_error": metrics.sign_error,
    "integral_error": metrics.depth_integral_error,
}
"""Metrics of the kernels as they are."""
PUBLISHED: dict[str, metrics.Measure] = {
    "paper_cosine": metrics.cosine,
    "paper_correlation": metrics.pearson,
    "paper_mae": metrics.mean_absolute_difference,
}
"""Metrics of arXiv:2604.04107, of kernels that were smoothed and normalised first, which hides most errors."""
_SAMPLES = (4, 16, 64)
"""Lengths of the smooth perturbations, in samples of the profile."""


@dataclass(frozen=True, eq=False)
class Ruler:
    """What the metrics of one audit need beyond the kernels.

    Attributes:
        layout: the axes.
        scale: by which the kernels of each parameter are multiplied where parameters are taken together, so that the
            result does not depend on their units: a typical change of that parameter.
    """

    layout: Layout
    scale: Float[Tensor, " parameter"]

    @property
    def lengths(self) -> tuple[float, ...]:
        """Standard deviations of the smooth perturbations, in the unit of the positions: those shorter than a
        quarter of the profile.
        """
        positions = self.layout.compared
        if len(positions) < 2:
            return ()
        step, extent = float(positions.diff().median()), float(positions[-1] - positions[0])
        return tuple(n * step for n in _SAMPLES if n * step <= extent / 4)

    def measure(self, pair: Pair) -> Measures:
        """Every metric of a batch: NaN where one of the two operators has no value or a metric is not defined."""
        inside = self.layout.inside
        learned, exact = pair.learned[..., inside], pair.reference[..., inside]
        found = {("value_error", WHOLE): (pair.learned_value - pair.reference_value).abs()}
        found["value_relative_error", WHOLE] = found["value_error", WHOLE] / pair.reference_value.abs()
        scale = self.scale[:, None].to(exact)
        whole = (learned * scale).flatten(-2), (exact * scale).flatten(-2)
        found["whole_cosine", WHOLE] = metrics.cosine(*whole)
        found[WHOLE_ERROR] = metrics.relative_l2(*whole)
        for name, values in self._by_parameter(learned, exact).items():
            found |= {(name, parameter): values[..., i] for i, parameter in enumerate(self.layout.parameters)}
        return found

    def _by_parameter(
        self,
        learned: Float[Tensor, "model branch output parameter inside"],
        exact: Float[Tensor, "model branch output parameter inside"],
    ) -> dict[str, Float[Tensor, "model branch output parameter"]]:
        found = {name: measure(learned, exact) for name, measure in RAW.items()}
        positions = self.layout.compared
        for length in self.lengths:
            perturbations = metrics.bumps(positions, length)
            found[f"smooth_error_{length:g}"] = metrics.smooth_error(learned, exact, perturbations)
        a, b = (metrics.smooth(kernel, WIDTH) for kernel in (learned, exact))
        found["peak"] = metrics.largest(a, positions)
        found["peak_drift"] = found["peak"] - metrics.largest(b, positions)
        a, b = metrics.normalise(a), metrics.normalise(b)
        return found | {name: measure(a, b) for name, measure in PUBLISHED.items()}


def typical_change(models: Float[Tensor, "model parameter position"]) -> Float[Tensor, " parameter"]:
    """Standard deviation of each parameter over models, root mean square over positions; 1 where it never changes."""
    spread = models.double().std(0, unbiased=False).square().mean(-1).sqrt()
    return torch.where(spread > 0.0, spread, 1.0)
