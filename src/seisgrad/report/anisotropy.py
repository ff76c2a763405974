"""Do both waves ask for the same isotropic earth? Love waves feel horizontally polarised shear, Rayleigh
waves vertically."""

from dataclasses import dataclass

import torch

from seisgrad.dispersion.invert import Inversion
from seisgrad.report.findings import branch_fits, intervals, say_depth, title

HEARD = 0.75
"""Posterior over prior sigma up to which a wave alone counts as heard at a depth; a mean over many depths is surer."""
TELLING = 2.0
"""In standard deviations: from here on a difference counts as seen."""


@dataclass(frozen=True)
class Contrast:
    """Mean vs from Love waves minus that from Rayleigh waves between two depths, km and km/s."""

    top: float
    bottom: float
    difference: float
    sigma: float
    mean: float

    @property
    def percent(self) -> tuple[float, float]:
        """The difference and its sigma in per cent of the mean vs."""
        return 100.0 * self.difference / self.mean, 100.0 * self.sigma / self.mean

    @property
    def seen(self) -> bool:
        """Whether the difference is larger than :data:`TELLING` of its standard deviations."""
        return abs(self.difference) > TELLING * self.sigma


def contrast(rayleigh: Inversion, love: Inversion) -> Contrast | None:
    """The thickness-weighted mean difference over the longest stretch that each wave hears on its own.

    The two posteriors are taken as independent. They share the prior, which pulls the difference towards
    zero, and the error of the source time, so that the true significance is somewhat higher.
    """
    both = (rayleigh.posterior.shrinkage <= HEARD) & (love.posterior.shrinkage <= HEARD)
    stretches = intervals(rayleigh, both)
    if not stretches:
        return None
    top, bottom = max(stretches, key=lambda pair: pair[1] - pair[0])
    tops = rayleigh.starting.rock_depth
    inside = (tops >= top) & (tops < bottom)
    weight = torch.where(
        inside, rayleigh.starting.reference.thickness[rayleigh.starting.reference.water :], 0.0
    )
    weight = weight / weight.sum()
    means = [weight @ part.posterior.mean for part in (rayleigh, love)]
    variance = sum(weight @ part.posterior.covariance @ weight for part in (rayleigh, love))
    sigma = float(torch.as_tensor(variance).sqrt())
    return Contrast(top, bottom, float(means[1] - means[0]), sigma, float(means[0] + means[1]) / 2)


def say_contrast(joint: Inversion, rayleigh: Inversion, love: Inversion) -> list[str]:
    """What the joint and the separate inversions say about one isotropic earth."""
    apart = ", ".join(
        f"{name} alone χ² per datum {float(part.posterior.chi2):.2f}"
        for name, part in (("Rayleigh", rayleigh), ("Love", love))
    )
    p_fit = float(joint.posterior.p_fit)
    verdict = "does" if p_fit >= joint.posterior.significance else "does not"
    sentences = [
        f"One isotropic earth {verdict} explain both waves within their errors: jointly χ² per datum "
        f"{float(joint.posterior.chi2):.2f} (p = {p_fit:.2g}), {apart}.",
        _say_leaning(joint),
    ]
    found = contrast(rayleigh, love)
    if found is None:
        sentences.append(
            "The two waves share no depth that each hears on its own, so nothing more can be said."
        )
        return sentences
    percent, error = found.percent
    where = f"between {say_depth(found.top)} and {say_depth(found.bottom)}"
    sentences.append(
        f"Inverted apart, Love waves give a vs that differs by {found.difference:+.3f} ± {found.sigma:.3f} "
        f"km/s "
        f"({percent:+.1f} ± {error:.1f} %, one sigma) from that of Rayleigh waves on average {where}."
    )
    sentences.append(
        "That is a difference these data see: radial anisotropy, or a bias in one of the two waves, such as "
        "Love "
        "overtones that arrive with the fundamental mode."
        if found.seen
        else "That is within two standard deviations: radial anisotropy of the few per cent that is usual in the upper "
        "mantle (2 to 4 % in PREM) is neither shown nor excluded by these data."
    )
    return sentences


def _say_leaning(joint: Inversion) -> str:
    parts = [
        f"{title(fit.branch)} data are on average {abs(fit.bias):.1f} sigma "
        f"{'faster' if fit.bias > 0 else 'slower'} than it"
        for fit in branch_fits(joint)
        if abs(fit.bias) >= 0.2
    ]
    if len(parts) < 2:
        return ""
    return (
        f"It is a compromise: {' and '.join(parts)}, the sense of radial anisotropy."
        if _opposite(joint)
        else f"{' and '.join(parts)}."
    )


def _opposite(joint: Inversion) -> bool:
    """Whether Love data are faster and Rayleigh data slower than the joint earth."""
    bias = {fit.branch.wave: fit.bias for fit in branch_fits(joint)}
    return bias.get("love", 0.0) > 0 > bias.get("rayleigh", 0.0)
