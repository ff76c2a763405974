"""Derivatives of a simulated response, as torch functions: reverse and forward mode, and vmap over either.

The wave solver differentiates one earth at a time and knows no ``torch.func`` transform. These functions hold nothing
of a simulation between forward and backward: a backward simulates again, shot by shot, so that the memory is that of
one shot however many there are.
"""

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor


class Simulator(ABC):
    """What these functions ask of a simulation. ``earth`` is ``[2, z, x]``; there are no batches here.

    The response is linear in the weights of the nodes at which each source acts.
    """

    output_ndim: int
    """Dimensions of the response of one source."""

    @abstractmethod
    def response(self, earth: Tensor, nodes: Tensor, weights: Tensor) -> Tensor:
        """``[source, *output]``."""

    @abstractmethod
    def tangent(self, earth: Tensor, change: Tensor, nodes: Tensor, weights: Tensor) -> Tensor:
        """The derivative of the response along a change of the earth, ``[source, *output]``."""

    @abstractmethod
    def pullback(
        self, earth: Tensor, nodes: Tensor, weights: Tensor, cotangents: Tensor, wanted: tuple[bool, bool]
    ) -> tuple[Tensor, Tensor]:
        """Cotangents ``[cotangent, source, *output]`` to ``[cotangent, 2, z, x]`` and ``[cotangent, source, node]``.

        What is not wanted, of earth and weights, may be zero.
        """


def respond(simulator: Simulator, earth: Tensor, nodes: Tensor, weights: Tensor) -> Tensor:
    """Responses ``[*batch, source, *output]`` of earths ``[*batch, 2, z, x]``, differentiable in earth and weights."""
    return _Response.apply(simulator, earth, nodes, weights)  # type: ignore[return-value]


class _Response(torch.autograd.Function):
    @staticmethod
    def forward(simulator: Simulator, earth: Tensor, nodes: Tensor, weights: Tensor) -> Tensor:
        flat = earth.reshape(-1, *earth.shape[-3:])
        found = torch.stack([simulator.response(e, nodes, weights) for e in flat])
        return found.reshape(*earth.shape[:-3], *found.shape[1:])

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Tensor) -> None:
        ctx.simulator = inputs[0]
        ctx.save_for_backward(*inputs[1:])
        ctx.save_for_forward(*inputs[1:])

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple:  # pyright: ignore[reportIncompatibleMethodOverride]
        earth, nodes, weights = ctx.saved_tensors
        wanted = (ctx.needs_input_grad[1], ctx.needs_input_grad[3])
        by_earth, by_weights = _Pullback.apply(ctx.simulator, wanted, earth, nodes, weights, cotangent)
        batch = tuple(range(earth.ndim - 3))
        return None, by_earth, None, by_weights.sum(batch) if batch else by_weights

    @staticmethod
    def jvp(  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx: Any, _simulator: None, change: Tensor | None, _nodes: None, weights_change: Tensor | None
    ) -> Tensor | None:
        earth, nodes, weights = ctx.saved_tensors
        total = None
        if change is not None:
            total = _Tangent.apply(ctx.simulator, earth, change, nodes, weights)
        if weights_change is not None:
            moved = _Response.apply(ctx.simulator, earth, nodes, weights_change)
            total = moved if total is None else total + moved
        return total

    @staticmethod
    def vmap(  # pyright: ignore[reportIncompatibleMethodOverride]
        info: Any, in_dims: tuple, simulator: Simulator, earth: Tensor, nodes: Tensor, weights: Tensor
    ) -> tuple[Tensor, int]:
        if in_dims[2:] == (None, None):
            return _Response.apply(simulator, earth.movedim(in_dims[1], 0), nodes, weights), 0
        return _one_by_one(_Response, info, in_dims, simulator, earth, nodes, weights)


