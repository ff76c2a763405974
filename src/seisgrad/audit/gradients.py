"""The gradient of a misfit through two operators: does an inversion of waves walk the same way on either?

Where data are many, nobody forms rows of a Jacobian; an inversion sees one gradient per model and misfit. Compared are
raw gradients, as they come: cos = a·b / (‖a‖‖b‖), relative L2 = ‖a − b‖ / ‖b‖ and ratio = ‖a‖ / ‖b‖, with a the
learned and b the reference's. Observed data are the reference's in the true model, for both. Models stream through:
kept are numbers, and the gradients of the first few models.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.audit.metrics import amplitude_ratio, cosine, relative_l2
from seisgrad.errors import InputError
from seisgrad.operator import Map, Operator, Space

Misfit = Callable[[Tensor, Tensor], Tensor]
"""``misfit(predicted, observed)``: one number."""
Select = Callable[[Tensor], Tensor]
"""Some of the data: a band, a window, some receivers."""
METRICS = {"cosine": cosine, "relative_l2": relative_l2, "ratio": amplitude_ratio}
WHOLE = "all"
"""The name of the band that holds all data."""


class GradientRow(NamedTuple):
    """One number of :class:`Gradients`: ``position`` is None where the whole gradient was compared."""

    model: int
    band: str
    parameter: str
    position: float | None
    metric: str
    value: float


@dataclass(frozen=True, eq=False)
class Gradients:
    """What :func:`gradients` found.

    Attributes:
        bands: names of the parts of the data.
        parameters: names of what a gradient is split into: the labels along the domain's first axis, or one without.
        values: by metric: ``cosine``, ``relative_l2``, ``ratio``; NaN where a gradient is zero.
        axis: along which gradients were compared position by position; empty where they were not.
        positions: along that axis.
        by_position: as ``values``, with the position on the last axis.
        reference: gradients through the reference for the first models, ``[model, band, *domain]``.
        learned: through the learned operator.
    """

    bands: tuple[str, ...]
    parameters: tuple[str, ...]
    values: Mapping[str, Float[Tensor, "model band parameter"]]
    axis: str
    positions: tuple[float, ...]
    by_position: Mapping[str, Float[Tensor, "model band parameter position"]]
    reference: Float[Tensor, "kept band ..."]
    learned: Float[Tensor, "kept band ..."]

    @property
    def models(self) -> int:
        """How many models were compared."""
        return len(self.values["cosine"])

    def rows(self) -> Iterator[GradientRow]:
        """All numbers, one per row."""
        for metric, values in self.values.items():
            for (m, b, p), value in _entries(values):
                yield GradientRow(m, self.bands[b], self.parameters[p], None, metric, value)
        for metric, values in self.by_position.items():
            for (m, b, p, k), value in _entries(values):
                yield GradientRow(m, self.bands[b], self.parameters[p], self.positions[k], metric, value)

    def summary(
        self, models: Sequence[int] | None = None, parameters: Sequence[int] | None = None
    ) -> dict[str, str]:
        """What it means, in words, by band and, where there are several, parameter; of some models and parameters, by
        index, or of all."""
        which = list(range(self.models) if models is None else models)
        of = range(len(self.parameters)) if parameters is None else parameters
        found = {}
        for b, band in enumerate(self.bands):
            for p in of:
                name = f"{band}, {self.parameters[p]}" if len(of) > 1 else band
                found[name] = _in_words(*(self.values[metric][which, b, p] for metric in METRICS))
        return found


def gradients(
    reference: Map,
    learned: Map,
    models: Iterable[tuple[Float[Tensor, "..."], Float[Tensor, "..."]]],
    misfit: Misfit,
    bands: Mapping[str, Select] | None = None,
    *,
    axis: str = "",
    keep: int = 3,
    tell: Callable[[int], None] | None = None,
) -> Gradients:
    """Gradients of a misfit through two operators.

    Args:
        reference: the exact operator, or any differentiable callable of one model.
        learned: the one that is audited, with the same domain and codomain.
        models: where the gradient is taken, and the true model whose data are observed: pairs, one after the other.
        misfit: of predicted and observed data.
        bands: parts of the data by name; all data, ``"all"``, by default and in addition.
        axis: of the domain, along which gradients are also compared position by position: ``"z"``.
        keep: of how many models the gradients themselves are kept.
        tell: called with the number of models done.

    Raises:
        InputError: no models, an axis that the domain has not, or gradients that are not finite.
    """
    domain = reference.domain if isinstance(reference, Operator) else None
    chosen: dict[str, Select] = {**(bands or {}), WHOLE: lambda data: data}
    found = _by_model(reference, learned, models, misfit, chosen)
    return compare_gradients(found, tuple(chosen), domain, axis=axis, keep=keep, tell=tell)


def compare_gradients(
    found: Iterable[tuple[Float[Tensor, "band ..."], Float[Tensor, "band ..."]]],
    bands: tuple[str, ...],
    domain: Space | None = None,
    *,
    axis: str = "",
    keep: int = 3,
    tell: Callable[[int], None] | None = None,
) -> Gradients:
    """Gradients side by side, however they were worked out.

    Args:
        found: those through the reference and through the learned operator, ``[band, *domain]``, model by model.
        bands: names of the parts of the data.
        domain: of the gradients, where it has names.
        axis, keep, tell: as of :func:`gradients`.

    Raises:
        InputError: no models, or an axis that the domain has not.
    """
    values: dict[str, list[Tensor]] = {metric: [] for metric in METRICS}
    local: dict[str, list[Tensor]] = {metric: [] for metric in METRICS}
    kept: tuple[list[Tensor], list[Tensor]] = ([], [])
    place = _place(domain, axis)
    for number, (exact, learned) in enumerate(found, 1):
        if number <= keep:
            kept[0].append(exact)
            kept[1].append(learned)
        a, b = (_by_parameter(g, domain) for g in (learned, exact))
        for metric, measure in METRICS.items():
            values[metric].append(measure(a.flatten(2), b.flatten(2)))
            if place is not None:
                lines = [g.movedim(place + 2, 2).flatten(3) for g in (a, b)]
                local[metric].append(measure(*lines))
        if tell:
            tell(number)
    if not values["cosine"]:
        raise InputError("there are no models to compare gradients at, expected at least one pair")
    return Gradients(
        bands,
        _parameters(domain),
        {metric: torch.stack(each) for metric, each in values.items()},
        axis,
        _positions(domain, axis),
        {metric: torch.stack(each) for metric, each in local.items() if each},
        *(torch.stack(part) if part else torch.empty(0) for part in kept),
    )


def _by_model(
    reference: Map,
    learned: Map,
    models: Iterable[tuple[Tensor, Tensor]],
    misfit: Misfit,
    bands: Mapping[str, Select],
) -> Iterator[tuple[Tensor, Tensor]]:
    for number, (start, truth) in enumerate(models, 1):
        with torch.no_grad():
            observed = reference(truth)
        yield (
            _gradients(reference, start, observed, misfit, bands, f"model {number}, reference"),
            _gradients(learned, start, observed, misfit, bands, f"model {number}, learned"),
        )


def _gradients(
    op: Map, start: Tensor, observed: Tensor, misfit: Misfit, bands: Mapping[str, Select], what: str
) -> Float[Tensor, "band ..."]:
    """One evaluation, then all bands backward together: an adjoint simulation may share what it keeps."""
    predicted, pullback = torch.func.vjp(op, start.detach())[:2]
    cotangents = [
        torch.func.grad(lambda data, select=select: misfit(select(data), select(observed)))(
            predicted.detach()
        )
        for select in bands.values()
    ]
    (found,) = torch.func.vmap(pullback)(torch.stack(cotangents))
    for name, gradient in zip(bands, found, strict=True):
        if not gradient.isfinite().all():
            raise InputError(f"the gradient of {what}, band {name!r} is not finite")
    return found


def _by_parameter(gradient: Tensor, domain: Space | None) -> Float[Tensor, "band parameter ..."]:
    return gradient if _has_parameters(domain) else gradient[:, None]


def _has_parameters(domain: Space | None) -> bool:
    """Does the first axis of the domain hold named things, and not positions?"""
    if domain is None or domain.ndim < 2:
        return False
    return all(isinstance(name, str) for name in domain.coords.get(domain.axes[0], (None,)))


def _parameters(domain: Space | None) -> tuple[str, ...]:
    return domain.coords[domain.axes[0]] if domain and _has_parameters(domain) else ("",)


def _place(domain: Space | None, axis: str) -> int | None:
    """Of the axis among those behind the parameter."""
    if not axis:
        return None
    names = () if domain is None else domain.axes[1:] if _has_parameters(domain) else domain.axes
    if axis not in names:
        raise InputError(f"there is no axis {axis!r} in the domain, expected one of {', '.join(names)}")
    return names.index(axis)


def _positions(domain: Space | None, axis: str) -> tuple[float, ...]:
    if domain is None or not axis:
        return ()
    return tuple(domain.coords.get(axis, range(domain.length(axis))))


def _entries(values: Tensor) -> Iterator[tuple[tuple[int, ...], float]]:
    for place in torch.cartesian_prod(*(torch.arange(n) for n in values.shape)).tolist():
        yield tuple(place), float(values[tuple(place)])


def _in_words(cosines: Tensor, errors: Tensor, ratios: Tensor) -> str:
    there = cosines[cosines.isfinite()]
    if not len(there):
        return "no gradient to compare: it is zero in all models"
    middle, worst, error = float(there.quantile(0.5)), float(there.min()), float(errors.nanquantile(0.5))
    if worst <= 0:
        verdict = f"{float((there > 0).double().mean()):.0%} of the models are left by a way that leads down"
    elif middle > 0.99 and error < 0.15:
        verdict = "an inversion hardly notices the difference"
    elif middle > 0.9:
        verdict = "the way down is much the same"
    else:
        verdict = "the way leads down, but elsewhere"
    return (
        f"cosine {middle:.3f} in the median model and {worst:.3f} in the worst, relative L2 "
        f"{error:.3f}, {float(ratios.nanquantile(0.5)):.2f} times as long: {verdict}"
    )
