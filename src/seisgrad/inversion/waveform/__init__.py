"""Full-waveform inversion of any operator: misfits, stages, batches, steps; knows no system.

:func:`fwi` fits a model to wavefields in stages and returns a :class:`Result` that says how it ended.
"""

from seisgrad.inversion.waveform.fwi import fwi
from seisgrad.inversion.waveform.misfits import (
    L2,
    MISFITS,
    Envelope,
    Misfit,
    NormalisedCorrelation,
    RelativeL2,
    Transport,
    UnitAmplitude,
    misfit_named,
)
from seisgrad.inversion.waveform.preconditioning import Preconditioner, gaussian, held_around
from seisgrad.inversion.waveform.regularisation import Sum, Tikhonov, TotalVariation
from seisgrad.inversion.waveform.result import Progress, Result, Row
from seisgrad.inversion.waveform.stages import Stage, cumulative

__all__ = [
    "L2",
    "MISFITS",
    "Envelope",
    "Misfit",
    "NormalisedCorrelation",
    "Preconditioner",
    "Progress",
    "RelativeL2",
    "Result",
    "Row",
    "Stage",
    "Sum",
    "Tikhonov",
    "TotalVariation",
    "Transport",
    "UnitAmplitude",
    "cumulative",
    "fwi",
    "gaussian",
    "held_around",
    "misfit_named",
]
