"""What each system brings to ``seisgrad train``: its networks, its tasks, and how their errors are measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seisgrad.cli.console import Console
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.training import Settings, Task


@dataclass(frozen=True)
class Plan:
    """What a system brings to this command.

    Attributes:
        network: name of what is trained.
        settings: of the training.
        task: makes the task of learning datasets.
        measure: errors of the weights in a folder on so many unseen earths into their card, where there is a measure.
        test_models: how many are usual.
    """

    network: str
    settings: "Settings"
    task: "Callable[[Sequence[Path]], Task]"
    measure: Callable[[Path, int, Console], None]
    test_models: int


def _dispersion(
    config: Path | None, network: str | None, derivatives: bool | None, asked: Mapping[str, Any]
) -> Plan:
    from seisgrad.dispersion.learning import curve_task
    from seisgrad.dispersion.learning_config import learning_config
    from seisgrad.training.config import only_one

    chosen = learning_config(config, network=network, derivatives=derivatives, training=asked)

    def task(data: Sequence[Path]) -> "Task":
        return curve_task(
            only_one(data), chosen.network, chosen.arguments, chosen.losses, seed=chosen.settings.seed
        )

    return Plan(chosen.network, chosen.settings, task, _measure_curves, 200)


def _measure_curves(out: Path, number: int, console: Console) -> None:
    """By band, where the curves are those of the table that has bands."""
    from seisgrad.dispersion import card_of
    from seisgrad.report.error_card import measurable, measure

    if measurable(card_of(out)):
        with console.step("Measure the errors") as step:
            measure(out, number, step.at)


def _acoustic(
    config: Path | None, network: str | None, derivatives: bool | None, asked: Mapping[str, Any]
) -> Plan:
    _values_alone("acoustic", derivatives)
    from seisgrad.acoustic.learning_config import learning_config

    chosen = learning_config(config, network=network, training=asked)

    return Plan(chosen.network, chosen.settings, chosen.task, _measure_fields, 50)


def _elastic(
    config: Path | None, network: str | None, derivatives: bool | None, asked: Mapping[str, Any]
) -> Plan:
    _values_alone("elastic", derivatives)
    from seisgrad.elastic.learning_config import learning_config

    chosen = learning_config(config, network=network, training=asked)

    return Plan(chosen.network, chosen.settings, chosen.task, _measure_surface, 20)


def _source(
    config: Path | None,
    network: str | None,
    derivatives: bool | None,
    asked: Mapping[str, Any],
    before: str | None = None,
) -> Plan:
    """Learned from events that are drawn on the fly through a bank of Green's functions, which is the data."""
    _values_alone("source", derivatives)
    if before is not None:
        return _tuned_source(config, network, asked, before)
    from seisgrad.source.error_card import complete_card
    from seisgrad.source.learning_config import learning_config
    from seisgrad.training.config import only_one

    chosen = learning_config(config, network=network, training=asked)
    bank: list[Path] = []

    def task(data: Sequence[Path]) -> "Task":
        bank[:] = data
        return chosen.task(data)

    def measure(out: Path, number: int, console: Console) -> None:
        with console.step("Calibrate and measure") as step:
            complete_card(out, only_one(bank), number, step.at)

    return Plan(chosen.network, chosen.settings, task, measure, 3000)


def _tuned_source(config: Path | None, network: str | None, asked: Mapping[str, Any], before: str) -> Plan:
    """A trained network that goes on learning from a folder of labelled events."""
    if network is not None:
        raise InputError(
            f"--network {network} was given with --from {before}, whose network it goes on with; give one"
        )
    from seisgrad.source.fine_tuning import TuningTask
    from seisgrad.source.surrogate import card_of
    from seisgrad.source.tuning_card import finish_card
    from seisgrad.source.tuning_config import tuning_config

    chosen = tuning_config(config, training=asked)
    name = str(card_of(before)["network"])
    made: list[TuningTask] = []

    def task(data: Sequence[Path]) -> "Task":
        made[:] = [chosen.task(data, before)]
        return made[0]

    def measure(out: Path, number: int, console: Console) -> None:
        with console.step("Calibrate and measure") as step:
            rows = finish_card(out, made[0])
            after, first = (row["kagan_mean_deg"] for row in rows)
            step.say(f"{rows[0]['events']} test events: {first:.1f}° before, {after:.1f}° after")

    return Plan(name, chosen.settings, task, measure, 1)


def _values_alone(system: str, derivatives: bool | None) -> None:
    """InputError where derivatives are asked of a system whose datasets have none."""
    if derivatives is not None:
        raise InputError(
            f"{'--derivatives' if derivatives else '--values-only'} belongs to dispersion, and the data of {system} "
            "hold values alone; leave it out"
        )


def _measure_surface(out: Path, number: int, console: Console) -> None:
    from seisgrad.elastic.error_card import measure

    with console.step("Measure the errors") as step:
        measure(out, number, step.at)


def _measure_fields(out: Path, number: int, console: Console) -> None:
    from seisgrad.acoustic.error_card import measure

    with console.step("Measure the errors") as step:
        measure(out, number, step.at)


PLANS = {"dispersion": _dispersion, "acoustic": _acoustic, "elastic": _elastic, "source": _source}
"""By the name of a system."""