class _Tangent(torch.autograd.Function):
    @staticmethod
    def forward(
        simulator: Simulator, earth: Tensor, change: Tensor, nodes: Tensor, weights: Tensor
    ) -> Tensor:
        pairs = zip(earth.reshape(-1, *earth.shape[-3:]), change.reshape(-1, *earth.shape[-3:]), strict=True)
        found = torch.stack([simulator.tangent(e, c, nodes, weights) for e, c in pairs])
        return found.reshape(*earth.shape[:-3], *found.shape[1:])

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Tensor) -> None:
        """Nothing is kept: this derivative is not differentiated again."""

    @staticmethod
    def vmap(  # pyright: ignore[reportIncompatibleMethodOverride]
        info: Any, in_dims: tuple, simulator: Simulator, earth: Tensor, change: Tensor, *source: Tensor
    ) -> tuple[Tensor, int]:
        if in_dims[3:] == (None, None):
            size = info.batch_size
            return _Tangent.apply(
                simulator, _front(earth, in_dims[1], size), _front(change, in_dims[2], size), *source
            ), 0
        return _one_by_one(_Tangent, info, in_dims, simulator, earth, change, *source)


class _Pullback(torch.autograd.Function):
    """Cotangents ``[*many, *batch, source, *output]``: a vmap over cotangents alone shares one simulation."""

    @staticmethod
    def forward(
        simulator: Simulator,
        wanted: tuple[bool, bool],
        earth: Tensor,
        nodes: Tensor,
        weights: Tensor,
        cotangent: Tensor,
    ) -> tuple[Tensor, Tensor]:
        batch = earth.shape[:-3]
        many = cotangent.shape[: _many(simulator, earth, cotangent)]
        flat = earth.reshape(-1, *earth.shape[-3:])
        each = cotangent.reshape(
            many.numel(), len(flat), *cotangent.shape[cotangent.ndim - simulator.output_ndim - 1 :]
        )
        found = [
            simulator.pullback(e, nodes, weights, c, wanted)
            for e, c in zip(flat, each.unbind(1), strict=True)
        ]
        by_earth, by_weights = (torch.stack(part, 1) for part in zip(*found, strict=True))
        return (
            by_earth.reshape(*many, *batch, *by_earth.shape[2:]),
            by_weights.reshape(*many, *batch, *by_weights.shape[2:]),
        )

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: tuple[Tensor, Tensor]) -> None:
        """Nothing is kept: this derivative is not differentiated again."""

    @staticmethod
    def vmap(  # pyright: ignore[reportIncompatibleMethodOverride]
        info: Any,
        in_dims: tuple,
        simulator: Simulator,
        wanted: tuple[bool, bool],
        earth: Tensor,
        nodes: Tensor,
        weights: Tensor,
        cotangent: Tensor,
    ) -> tuple:
        if in_dims[3:5] != (None, None):
            return _one_by_one(_Pullback, info, in_dims, simulator, wanted, earth, nodes, weights, cotangent)
        size = info.batch_size
        cotangent = _front(cotangent, in_dims[5], size)
        if in_dims[2] is None:
            return _Pullback.apply(simulator, wanted, earth, nodes, weights, cotangent), (0, 0)
        earth = earth.movedim(in_dims[2], 0)
        place = _many(simulator, earth, cotangent)
        cotangent = cotangent.movedim(0, place)
        return _Pullback.apply(simulator, wanted, earth, nodes, weights, cotangent), (place, place)


def _many(simulator: Simulator, earth: Tensor, cotangent: Tensor) -> int:
    """How many leading dimensions of a cotangent are neither the earths' batch nor a response."""
    return cotangent.ndim - (earth.ndim - 3) - 1 - simulator.output_ndim


def _front(tensor: Tensor, dim: int | None, size: int) -> Tensor:
    return tensor.expand(size, *tensor.shape) if dim is None else tensor.movedim(dim, 0)


def _one_by_one(function: type[torch.autograd.Function], info: Any, in_dims: tuple, *inputs: Any) -> tuple:
    """A vmap over positions of sources: each has nodes of its own, and is simulated on its own."""
    outputs = []
    for k in range(info.batch_size):
        taken = [
            value if dim is None else value.select(dim, k) for value, dim in zip(inputs, in_dims, strict=True)
        ]
        outputs.append(function.apply(*taken))
    if isinstance(outputs[0], tuple):
        return tuple(torch.stack(part) for part in zip(*outputs, strict=True)), tuple(0 for _ in outputs[0])
    return torch.stack(outputs), 0
