"""Faults with a name: what makes a learned derivative wrong in a way that one sentence can say.

A fault is named where it explains at least half of the squared error of a parameter's kernels, and is not small. Where
both a factor and a shift do, the one that leaves less is named. A surrogate that is merely imperfect has none of them:
its errors have many causes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch

from seisgrad.audit.artefact import Artefact
from seisgrad.audit.explanations import Factor, Rows, Shift, Swap, White
from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import Pair

Name = Literal["scale", "swapped parameters", "shifted positions", "noise", "artefact"]

SHARE = 0.5
"""Of the squared error that a fault may leave unexplained, at most."""
SMALL = 0.02
"""Factors this near to 1 are no fault."""
FAINT = 0.05
"""Noise of less than this share of the kernel is no fault."""
ALIKE = 0.8
"""Cosine that another parameter's kernel must have to have taken the place of one's own, both smoothed."""
FARTHEST = 1 / 8
"""Shifts are looked for up to this share of the positions."""
SHARED = 0.3
"""Noise has less than this share in common with that of the next output or model."""
FEW = 3
"""Models of every pair that are looked at."""
_SAME = 0.1
"""Sizes within this share of each other are told as one fault."""


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


class Faults:
    """Collects what each fault would explain, pair by pair, and names those that are there.

    Memory does not depend on the number of models.

    Args:
        layout: the axes; positions that do not count are left out.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        parameters, positions = len(layout.parameters), int(layout.inside.sum())
        self._factor, self._swap, self._white = Factor(parameters), Swap(parameters), White(parameters)
        self._shift = Shift(parameters, positions, max(1, round(FARTHEST * positions)))

    def add(self, pair: Pair) -> None:
        """Take in the kernels of the first few of some models: what all rows have is seen in some."""
        rows = Rows.of(pair.take(torch.arange(len(pair.models))[:FEW]), self.layout)
        for cause in (self._factor, self._swap, self._shift, self._white):
            cause.add(rows)

    def found(self, artefacts: Sequence[Artefact] = ()) -> list[Fault]:
        """The faults that have a name; artefacts found elsewhere are told with them."""
        swapped = self._swapped()
        faults = list(swapped.values())
        for p in range(len(self.layout.parameters)):
            if p in swapped or not self._factor.error[p] > 0:
                continue
            kinds = [found for found in (self._scaled(p), self._shifted(p)) if found is not None]
            left, fault = min(kinds, key=lambda kind: kind[0], default=(1.0, None))
            faults += [named for named in (fault, self._noisy(p, left)) if named is not None]
        return _together(faults) + [_told(artefact) for artefact in artefacts]

    def _swapped(self) -> dict[int, Fault]:
        """Parameters whose kernels have changed places in a circle."""
        cosine = self._swap.cosine.nan_to_num(nan=-1.0)
        best = cosine.argmax(1).tolist()
        found = {}
        for p, name in enumerate(self.layout.parameters):
            circle, at = [p], best[p]
            while at not in circle:
                circle.append(at)
                at = best[at]
            alike, own = float(cosine[p, best[p]]), float(cosine[p, p])
            clear = alike >= ALIKE and 1 - alike <= SHARE * (1 - own)
            if at == p and len(circle) > 1 and clear:
                other = self.layout.parameters[best[p]]
                evidence = (
                    f"The kernel of {name} has a mean cosine of {alike:.3f} with theory's of {other}, "
                    f"{own:.3f} with its own."
                )
                found[p] = Fault("swapped parameters", name, alike, evidence)
        return found

    def _scaled(self, p: int) -> tuple[float, Fault] | None:
        factor, left, variation = (
            float(part[p]) for part in (self._factor.factor, self._factor.left, self._factor.variation)
        )
        off = abs(factor - 1)
        if off < SMALL or left > SHARE or variation > SHARE * off or self._factor.alike[p] < SHARE:
            return None
        name = self.layout.parameters[p]
        evidence = (
            f"The kernels of {name} are {factor:.3g} times theory's (± {variation:.2g} from kernel to kernel); "
            f"dividing by that leaves {left:.0%} of the squared error."
        )
        return left, Fault("scale", name, factor, evidence)

    def _shifted(self, p: int) -> tuple[float, Fault] | None:
        shares = self._shift.left[p].nan_to_num(nan=1.0)
        k = int(shares.argmin())
        left, samples = float(shares[k]), int(self._shift.lags[k])
        if samples == 0 or left > SHARE:
            return None
        name, positions = self.layout.parameters[p], self.layout.compared
        distance = samples * float(positions[-1] - positions[0]) / (len(positions) - 1)
        evidence = (
            f"The kernels of {name} are theory's moved by {samples:+d} samples; moving them back leaves {left:.0%} of "
            "the squared error."
        )
        return left, Fault("shifted positions", name, distance, evidence)

    def _noisy(self, p: int, left: float) -> Fault | None:
        """White noise that makes most of what the other causes leave."""
        unexplained = left * float(self._factor.error[p])
        power, shared = float(self._white.power[p] / self._factor.bb[p]), float(self._white.shared[p])
        size = power**0.5
        most = (
            abs(power - unexplained) <= SHARE * unexplained
        )  # more than is left would be the other cause's own
        if size < FAINT or not most or not shared < SHARED:
            return None
        name = self.layout.parameters[p]
        evidence = (
            f"The kernels of {name} hold noise of {size:.2g} times theory's norm, white along the "
            f"{self.layout.position_axis}; neighbouring outputs and models share {shared:.0%} of it."
        )
        return Fault("noise", name, size, evidence)


def _together(faults: list[Fault]) -> list[Fault]:
    """Faults of the same name and size as one, of all their parameters."""
    merged: list[Fault] = []
    for fault in faults:
        for i, other in enumerate(merged):
            if other.name == fault.name and abs(other.size - fault.size) <= _SAME * abs(other.size):
                both = f"{other.parameter}, {fault.parameter}"
                evidence = f"{other.evidence} {fault.evidence}"
                merged[i] = replace(other, parameter=both, evidence=evidence)
                break
        else:
            merged.append(fault)
    return merged


def _told(artefact: Artefact) -> Fault:
    evidence = (
        f"In {artefact.branch}, {artefact.strength:.1%} of the {artefact.parameter} kernel sits at "
        f"{artefact.position:g} beyond theory's, at outputs {artefact.outputs[0]:g} to {artefact.outputs[-1]:g} "
        f"(p = {artefact.p_value:.2g})."
    )
    return Fault("artefact", artefact.parameter, artefact.strength, evidence)
