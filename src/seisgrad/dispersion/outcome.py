"""What inversions of many sites say of each of them, and which of them need a look."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from seisgrad.inversion import Status

REFUSED = 3
"""Status of a site that could not be inverted at all; beside the values of :class:`~seisgrad.inversion.Status`."""
IMPLAUSIBLE = 1e-3
"""A site is doubtful where the prior gives a model as far from its mean less than this probability."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What inversions say of sites; the first axis is the site.

    Attributes:
        vs: of the rock layers, km/s; NaN where the site was refused.
        sigma: one posterior standard deviation.
        shrinkage: posterior over prior standard deviation.
        resolved: depth, km, of the deepest layer of which the data remove half of the prior variance; NaN where none.
        chi2: squared residuals per datum.
        p_fit: probability of residuals at least as large.
        p_prior: probability of a model as far from the prior.
        information: parameters that the data determine.
        status: of :class:`~seisgrad.inversion.Status`, or :data:`REFUSED`.
        searched: started again elsewhere, :data:`STARTS` times in all.
        ambiguous: another model explains the data too; see :attr:`~seisgrad.inversion.Search.ambiguous`.
        message: what became of the site, in words.
        prediction: km/s.
    """

    vs: Float[Tensor, "site rock"]
    sigma: Float[Tensor, "site rock"]
    shrinkage: Float[Tensor, "site rock"]
    resolved: Float[Tensor, " site"]
    chi2: Float[Tensor, " site"]
    p_fit: Float[Tensor, " site"]
    p_prior: Float[Tensor, " site"]
    information: Float[Tensor, " site"]
    status: UInt8[Tensor, " site"]
    searched: Bool[Tensor, " site"]
    ambiguous: Bool[Tensor, " site"]
    message: tuple[str, ...]
    prediction: Float[Tensor, "site branch period"]

    @property
    def doubtful(self) -> Bool[Tensor, " site"]:
        """No maximum, one that does not explain the data, one among several, or an implausible one."""
        return (self.status != Status.CONVERGED) | self.ambiguous | (self.p_prior < IMPLAUSIBLE)

    @classmethod
    def together(cls, parts: "Sequence[Outcome]") -> "Outcome":
        """Batches of sites as one."""
        joined = {}
        for field in fields(cls):
            columns = [getattr(part, field.name) for part in parts]
            joined[field.name] = sum(columns, ()) if field.name == "message" else torch.cat(columns)
        return cls(**joined)

    @classmethod
    def refused(cls, reasons: Sequence[str], layers: int, curves: tuple[int, int]) -> "Outcome":
        """Sites without a result, and why."""
        number = len(reasons)

        def nothing(*shape: int) -> Tensor:
            return torch.full((number, *shape), torch.nan, dtype=torch.float64)

        no = torch.zeros(number, dtype=torch.bool)
        return cls(
            vs=nothing(layers),
            sigma=nothing(layers),
            shrinkage=nothing(layers),
            resolved=nothing(),
            chi2=nothing(),
            p_fit=nothing(),
            p_prior=nothing(),
            information=nothing(),
            status=torch.full((number,), REFUSED, dtype=torch.uint8),
            searched=no,
            ambiguous=no,
            message=tuple(f"Refused: {reason}" for reason in reasons),
            prediction=nothing(*curves),
        )

    def with_sites(self, where: Int[Tensor, " some"], other: "Outcome") -> "Outcome":
        """The outcome with that of the sites ``where`` replaced."""
        values = {}
        for field in fields(self):
            old, new = getattr(self, field.name), getattr(other, field.name)
            if field.name == "message":
                words = dict(zip(where.tolist(), new, strict=True))
                values[field.name] = tuple(words.get(i, word) for i, word in enumerate(old))
            else:
                values[field.name] = old.index_put((where,), new)
        return Outcome(**values)
