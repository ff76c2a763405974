"""What training knows of dispersion: samples of earths, curves and exact kernel rows, and how a network is judged."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seisgrad.dataset import open_dataset
from seisgrad.dispersion.networks import Arguments, Layout, Modes
from seisgrad.errors import InputError
from seisgrad.training.losses import row_loss, selected_rows, value_loss
from seisgrad.training.task import Batch, Split, Task


@runtime_checkable
class Samples(Protocol):
    """Arrays by name, the first axis of each the sample.

    ``earth`` ``[sample, 3, depth]`` (vp, vs in km/s, rho in g/cm³) and ``velocity`` ``[sample, branch, period]`` (NaN
    where none); for derivatives also exact kernels ``rows`` ``[sample, row, 3, depth]`` of the outputs with the indices
    ``row_branch`` and ``row_period`` ``[sample, row]``.
    """

    def __getitem__(self, name: str, /) -> Any:
        """The array of this name."""
        ...


@dataclass(frozen=True)
class Losses:
    """How a network is judged.

    Args:
        derivatives: on its values and on one exact kernel row per earth and step; otherwise on its values alone.
        relative: errors of values count relative to the velocity.
        beta: below this error, a fraction or km/s, the loss of a value is squared, above it absolute.
        row_weight: weight of the kernel rows against the values.
        parameter_weights: weights of vp, vs and rho in a kernel row.

    Raises:
        InputError: weights or a beta that are not positive.
    """

    derivatives: bool = True
    relative: bool = True
    beta: float = 0.01
    row_weight: float = 1.0
    parameter_weights: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        for name in ("beta", "row_weight"):
            if not 0 < getattr(self, name) < float("inf"):
                raise InputError(f"{name} is {getattr(self, name)!r}, expected a positive number")
        if not all(w >= 0 for w in self.parameter_weights) or not 0 < sum(self.parameter_weights) < float(
            "inf"
        ):
            raise InputError(
                f"parameter_weights is {self.parameter_weights}, expected three that are not negative, one positive"
            )


class CurveTask:
    """Dispersion curves of layered earths, for :func:`seisgrad.training.fit`.

    The arrays are held in memory; a stored kernel row takes 3 KB on 256 layers.

    Args:
        train: samples to learn from.
        validation: samples that decide which weights are kept; not among those of ``train``.
        layout: the axes of both.
        network: name of the network, a key of :data:`seisgrad.dispersion.networks.NETWORKS`.
        arguments: its arguments.
        losses: how it is judged.
        seed: of its first weights.
        data: what the samples are, JSON-able, for the card.

    Raises:
        InputError: arrays that are missing or do not fit the layout, or earths that are not finite.
    """

    def __init__(
        self,
        train: Samples,
        validation: Samples,
        layout: Layout,
        network: str,
        arguments: Arguments,
        losses: Losses,
        *,
        seed: int = 0,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self.losses = losses
        self._arrays: dict[str, dict[str, NDArray]] = {
            split: arrays_of(samples, layout, losses.derivatives, split)
            for split, samples in (("train", train), ("validation", validation))
        }
        self._description = {
            "system": "dispersion",
            "network": network,
            "arguments": asdict(arguments),  # type: ignore[call-overload]
            "layout": layout.to_dict(),
            "losses": asdict(losses) | {"parameter_weights": list(losses.parameter_weights)},
            "data": dict(data or {}),
        }
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.network = arguments.build(layout)
        earth, velocity = (torch.from_numpy(self._arrays["train"][name]) for name in ("earth", "velocity"))
        self.network.adapt(earth, velocity)  # type: ignore[operator]

    def number(self, split: Split) -> int:
        """How many earths there are."""
        return len(self._arrays[split]["earth"])

    def batch(self, split: Split, index: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        """Earths and curves; with derivatives also one kernel row of each, drawn among those stored."""
        arrays = self._arrays[split]
        found = {name: arrays[name][index] for name in ("earth", "velocity")}
        if self.losses.derivatives:
            which = generator.integers(arrays["rows"].shape[1], size=len(index))
            branch, period = arrays["row_branch"][index, which], arrays["row_period"][index, which]
            found["row"] = arrays["rows"][index, which]
            found["output"] = branch.astype(np.int64) * arrays["velocity"].shape[2] + period.astype(np.int64)
        return {name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in found.items()}

    def loss(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """``loss`` and its parts: ``value``, ``row`` where derivatives count, and ``mape_percent`` of the values."""
        settings, true = self.losses, batch["velocity"]
        if settings.derivatives:
            predicted, rows = selected_rows(network, batch["earth"], batch["output"])
        else:
            predicted, rows = network(batch["earth"]), None
        value = value_loss(predicted, true, settings.beta, settings.relative)
        parts = {"loss": value, "value": value}
        if rows is not None:
            parts["row"] = row_loss(rows, batch["row"], settings.parameter_weights)
            parts["loss"] = value + settings.row_weight * parts["row"]
        with torch.no_grad():
            parts["mape_percent"] = 100.0 * ((predicted - true) / true).abs().nanmean()
        return parts

    def description(self) -> dict[str, Any]:
        """The card's entries: network, arguments, layout, losses and data."""
        return self._description


def arrays_of(samples: Samples, layout: Layout, derivatives: bool, split: str) -> dict[str, NDArray]:
    """The arrays in memory, checked against the layout; raises InputError where one is missing or does not fit."""
    shapes: dict[str, tuple[int | None, ...]] = {"earth": layout.input_shape, "velocity": layout.output_shape}
    if derivatives:
        shapes |= {"row_branch": (None,), "row_period": (None,), "rows": (None, *layout.input_shape)}
    arrays = {}
    for name, shape in shapes.items():
        try:
            arrays[name] = np.asarray(samples[name])
        except (KeyError, InputError) as error:  # of a mapping, of a dataset
            raise InputError(
                f"the {split} samples have no array {name!r}; simulate them with kernel rows, or train on values alone"
            ) from error
        there = arrays[name].shape[1:]
        if len(there) != len(shape) or any(n not in (None, m) for n, m in zip(shape, there, strict=True)):
            raise InputError(
                f"{name} of the {split} samples has shape {arrays[name].shape}, expected (sample, "
                f"{', '.join('row' if n is None else str(n) for n in shape)})"
            )
    if derivatives and not arrays["rows"].shape[1]:
        raise InputError(f"the {split} samples hold no kernel rows; simulate some, or train on values alone")
    if not np.isfinite(arrays["earth"]).all():
        raise InputError(f"earths of the {split} samples are not finite; simulate them anew")
    return arrays


def curve_task(path: Path, network: str, arguments: Arguments, losses: Losses, *, seed: int = 0) -> Task:
    """The task of learning a dataset of dispersion curves that ``seisgrad simulate`` made.

    Raises:
        InputError: no complete dataset of this system, or arrays that are missing.
    """
    train, validation = (open_dataset(path, split) for split in ("train", "validation"))
    manifest = train.manifest
    if manifest.system != "dispersion":
        raise InputError(f"{path} is a dataset of {manifest.system!r}, expected one of 'dispersion'")
    told = manifest.as_json()
    told.pop("shards")  # hundreds of counts; their sum says enough
    told["rejected"] = {split: dict(counts) for split, counts in manifest.rejected.items()}
    layout = Layout.from_dict(manifest.settings)
    if isinstance(arguments, Modes):
        from seisgrad.dispersion.modal.task import ModeTask  # which imports this file

        return ModeTask(train, validation, layout, arguments, losses, seed=seed, data=told)
    return CurveTask(train, validation, layout, network, arguments, losses, seed=seed, data=told)
