"""Sentences from numbers: what fits, what is resolved, what is not. No adjective that a number does not
carry."""

from dataclasses import dataclass

from jaxtyping import Bool
from torch import Tensor

from seisgrad.dispersion.invert import Inversion
from seisgrad.dispersion.survey import Branch
from seisgrad.inversion.posterior import SPEAKS

SHALLOW = 1.0
"""Depths above this, km, are said in metres."""


@dataclass(frozen=True)
class BranchFit:
    """How one branch is fitted: number of data, χ² per datum, mean residual over sigma, r.m.s. misfit in
    km/s (a ratio for ellipticity)."""

    branch: Branch
    count: int
    chi2: float
    bias: float
    rms: float
    shortest: float
    longest: float


def branch_fits(inversion: Inversion) -> list[BranchFit]:
    """The fit of every branch that has data."""
    fits = []
    for i, branch in enumerate(inversion.survey.branches):
        have = inversion.observed[i].isfinite() & inversion.predicted[i].isfinite()
        if not bool(have.any()):
            continue
        r, periods = inversion.residual[i][have], inversion.survey.periods[have]
        miss = (inversion.observed[i] - inversion.predicted[i])[have]
        fits.append(
            BranchFit(
                branch=branch,
                count=len(r),
                chi2=float(r.square().mean()),
                bias=float(r.mean()),
                rms=float(miss.square().mean().sqrt()),
                shortest=float(periods.min()),
                longest=float(periods.max()),
            )
        )
    return fits


def resolved(inversion: Inversion) -> Bool[Tensor, " rock"]:
    """Rock layers where the data have removed at least half of the prior variance."""
    return inversion.posterior.shrinkage <= SPEAKS


def intervals(inversion: Inversion, which: Bool[Tensor, " rock"]) -> list[tuple[float, float]]:
    """Depth intervals (top, bottom), km, of runs of chosen rock layers; a run that reaches the half-space
    ends at its top.

    The half-space alone makes no interval: it has no bottom.
    """
    tops = inversion.starting.rock_depth
    found: list[list[float]] = []
    for i in range(len(tops) - 1):
        if not bool(which[i]):
            continue
        if found and found[-1][1] == float(tops[i]):
            found[-1][1] = float(tops[i + 1])
        else:
            found.append([float(tops[i]), float(tops[i + 1])])
    return [(top, bottom) for top, bottom in found]


def say_intervals(pairs: list[tuple[float, float]]) -> str:
    """``11 to 310 km and 400 to 420 km``; ``nowhere`` for none."""
    words = [_say_interval(top, bottom) for top, bottom in pairs]
    if not words:
        return "nowhere"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _say_interval(top: float, bottom: float) -> str:
    first, last = say_depth(top), say_depth(bottom)
    same_unit = top == 0 or first.split()[1] == last.split()[1]
    return f"{first.split()[0] if same_unit else first} to {last}"


def say_depth(value: float) -> str:
    """A depth or a length given in km, with a sensible number of digits: ``421 km``, ``12.5 m``."""
    number, unit = (1000.0 * value, "m") if value < SHALLOW else (value, "km")
    return f"{number:.0f} {unit}" if number >= 20 else f"{number:.3g} {unit}"


def say_resolution(inversion: Inversion) -> list[str]:
    """What is resolved, how sharply, and where the prior speaks."""
    posterior = inversion.posterior
    good = resolved(inversion)
    clear, veiled = intervals(inversion, good), intervals(inversion, ~good)
    sentences = []
    if clear:
        ratio = posterior.shrinkage[good]
        sentences.append(
            f"The data speak at {say_intervals(clear)}: there the posterior sigma is at most {SPEAKS:g} "
            f"times the prior's "
            f"({float(ratio.min()):.2f} at best)."
        )
        sentences.append(_say_sharpness(inversion, good))
    else:
        sentences.append(f"Nowhere do the data reduce the prior sigma below {SPEAKS:g} times its value.")
    if veiled:
        sentences.append(
            f"At {say_intervals(veiled)} the ratio is larger: what the profile shows there is the prior, "
            f"carried along by "
            "its correlation, and no finding."
        )
    sentences.append(
        f"Together the {int(posterior.count)} data determine {float(posterior.information):.1f} independent "
        f"numbers of the "
        f"{len(posterior.mean)} layers."
    )
    return sentences


def _say_sharpness(inversion: Inversion, good: Bool[Tensor, " rock"]) -> str:
    spread = inversion.posterior.spread("depth")
    tops = inversion.starting.rock_depth
    top, bottom = max(intervals(inversion, good), key=lambda pair: pair[1] - pair[0])
    depths = (top + share * (bottom - top) for share in (0.15, 0.4, 0.75))
    chosen = dict.fromkeys(int((tops <= depth).sum()) - 1 for depth in depths)
    parts = [f"{say_depth(float(spread[i]))} at {say_depth(float(tops[i]))}" for i in chosen]
    return (
        f"The estimate is an average over depth, about ± {', '.join(parts)}: nothing thinner is seen, and a "
        f"smooth low "
        "may stand for a sharp one."
    )


def say_fit(inversion: Inversion) -> list[str]:
    """The status, and the fit branch by branch."""
    sentences = [inversion.posterior.message()]
    for part in branch_fits(inversion):
        ratio = part.branch.kind == "ellipticity"
        low, high = ("small", "large") if ratio else ("slow", "fast")
        pulled = f", predicted on average {abs(part.bias):.1f} sigma too {low if part.bias > 0 else high}"
        rms = f"{part.rms:.2g}" if ratio else f"{1000 * part.rms:.0f} m/s"
        sentences.append(
            f"{title(part.branch)}: {part.count} values at {part.shortest:.3g} to {part.longest:.3g} s, "
            f"misfit {rms} r.m.s., χ² per datum {part.chi2:.2f}{pulled if abs(part.bias) > 0.5 else ''}."
        )
    return sentences


def title(branch: Branch) -> str:
    """A branch as words: ``Rayleigh group``, ``Love phase, mode 1``."""
    words = f"{branch.wave.capitalize()} {branch.kind}"
    return words if branch.mode == 0 else f"{words}, mode {branch.mode}"
