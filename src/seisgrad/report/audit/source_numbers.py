"""The numbers of the audit of a network of sources: every event, medians over events, and the tables."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from seisgrad.report.files import table
from seisgrad.source.inverse_audit import COUPLES, KNOWN, MEAN, NETWORK, PARTS, UNKNOWN, Compared, Judged
from seisgrad.source.linear_inverses import DIRECTIONS

INVERSES = (NETWORK, KNOWN, MEAN, UNKNOWN, COUPLES)
RECORDS = ("clean", "as recorded")
NUMBERS = (
    *(f"resolution {name}" for name in DIRECTIONS),
    "into other directions",
    "noise turn",
    "noise magnitude",
    "kagan",
    "wrong magnitude",
)


@dataclass(frozen=True)
class Found:
    """An audit.

    Attributes:
        events: how many, by group of earths.
        compared: every event, clean and as recorded.
    """

    events: dict[str, int]
    compared: list[Compared]

    def of(self, group: str, records: str) -> list[Compared]:
        """The events of a group."""
        return [one for one in self.compared if (one.group, one.records) == (group, records)]

    def cases(self) -> Iterator[tuple[str, str, list[Compared]]]:
        """Every group with each kind of records."""
        for group in self.events:
            for records in RECORDS:
                yield group, records, self.of(group, records)

    @property
    def shown(self) -> Compared:
        """The event of the figure of derivatives."""
        return self.of(next(iter(self.events)), RECORDS[-1])[0]


def judged_by(events: list[Compared], inverse: str) -> list[Judged]:
    return [judged for one in events for judged in one.judged if judged.inverse == inverse]


def _numbers(judged: Judged) -> tuple[float, ...]:
    """In the order of :data:`NUMBERS`."""
    resolution = judged.resolution
    couples = resolution[:4, :4]  # of changes that leave a double couple one
    others = (couples - torch.diag(couples.diagonal())).square().sum() / 4.0
    tested = len(judged.kagan) > 0
    return (
        *resolution.diagonal().tolist(),
        float(others.sqrt()),
        judged.noise_turn,
        judged.noise_magnitude,
        float(judged.kagan.median()) if tested else float("nan"),
        float(judged.wrong_magnitude.mean()) if tested else float("nan"),
    )


def medians(events: list[Compared], inverse: str) -> dict[str, float]:
    """Over events; empty where this inverse was not asked."""
    rows = torch.tensor([_numbers(judged) for judged in judged_by(events, inverse)], dtype=torch.float64)
    return dict(zip(NUMBERS, rows.quantile(0.5, 0).tolist(), strict=True)) if len(rows) else {}


def _agreements(one: Compared) -> Iterator[tuple[str, str, str, float]]:
    """Inverse, part of the records, metric and value."""
    for (inverse, metric), values in one.agreement.items():
        for part, value in zip(PARTS, values.tolist(), strict=True):
            yield inverse, part, metric, value
    for (inverse, metric), value in one.scatter.items():
        yield inverse, "scatter", metric, value


def tables(found: Found) -> dict[str, str]:
    """``events.csv``, ``derivatives.csv``, a line per event, and ``summary.csv``, medians over events."""
    place = ("group", "records", "event", "stations", "inverse")
    events, derivatives = [], []
    for one in found.compared:
        where = (one.group, one.records, one.event, one.stations)
        events += [(*where, judged.inverse, *_numbers(judged)) for judged in one.judged]
        derivatives += [(*where, *row) for row in _agreements(one)]
    names = tuple(name.replace(" ", "_") for name in NUMBERS)
    return {
        "events.csv": table((*place, *names), *zip(*events, strict=True)),
        "derivatives.csv": table((*place, "part", "metric", "value"), *zip(*derivatives, strict=True)),
        "summary.csv": table(
            ("group", "records", "inverse", "number", "median", "events"),
            *zip(*_summary(found), strict=True),
        ),
    }


def _summary(found: Found) -> list[tuple[str, str, str, str, float, int]]:
    rows = []
    for group, records, events in found.cases():
        for inverse in INVERSES:
            for name, value in medians(events, inverse).items():
                rows.append((group, records, inverse, name.replace(" ", "_"), value, len(events)))
        for key, value in agreed(events).items():
            rows.append((group, records, key[0], f"{key[2]} {key[1]}".replace(" ", "_"), value, len(events)))
    return rows


def agreed(events: list[Compared]) -> dict[tuple[str, str, str], float]:
    """Medians of what :func:`_agreements` has."""
    values: dict[tuple[str, str, str], list[float]] = {}
    for one in events:
        for inverse, part, metric, value in _agreements(one):
            values.setdefault((inverse, part, metric), []).append(value)
    return {key: float(torch.tensor(some).double().quantile(0.5)) for key, some in values.items()}
