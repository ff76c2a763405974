"""What an inversion owes to a surrogate, and what physics says to it: both misfits, and what the card warns of."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from seisgrad.dispersion.invert import Inversion
from seisgrad.inversion import Weighted
from seisgrad.report.page import Page

COSINE, RELATIVE = 0.99, 0.1
"""Of kernels to vs against the exact ones: raw cosine below which, and relative L2 error above which, they fail."""

_CONSEQUENCE = {
    "steps": "The exact steps have put that right; they may have needed more of them.",
    "weights": "Whether the samples are near enough to the truth, the share of them that counts tells.",
    "none": "Model and sigma may be wrong where these periods speak: finish with --finish steps.",
}


def way_of(inversion: Inversion) -> str:
    """How physics finished: ``steps``, ``weights`` or ``none``."""
    if inversion.finished is None:
        return "none"
    return "weights" if isinstance(inversion.finished, Weighted) else "steps"


def surrogate_summary(inversion: Inversion) -> dict[str, Any]:
    """For scripts, under ``surrogate``: how physics finished, and χ² per datum by the surrogate and by physics."""
    if inversion.surrogate is None:
        return {}
    found: dict[str, Any] = {"finish": way_of(inversion)}
    finished = inversion.finished
    if finished is None:
        return {"surrogate": found | {"chi2_believed": float(inversion.posterior.chi2)}}
    found |= {
        "message": finished.message(),
        "chi2_believed": float(finished.believed),
        "chi2_exact_of_its_model": float(finished.before),
        "chi2_exact": float(finished.after),
        "shift_sigma": float(finished.shift),
    }
    if isinstance(finished, Weighted):
        return {
            "surrogate": found | {"samples": len(finished.weight), "effective": float(finished.effective)}
        }
    return {"surrogate": found | {"steps": int(finished.steps)}}


def surrogate_notes(inversion: Inversion, name: str) -> list[str]:
    """What is to be known of the operator called ``name`` that stood in for physics; nothing where none did."""
    if inversion.surrogate is None:
        return []
    notes = []
    way = way_of(inversion)
    if way == "none":
        notes.append("The misfit is the belief of the surrogate; physics was not asked.")
    errors = (inversion.card or {}).get("errors")
    if not errors:
        notes.append(
            "Nothing is known of the kernels of this operator: seisgrad audit dispersion --operator "
            f"{name} tells where they can be trusted."
        )
        return notes
    failing = list(_failing(inversion, errors))
    if failing:
        bands = ", ".join(f"{band} s" for band in dict.fromkeys(row["band"] for row in failing))
        cosine = min(row["raw_cosine_vs"] for row in failing)
        relative = max(row["relative_l2_vs"] for row in failing)
        notes.append(
            f"The card of {name} says that its kernels to vs fail where these data lie: {bands} (raw cosine down to "
            f"{cosine:.3g}, relative L2 error up to {relative:.2g} on unseen earths like those of its training). "
            f"{_CONSEQUENCE[way]}"
        )
    return notes


def add_surrogate(page: Page, inversion: Inversion) -> None:
    """The section on the surrogate and physics, where physics finished."""
    finished = inversion.finished
    if finished is None:
        return
    page.heading("The surrogate and physics")
    page.text(finished.message())
    rows = [
        ("the surrogate", "its own", f"{float(finished.believed):.3g}"),
        ("the exact operator", "the surrogate's", f"{float(finished.before):.3g}"),
        ("the exact operator", "the final one", f"{float(finished.after):.3g}"),
    ]
    page.table(("misfit by", "of model", "χ² per datum"), rows)


def _failing(inversion: Inversion, errors: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """The rows of a card whose band holds data and whose kernels to vs fail."""
    survey = inversion.survey
    for entry in errors:
        edges = [tuple(float(edge) for edge in row["band"].split()[1].split("-")) for row in entry["bands"]]
        longest = max(high for _, high in edges)
        for row, (low, high) in zip(entry["bands"], edges, strict=True):
            here = torch.tensor([branch.wave == row["band"].split()[0] for branch in survey.branches])
            below = survey.periods <= high if high == longest else survey.periods < high
            inside = (survey.periods >= low) & below
            seen = bool(inversion.observed[here][:, inside].isfinite().any())
            if seen and (row["raw_cosine_vs"] < COSINE or row["relative_l2_vs"] > RELATIVE):
                yield row
