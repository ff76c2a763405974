"""How a training runs: budget, step sizes, averaging, seed, checkpoints and device, checked and storable."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from seisgrad.config import from_mapping
from seisgrad.errors import InputError

ACCELERATORS = ("auto", "cpu", "gpu")
PRECISIONS = ("32-true", "bf16-mixed")
MAY_CHANGE = frozenset({"checkpoint_seconds", "accelerator", "devices"})
"""What a resumed run may set anew: it says where and how often, not what."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of :func:`seisgrad.training.fit`; the optimiser is AdamW.

    Args:
        epochs: passes through the training set; or
        minutes: a budget of wall-clock time, over all resumptions together. The step size follows the used share of
            the budget, so that either way training ends annealed.
        batch_size: samples per step, over all devices together.
        learning_rate: the largest step size.
        weight_decay: of AdamW, decoupled.
        warm_up: share of the budget in which the step size rises from 0; a cosine then leads back to 0.
        clip: largest norm of the gradient; None for no limit.
        ema: decay per step of the average of the weights that is evaluated and exported; 0 for the weights themselves.
        patience: epochs without a better validation loss after which training stops early; None for never.
        seed: of the order of the samples and of every draw of the task.
        checkpoint_seconds: a kill loses no more work than this (and the step that was running).
        accelerator: ``"auto"``, ``"cpu"`` or ``"gpu"``.
        devices: how many.
        precision: ``"32-true"``, or ``"bf16-mixed"``.

    Raises:
        InputError: a value out of its range, or not exactly one budget.
    """

    epochs: int | None = None
    minutes: float | None = None
    batch_size: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    warm_up: float = 0.02
    clip: float | None = 1.0
    ema: float = 0.999
    patience: int | None = None
    seed: int = 0
    checkpoint_seconds: float = 60.0
    accelerator: str = "auto"
    devices: int = 1
    precision: str = "32-true"

    def __post_init__(self) -> None:
        if (self.epochs is None) == (self.minutes is None):
            raise InputError(
                f"the training budget is epochs={self.epochs} and minutes={self.minutes}, expected exactly one of them"
            )
        for name, least in (("epochs", 1), ("batch_size", 1), ("patience", 1), ("devices", 1), ("seed", 0)):
            self._require(name, lambda value, least=least: value >= least, f"at least {least}")
        for name in ("minutes", "learning_rate", "clip"):
            self._require(name, lambda value: 0 < value < math.inf, "a positive number")
        for name in ("weight_decay", "checkpoint_seconds"):
            self._require(name, lambda value: 0 <= value < math.inf, "a number that is not negative")
        for name in ("warm_up", "ema"):
            self._require(name, lambda value: 0 <= value < 1, "at least 0 and less than 1")
        for name, allowed in (("accelerator", ACCELERATORS), ("precision", PRECISIONS)):
            self._require(
                name, lambda value, allowed=allowed: value in allowed, f"one of {', '.join(allowed)}"
            )
        if self.batch_size % self.devices:
            raise InputError(
                f"batch_size {self.batch_size} cannot be shared by {self.devices} devices, expected a multiple"
            )

    def _require(self, name: str, holds: Any, expected: str) -> None:
        value = getattr(self, name)
        if value is not None and not holds(value):
            raise InputError(f"{name} is {value!r}, expected {expected}")

    def to_dict(self) -> dict[str, Any]:
        """All settings by name, JSON-able."""
        return asdict(self)

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any], where: str = "settings") -> Self:
        """Settings from names and values; ``where`` names their origin in a complaint.

        Raises:
            InputError: an unknown name, a value of another kind or out of range.
        """
        return from_mapping(cls, entries, where)
