"""What the training ensemble shows a network: kernel errors inside and outside the subspace that it spans.

Values at models m̄ + Σ cᵢ vᵢ tell of a derivative k only its products k·vᵢ. What of a kernel error lies outside the
span of the vᵢ, the principal directions of the ensemble, no amount of values can correct: it changes no value that
training ever showed. What lies inside, better training on the same values would correct.

Each parameter is divided by its :func:`~seisgrad.audit.measures.typical_change` in the ensemble first, so that the
directions, and what is orthogonal to them, do not depend on units. A kernel is multiplied by it.
"""

from dataclasses import dataclass
from typing import Self

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.audit import metrics
from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import Pair
from seisgrad.audit.measures import WHOLE, Measures, typical_change
from seisgrad.audit.report import Row
from seisgrad.errors import InputError

SHARE = 0.999
"""Of the ensemble's variance that its principal directions explain, by default."""
METRICS = ("along_cosine", "along_error", "error_inside", "error_outside", "outside_share")
"""What an ensemble measures."""
SMALL = 0.05
"""Relative error below which a kernel, or a derivative along the prior, counts as right."""
_LEAST = 1e-3
"""What lies outside the subspace counts in units of at least this share of the ensemble's whole amplitude."""

Profiles = Float[Tensor, "model parameter position"]
Kernels = Float[Tensor, "model branch output parameter position"]


@dataclass(frozen=True, eq=False)
class Directions:
    """Principal directions of an ensemble on some positions, and its standard deviation along each, largest first."""

    vectors: Float[Tensor, "direction parameter position"]
    deviations: Float[Tensor, " direction"]

    @classmethod
    def of(cls, scaled: Profiles, share: float) -> Self:
        """As many as explain a share of the variance of ``scaled``, whose mean is taken from it."""
        flat = (scaled - scaled.mean(0)).flatten(1)
        _, size, vectors = torch.linalg.svd(flat / len(flat) ** 0.5, full_matrices=False)
        explained = size.square().cumsum(0) / size.square().sum()
        rank = int((explained < share).sum()) + 1
        return cls(vectors[:rank].reshape(-1, *scaled.shape[1:]), size[:rank])

    def __len__(self) -> int:
        return len(self.deviations)


@dataclass(frozen=True, eq=False)
class Ensemble:
    """The models that a network was trained on, as an audit sees them.

    Attributes:
        inside: positions that count.
        mean: of the models.
        scale: the typical change of each parameter.
        compared: directions on the positions that count, by which a kernel error is split.
        whole: directions on all positions, along which derivatives are taken and distances measured.
        beyond: the unit of what of a scaled model lies outside the ``whole`` subspace: its root mean square over the
            ensemble, or a small share of the ensemble's amplitude where the subspace holds nearly all of it.
        outside: mean square of what lies outside over the ensemble, in that unit: 1, or less in the latter case.
    """

    inside: Bool[Tensor, " position"]
    mean: Float[Tensor, "parameter position"]
    scale: Float[Tensor, " parameter"]
    compared: Directions
    whole: Directions
    beyond: float
    outside: float

    @classmethod
    def of(cls, models: Float[Tensor, "..."], layout: Layout, share: float = SHARE) -> Self:
        """The principal directions of ``[model, *domain.shape]``; several models for every direction are wanted.

        Raises:
            InputError: fewer than two models, models that are all the same or not finite, a share beyond 0 and 1.
        """
        if not 0.0 < share <= 1.0:
            raise InputError(f"the share of variance is {share:g}, expected a number above 0 and at most 1")
        profiles = layout.profiles(models).double()
        if len(profiles) < 2 or not profiles.isfinite().all() or not profiles.std(0).any():
            raise InputError(
                f"the training ensemble has {len(profiles)} models, expected at least two that are finite and differ: "
                "draw more of them from the prior"
            )
        scale = typical_change(profiles)
        scaled = (profiles - profiles.mean(0)) / scale[:, None]
        whole = Directions.of(scaled, share)
        power = scaled.flatten(1).square().sum(-1).mean()
        left = (power - whole.deviations.square().sum()).clamp(min=0.0)
        unit = torch.maximum(left, _LEAST**2 * power)
        compared = Directions.of(scaled[..., layout.inside], share)
        return cls(
            layout.inside, profiles.mean(0), scale, compared, whole, float(unit.sqrt()), float(left / unit)
        )

    def distance(self, profiles: Profiles) -> tuple[Tensor, Tensor, Tensor]:
        """How far models are from the ensemble, ``[model]`` each: the whole distance, its part within the principal
        subspace and its part beyond.

        Within: Mahalanobis' distance over the square root of the number of directions. Beyond: the length of what lies
        outside, over its root mean square in the ensemble. The distance joins the two, √(within² + beyond²), scaled so
        that its root mean square over the ensemble is 1.
        """
        scaled = ((profiles.double() - self.mean) / self.scale[:, None]).flatten(1)
        along = scaled @ self.whole.vectors.flatten(1).mT
        within = (along / self.whole.deviations).square().mean(-1).sqrt()
        outside = scaled - along @ self.whole.vectors.flatten(1)
        beyond = outside.norm(dim=-1) / self.beyond
        return ((within.square() + beyond.square()) / (1.0 + self.outside)).sqrt(), within, beyond

    def measure(self, pair: Pair, parameters: tuple[str, ...]) -> Measures:
        """The error split and the derivative along the prior.

        Returns:
            ``error_inside`` and ``error_outside`` over the exact kernel, ‖eᵢ‖/‖b‖ and ‖eₒ‖/‖b‖ with ‖e‖² = ‖eᵢ‖² +
            ‖eₒ‖², and ``outside_share`` ‖eₒ‖²/‖e‖², on the positions that count: for all parameters together, and for
            the error of each parameter alone (that of the others set to zero). ``along_cosine`` and ``along_error``
            compare Lᵀa with Lᵀb, the answers to one standard deviation of each direction (:func:`along`).
        """
        scale = self.scale[:, None].to(pair.reference)
        learned, exact = pair.learned * scale, pair.reference * scale
        found = along(learned, exact, self.whole)
        error, exact = (learned - exact)[..., self.inside], exact[..., self.inside]
        answers = torch.einsum("...pz,rpz->...pr", error, self.compared.vectors.to(error))
        energy, size = (kernel.square().sum(-1) for kernel in (error, exact))
        found |= _split(WHOLE, energy.sum(-1), answers.sum(-2), size.sum(-1))
        for i, parameter in enumerate(parameters):
            found |= _split(parameter, energy[..., i], answers[..., i, :], size[..., i])
        return found


