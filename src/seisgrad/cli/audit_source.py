"""``seisgrad audit source``: the derivative of a network of sources beside exact linear inverses."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seisgrad.cli.choices import operator_at
from seisgrad.cli.console import Console
from seisgrad.cli.greens import complete_bank, in_step
from seisgrad.cli.outputs import whole_folder
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.operator import Operator
    from seisgrad.source.gather import Gather
    from seisgrad.source.randomisation import Randomisation
    from seisgrad.source.redraws import Redraws

NUMBER = 4
"""Events of each group of earths, where no number is given."""
PRIOR = ""
"""Events are drawn as the operator's card says, or as for the shipped ones."""
STEPS = 4
"""Of the progress."""


def check(operator: str, number: int, models: Path | None) -> None:
    """InputError for what cannot be audited; before the work begins."""
    if number < 1:
        raise InputError(f"--number {number} is too few, expected at least 1 event")
    if models is not None:
        raise InputError("--models is for dispersion; events of the source audit are drawn through --bank")
    if operator == "exact":
        raise InputError("--operator exact is what an audit compares with, expected a network")


def run(
    operator: str,
    prior: str | None,
    models: Path | None,
    number: int,
    out: Path,
    console: Console,
    bank: Path = Path("greens.zarr"),
) -> tuple[dict[str, Any], list[str]]:
    """All of it; the result for scripts, and in lines for people."""
    if prior is not None:
        raise InputError(
            "--prior is not for source: events are drawn as the operator's card says; leave it out"
        )
    from seisgrad.report.audit import source
    from seisgrad.source.earths import HELD_OUT, TRAIN
    from seisgrad.source.inverse_audit import compare

    at, card = _operator(operator)
    groups = {
        "training": tuple(card.get("models", TRAIN)),
        "held out": HELD_OUT,
        "hadley_kanamori": ("hadley_kanamori",),
    }
    with console.step("Make Green's functions") as step:
        names = tuple(dict.fromkeys(name for some in groups.values() for name in some))
        complete_bank(bank, names, None, in_step(step, bank, shown=console.forecast.shown))
    with console.step("Read Green's functions"):
        earths = _earths(bank, groups, _randomisation(card, operator))
    with console.step("Audit") as step:
        found = source.Found(
            dict.fromkeys(groups, number), compare(at, earths, earths["training"], number, step.at)
        )
    with console.step("Write the figures and the page"), whole_folder(out) as folder:
        drawn, texts = source.figures(found), source.tables(found)
        for file, text in texts.items():
            (folder / file).write_text(text, encoding="utf-8")
        for file, picture in drawn.items():
            (folder / f"{file}.png").write_bytes(picture)
        (folder / "audit.html").write_text(source.page(operator, found, drawn).html(), encoding="utf-8")
    verdict = source.verdict(found)
    files = {"page": "audit.html", **{Path(file).stem: file for file in texts}}
    summary = {
        "models": found.events,
        "verdict": verdict,
        "files": {what: out / file for what, file in files.items()} | {"greens": bank},
    }
    return summary, [f"{case}: {text}" for case, text in verdict.items()]


def _operator(name: str) -> "tuple[Callable[[Gather], Operator], Mapping[str, Any]]":
    """What makes the operator of an event, and the entries ``data`` of its card."""
    from seisgrad.operator import Operator
    from seisgrad.source.surrogate import SourceInverse, load

    if ":" not in name:
        network = load(name)
        return network.at, network.card.get("data", {})

    def at(gather: "Gather") -> "Operator":
        found = operator_at(name, gather)
        if isinstance(found, Operator):
            return found
        return SourceInverse(found, gather)  # type: ignore[arg-type]

    return at, {}


def _randomisation(card: Mapping[str, Any], where: str) -> "Randomisation":
    from seisgrad.config import from_mapping
    from seisgrad.source.randomisation import Randomisation

    return from_mapping(Randomisation, card.get("randomisation", {}), f"{where}: randomisation")


def _earths(
    bank: Path, groups: Mapping[str, tuple[str, ...]], randomisation: "Randomisation"
) -> "dict[str, Redraws]":
    from seisgrad.source.greens import GreensBank
    from seisgrad.source.redraws import Redraws

    return {group: Redraws(GreensBank.open(bank, names), randomisation) for group, names in groups.items()}
