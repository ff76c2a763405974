"""The response of one earth: from its nodes to a fine grid, through the waves, to what a survey asks."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import interpolate, pad

from seisgrad.waves.derivatives import Simulator

#: Bytes that may be taken by the traces of shots done together, and by the wavefields kept for a gradient.
_TRACES, _HISTORY = 2**28, 2**28


@runtime_checkable
class Propagator(Protocol):
    """Waves on the fine grid, shot by shot."""

    def record(
        self,
        earth: Float[Tensor, "parameter fine_z fine_x"],
        sources: Int[Tensor, "shot node 2"],
        weights: Float[Tensor, "shot node"],
        receivers: Int[Tensor, "read axis"],
        segments: int = 1,
    ) -> Float[Tensor, "shot read step"]:
        """Traces, differentiable by reverse mode in ``earth`` and ``weights``.

        With more than one of ``segments`` in time, what a gradient needs is kept for one of them only; the backward
        pass runs each again, and must be started by ``.backward()``.
        """
        ...


@dataclass(frozen=True, eq=False)
class GridSimulation(Simulator):
    """A :class:`Simulator` over a :class:`Propagator`; a system adds the tangent and the order of its axes.

    Args:
        waves: how to propagate.
        refine: fine cells per cell of the earth's grid.
        margin: fine cells beyond the grid's edges above, below, left and right, before the absorbing layer.
        read: what is read, ``[read, axis]``, as the propagator takes it.
        receivers: which of them make each receiver, ``[receiver, node]``.
        weights: and with which weights, ``[receiver, node]``.
        matrix: from traces to values, ``[step, *value]``.
        dtype: of the propagation.
    """

    waves: Propagator
    refine: int
    margin: tuple[int, int, int, int]
    read: Int[Tensor, "read axis"]
    receivers: Int[Tensor, "receiver node"]
    weights: Float[Tensor, "receiver node"]
    matrix: Float[Tensor, "step ..."]
    dtype: torch.dtype

    fields: ClassVar[int]
    """Wavefields of every step that a gradient needs."""

    def fine(self, earth: Float[Tensor, "parameter z x"]) -> Float[Tensor, "parameter fine_z fine_x"]:
        """The earth on the fine grid: bilinear between its nodes, and beyond its edges as at the edge."""
        nz, nx = earth.shape[-2:]
        size = ((nz - 1) * self.refine + 1, (nx - 1) * self.refine + 1)
        between = interpolate(earth[None].to(self.dtype), size, mode="bilinear", align_corners=True)
        above, below, left, right = self.margin
        return pad(between, (left, right, above, below), mode="replicate")[0]

    def arrange(self, values: Float[Tensor, "shot receiver ..."]) -> Tensor:
        """The values of shots in the order of the survey's axes."""
        return values

    def response(self, earth: Tensor, nodes: Tensor, weights: Tensor, segments: int = 1) -> Tensor:
        """See :class:`Simulator`; ``segments`` as for :meth:`Propagator.record`."""
        fine, weights = self.fine(earth), weights.to(self.dtype)
        return torch.cat(
            [
                self.values(self.waves.record(fine, nodes[s], weights[s], self.read, segments), earth.dtype)
                for s in self.shots(len(nodes))
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
        kept = self.fields * len(self.matrix) * self.fine(earth)[0].numel() * self.matrix.element_size()
        # A state to begin a stretch from takes about 2.5 times what a step keeps: more stretches save no memory.
        most = math.sqrt(len(self.matrix) / 2.5)
        segments = math.ceil(min(kept / _HISTORY, most)) if wanted[0] else 1
        for s in self.shots(len(nodes), kept):
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

    def values(self, traces: Float[Tensor, "shot read step"], dtype: torch.dtype) -> Tensor:
        """What the survey asks, of shots, from their traces."""
        values = torch.tensordot(traces, self.matrix, dims=1).to(dtype)
        shape = (*self.weights.shape, *(1 for _ in range(values.ndim - 2)))
        return self.arrange((values[:, self.receivers] * self.weights.to(dtype).reshape(shape)).sum(2))

    def shots(self, number: int, each: int = 0) -> list[slice]:
        """Shots that are done together, of ``each`` bytes or at least of those that their traces take."""
        traces = len(self.read) * len(self.matrix) * self.matrix.element_size()
        together = max(1, _TRACES // max(each, traces))
        return [slice(k, min(k + together, number)) for k in range(0, number, together)]


def compact(
    nodes: Int[Tensor, "receiver node axis"], weights: Float[Tensor, "receiver node"]
) -> tuple[Tensor, Tensor, Tensor]:
    """What is read at all, ``[read, axis]``; for each receiver which of it, and with which weights."""
    counts = weights.abs() > 1e-12
    most = max(1, int(counts.sum(1).max()))
    order = weights.abs().argsort(1, descending=True)[:, :most]
    weights = weights.gather(1, order)
    nodes = nodes.gather(1, order[..., None].expand(-1, -1, nodes.shape[-1]))
    read, place = torch.unique(nodes.reshape(-1, nodes.shape[-1]), dim=0, return_inverse=True)
    return read, place.reshape(weights.shape), weights
