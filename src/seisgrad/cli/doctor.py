"""``seisgrad doctor``: what is installed, what it runs on, and what is broken, each with a next step."""

import typer

from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.errors import SeisgradError

EXAMPLE = "Example: seisgrad doctor"

_MARKS = {"ok": " ", "note": "·", "broken": "✗"}


def doctor(quiet: Quiet = False, as_json: AsJson = False) -> None:
    """Look over the installation: versions, extras, threads, compiled code, GPU, shipped weights, free disk.

    The exit status is 1 where something is broken.
    """
    from seisgrad.cli.health import CHECKS, Finding

    found: list[Finding] = []
    with Console(len(CHECKS), quiet=quiet, as_json=as_json) as console:
        for check in CHECKS:
            topic = check.__name__
            try:
                found += check()
            except (ImportError, OSError, SeisgradError) as error:  # such as a torch that does not load
                step = "install seisgrad again, in an environment of its own"
                found.append(Finding(topic, topic, "broken", f"{type(error).__name__}: {error}", step))
        broken = [finding for finding in found if finding.state == "broken"]
        summary = {"broken": len(broken), "findings": [finding._asdict() for finding in found]}
        console.finish(summary, *_lines(found), _verdict(len(broken)))
    if broken and quiet:
        for finding in broken:
            typer.echo(f"seisgrad: {finding.name}: {finding.said}; {finding.step}", err=True)
    if broken:
        raise typer.Exit(1)


def _lines(found: list) -> list[str]:
    lines, topic = [], ""
    for finding in found:
        if finding.topic != topic:
            topic = finding.topic
            lines.append(topic)
        step = f"; {finding.step}" if finding.step else ""
        lines.append(f" {_MARKS[finding.state]} {finding.name}: {finding.said}{step}")
    return lines


def _verdict(broken: int) -> str:
    return f"{broken} broken, marked ✗" if broken else "nothing is broken"
