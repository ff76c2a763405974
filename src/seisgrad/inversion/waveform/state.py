"""Where a run of a waveform inversion stands: all that its next step depends on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from torch import Tensor

from seisgrad.inversion.waveform.result import Row, Status


@dataclass(frozen=True, eq=False)
class State:
    """Where a run stands; it is replaced as a whole, so that whatever breaks off a run finds it whole.

    Attributes:
        taken: steps of the present stage.
        solves: simulations in all.
        history: so far.
        endings: of the stages that have ended.
        ends: z at their ends.
        walking: the arrays of the present walk, empty before its first step.
        walk_ending: why the present walk has no further step, or None.
    """

    taken: int = 0
    solves: int = 0
    history: tuple[Row, ...] = ()
    endings: tuple[Status, ...] = ()
    ends: tuple[Tensor, ...] = ()
    walking: Mapping[str, Tensor] = field(default_factory=dict)
    walk_ending: str | None = None

    def stored(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The arrays and the record of a checkpoint."""
        arrays = {f"walk/{name}": values for name, values in self.walking.items()}
        arrays |= {f"end/{k}": z for k, z in enumerate(self.ends)}
        record = {name: getattr(self, name) for name in ("taken", "solves", "endings", "walk_ending")}
        return arrays, record | {"history": [list(asdict(row).values()) for row in self.history]}

    @classmethod
    def restored(cls, arrays: Mapping[str, Tensor], record: Mapping[str, Any]) -> "State":
        """The state that :meth:`stored` has given."""
        walking = {name.removeprefix("walk/"): a for name, a in arrays.items() if name.startswith("walk/")}
        return cls(
            record["taken"],
            record["solves"],
            tuple(Row(*row) for row in record["history"]),
            tuple(record["endings"]),
            tuple(arrays[f"end/{k}"] for k in range(len(record["endings"]))),
            walking,
            record["walk_ending"],
        )
