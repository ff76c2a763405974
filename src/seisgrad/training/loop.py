"""The one training loop: AdamW on one device or several, with checkpoints from which it resumes bit for bit."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seisgrad._lazy import extra
from seisgrad.errors import InputError, WorkError
from seisgrad.nn import weights
from seisgrad.training.checkpoint import (
    Counters,
    average_of,
    load_state,
    read_origin,
    require_same,
    save_state,
    state_files,
)
from seisgrad.training.logs import RunLog
from seisgrad.training.schedule import step_factor
from seisgrad.training.settings import MAY_CHANGE, Settings
from seisgrad.training.task import Batch, Split, Task

with extra("training"):
    from lightning_fabric import Fabric

_log = logging.getLogger(__name__)

_TELL_SECONDS = 0.25
"""Least time between two calls of ``progress``: each waits for the device to finish."""
_VALIDATION = 2**31
"""Stands for the epoch in the seeds of the validation draws, which are the same after every epoch."""


@dataclass(frozen=True)
class Progress:
    """What a watcher is told.

    Attributes:
        share: used share of the budget, 0 to 1.
        epoch: the present pass, 0 first.
        step: steps taken.
        seconds: wall-clock time used.
        loss: mean training loss of this pass so far.
        validation: validation loss after the last pass, None before the first.
    """

    share: float
    epoch: int
    step: int
    seconds: float
    loss: float
    validation: float | None


@dataclass(frozen=True)
class Result:
    """How a training ended.

    Attributes:
        folder: with the weights, their card, the state and the log.
        ending: ``"epochs"`` or ``"minutes"`` where the budget was used, ``"patience"`` where it stopped early.
        best: smallest validation loss, that of the exported weights, and
        best_epoch: the pass, 1 first, after which it was reached.
        epochs: passes begun.
        steps: steps taken.
        seconds: wall-clock time used, over all resumptions.
        history: one row of the log per pass.
        resumed_at: step at which this call took up an earlier state; None where it began anew.
        was_finished: the folder held a finished training, and nothing was done.
    """

    folder: Path
    ending: str
    best: float
    best_epoch: int
    epochs: int
    steps: int
    seconds: float
    history: list[dict[str, float]]
    resumed_at: int | None
    was_finished: bool


def fit(
    task: Task,
    settings: Settings,
    out: Path,
    *,
    resume: bool = True,
    progress: Callable[[Progress], None] | None = None,
) -> Result:
    """Train the network of a task, leave the best weights in a folder, and take up what an interrupted call left there.

    With a budget of epochs, on the same machine, number of threads and devices, the result does not depend on how often
    the run was interrupted, not even in the last bit. The random state of the caller stays as it was.

    Args:
        task: what is learnt; its network is trained in place and holds the exported weights at the end.
        settings: how.
        out: folder for ``card.json``, ``weights.safetensors``, ``state.json``, ``state.safetensors``, ``log.csv`` and
            ``tensorboard/``; made where it is missing.
        resume: take up the state in ``out``; otherwise begin anew and replace it.
        progress: called after the first step and every now and then, on the first device's process only.

    Returns:
        The result; where ``out`` holds a finished training, that one's.

    Raises:
        InputError: too few samples, no such device, or a state of another run in ``out``.
        WorkError: a loss that is no longer finite; the last checkpoint stays as it was.
    """
    out = Path(out)
    origin = {"settings": settings.to_dict(), "task": task.description()}
    _require_own(out)
    saved = read_origin(out) if resume else None
    if saved is not None:
        require_same(origin, saved, MAY_CHANGE, out)
    fabric = _fabric(settings)
    with torch.random.fork_rng():
        run = _Run(task, settings, out, fabric, progress)
        return run.train(origin, resumed=saved is not None)


def _require_own(out: Path) -> None:
    """InputError where a folder holds what no training of this loop has left there, and would be overwritten."""
    if state_files(out).record.exists():
        return
    for name, what in (
        ("card.json", "weights without the state of their training"),
        ("zarr.json", "a dataset"),
    ):
        if (out / name).exists():
            raise InputError(f"{out} holds {what}; choose another folder")


def _fabric(settings: Settings) -> Fabric:
    if settings.accelerator == "gpu" and torch.cuda.device_count() < settings.devices:
        raise InputError(
            f"{settings.devices} GPUs were asked for and {torch.cuda.device_count()} are there; set accelerator to "
            "'auto' or fewer devices"
        )
    fabric = Fabric(accelerator=settings.accelerator, devices=settings.devices, precision=settings.precision)  # type: ignore[arg-type]
    fabric.launch()
    return fabric


class _Run:
    """One training on its way: the network and all that changes beside it."""

    def __init__(
        self, task: Task, settings: Settings, out: Path, fabric: Fabric, progress: Callable | None
    ) -> None:
        self.task, self.settings, self.out, self.fabric, self.progress = task, settings, out, fabric, progress
        self.number = task.number("train")
        self.size = min(settings.batch_size, self.number // fabric.world_size * fabric.world_size)
        if self.size < 1 or task.number("validation") < 1:
            raise InputError(
                f"there are {self.number} samples to train on and {task.number('validation')} to validate with, "
                f"expected at least {fabric.world_size} and 1"
            )
        self.batches = self.number // self.size
        task.network.train()
        optimizer = torch.optim.AdamW(
            task.network.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        )
        self.network, self.optimizer = fabric.setup(task.network, optimizer)
        self.average = average_of(task.network, settings.ema).to(fabric.device) if settings.ema else None
        self.at = Counters()
        self.sums: dict[str, Tensor] = {}
        self.began = self.saved = time.monotonic()
        self.told = -math.inf  # the first step is told at once: a watcher measures from there
        self.used_before = 0.0
        self.origin: dict[str, Any] = {}

    def train(self, origin: dict[str, Any], resumed: bool) -> Result:
        """Run from the saved state, or from the start, to the end."""
        self.origin = origin
        resumed_at = self._take_up() if resumed else None
        if was_finished := self.at.ending is not None:
            return self._result(resumed_at, was_finished)
        if self.fabric.is_global_zero:
            self.out.mkdir(parents=True, exist_ok=True)
            with RunLog(self.out, self.at.step) as log:
                self._passes(log)
        else:
            self._passes(None)
        return self._result(resumed_at, was_finished)

    def _take_up(self) -> int:
        self.at, sums = load_state(self.out, self._modules(), self.optimizer)
        self.sums = {name: self.fabric.to_device(t) for name, t in sums.items()}
        self.used_before = self.at.seconds
        _log.info("resumed %s at step %d of epoch %d", self.out, self.at.step, self.at.epoch)
        return self.at.step

    def _passes(self, log: RunLog | None) -> None:
        if self.at.step == 0:
            self._save()  # before any weights: a folder with weights and no state is somebody else's
        while self.at.ending is None:
            self._pass()
            self._close_pass(log)
        self._save()

    def _pass(self) -> None:
        """The steps that are left of the present pass, or of the time; a pass that has begun has at least one."""
        order = np.random.default_rng([self.settings.seed, self.at.epoch]).permutation(self.number)
        while self.at.batch < self.batches:
            share = self._share()
            if share >= 1.0 and self.at.batch > 0:
                break
            self._step(order[self.at.batch * self.size :][: self.size], share)
            self.at.batch += 1
            self.at.step += 1
            now = time.monotonic()
            if now - self.saved >= self.settings.checkpoint_seconds:
                self._save()
            if self.progress and self.fabric.is_global_zero and now - self.told >= _TELL_SECONDS:
                self._tell(share)

    def _step(self, index: np.ndarray, share: float) -> None:
        rank, world = self.fabric.global_rank, self.fabric.world_size
        batch = self._batch("train", index[rank::world], (self.at.epoch, self.at.batch, rank))
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate(share)
        losses = self.task.loss(self.network, batch)
        self.optimizer.zero_grad()
        self.fabric.backward(losses["loss"])
        if self.settings.clip is not None:
            self.fabric.clip_gradients(
                self.network, self.optimizer, max_norm=self.settings.clip, error_if_nonfinite=False
            )
        self.optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.task.network)
        for name, value in losses.items():
            value = value.detach().float()
            self.sums[name] = self.sums[name] + value if name in self.sums else value.clone()

    def _batch(self, split: Split, index: np.ndarray, place: tuple[int, ...]) -> Batch:
        """A batch on the device; its draws, and those of layers such as dropout, come from its place alone."""
        sequence = np.random.SeedSequence([self.settings.seed, *place])
        torch.manual_seed(int(sequence.generate_state(1)[0]))
        return self.fabric.to_device(self.task.batch(split, index, np.random.default_rng(sequence)))

    def _share(self) -> float:
        """Used share of the budget."""
        if self.settings.epochs is not None:
            return self.at.step / (self.settings.epochs * self.batches)
        assert self.settings.minutes is not None
        return min(1.0, self.fabric.broadcast(self._seconds()) / (60 * self.settings.minutes))

    def _learning_rate(self, share: float) -> float:
        return self.settings.learning_rate * step_factor(share, self.settings.warm_up)

    def _seconds(self) -> float:
        return self.used_before + time.monotonic() - self.began

    def _close_pass(self, log: RunLog | None) -> None:
        """Validate, write the log, keep the best weights, and see whether this was the last pass."""
        self._require_finite()
        at, found = self.at, self.fabric.broadcast(self._validate())
        row = {"epoch": at.epoch + 1, "step": at.step, "seconds": round(self._seconds(), 3)}
        row |= {"learning_rate": self._learning_rate(self._share())}
        row |= {f"train_{name}": float(self.sums[name]) / at.batch for name in sorted(self.sums)}
        at.history.append(row | {f"validation_{name}": found[name] for name in sorted(found)})
        at.epoch, at.batch, self.sums = at.epoch + 1, 0, {}
        if better := at.best is None or found["loss"] < at.best:
            at.best, at.best_epoch = found["loss"], at.epoch
        at.ending = self._ending()
        if log is not None:
            log.write(at.history)
            if better:
                weights.save(self.out, self._evaluated(), self._card())
            elif at.ending:
                weights.files(self.out).annotate(weights.files(self.out).read_record() | self._card())

    def _ending(self) -> str | None:
        assert self.at.best_epoch is not None
        if self._share() >= 1.0:
            return "epochs" if self.settings.epochs is not None else "minutes"
        patience = self.settings.patience
        return "patience" if patience and self.at.epoch - self.at.best_epoch >= patience else None

    @torch.no_grad()
    def _validate(self) -> dict[str, float]:
        """The mean losses over the validation set, of the weights that would be exported now."""
        network = self._evaluated().eval()
        number, sums = self.task.number("validation"), {}
        for start in range(0, number, self.size):
            index = np.arange(start, min(start + self.size, number))
            losses = self.task.loss(network, self._batch("validation", index, (_VALIDATION, start)))
            for name, value in losses.items():
                sums[name] = sums.get(name, 0.0) + float(value) * len(index) / number
        network.train()
        if not math.isfinite(sums["loss"]):
            raise WorkError(self._broken("validation"))
        return sums

    def _evaluated(self) -> nn.Module:
        return self.task.network if self.average is None else self.average.module

    def _modules(self) -> dict[str, nn.Module]:
        modules = {"network": self.task.network}
        return modules if self.average is None else {**modules, "average": self.average}

    def _save(self) -> None:
        self._require_finite()
        self.at.seconds = self._seconds()
        if self.fabric.is_global_zero:
            save_state(self.out, self.at, self._modules(), self.optimizer, self.sums, self.origin)
        self.saved = time.monotonic()

    def _tell(self, share: float) -> None:
        assert self.progress
        self._require_finite()
        loss = float(self.sums["loss"]) / self.at.batch
        last = self.at.history[-1]["validation_loss"] if self.at.history else None
        self.progress(Progress(share, self.at.epoch, self.at.step, self._seconds(), loss, last))
        self.told = time.monotonic()

    def _require_finite(self) -> None:
        """WorkError once a loss of this pass was not finite, before anything of it reaches the disk."""
        if "loss" in self.sums and not math.isfinite(float(self.sums["loss"])):
            raise WorkError(self._broken("training"))

    def _broken(self, which: str) -> str:
        return (
            f"the {which} loss is no longer finite at step {self.at.step} in epoch {self.at.epoch + 1}; begin anew "
            f"with a learning_rate below {self.settings.learning_rate:g}, or look for extreme values in the data"
        )

    def _card(self) -> dict[str, Any]:
        at = self.at
        summary = {
            "epochs": at.epoch,
            "steps": at.step,
            "seconds": round(self._seconds(), 1),
            "ending": at.ending,
        }
        summary |= {"best_epoch": at.best_epoch, "best_loss": at.best}
        best = at.history[at.best_epoch - 1] if at.best_epoch else {}
        return {
            **self.origin["task"],
            "settings": self.origin["settings"],
            "history": {**summary, "at_best": best},
        }

    def _result(self, resumed_at: int | None, was_finished: bool) -> Result:
        """The result; the network of the task gets the exported weights."""
        self.fabric.barrier()
        at = self.at
        assert at.ending is not None
        assert at.best is not None
        assert at.best_epoch is not None
        weights.put(weights.load(self.out)[0], self.task.network, self.out)
        self.task.network.eval()
        return Result(
            self.out,
            at.ending,
            at.best,
            at.best_epoch,
            at.epoch,
            at.step,
            at.seconds,
            at.history,
            resumed_at,
            was_finished,
        )
