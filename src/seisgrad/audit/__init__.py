"""The audit: where a learned derivative can be trusted. It compares operators and knows no system.

:func:`compare` runs all of it on two operators and a set of models, and returns a :class:`Report`; :func:`gradients`
compares what an inversion of many data sees, the gradient of a misfit, and :func:`compare_gradients` gradients that
were worked out elsewhere.
"""

from seisgrad.audit.compare import compare
from seisgrad.audit.gradients import Gradients, compare_gradients, gradients
from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import Linearised, Pair, pairs
from seisgrad.audit.metrics import (
    amplitude_ratio,
    cosine,
    depth_integral_error,
    mean_absolute_difference,
    normalise,
    pearson,
    relative_l2,
    sign_error,
    smooth,
    smooth_and_normalise,
)
from seisgrad.audit.report import Report
from seisgrad.audit.shift import stretched, with_low, with_step

__all__ = [
    "Gradients",
    "Layout",
    "Linearised",
    "Pair",
    "Report",
    "amplitude_ratio",
    "compare",
    "compare_gradients",
    "cosine",
    "depth_integral_error",
    "gradients",
    "mean_absolute_difference",
    "normalise",
    "pairs",
    "pearson",
    "relative_l2",
    "sign_error",
    "smooth",
    "smooth_and_normalise",
    "stretched",
    "with_low",
    "with_step",
]
