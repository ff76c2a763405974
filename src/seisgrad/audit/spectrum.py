"""The error by wavelength along the profile: whether a learned kernel is wrong at large or merely rough.

Kernels are expanded in cosines (orthonormal DCT-II: Ahmed, Natarajan & Rao 1974, IEEE Trans. Comput. 23, 90), whose
even extension, unlike a Fourier series, makes no jump of a kernel that starts large at the surface and ends near zero.
On n positions a step apart, cosine number k has the wavelength 2 n step / k; number 0 is the mean over the profile.
Energies of bands add up to the energy of the kernel, so that the squared errors of all bands add up to the squared
relative L2.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seisgrad.audit.bootstrap import Tally, ends
from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import Pair
from seisgrad.audit.measures import Measures
from seisgrad.audit.report import SpectrumRow


class Spectrum:
    """Accumulates the energy of error and exact kernel in octaves of wavelength, each over that of the exact kernel.

    On positions that are not evenly spaced, a kernel is first spread over its cells: a cell reaches from its
    position to the next, and as many even samples as there are positions read its density.

    Args:
        layout: the axes.
        seed: of the bootstrap over models.
    """

    def __init__(self, layout: Layout, seed: int) -> None:
        self.layout = layout
        positions = layout.compared
        self.edges, self._band = _octaves(positions)
        self._cosines = _cosines(len(positions))
        self._even = _even(positions)
        self._tally = Tally(seed)

    def add(self, pair: Pair) -> None:
        """Count a batch."""
        inside = self.layout.inside
        learned, exact = pair.learned[..., inside], pair.reference[..., inside]
        error, own = self._energy(learned - exact), self._energy(exact)
        whole = own.sum(-1, keepdim=True)
        whole = whole.masked_fill(whole == 0.0, torch.nan)
        shares = [part / whole for part in (error, own)]
        self._tally.add(self._by_group(*shares))

    def rows(self) -> list[SpectrumRow]:
        """One row per group, parameter and band."""
        return [
            self._row(group, parameter, band)
            for group in self.layout.groups
            for parameter in self.layout.parameters
            for band in range(len(self.edges) - 1)
        ]

    def _energy(
        self, kernel: Float[Tensor, "model branch output parameter inside"]
    ) -> Float[Tensor, "model branch output parameter band"]:
        if self._even is not None:
            index, per_cell = self._even
            kernel = (kernel * per_cell.to(kernel))[..., index]
        energy = (kernel @ self._cosines.to(kernel)).square()
        bands = energy.new_zeros(*energy.shape[:-1], len(self.edges) - 1)
        return bands.index_add(-1, self._band, energy)

    def _by_group(self, error: Tensor, own: Tensor) -> Measures:
        """Means over the outputs of each group: ``[model, 1, group]`` by band and parameter."""
        found = {}
        for name, share in (("error", error), ("exact", own)):
            of_group = torch.stack(
                [share[:, mask].nanmean(1) for mask in self.layout.groups.values()], -1
            )  # [model, parameter, band, group]
            for i, parameter in enumerate(self.layout.parameters):
                for band in range(len(self.edges) - 1):
                    found[f"{name} {band}", parameter] = of_group[:, i, band][:, None]
        return found

    def _row(self, group: str, parameter: str, band: int) -> SpectrumRow:
        names = list(self.layout.groups)
        this = torch.tensor([[name == group for name in names]])
        error, own = (
            self._tally.replicates((f"{of} {band}", parameter), this).sqrt() for of in ("error", "exact")
        )
        low, high = ends(error[1:]) if self._tally.models > 1 else (torch.tensor(math.nan),) * 2
        return SpectrumRow(
            group,
            parameter,
            shortest=self.edges[band + 1],
            longest=self.edges[band],
            error=float(error[0]),
            low=float(low),
            high=float(high),
            exact=float(own[0]),
            own_error=float(error[0] / own[0]) if own[0] > 0 else math.nan,
        )


def _octaves(positions: Float[Tensor, " position"]) -> tuple[list[float], Int[Tensor, " cosine"]]:
    """Edges of the bands in wavelength, from infinity down to two steps, and the band of each cosine."""
    n = len(positions)
    step = float((positions[-1] - positions[0]) / (n - 1)) if n > 1 else 1.0
    edges, band, first = [math.inf], torch.zeros(n, dtype=torch.int64), 1
    while first < n:
        edges.append(2 * n * step / first)
        band[first:] = len(edges) - 1
        first *= 2
    return [*edges, 2 * step], band


def _cosines(n: int) -> Float[Tensor, "position cosine"]:
    """The orthonormal DCT-II of n samples: √(2/n) cos(π k (i + ½) / n), and √(1/n) for k = 0."""
    i, k = torch.arange(n, dtype=torch.float64)[:, None], torch.arange(n, dtype=torch.float64)
    matrix = torch.cos(math.pi * k * (i + 0.5) / n) * math.sqrt(2 / n)
    matrix[:, 0] = math.sqrt(1 / n)
    return matrix


def _even(positions: Float[Tensor, " position"]) -> tuple[Int[Tensor, " sample"], Tensor] | None:
    """Which cell each even sample reads and the density of 1 in each cell; None where positions are evenly spaced."""
    width = positions.diff()
    if len(positions) < 3 or torch.allclose(width, width.mean().expand_as(width), rtol=1e-6, atol=0.0):
        return None
    width = torch.cat([width, width[-1:]])
    n = len(positions)
    samples = positions[0] + (torch.arange(n, dtype=positions.dtype) + 0.5) / n * width.sum()
    return torch.searchsorted(positions, samples, right=True) - 1, 1 / width
