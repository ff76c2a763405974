"""What the loop needs to know of a task: a network, samples by number, and a loss. It knows nothing else of it."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

Split = Literal["train", "validation"]
Batch = Mapping[str, Tensor]


@runtime_checkable
class Task(Protocol):
    """Something to learn.

    The loop, not the task, owns the order of the samples: it is drawn from the seed and the epoch, each batch gets a
    generator of its own, and so a resumed run meets the same batches without replaying the earlier ones.
    """

    network: nn.Module
    """What is trained."""

    def number(self, split: Split) -> int:
        """How many samples there are."""
        ...

    def batch(self, split: Split, index: NDArray[np.int64], generator: np.random.Generator) -> Batch:
        """The samples with these numbers, ``[sample]``, and whatever is drawn anew each time from the generator."""
        ...

    def loss(self, network: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """What is minimised, under ``"loss"``, and its parts for the log, all scalars and means over the batch."""
        ...

    def description(self) -> dict[str, Any]:
        """All that is needed to build the network again and to tell what it was trained on, JSON-able."""
        ...
