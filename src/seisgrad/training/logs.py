"""The log of a run: ``log.csv``, always the whole history, and TensorBoard where it is installed."""

import logging
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from seisgrad.nn.tensor_files import write_whole

_log = logging.getLogger(__name__)


class RunLog:
    """Writes one row per pass.

    Args:
        folder: of the checkpoint.
        step: where the run takes up; what TensorBoard shows of later steps was lost in a kill and is dropped.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self.path = folder / "log.csv"
        self._board = None
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            _log.info("TensorBoard is not installed: the log goes to %s alone", self.path)
            return
        self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._board is not None:
            self._board.close()

    def write(self, history: Sequence[dict[str, float]]) -> None:
        """Write the history; its last row is the new one."""
        rows = [",".join(history[0]), *(",".join(f"{v:.9g}" for v in row.values()) for row in history)]
        write_whole(self.path, ("\n".join(rows) + "\n").encode())
        if self._board is not None:
            row = history[-1]
            for name in row.keys() - {"epoch", "step"}:
                self._board.add_scalar(name, row[name], int(row["step"]))
            self._board.flush()
