"""The audit in words: for each group of outputs, which kernels are the physics and what to do with those that are not.

Every sentence follows from the numbers of a report alone, by the thresholds that stand here. Of relative errors it
tells the median: where theory's kernel all but vanishes, as that of vp in some earths, one of them outweighs a
thousand others in a mean.
"""

from collections.abc import Mapping, Sequence
from math import isfinite

import torch

from seisgrad.audit.artefact import Artefact
from seisgrad.audit.consequences import Consequences
from seisgrad.audit.faults import Fault
from seisgrad.audit.layout import Layout
from seisgrad.audit.report import Row

PHYSICS = (0.98, 0.2)
"""Mean cosine of at least this and median relative error of at most that: a kernel is the physics'."""
SHAPE = 0.9
"""Mean cosine of at least this: a kernel has the shape of the physics'."""
ROUGH = 0.05
"""By so much smoothing and normalising must raise a cosine for its error to count as roughness."""
EARNEST = 0.9
"""Share of the exact step's gain that a learned step delivers if an inversion can go on with it."""

_REMEDIES = {
    "scale": "divide its derivative by the factor",
    "swapped parameters": "check the order of the parameters",
    "shifted positions": "check the grid of positions",
    "noise": "average the derivative over neighbouring positions",
}


def verdicts(
    layout: Layout,
    summary: Sequence[Row],
    subspace_words: Mapping[str, str],
    artefacts: Sequence[Artefact],
    faults: Sequence[Fault],
) -> dict[str, str]:
    """One paragraph for each group of the layout.

    Args:
        layout: the axes and groups.
        summary: the rows of the report.
        subspace_words: by group, whether an error is bad training or unanswerable; may be empty.
        artefacts: what the detector found.
        faults: the faults that have a name.
    """
    found: dict[str, dict[tuple[str, str], float]] = {name: {} for name in layout.groups}
    for row in summary:
        if row.group in found:
            typical = row.median if row.metric == "relative_l2" else row.mean
            found[row.group][row.metric, row.parameter] = typical
    named = [fault for fault in faults if fault.name != "artefact"]
    paragraphs = {}
    for group, numbers in found.items():
        here = [artefact for artefact in artefacts if _in_group(artefact, layout, group)]
        sentences = [
            _values(numbers),
            *_kernels(layout.parameters, numbers),
            subspace_words.get(group, ""),
            *(_artefact(artefact, layout) for artefact in here),
            *(_fault(fault) for fault in named),
            _advice(layout.parameters, numbers, here, named),
        ]
        paragraphs[group] = " ".join(filter(None, sentences))
    return paragraphs


def inversion(consequences: Consequences) -> str:
    """What the learned derivative does to an inversion, in one paragraph."""
    number = len(consequences.truth)
    falls, gain = float(consequences.falls.mean()), _median(consequences.gain)
    trace, angle = _median(consequences.trace_ratio), _median(consequences.angle)
    if falls >= EARNEST and gain >= EARNEST:
        head = "An inversion can take its steps from the learned derivative."
    elif falls >= EARNEST:
        head = "The learned derivative leads an inversion downhill, but not all the way."
    else:
        head = "The learned derivative leads an inversion astray."
    return (
        f"{head} In {falls:.0%} of {number} inversions its Gauss-Newton step lowered the true objective, by {gain:.0%} "
        f"of what the exact step gained (median), {angle:.0f}° from it in the metric of the posterior. Its posterior "
        f"variances sum to {trace:.2f} times the exact ones: {_uncertainty(trace)}."
    )


def _uncertainty(trace: float) -> str:
    if trace < 1 / 1.1:
        return "it claims to know more than the data tell"
    if trace > 1.1:
        return "it gives away what the data tell"
    return "its uncertainties can be used"


def _values(numbers: Mapping[tuple[str, str], float]) -> str:
    error = numbers.get(("value_relative_error", ""), float("nan"))
    return f"Values are off by {error:.2%}." if isfinite(error) else "There are no values to compare."


def _kernels(parameters: Sequence[str], numbers: Mapping[tuple[str, str], float]) -> list[str]:
    """How the kernels of each parameter stand, those of one standing together."""
    standings: dict[str, list[str]] = {}
    for name in parameters:
        cosine, error = (numbers.get((metric, name), float("nan")) for metric in ("cosine", "relative_l2"))
        standing = _standing(cosine, error)
        told = f"{name} (cosine {cosine:.3f}, error {error:.0%})" if standing else name
        standings.setdefault(standing, []).append(told)
    phrases = {
        "physics": "The physics is in the kernels of {}.",
        "shape": "The shape of the physics is in the kernels of {}.",
        "wrong": "The kernels of {} are not the physics'.",
        "": "Theory has no kernels of {}.",
    }
    found = [
        phrases[standing].format(_list(standings[standing])) for standing in phrases if standing in standings
    ]
    rough = [name for name in parameters if _roughness(name, numbers) > ROUGH]
    if rough:
        cosines = _list([f"{numbers['paper_cosine', name]:.3f} for {name}" for name in rough])
        found.append(
            f"Smoothed and normalised, the cosine would be {cosines}: much of the error is roughness."
        )
    return found


def _standing(cosine: float, error: float) -> str:
    if not isfinite(cosine):
        return ""
    if cosine >= PHYSICS[0] and error <= PHYSICS[1]:
        return "physics"
    return "shape" if cosine >= SHAPE else "wrong"


def _roughness(name: str, numbers: Mapping[tuple[str, str], float]) -> float:
    """What smoothing and normalising add to the cosine."""
    return numbers.get(("paper_cosine", name), float("nan")) - numbers.get(("cosine", name), float("nan"))


def _in_group(artefact: Artefact, layout: Layout, group: str) -> bool:
    branch = layout.branches.index(artefact.branch)
    shown = torch.tensor([output in artefact.outputs for output in layout.outputs])
    return bool((layout.groups[group][branch] & shown).any())


def _artefact(artefact: Artefact, layout: Layout) -> str:
    return (
        f"The prior speaks at {layout.position_axis} {artefact.position:g}: {artefact.strength:.0%} of the "
        f"{artefact.parameter} kernel stays there while theory's moves (p = {artefact.p_value:.2g})."
    )


def _fault(fault: Fault) -> str:
    return (
        f"There is a fault, {fault.name} ({fault.parameter}): {_REMEDIES[fault.name]} before anything else."
    )


def _advice(
    parameters: Sequence[str],
    numbers: Mapping[tuple[str, str], float],
    artefacts: Sequence[Artefact],
    faults: Sequence[Fault],
) -> str:
    """What to do, once the faults are mended; the worst kernels decide."""
    standings = {
        _standing(
            numbers.get(("cosine", name), float("nan")), numbers.get(("relative_l2", name), float("nan"))
        )
        for name in parameters
    }
    if faults:
        return ""
    if "wrong" in standings:
        return (
            "Read nothing off those kernels: take them from the exact operator, or train on derivatives. An inversion "
            "under a smooth prior averages much of their error away; the consequences say how much."
        )
    if artefacts:
        return "Trust no structure there that the exact operator has not confirmed."
    if "shape" in standings:
        return "Steps of an inversion may use it; take uncertainties from the exact operator."
    return "Steps and uncertainties may use it." if "physics" in standings else ""


def _list(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _median(values: torch.Tensor) -> float:
    return float(values.nanmedian())
