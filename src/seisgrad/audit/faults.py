"""Faults with a name: what makes a learned derivative wrong in a way that one sentence can say."""

from dataclasses import dataclass
from typing import Literal

Name = Literal["scale", "swapped parameters", "shifted positions", "noise", "artefact"]


@dataclass(frozen=True)
class Fault:
    """A fault of a learned operator that explains its error.

    Attributes:
        name: what kind it is.
        parameter: whose kernels have it: one of the layout's parameters, or several joined by ``", "``.
        size: the factor of a ``scale``; the cosine with the other parameter's kernel of ``swapped parameters``; the
            distance of ``shifted positions`` in the unit of the position axis, positive where the learned kernel lies
            too far along it; the norm of ``noise`` over that of the exact kernel; the strength of an ``artefact``.
        evidence: one sentence with the numbers behind it.
    """

    name: Name
    parameter: str
    size: float
    evidence: str