def along(learned: Kernels, exact: Kernels, directions: Directions) -> Measures:
    """Cosine and relative L2 error of the derivative along the prior, all parameters together.

    Both kernels are multiplied with the directions times their standard deviations: a network that has learnt its
    values gets this right, whatever its kernels look like.
    """
    steps = (directions.vectors * directions.deviations[:, None, None]).to(exact).flatten(1).mT
    a, b = learned.flatten(-2) @ steps, exact.flatten(-2) @ steps
    return {("along_cosine", WHOLE): metrics.cosine(a, b), ("along_error", WHOLE): metrics.relative_l2(a, b)}


def _split(
    parameter: str,
    energy: Float[Tensor, "model branch output"],
    answers: Float[Tensor, "model branch output direction"],
    size: Float[Tensor, "model branch output"],
) -> Measures:
    """The two parts of an error of known energy, over an exact kernel of the energy ``size``."""
    inside = torch.minimum(answers.square().sum(-1), energy)
    outside = energy - inside
    return {
        ("error_inside", parameter): _ratio(inside, size).sqrt(),
        ("error_outside", parameter): _ratio(outside, size).sqrt(),
        ("outside_share", parameter): _ratio(outside, energy),
    }


def _ratio(above: Tensor, below: Tensor) -> Tensor:
    return above / below.masked_fill(below == 0.0, torch.nan)


def in_words(rows: list[Row]) -> dict[str, str]:
    """For each group of outputs, whether the error is bad training or a question that values cannot answer.

    Told are medians: a few kernels of nearly nothing would outweigh all others in a mean of relative errors.
    """
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.parameter == WHOLE:
            found.setdefault(row.group, {})[row.metric] = row.median
    return {group: _sentence(numbers) for group, numbers in found.items()}


def _sentence(numbers: dict[str, float]) -> str:
    inside, outside = numbers["error_inside"], numbers["error_outside"]
    along, share = numbers["along_error"], numbers["outside_share"]
    if not inside < float("inf"):
        return "No kernel of the two operators could be compared."
    size = f"typically {inside:.1%} of the kernel inside the subspace that training spans and {outside:.1%} outside it"
    if max(inside, outside) < SMALL:
        return f"The kernels are right: their error is {size}."
    known = f"along the directions of the ensemble the derivative is off by {along:.1%}"
    if share >= 0.5 and along < SMALL:
        return (
            f"An unanswerable question: the error is {size}, and {known}. Training on values has said all it can; only "
            "derivatives, or models that vary in more ways, would tell the rest."
        )
    if share >= 0.5:
        return (
            f"Both: the error is {size}, where values say nothing, but {known} too, which better training on the same "
            "values would correct."
        )
    return (
        f"A matter of training: the error is {size}, and {known}; better training on the same values would correct "
        "both."
    )
