"""What an audit found, as plain data: whoever writes files, draws figures or makes a page reads it from here."""

from dataclasses import dataclass, field

from jaxtyping import Float, Int
from torch import Tensor

from seisgrad.audit.artefact import Artefact
from seisgrad.audit.consequences import Consequences
from seisgrad.audit.faults import Fault
from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import Pair


@dataclass(frozen=True)
class Row:
    """One metric of one parameter's kernels over a group of outputs; ``parameter`` is empty for metrics of the values
    and for those of all parameters together.

    ``mean`` has its 95 % bootstrap interval ``low`` to ``high`` over models. ``median``, ``p05`` and ``p95`` are of the
    single values, one per model and output, of the models that were kept. ``n`` values exist and ``missing`` ones do
    not. Numbers that are not there are NaN.
    """

    metric: str
    parameter: str
    group: str
    mean: float
    low: float
    high: float
    median: float
    p05: float
    p95: float
    n: int
    missing: int


@dataclass(frozen=True, eq=False)
class PerOutput:
    """Means over models with their 95 % intervals.

    The parameter axis of a metric of the values, or of all parameters together, has length 1.
    """

    mean: Float[Tensor, "parameter branch output"]
    low: Float[Tensor, "parameter branch output"]
    high: Float[Tensor, "parameter branch output"]


@dataclass(frozen=True)
class SpectrumRow:
    """The error in one octave of wavelength along the profile.

    Attributes:
        group: of outputs.
        parameter: whose kernels.
        shortest: lower edge of the band, in the unit of the positions.
        longest: upper edge; infinite for the band that holds the mean over the profile.
        error: root-mean-square amplitude of the error in the band over that of the whole exact kernel.
        low: lower end of the 95 % interval of ``error``.
        high: its upper end.
        exact: the same amplitude of the exact kernel.
        own_error: ``error / exact``: 1 is what a kernel without this band would get.
    """

    group: str
    parameter: str
    shortest: float
    longest: float
    error: float
    low: float
    high: float
    exact: float
    own_error: float


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's correlation of a group's kernel error with the distance from the ensemble, and its 95 % interval."""

    group: str
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class DistanceBin:
    """The mean kernel error of a group among the models with distances from ``nearest`` to ``farthest``."""

    group: str
    nearest: float
    farthest: float
    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, eq=False)
class Shift:
    """How far the models are from the training ensemble, and what the kernels make of it.

    Attributes:
        model: which of the models, by number; those that were kept.
        distance: from the ensemble; 1 is typical of training.
        within: the part of it within the principal subspace.
        beyond: the part outside it.
        error: relative L2 error of the kernels of all parameters together, mean over the outputs of each group.
        correlations: of error with distance, by group.
        bins: error by distance, by group.
    """

    model: Int[Tensor, " model"]
    distance: Float[Tensor, " model"]
    within: Float[Tensor, " model"]
    beyond: Float[Tensor, " model"]
    error: Float[Tensor, "model group"]
    correlations: list[RankCorrelation]
    bins: list[DistanceBin]


@dataclass(frozen=True, eq=False)
class Examples:
    """A few models with their kernels, from the best to the worst.

    Attributes:
        model: which of the models, by number.
        error: relative L2 error of the kernels of all parameters together, mean over outputs.
        label: why each was chosen: ``"median"``, ``"worst"``, or its percentile.
        pair: the models, both operators' values and kernels.
    """

    model: Int[Tensor, " model"]
    error: Float[Tensor, " model"]
    label: tuple[str, ...]
    pair: Pair


@dataclass(frozen=True, eq=False)
class Kept:
    """Single values of the models in the seeded reservoir: all of them up to its size, a fair sample beyond.

    Attributes:
        model: which of the models, by number, increasing.
        profiles: the models.
        values: by metric, float32; the parameter axis as in :class:`PerOutput`.
    """

    model: Int[Tensor, " model"]
    profiles: Float[Tensor, "model parameter position"]
    values: dict[str, Float[Tensor, "model _ branch output"]]


@dataclass(frozen=True, eq=False)
class Report:
    """Everything that :func:`seisgrad.audit.compare` found.

    Attributes:
        layout: the axes.
        models: number of models.
        missing: values that one operator gives and the other does not, by which is missing: ``"learned"``,
            ``"reference"``.
        summary: every metric by parameter and group.
        per_output: every metric by output.
        spectrum: the error by wavelength.
        rank: number of principal directions of the training ensemble; 0 without one.
        subspace: the error inside and outside the subspace of the training ensemble and the derivative along it;
            empty without an ensemble. ``parameter`` is empty for all parameters together.
        subspace_words: by group, which of the two the error is.
        shift: None without an ensemble.
        artefacts: sensitivity that stays at one position while theory's peak moves.
        faults: errors with a name.
        consequences: what the learned derivative does to an inversion; None where no prior could be made.
        examples: models to look at.
        kept: single values.
        verdict: by group, in words.
    """

    layout: Layout
    models: int
    missing: dict[str, int]
    summary: list[Row]
    per_output: dict[str, PerOutput]
    spectrum: list[SpectrumRow]
    examples: Examples
    kept: Kept
    rank: int = 0
    subspace: list[Row] = field(default_factory=list)
    subspace_words: dict[str, str] = field(default_factory=dict)
    shift: Shift | None = None
    artefacts: list[Artefact] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    consequences: Consequences | None = None
    verdict: dict[str, str] = field(default_factory=dict)
