"""How uncertain data are, and the whitening that makes their errors independent and of size one."""

import abc
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion.prior import positive_cholesky


class Noise(abc.ABC):
    """Gaussian errors of the data, site by site. Data are flattened here, ``[site, datum]``.

    Of missing data nothing is known: their rows and columns of the covariance are left out (not of its inverse).
    """

    @abc.abstractmethod
    def check(self, observed: Bool[Tensor, "site datum"]) -> None:
        """Raise InputError where an observed datum has no positive, finite error."""

    @abc.abstractmethod
    def sigma(self, sites: Tensor) -> Float[Tensor, "site datum"]:
        """Standard deviations of the data of the given sites (indices)."""

    @abc.abstractmethod
    def whiten(
        self, values: Float[Tensor, "site datum column"], used: Bool[Tensor, "site datum"], sites: Tensor
    ) -> Float[Tensor, "site datum column"]:
        """Apply W with W C W^T = 1 over the used data of the given sites; unused rows, NaN or not, become 0."""

    @abc.abstractmethod
    def own_share(
        self, root: Float[Tensor, "site datum column"], used: Bool[Tensor, "site datum"], sites: Tensor
    ) -> Float[Tensor, "site datum"]:
        """The diagonal of W⁻¹ (G Gᵀ) W for a whitened root G, whose unused rows are 0."""


@dataclass(frozen=True, eq=False)
class Independent(Noise):
    """Errors that know nothing of each other.

    Args:
        sigmas: standard deviations, ``[site, datum]``, in the data's unit; ignored where there is no datum.
    """

    sigmas: Float[Tensor, "site datum"]

    def check(self, observed: Bool[Tensor, "site datum"]) -> None:
        """Raise InputError where an observed datum has no positive, finite sigma."""
        bad = observed & ~(self.sigmas.isfinite() & (self.sigmas > 0))
        if bad.any():
            site, datum = (int(k) for k in bad.nonzero()[0])
            raise InputError(
                f"the noise of datum {datum} (of {observed.shape[1]}, flattened) of site {site} is "
                f"{float(self.sigmas[site, datum]):g}, expected a positive standard deviation in the data's unit"
            )

    def sigma(self, sites: Tensor) -> Float[Tensor, "site datum"]:
        """The standard deviations."""
        return self.sigmas[sites]

    def whiten(
        self, values: Float[Tensor, "site datum column"], used: Bool[Tensor, "site datum"], sites: Tensor
    ) -> Float[Tensor, "site datum column"]:
        """Divide by sigma."""
        return torch.where(used[..., None], values / self.sigmas[sites][..., None], 0.0)

    def own_share(
        self, root: Float[Tensor, "site datum column"], used: Bool[Tensor, "site datum"], sites: Tensor
    ) -> Float[Tensor, "site datum"]:
        """Squared rows: a diagonal W leaves the diagonal as it is."""
        return root.square().sum(-1)


@dataclass(frozen=True, eq=False)
class Correlated(Noise):
    """Errors with a full covariance, the same at every site.

    Args:
        covariance: over the flattened data, ``[datum, datum]``, in the data's unit squared.

    Raises:
        InputError: a matrix that is not symmetric positive definite.
    """

    covariance: Float[Tensor, "..."]

    def __post_init__(self) -> None:
        object.__setattr__(self, "covariance", torch.as_tensor(self.covariance, dtype=torch.float64))
        positive_cholesky("data covariance", self.covariance)

    def check(self, observed: Bool[Tensor, "site datum"]) -> None:
        """Raise InputError where the covariance is not one of the data."""
        if self.covariance.shape != (observed.shape[1], observed.shape[1]):
            raise InputError(
                f"the data covariance has shape {tuple(self.covariance.shape)} for {observed.shape[1]} data, "
                "expected one row and column per value of the flattened data"
            )

    def sigma(self, sites: Tensor) -> Float[Tensor, "site datum"]:
        """Marginal standard deviations."""
        return self.covariance.diagonal().sqrt().expand(len(sites), -1)

    def whiten(
        self, values: Float[Tensor, "site datum column"], used: Bool[Tensor, "site datum"], sites: Tensor
    ) -> Float[Tensor, "site datum column"]:
        """Solve with the Cholesky factor of the used rows and columns."""
        factor = self._factor(used)
        return torch.linalg.solve_triangular(factor, torch.where(used[..., None], values, 0.0), upper=False)

    def own_share(
        self, root: Float[Tensor, "site datum column"], used: Bool[Tensor, "site datum"], sites: Tensor
    ) -> Float[Tensor, "site datum"]:
        """Rows of L G times those of L⁻ᵀ G, with the Cholesky factor L = W⁻¹."""
        factor = self._factor(used)
        return (factor @ root * torch.linalg.solve_triangular(factor.mT, root, upper=True)).sum(-1)

    def _factor(self, used: Bool[Tensor, "site datum"]) -> Float[Tensor, "site datum datum"]:
        """The Cholesky factor of the used rows and columns, 1 standing in on the diagonal of the others."""
        pair = used[:, :, None] & used[:, None, :]
        unit = torch.eye(used.shape[1], dtype=self.covariance.dtype, device=self.covariance.device)
        return torch.linalg.cholesky(torch.where(pair, self.covariance, unit))
