"""The ground as a stack of homogeneous layers over a half-space: one type for one model or a batch."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.earth.validation import find_fault
from seisgrad.errors import InputError

Values = Tensor | np.ndarray | np.generic | Sequence[Any] | float | int
"""Whatever becomes a tensor: a tensor (its graph is kept), an array, a number, a list of these."""


class LayerArrays(NamedTuple):
    """A model as contiguous float64 arrays [..., layer], detached from any graph."""

    thickness: NDArray[np.float64]
    vp: NDArray[np.float64]
    vs: NDArray[np.float64]
    rho: NDArray[np.float64]


@dataclass(frozen=True, eq=False, init=False, repr=False)
class LayeredModel:
    """Homogeneous isotropic layers, the last one a half-space; leading dimensions are a batch of models.

    Every argument is a tensor or array-like of shape [..., layer]; batch dimensions broadcast, and a plain
    number stands for all layers. Values become float64, and a tensor's autograd graph is kept.

    Args:
        thickness: km, positive. The last entry, the half-space's, is ignored and stored as 0.
        vp: Compressional velocity, km/s.
        vs: Shear velocity, km/s. 0 makes a layer water, allowed only without a solid above it.
        rho: Density, g/cm3.

    Raises:
        InputError: shapes do not fit, or a layer is no possible earth; the sentence names model and layer.
            Inside `torch.func.vmap` values cannot be read, and only shapes are checked.
    """

    thickness: Float[Tensor, "*batch layer"]
    vp: Float[Tensor, "*batch layer"]
    vs: Float[Tensor, "*batch layer"]
    rho: Float[Tensor, "*batch layer"]

    def __init__(self, thickness: Values, vp: Values, vs: Values, rho: Values) -> None:
        self._store(thickness, vp, vs, rho)
        if fault := find_fault(self.thickness, self.vp, self.vs, self.rho):
            which = f"model [{', '.join(map(str, fault.model))}], " if fault.model else ""
            raise InputError(f"{which}layer {fault.layer + 1} of {self.layers}: {fault.text}.")

    @classmethod
    def _unchecked(cls, thickness: Values, vp: Values, vs: Values, rho: Values) -> Self:
        """The same without a look at the values: for callers that hold checked or traced ones."""
        model = object.__new__(cls)
        model._store(thickness, vp, vs, rho)
        return model

    def _store(self, thickness: Values, vp: Values, vs: Values, rho: Values) -> None:
        """Bring the four arguments to one shape and set the fields (once: the dataclass is frozen)."""
        given = {"thickness": thickness, "vp": vp, "vs": vs, "rho": rho}
        device = next((v.device for v in given.values() if isinstance(v, Tensor)), None)
        fields = _broadcast({name: as_tensor(v, name, device) for name, v in given.items()})
        h = fields["thickness"]
        fields["thickness"] = torch.cat([h[..., :-1], torch.zeros_like(h[..., :1])], dim=-1)
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    @classmethod
    def on_grid(cls, depth: Values, vp: Values, vs: Values, rho: Values) -> Self:
        """A model whose layer i starts at depth[i]; the last entry is the top of the half-space.

        Args:
            depth: Tops of the layers, km, [layer] or [..., layer]: 0 first, then increasing.
            vp: km/s, [..., layer].
            vs: km/s, [..., layer].
            rho: g/cm3, [..., layer].

        Raises:
            InputError: as the class, and if depth does not start at 0 or does not increase.
        """
        return cls(thickness_from_depth(depth), vp, vs, rho)

    @property
    def depth(self) -> Float[Tensor, "*batch layer"]:
        """Tops of the layers, km; the first is 0, the last the top of the half-space."""
        below = torch.cumsum(self.thickness[..., :-1], dim=-1)
        return torch.cat([torch.zeros_like(self.thickness[..., :1]), below], dim=-1)

    @property
    def layers(self) -> int:
        """Number of layers, the half-space included."""
        return self.vp.shape[-1]

    @property
    def batch_shape(self) -> torch.Size:
        """Shape of the batch: empty for a single model."""
        return self.vp.shape[:-1]

    @property
    def fluid(self) -> Bool[Tensor, "*batch layer"]:
        """True where a layer is water (vs is 0)."""
        return self.vs == 0.0

    @property
    def water(self) -> int:
        """Number of water layers on top, the same for every model of the batch.

        Raises:
            InputError: the models differ; `fluid` has the answer layer by layer.
        """
        counts = self.fluid.sum(dim=-1).unique()
        if counts.numel() > 1:
            raise InputError(
                f"the models of this batch have {int(counts.min())} to {int(counts.max())} water layers, "
                "expected the same number in each; split the batch, e.g. model[model.fluid.sum(-1) == 1]."
            )
        return int(counts) if counts.numel() else 0

    def stack(self) -> Float[Tensor, "*batch 3 layer"]:
        """vp, vs and rho in this order as one tensor [..., 3, layer]: what operators take."""
        return torch.stack([self.vp, self.vs, self.rho], dim=-2)

    def to_numpy(self) -> LayerArrays:
        """The four fields as contiguous float64 arrays without a graph."""
        fields = (self.thickness, self.vp, self.vs, self.rho)
        return LayerArrays(*(np.ascontiguousarray(t.detach().cpu().numpy()) for t in fields))

    def __getitem__(self, index: Any) -> Self:
        """Models of the batch, indexed as a tensor of `batch_shape` would be; layers stay whole."""
        if not self.batch_shape:
            raise InputError("this is a single model, expected a batch to index; use its fields as they are.")
        place = (*index, slice(None)) if isinstance(index, tuple) else (index, slice(None))
        return self._unchecked(*(t[place] for t in (self.thickness, self.vp, self.vs, self.rho)))

    def __len__(self) -> int:
        """Number of models along the first batch dimension."""
        if not self.batch_shape:
            raise TypeError("a single model has no length; `layers` counts its layers")
        return self.batch_shape[0]

    def __bool__(self) -> bool:
        """A model is something even when it has no length."""
        return True

    def __repr__(self) -> str:
        batch = f"batch {tuple(self.batch_shape)}, " if self.batch_shape else ""
        count = f"{self.layers} layer{'s' if self.layers > 1 else ''}"
        try:
            return f"LayeredModel({batch}{count}{self._extent()})"
        except RuntimeError:  # under torch.func.vmap values cannot be read
            return f"LayeredModel({batch}{count})"

    def _extent(self) -> str:
        if not self.vs.numel():
            return ""
        bottom = float(self.thickness.detach().sum(dim=-1).max())
        wet = int(self.fluid.sum(dim=-1).max())
        water = f", {wet} of water" if wet else ""
        slow, fast = (float(v) for v in self.vs.detach().aminmax())
        return f"{water}, half-space below {bottom:g} km, vs {slow:.3g} to {fast:.3g} km/s"


def as_tensor(value: Values, name: str, device: torch.device | None = None) -> Tensor:
    """A float64 tensor of what was given, its graph kept; InputError with `name` if it holds no numbers."""
    if isinstance(value, Tensor):
        if value.is_complex():
            raise InputError(f"{name} is complex ({value.dtype}), expected real numbers; pass its real part.")
        return value.to(dtype=torch.float64)
    if isinstance(value, Sequence) and any(isinstance(v, Tensor) for v in value):
        return torch.stack([as_tensor(v, name, device) for v in value])  # torch.tensor would cut the graph
    try:
        array = np.array(value)
        if array.dtype.kind not in "fiu":
            raise TypeError(f"dtype {array.dtype}")
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{name} is no array of numbers ({error}); pass a tensor, an array or a list of numbers."
        ) from error
    return torch.tensor(array.astype(np.float64), device=device)  # a copy: the caller may reuse its array


def _broadcast(fields: dict[str, Tensor]) -> dict[str, Tensor]:
    """Expand to one shape [..., layer]: batch dimensions broadcast, layer axes agree or are absent."""
    received = ", ".join(f"{name} {list(t.shape)}" for name, t in fields.items())
    counts = {t.shape[-1] for t in fields.values() if t.ndim}
    if not counts:
        fields = {name: t.reshape(1) for name, t in fields.items()}
    if len(counts) > 1 or 0 in counts:
        raise InputError(
            f"layers do not fit: received {received}; expected the same number of layers, at least one, "
            "along the last axis of each; give thickness an entry for the half-space too, which is ignored."
        )
    try:
        return dict(zip(fields, torch.broadcast_tensors(*fields.values()), strict=True))
    except RuntimeError as error:
        raise InputError(
            f"batches do not fit: received {received}; expected shapes [..., layer] whose batches broadcast."
        ) from error


def thickness_from_depth(depth: Values) -> Float[Tensor, "*batch layer"]:
    """Thickness, km, of the layers whose tops are at `depth` [..., layer]; the half-space's is 0.

    Raises:
        InputError: depth is empty, does not start at 0 or does not increase.
    """
    tops = as_tensor(depth, "depth")
    if tops.ndim == 0 or tops.shape[-1] == 0:
        raise InputError(
            f"depth has the shape {list(tops.shape)}, expected the tops of the layers, [..., layer]."
        )
    with suppress(RuntimeError):  # under torch.func.vmap values cannot be read
        _check_tops(tops.detach())
    return torch.cat([tops.diff(dim=-1), torch.zeros_like(tops[..., :1])], dim=-1)


def _check_tops(tops: Float[Tensor, "*batch layer"]) -> None:
    first = tops[..., 0].flatten()
    if not bool((first == 0.0).all()):
        raise InputError(
            f"depth starts at {float(first[first != 0.0][0]):g} km, expected 0; depth[i] is the top of layer "
            "i, so put the surface first."
        )
    step = tops.diff(dim=-1)
    good = (step > 0.0) & torch.isfinite(step)
    if not bool(good.all()):
        *model, upper = (int(i) for i in (~good).nonzero()[0])
        above, below = (float(v) for v in tops[tuple(model)][upper : upper + 2])
        raise InputError(
            f"depth[{upper + 1}] is {below:g} km after {above:g} km, expected tops that increase; sort them "
            "and drop repeated ones."
        )
