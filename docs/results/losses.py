"""Where we lose, by rule: behind a paper, behind another program, short of an aim."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from results.reading import Row, chosen, shown, value_of

LESS_IS_BETTER = (
    "error",
    "mape",
    "mae",
    "l2",
    "misfit",
    "seconds",
    "percent",
    "solves",
    "kagan",
    "deg",
    "strength",
)
MORE_IS_BETTER = ("cosine", "correlation", "converged")
NOMINAL = {"coverage_68": 0.68, "coverage_90": 0.90, "coverage_95": 0.95, "fisher_scale": 1.0}
"""What is right for metrics that can be too small and too large."""


def badness(metric: str, value: float) -> float:
    """A number that is smaller the better a value of a metric is; NaN for a metric of which nothing is known."""
    for name, right in NOMINAL.items():
        if metric.startswith(name):
            return abs(value - right)
    if any(word in metric for word in MORE_IS_BETTER):
        return -value
    return value if any(word in metric for word in LESS_IS_BETTER) else math.nan


def worse(row: Row) -> bool:
    """Whether ours is worse than the paper's in a line ``experiment,operator,case,metric,ours,paper,n``."""
    ours, paper = (badness(row["metric"], value_of(row[name])) for name in ("ours", "paper"))
    return ours > paper


class BehindPaper(NamedTuple):
    """One operator and metric: how many lines stand beside a paper's, how many are behind it, and the worst."""

    experiment: str
    operator: str
    metric: str
    lines: int
    worse: int
    case: str
    ours: str
    paper: str


def behind_paper(rows: Iterable[Row]) -> list[BehindPaper]:
    """Every operator and metric with a line that is behind the paper."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if row["paper"] and row["ours"]:
            groups.setdefault((row["experiment"], row["operator"], row["metric"]), []).append(row)
    found = []
    for key, members in groups.items():
        lost = [row for row in members if worse(row)]
        if lost:
            worst = max(lost, key=_how_much)
            found.append(
                BehindPaper(*key, len(members), len(lost), worst["case"], worst["ours"], worst["paper"])
            )
    return found


def _how_much(row: Row) -> float:
    ours, paper = (badness(row["metric"], value_of(row[name])) for name in ("ours", "paper"))
    return ours - paper


def behind(entry: Mapping, rows: Sequence[Row]) -> list[Row]:
    """The lines of a table in which another program is ahead, by the rule ``loses`` of the entry.

    Either ``column`` is below ``below``, or it is above that of a line ``peer`` that agrees in the columns ``same``.
    """
    rule = entry.get("loses")
    if rule is None:
        return []
    column, ours = rule["column"], chosen(rows, rule.get("where", {}))
    if "below" in rule:
        return [row for row in ours if value_of(row[column]) < rule["below"]]
    peers = chosen(rows, rule["peer"])
    return [
        row
        for row in ours
        if any(
            value_of(p[column]) < value_of(row[column])
            for p in peers
            if all(p[k] == row[k] for k in rule["same"])
        )
    ]


class Aim(NamedTuple):
    """What was asked for, and what came out: the worst of the lines that an aim is about."""

    words: str
    file: str
    lines: int
    short: int
    worst: str
    which: str

    @property
    def figure(self) -> str:
        """The worst value, and which line it is of."""
        return f"{self.worst} ({self.which})" if self.which else self.worst

    @property
    def met(self) -> bool:
        """Whether every line reaches it."""
        return self.short == 0


def settle(aim: Mapping, rows: Sequence[Row]) -> Aim | None:
    """An aim of ``aims.yaml`` against its table, none where no line of it is there; ``over`` divides by a mean."""
    found = chosen(rows, aim.get("where", {}))
    if not found:
        return None
    others = chosen(rows, aim["over"]) if "over" in aim else []
    if "over" in aim and not others:
        return None
    scale = sum(value_of(row[aim["column"]]) for row in others) / len(others) if others else 1.0
    low, high = aim.get("at_least", -math.inf), aim.get("at_most", math.inf)
    pick = abs if aim.get("size") else float
    values = [pick(value_of(row[aim["column"]]) / scale) for row in found]
    lacks = [max(low - v, v - high) if v == v else math.inf for v in values]
    i = max(range(len(found)), key=lacks.__getitem__)
    named = {name: found[i][name] for name in aim.get("named", ())}
    which = ", ".join(f"{name} {shown(v)}" if value_of(v) == value_of(v) else v for name, v in named.items())
    worst = shown(f"{values[i]:.10g}", aim.get("decimals"))
    return Aim(aim["aim"], aim["file"], len(found), sum(x > 0 for x in lacks), worst, which)
