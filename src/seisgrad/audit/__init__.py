"""The audit: where a learned derivative can be trusted. It compares operators and knows no system."""

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

__all__ = [
    "amplitude_ratio",
    "cosine",
    "depth_integral_error",
    "mean_absolute_difference",
    "normalise",
    "pearson",
    "relative_l2",
    "sign_error",
    "smooth",
    "smooth_and_normalise",
]
