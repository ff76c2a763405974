"""From data to a model with its uncertainty: takes any operator and knows no system.

:func:`gauss_newton` finds the most probable model under a :class:`GaussianPrior` and returns a :class:`Posterior`,
which says in its status whether it converged, stalled, or no model that the prior allows explains the data.
"""

from seisgrad.inversion.gauss_newton import gauss_newton
from seisgrad.inversion.noise import Correlated, Independent, Noise
from seisgrad.inversion.posterior import Posterior, Status
from seisgrad.inversion.prior import GaussianPrior, depth_covariance

__all__ = [
    "Correlated",
    "GaussianPrior",
    "Independent",
    "Noise",
    "Posterior",
    "Status",
    "depth_covariance",
    "gauss_newton",
]
