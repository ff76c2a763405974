"""A bar for long work of many equal pieces: how many are done, how fast it goes, and how long it will still take."""

import time


class SampleBar:
    """A line on the terminal with samples done, rate and time left; nothing where stdout is a file.

    Args:
        shown: False for silence.
        unit: what is counted.
    """

    def __init__(self, *, shown: bool, unit: str = "samples") -> None:
        self.done = self.total = 0
        self._progress = _bar(unit) if shown else None
        self._begin = time.perf_counter()

    def __enter__(self) -> "SampleBar":
        if self._progress:
            self._progress.start()
            self._task = self._progress.add_task("", total=None, rate="", left="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.stop()

    def update(self, before: int, done: int, total: int) -> None:
        """Show ``done`` of ``total`` samples, of which ``before`` were there when the work began."""
        self.done, self.total = done, total
        if self._progress:
            rate, left = pace(done - before, total - done, time.perf_counter() - self._begin)
            self._progress.update(self._task, completed=done, total=total, rate=rate, left=left)


def pace(made: int, missing: int, seconds: float) -> tuple[str, str]:
    """Rate and time left in words, empty before the first sample is made."""
    if not made:
        return "", ""
    left = int(missing * seconds / made)
    return f"{made / seconds:.3g}/s", f"{left // 3600}:{left // 60 % 60:02d}:{left % 60:02d} left"


def _bar(unit: str):
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    console = RichConsole()
    return Progress(
        SpinnerColumn(),
        TextColumn(unit),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("[cyan]{task.fields[rate]}[/cyan]  {task.fields[left]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
