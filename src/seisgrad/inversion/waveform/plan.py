"""What an inversion of waveforms is to do, from a file: settings of a system, and the stages it goes through."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from seisgrad.config import from_mapping, read_config, require_known
from seisgrad.errors import InputError
from seisgrad.inversion.waveform.stages import Stage

S = TypeVar("S")


@dataclass(frozen=True)
class Plan(Generic[S]):
    """Settings and stages; those of ``then`` are for the exact operator after a learned one."""

    settings: S
    stages: tuple[Stage, ...]
    then: tuple[Stage, ...]


def read_plan(path: Path | None, settings: type[S], usual: Callable[[S], Sequence[Stage]]) -> Plan[S]:
    """A plan from a YAML or JSON file: the entries of ``settings``, and ``stages`` and ``then``, lists of the entries
    of :class:`~seisgrad.inversion.waveform.Stage`.

    Args:
        path: of the file; None for all as by default.
        settings: the dataclass of what holds for all stages.
        usual: the stages where the file has none; the last of them is what ``then`` is by default.

    Raises:
        InputError: a file that cannot be used; the sentence names the entry.
    """
    entries: dict[str, Any] = {} if path is None else read_config(path)
    known = [field.name for field in dataclasses.fields(settings)]  # type: ignore[arg-type]
    for key in entries:
        require_known(key, [*known, "stages", "then"], str(path))
    chosen = from_mapping(settings, {k: v for k, v in entries.items() if k in known}, str(path))
    stages = _stages(entries.get("stages"), f"{path}: stages") or usual(chosen)
    then = _stages(entries.get("then"), f"{path}: then") or usual(chosen)[-1:]
    return Plan(chosen, tuple(stages), tuple(then))


def _stages(entries: Any, where: str) -> list[Stage]:
    if entries is None:
        return []
    if not isinstance(entries, list) or not entries or not all(isinstance(e, Mapping) for e in entries):
        raise InputError(
            f"{where} is {entries!r}, expected a list of stages, each with entries such as iterations: 10"
        )
    return [from_mapping(Stage, entry, f"{where}: {k + 1}") for k, entry in enumerate(entries)]
