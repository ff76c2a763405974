"""Fixed-position artefacts: learned sensitivity that stays at one position while theory's moves along the outputs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Artefact:
    """Sensitivity of a learned operator that stays where it is while theory's moves away.

    Attributes:
        branch: whose outputs show it, one of the layout's branches.
        parameter: whose kernels show it, one of the layout's parameters.
        position: where it sits, in the unit of the position axis (km for depth).
        strength: share of the L1 norm of the learned kernel that the bump there holds beyond theory's, 0 to 1; the
            median over the outputs.
        p_value: family-wise over positions, branches and parameters.
        outputs: the coordinates of the outputs that show it, from the first to the last.
    """

    branch: str
    parameter: str
    position: float
    strength: float
    p_value: float
    outputs: tuple[float, ...]
