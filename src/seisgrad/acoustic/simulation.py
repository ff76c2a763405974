"""The response of one earth: from its nodes to a fine grid, through the waves, to what the survey asks."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import interpolate, pad

from seisgrad.acoustic.waves import Waves
from seisgrad.waves.derivatives import Simulator

#: Bytes that may be taken by the traces of shots done together, and by the wavefields kept for a gradient.
_TRACES, _HISTORY = 2**28, 2**28


@dataclass(frozen=True, eq=False)
class Simulation(Simulator):
    """A :class:`Simulator` over :class:`Waves`.

    Args:
        waves: how to propagate.
        refine: fine cells per cell of the earth's grid.
        margin: fine cells beyond the grid's edges above, below, left and right, before the absorbing layer.
        read: nodes of the fine grid that are read, ``[read, 2]``.
        receivers: which of them make each receiver, ``[receiver, node]``.
        weights: and with which weights, ``[receiver, node]``.
        matrix: from traces to values, ``[step, *value]``.
        spectra: whether values come before receivers, ``[frequency, receiver, part]``, or after, ``[receiver, time]``.
        dtype: of the propagation.
    """

    waves: Waves
    refine: int
    margin: tuple[int, int, int, int]
    read: Int[Tensor, "read 2"]
    receivers: Int[Tensor, "receiver node"]
    weights: Float[Tensor, "receiver node"]
    matrix: Float[Tensor, "step ..."]
    spectra: bool
    dtype: torch.dtype

    @property
    def output_ndim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Of one source: the values and the receivers."""
        return self.matrix.ndim

    def fine(self, earth: Float[Tensor, "2 z x"]) -> Float[Tensor, "2 fine_z fine_x"]:
        """The earth on the fine grid: bilinear between its nodes, and beyond its edges as at the edge."""
        nz, nx = earth.shape[-2:]
        size = ((nz - 1) * self.refine + 1, (nx - 1) * self.refine + 1)
        between = interpolate(earth[None].to(self.dtype), size, mode="bilinear", align_corners=True)
        above, below, left, right = self.margin
        return pad(between, (left, right, above, below), mode="replicate")[0]

    def response(self, earth: Tensor, nodes: Tensor, weights: Tensor, segments: int = 1) -> Tensor:
        """See :class:`Simulator`; ``segments`` as for :meth:`Waves.pressure`."""
        fine, weights = self.fine(earth), weights.to(self.dtype)
        return torch.cat(
            [
                self._values(
                    self.waves.pressure(fine, nodes[s], weights[s], self.read, segments), earth.dtype
                )
                for s in self._shots(len(nodes), self._trace_bytes)
            ]
        )

    def tangent(self, earth: Tensor, change: Tensor, nodes: Tensor, weights: Tensor) -> Tensor:
        """See :class:`Simulator`."""
        fine, weights, change = self.fine(earth), weights.to(self.dtype), self.fine(change)
        return torch.cat(
            [
                self._values(self.waves.scattered(fine, change, nodes[s], weights[s], self.read), earth.dtype)
                for s in self._shots(len(nodes), self._trace_bytes)
            ]
        )

    def pullback(
        self, earth: Tensor, nodes: Tensor, weights: Tensor, cotangents: Tensor, wanted: tuple[bool, bool]
    ) -> tuple[Tensor, Tensor]:
        """See :class:`Simulator`.

        In a thread of its own: segments are run again under ``.backward()``, which torch refuses in a thread where
        ``torch.autograd.grad`` or ``torch.func.vjp`` is under way, as it is when this is called.
        """
        threads = torch.get_num_threads()  # a new thread would compute with all cores
        with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(threads,)) as own:
            return own.submit(self._pullback, earth, nodes, weights, cotangents, wanted).result()

    def _pullback(
        self, earth: Tensor, nodes: Tensor, weights: Tensor, cotangents: Tensor, wanted: tuple[bool, bool]
    ) -> tuple[Tensor, Tensor]:
        by_earth = earth.new_zeros(len(cotangents), *earth.shape)
        by_weights = weights.new_zeros(len(cotangents), *weights.shape)
        # Three wavefields of every step: pressure and the two particle velocities.
        kept = 3 * len(self.matrix) * self.fine(earth)[0].numel() * self.matrix.element_size()
        segments = math.ceil(kept / _HISTORY) if wanted[0] else 1
        for s in self._shots(len(nodes), max(kept, self._trace_bytes)):
            with torch.enable_grad():
                leaves = earth.detach().clone(), weights[s].detach().clone()
                for leaf, want in zip(leaves, wanted, strict=True):
                    leaf.requires_grad_(want)
                values = self.response(leaves[0], nodes[s], leaves[1], segments)
            for k, cotangent in enumerate(cotangents):
                values.backward(cotangent[s], retain_graph=True)
                for total, leaf in ((by_earth[k], leaves[0]), (by_weights[k, s], leaves[1])):
                    if leaf.grad is not None:
                        total += leaf.grad
                        leaf.grad = None
        return by_earth, by_weights

    def _values(self, traces: Float[Tensor, "shot read step"], dtype: torch.dtype) -> Tensor:
        """What the survey asks, of shots: ``[shot, frequency, receiver, part]`` or ``[shot, receiver, time]``."""
        values = torch.tensordot(traces, self.matrix, dims=1).to(dtype)
        shape = (*self.weights.shape, *(1 for _ in range(values.ndim - 2)))
        at = (values[:, self.receivers] * self.weights.to(dtype).reshape(shape)).sum(2)
        return at.movedim(1, 2) if self.spectra else at

    @property
    def _trace_bytes(self) -> int:
        return len(self.read) * len(self.matrix) * self.matrix.element_size()

    @staticmethod
    def _shots(number: int, each: int) -> list[slice]:
        """Shots that are done together, of so many bytes each."""
        together = max(1, _TRACES // each)
        return [slice(k, min(k + together, number)) for k in range(0, number, together)]
