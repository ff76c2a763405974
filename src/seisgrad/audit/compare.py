"""The audit: two operators, a set of models, and everything that their derivatives tell of each other."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.audit import summary
from seisgrad.audit.artefact import Artefacts
from seisgrad.audit.bootstrap import Tally
from seisgrad.audit.consequences import NUMBER, Consequences, consequences
from seisgrad.audit.faults import Faults
from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import BATCH, Linearised, Pair, linearise_pair, pairs, side
from seisgrad.audit.measures import Ruler, typical_change
from seisgrad.audit.report import Examples, Report
from seisgrad.audit.reservoir import SIZE, Reservoir, Sample
from seisgrad.audit.shift import shift
from seisgrad.audit.spectrum import Spectrum
from seisgrad.audit.subspace import METRICS as SUBSPACE
from seisgrad.audit.subspace import Ensemble, in_words
from seisgrad.audit.verdict import verdicts
from seisgrad.errors import InputError
from seisgrad.operator import Map

EXAMPLES = 11
"""Models whose kernels are kept to be looked at: from the best to the worst, the median in the middle."""

LARGEST = 5000
"""Values of a model beyond which its prior covariance, and with it the consequences, are left out."""


def compare(
    reference: Map | Linearised,
    learned: Map | Linearised,
    models: Float[Tensor, "..."] | Iterable[Tensor],
    *,
    ensemble: Float[Tensor, "..."] | None = None,
    layout: Layout | None = None,
    seed: int = 0,
    inversions: int = NUMBER,
    batch: int = BATCH,
    rows: int | None = None,
    tell: Callable[[int], None] = lambda done: None,
) -> Report:
    """Audit a learned operator against the exact one.

    The models pass by once, a batch at a time: memory does not grow with their number.

    Args:
        reference: the exact operator.
        learned: an operator with the same spaces; or a ``torch.nn.Module`` or any differentiable function of one array
            without batch, which gets them. A module's input is cast to the dtype of its weights.
        models: ``[model, *domain.shape]``, or an iterable of such tensors.
        ensemble: models that the learned operator was trained on, ``[model, *domain.shape]``, some thousand of them.
            Without, nothing is said of subspaces and shift, and the prior of the consequences comes from ``models``.
        layout: what is summarised together and which positions count; by default every position, and one group per
            branch.
        seed: of the bootstrap and of every other random choice.
        inversions: for how many models, at most, the consequences for an inversion are worked out; 0 leaves them out.
        batch: models at a time.
        rows: rows of a Jacobian computed at a time, to bound the memory of a large network.
        tell: called with the number of models done, after each batch.

    Raises:
        InputError: spaces that differ, models or an ensemble that do not fit them, no model.
    """
    exact = side(reference, rows=rows)
    other = side(learned, exact.operator, rows=rows)
    spaces = exact.operator.domain, exact.operator.codomain
    layout = layout or Layout.of(*spaces)
    layout.check(*spaces)
    if ensemble is not None:
        exact.operator.batch_shape(ensemble)
    first, models = _peek(models)
    audit = _Audit(layout, first, ensemble, seed, inversions)
    for pair in pairs(exact, other, models, layout, batch=batch):
        audit.add(pair)
        tell(audit.models)
    return audit.report(exact, other)


class _Audit:
    """What is accumulated while the models pass by."""

    def __init__(
        self, layout: Layout, first: Tensor, training: Tensor | None, seed: int, inversions: int
    ) -> None:
        self.layout, self.training, self.seed, self.inversions = layout, training, seed, inversions
        self.ensemble = None if training is None else Ensemble.of(training, layout)
        scale = typical_change(layout.profiles(first)) if self.ensemble is None else self.ensemble.scale
        self.ruler = Ruler(layout, scale)
        self.models = 0
        self.missing = {"learned": 0, "reference": 0}
        self.tally, self.reservoir, self.spectrum = Tally(seed), Reservoir(seed, SIZE), Spectrum(layout, seed)
        self.artefacts, self.faults = Artefacts(layout, seed), Faults(layout)

    def add(self, pair: Pair) -> None:
        """Count a batch."""
        found = self.ruler.measure(pair)
        if self.ensemble is not None:
            found |= self.ensemble.measure(pair, self.layout.parameters)
        self.tally.add(found)
        self.reservoir.add(pair.models, found)
        for part in (self.spectrum, self.artefacts, self.faults):
            part.add(pair)
        learned, reference = pair.learned_value.isfinite(), pair.reference_value.isfinite()
        self.missing["learned"] += int((reference & ~learned).sum())
        self.missing["reference"] += int((learned & ~reference).sum())
        self.models += len(pair.models)

    def report(self, exact: Linearised, other: Linearised) -> Report:
        """All of it."""
        sample = self.reservoir.sample()
        keys = [key for key in self.tally.keys if key[0] not in SUBSPACE]
        split = [key for key in self.tally.keys if key[0] in SUBSPACE]
        subspace = summary.rows(self.tally, sample, self.layout, split)
        table = summary.rows(self.tally, sample, self.layout, keys)
        words = in_words(subspace)
        artefacts = self.artefacts.found()
        faults = self.faults.found(artefacts)
        return Report(
            layout=self.layout,
            models=self.models,
            missing=self.missing,
            summary=table,
            per_output=summary.per_output(self.tally, keys),
            spectrum=self.spectrum.rows(),
            examples=self._examples(sample, exact, other),
            kept=summary.kept(sample, keys),
            rank=0 if self.ensemble is None else len(self.ensemble.whole),
            subspace=subspace,
            subspace_words=words,
            shift=None if self.ensemble is None else shift(sample, self.ensemble, self.layout),
            artefacts=artefacts,
            faults=faults,
            consequences=self._consequences(sample, exact, other),
            verdict=verdicts(self.layout, table, words, artefacts, faults),
        )

    def _consequences(self, sample: Sample, exact: Linearised, other: Linearised) -> Consequences | None:
        """Of models that were kept; None where none is asked for or a prior cannot be made: it is too large, or a
        parameter never varies."""
        models = sample.profiles.reshape(-1, *exact.operator.domain.shape)
        prior = models if self.training is None else self.training
        varies = self.layout.profiles(prior - prior[:1])
        if self.inversions < 1 or exact.operator.domain.size > LARGEST or not varies.any(-1).any(0).all():
            return None
        found = consequences(
            exact, other, models, self.layout, ensemble=prior, number=self.inversions, seed=self.seed
        )
        start = torch.where(found.start < 0, found.start, sample.model[found.start])
        return replace(found, truth=sample.model[found.truth], start=start)

    def _examples(self, sample: Sample, exact: Linearised, other: Linearised) -> Examples:
        which, error, label = summary.representative(sample, EXAMPLES)
        x = sample.profiles[which].reshape(-1, *exact.operator.domain.shape)
        return Examples(sample.model[which], error, label, linearise_pair(exact, other, x, self.layout))


def _peek(models: Tensor | Iterable[Tensor]) -> tuple[Tensor, Iterator[Tensor]]:
    """The first models, and all of them."""
    parts = iter([models] if isinstance(models, Tensor) else models)
    first = next(parts, None)
    if first is None or not len(first):
        raise InputError("there are no models to audit, expected at least one")
    return first, chain([first], parts)
