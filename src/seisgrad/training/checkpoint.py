"""The state of a run, as it is written to disk and taken up again: everything the next step depends on.

The tensors (weights, their average, the moments of the optimiser, the running sums of the log) go to
``state.safetensors``, the counters to ``state.json``. No state of a random generator is among them: every draw is made
from the seed and the number of its epoch and step.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from seisgrad.errors import InputError
from seisgrad.nn.tensor_files import TensorFiles
from seisgrad.nn.weights import put

FORMAT = 1


@dataclass
class Counters:
    """Where a run stands.

    Attributes:
        epoch: passes completed.
        batch: batches done of the present pass.
        step: steps taken in all.
        seconds: wall-clock time used, over all resumptions.
        best: smallest validation loss so far, and
        best_epoch: the pass after which it was reached; None before the first.
        history: one row of the log per pass.
        ending: why the run is over (``"epochs"``, ``"minutes"``, ``"patience"``), or None.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    seconds: float = 0.0
    best: float | None = None
    best_epoch: int | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    ending: str | None = None


def state_files(folder: Path) -> TensorFiles:
    """The two files of the state in a checkpoint folder."""
    return TensorFiles(folder / "state.json", folder / "state.safetensors")


def save_state(
    folder: Path,
    counters: Counters,
    modules: dict[str, nn.Module],
    optimizer: Optimizer,
    sums: dict[str, Tensor],
    origin: dict[str, Any],
) -> None:
    """Write the state; ``origin`` says what run this is."""
    tensors = {f"{name}/{key}": t for name, m in modules.items() for key, t in m.state_dict().items()}
    for number, entry in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{number}/{key}": t for key, t in entry.items()}
    tensors |= {f"sums/{name}": t for name, t in sums.items()}
    state_files(folder).write(tensors, {"format": FORMAT, "counters": asdict(counters), "origin": origin})


def read_origin(folder: Path) -> dict[str, Any] | None:
    """What run a folder holds the state of; None where it holds none.

    Raises:
        InputError: a damaged record, or one of another format.
    """
    record = state_files(folder).record
    if not record.exists():
        return None
    return _checked(state_files(folder).read_record(), record)["origin"]


def load_state(
    folder: Path, modules: dict[str, nn.Module], optimizer: Optimizer
) -> tuple[Counters, dict[str, Tensor]]:
    """Put modules and optimiser into the saved state; returns the counters and the running sums.

    Raises:
        InputError: files that are damaged, or tensors that do not fit.
    """
    files = state_files(folder)
    tensors, record = files.read()
    _checked(record, files.record)
    for name, module in modules.items():
        put(_below(name, tensors), module, files.tensors)
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _below("optimizer", tensors).items():
        number, key = name.split("/")
        state.setdefault(int(number), {})[key] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    return Counters(**record["counters"]), _below("sums", tensors)


def require_same(
    origin: dict[str, Any], saved: dict[str, Any], may_change: frozenset[str], folder: Path
) -> None:
    """InputError that names what differs where a folder holds the state of another run."""
    for part, entries in origin.items():
        for key in sorted(entries.keys() | saved.get(part, {}).keys()):
            new, old = entries.get(key), saved.get(part, {}).get(key)
            if new != old and key not in may_change:
                raise InputError(
                    f"{folder} holds a training with another {key} ({_brief(old)}, now {_brief(new)}); resume it "
                    "with the same, or begin anew in another folder"
                )


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}/"
    return {name.removeprefix(start): t for name, t in tensors.items() if name.startswith(start)}


def _checked(record: dict[str, Any], path: Path) -> dict[str, Any]:
    if record.get("format") != FORMAT or not {"counters", "origin"} <= record.keys():
        raise InputError(
            f"{path} is a training state of format {record.get('format')!r}, expected {FORMAT}; resume it with the "
            "version that wrote it, or begin anew in another folder"
        )
    return record


def average_of(network: nn.Module, decay: float) -> torch.optim.swa_utils.AveragedModel:
    """An exponential average of a network's parameters that forgets its first steps sooner than its last.

    The decay of step n is at most ``(1 + n) / (10 + n)``, so that a short training is not still half its
    initial weights.
    """

    def update(averages: Sequence[Tensor], parameters: Sequence[Tensor], number: Tensor | int) -> None:
        n = float(number)
        keep = min(decay, (1 + n) / (10 + n))
        for average, parameter in zip(averages, parameters, strict=True):
            average.lerp_(parameter, 1.0 - keep)

    return torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=update)
