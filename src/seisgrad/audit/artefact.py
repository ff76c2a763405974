"""Fixed-position artefacts: learned sensitivity that stays at one position while theory's moves along the outputs.

A surrogate that has always seen a low-velocity zone at 70 km may answer to that depth at every period, whatever the
physics says. With kernels smoothed and divided by their L1 norm, the excess of a branch and parameter is

    E(T, z) = mean over models of |learned(T, z)| - |theory(T, z)|,

and an artefact is a bump of E that has the same position z at all outputs T. Three things look like one and are none:

- **Errors that travel with theory's sensitivity** stand still for as long as it moves less than they are wide. Outputs
  between which theory's middle (half of its magnitude lies on either side) moves less than that are one row of the
  test; only different rows are turned against each other (:mod:`~seisgrad.audit.alignment`).
- **Real sensitivity to a structure at one depth**, a Moho or a low-velocity zone, theory has as well: E does not.
- **Structure of the models that happen to be in the set** differs from model to model. A bump must be common to
  independent parts of the set.

Significant is not yet large: what holds less than :data:`FLOOR` of the kernel is not reported.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seisgrad.audit.alignment import NARROWEST, WIDTHS, Bump, aligned, bumps
from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import Pair
from seisgrad.audit.metrics import smooth_and_normalise

LEVEL = 0.01
"""Artefacts are reported below this family-wise p-value."""
FLOOR = 0.02
"""Artefacts are reported above this strength."""
ALLOWANCE = 0.5
"""Of theory's own magnitude: errors up to this share of it, whatever their pattern, are no artefact."""
ROWS = 3
"""Theory must have moved through so many rows of the test at least."""
STEP = 1 / 32
"""Outputs are one row of the test while theory's middle moves by less than this share of the positions …"""
GROWTH = 0.25
"""… or by less than this share of its distance from the first position: errors that travel grow as they go."""
DRAWS = 2000
"""Of the null distributions, at least; more where there are many branches and parameters."""
WIDTH = 9
"""Samples in the running mean over the kernels."""


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


class Artefacts:
    """Collects the excess of learned over exact kernels, pair by pair, and finds the artefacts in it.

    Memory is that of two sets of kernels, whatever the number of models; a single one will do.

    Args:
        layout: the axes; positions that do not count are left out.
        seed: of the null distributions.
    """

    def __init__(self, layout: Layout, seed: int = 0) -> None:
        self.layout, self.seed = layout, seed
        shape = (len(layout.branches), len(layout.outputs), len(layout.parameters))
        positions = int(layout.inside.sum())
        self._excess, self._theory = torch.zeros(2, *shape, positions, dtype=torch.float64)
        self._count = torch.zeros(*shape, 1, dtype=torch.float64)

    def add(self, pair: Pair) -> None:
        """Take in the kernels of some models; those of zeros, or that do not exist, are left out."""
        learned, theory = (
            smooth_and_normalise(kernels[..., self.layout.inside], WIDTH).abs()
            for kernels in (pair.learned, pair.reference)
        )
        there = (learned + theory).isfinite().all(-1, keepdim=True)
        self._excess += torch.where(there, learned - theory, 0.0).sum(0)
        self._theory += torch.where(there, theory, 0.0).sum(0)
        self._count += there.sum(0)

    def found(self) -> list[Artefact]:
        """The artefacts, the strongest first."""
        there = self._count[..., 0].any(1)  # [branch, parameter]
        tests = [(int(b), int(p)) for b, p in there.nonzero()]
        found = [artefact for b, p in tests for artefact in self._search(b, p, len(tests))]
        return sorted(found, key=lambda artefact: -artefact.strength)

    def _search(self, branch: int, parameter: int, tests: int) -> list[Artefact]:
        """Artefacts of one of so many branches and parameters."""
        count = self._count[branch, :, parameter]
        there = count[:, 0] > 0
        excess, theory = (
            part[branch, there, parameter] / count[there] for part in (self._excess, self._theory)
        )
        which = rows_of(middle(theory), theory.shape[-1])
        excess, theory = _by_row(excess, which), _by_row(theory, which)
        if len(excess) < ROWS:
            return []
        draws = max(DRAWS, round(4 * tests / LEVEL))
        peaks = aligned(
            excess, ALLOWANCE * theory, floor=FLOOR, level=LEVEL / tests, draws=draws, seed=self.seed
        )
        outputs = [T for T, kept in zip(self.layout.outputs, there.tolist(), strict=True) if kept]
        found = []
        for peak in peaks:
            mass = _mass(peak.position, excess)
            strength = float(mass.median())
            if strength < FLOOR:
                continue
            shown = (mass >= strength / 2)[which].tolist()
            found.append(
                Artefact(
                    self.layout.branches[branch],
                    self.layout.parameters[parameter],
                    float(self.layout.compared[peak.position]),
                    strength,
                    min(1.0, tests * peak.p_value),
                    tuple(T for T, seen in zip(outputs, shown, strict=True) if seen),
                )
            )
        return found


def _mass(position: int, excess: Float[Tensor, "row position"]) -> Float[Tensor, " row"]:
    """The mass of the bump at a position in every row, of the width that explains most of the rows."""
    size = excess.shape[-1]
    reach = min(position, size - 1 - position, bumps(size)[-1].reach)
    narrow, wide = max(NARROWEST, WIDTHS[0] * size), max(NARROWEST, WIDTHS[-1] * size)
    fits = []
    for share in torch.linspace(0, 1, 9).tolist():
        bump = Bump.of(narrow * (wide / narrow) ** share, reach)
        mass = bump.response(excess)[:, position - reach]
        fits.append((bump.energy * float(mass.square().sum()), mass))
    return max(fits, key=lambda fit: fit[0])[1]


def middle(magnitude: Float[Tensor, "output position"]) -> Float[Tensor, " output"]:
    """The position, in samples, with half of a magnitude on either side of it.

    It moves as the peak does, and does not jump from one of two peaks to the other.
    """
    share = magnitude.cumsum(-1) / magnitude.sum(-1, keepdim=True)
    return (share < 0.5).sum(-1).to(magnitude.dtype)


def rows_of(centre: Float[Tensor, " output"], positions: int) -> Int[Tensor, " output"]:
    """The row of each output, from 0: a new one for each step that theory's middle takes.

    Steps are equal where the middle is near the first position, and grow with its distance from it beyond.
    """
    step = STEP * positions
    bend = step / GROWTH  # from here on a step is a share of the distance
    far = centre.clamp(min=bend)
    steps = centre.clamp(max=bend) / step + (far / bend).log() / GROWTH
    _, row = (steps - steps.min()).floor().unique(return_inverse=True)
    return row


def _by_row(excess: Float[Tensor, "*part output position"], which: Tensor) -> Tensor:
    """The mean over the outputs of each row, ``[*part, row, position]``."""
    rows = torch.nn.functional.one_hot(which).to(excess.dtype)
    return (rows / rows.sum(0)).mT @ excess
