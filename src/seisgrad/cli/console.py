"""What a person or a script sees while a command runs and when it ends."""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from seisgrad.cli.estimate import Forecast

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as one JSON object, without progress.")
]


class Console:
    """Progress and results on stdout; silent with ``quiet``, one JSON object at the end with ``as_json``.

    Args:
        steps: how many steps the work has, for the bar; 0 shows no bar.
        quiet: print nothing.
        as_json: print only the object given to :meth:`finish`.
    """

    def __init__(self, steps: int = 0, *, quiet: bool = False, as_json: bool = False) -> None:
        self.as_json, self.quiet = as_json, quiet and not as_json
        self.forecast = Forecast(shown=not quiet and not as_json)
        self._progress = None
        if steps and not quiet and not as_json:
            self._progress = _progress_bar()
            self._task = self._progress.add_task("", total=steps)

    def __enter__(self) -> "Console":
        if self._progress:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.stop()

    @contextmanager
    def step(self, doing: str) -> Iterator["Step"]:
        """One step of the work: shown while it runs, and as a line with its time when it has ended well."""
        if self._progress is None:
            yield Step()
            return
        progress = self._progress
        note = Step(lambda part: progress.update(self._task, description=f"{doing}: {part}"))
        progress.update(self._task, description=doing)
        begin = time.perf_counter()
        yield note
        seconds = time.perf_counter() - begin
        detail = f"  [dim]{note.text}[/dim]" if note.text else ""
        self._progress.console.print(
            f"[green]✓[/green] {doing}{detail}  [cyan]{seconds:.1f} s[/cyan]", highlight=False, soft_wrap=True
        )
        self._progress.advance(self._task)

    def finish(self, result: Mapping[str, Any], *lines: str) -> None:
        """Print the result: as JSON, or as ``lines`` for people."""
        if self._progress:
            self._progress.stop()
        if self.as_json:
            print(json.dumps(_plain({**result, **self.forecast.as_json()}), ensure_ascii=False))
        elif not self.quiet:
            for line in lines:
                print(line)


class Step:
    """What a step has to say for itself while it runs and when it is done.

    Args:
        show: takes the words for the part that is being worked on.
    """

    text = ""

    def __init__(self, show: Callable[[str], None] = lambda part: None) -> None:
        self._show = show

    def at(self, part: str) -> None:
        """Show how far a long step has come: ``120 of 1000 models``."""
        self._show(part)

    def say(self, text: str) -> None:
        """Set the remark shown behind the step's name."""
        self.text = text


def _progress_bar():
    from rich.console import Console as RichConsole
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    console = RichConsole()
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,  # a file gets the lines of the finished steps alone
    )


def _plain(value: Any) -> Any:
    """A value that strict JSON can hold: paths as text, arrays as lists, numbers that are not finite as
    null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
