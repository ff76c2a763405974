"""What ``seisgrad noise correlate`` says when it ends."""

from collections import Counter
from collections.abc import Sized
from pathlib import Path
from typing import TYPE_CHECKING

from seisgrad.cli.console import Console
from seisgrad.cli.estimate import Forecast

if TYPE_CHECKING:
    from seisgrad.noise import Correlated, Settings


def tell(
    result: "Correlated",
    settings: "Settings",
    longer: float | None,
    files: dict[str, Path],
    forecast: Forecast,
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    """Print the summary.

    Args:
        result: correlations, days and what was left out.
        settings: how they were made.
        longer: a lag that the stations ask for now, s, where that of the days that are there was kept.
        files: what was written.
        forecast: what was foretold.
        quiet: print nothing.
        as_json: print one JSON object.
    """
    found = result.correlations
    nobody = [name for name in settings.components if name not in found.components]
    summary = {
        "pairs": len(found.pairs),
        "days": len(result.days),
        "remade": {day.isoformat(): new for day, new in result.remade.items()},
        "components": list(found.components),
        "missing_components": nobody,
        "lag": settings.lag,
        "rate": settings.sampling,
        "rejected": len(result.rejected),
        "files": files,
        **forecast.as_json(),
    }
    lines = [
        f"{_count(found.pairs, 'pair')}, {', '.join(found.components)}, {_count(result.days, 'day')}, lags to "
        f"{settings.lag:g} s at {settings.sampling:g} Hz"
    ]
    if nobody:
        lines.append(f"no pair has {', '.join(nobody)}, for want of horizontals")
    if longer:
        lines.append(
            f"the lag is that of the days that are there; the stations now ask for {longer:g} s: for these, give --lag "
            "and another --out"
        )
    if result.remade:
        lines.append(_what_is_new(result))
    if result.rejected:
        lines.append(f"{_count(result.rejected, 'rejection')}, see {files['rejected']}")
    else:
        lines.append("nothing was rejected")
    lines.append(f"wrote {files['correlations']}")
    Console(quiet=quiet, as_json=as_json).finish(summary, *lines)


def _what_is_new(result: "Correlated") -> str:
    """How many days were made again, and the commonest reasons."""
    often = Counter(new for day in result.remade.values() for new in day).most_common()
    reasons = [f"{new} ({number})" for new, number in often[:4]]
    if len(often) > len(reasons):
        reasons.append(f"and {len(often) - len(reasons)} more")
    return f"{len(result.remade)} of these days made again: {', '.join(reasons)}"


def _count(things: Sized, name: str) -> str:
    return f"{len(things)} {name}" + ("" if len(things) == 1 else "s")
