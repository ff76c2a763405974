"""From data to a model with its uncertainty: takes any operator and knows no system.

:func:`gauss_newton` finds the most probable model under a :class:`GaussianPrior` and returns a :class:`Posterior`,
which says in its status whether it converged, stalled, or no model that the prior allows explains the data.
:func:`fwi` fits waveforms in stages, by gradients alone; :mod:`~seisgrad.inversion.waveform` has what belongs to it.
:func:`coverage` and its neighbours tell whether its intervals can be bet on.
"""

from seisgrad.inversion.average import Average, depth_average
from seisgrad.inversion.calibration import (
    Coverage,
    chance_band,
    coverage,
    inside_samples,
    ranks,
    uniformity,
)
from seisgrad.inversion.finish import Finished, Weighted, finish, reweigh
from seisgrad.inversion.first_order import descend
from seisgrad.inversion.gauss_newton import gauss_newton
from seisgrad.inversion.linearity import nonlinearity
from seisgrad.inversion.noise import Correlated, Independent, Noise
from seisgrad.inversion.nuts import Samples, nuts
from seisgrad.inversion.parameterisation import Bounded, FreeLayers, Profile, paper_control_points
from seisgrad.inversion.posterior import Posterior, Status
from seisgrad.inversion.prior import GaussianPrior, depth_covariance
from seisgrad.inversion.randomised import randomised_maximum_likelihood
from seisgrad.inversion.reweighted import Reweighted, Scaled, estimate_noise, robust
from seisgrad.inversion.search import Search, search
from seisgrad.inversion.waveform import Stage, fwi

__all__ = [
    "Average",
    "Bounded",
    "Correlated",
    "Coverage",
    "Finished",
    "FreeLayers",
    "GaussianPrior",
    "Independent",
    "Noise",
    "Posterior",
    "Profile",
    "Reweighted",
    "Samples",
    "Scaled",
    "Search",
    "Stage",
    "Status",
    "Weighted",
    "chance_band",
    "coverage",
    "depth_average",
    "depth_covariance",
    "descend",
    "estimate_noise",
    "finish",
    "fwi",
    "gauss_newton",
    "inside_samples",
    "nonlinearity",
    "nuts",
    "paper_control_points",
    "randomised_maximum_likelihood",
    "ranks",
    "reweigh",
    "robust",
    "search",
    "uniformity",
]
