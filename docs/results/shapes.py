"""How lines of a CSV file become a table that answers one question."""

from collections.abc import Callable, Mapping, Sequence

from results.losses import behind, worse
from results.reading import Row, chosen, markdown, shown, value_of

MARK = "\u00a0†"


def drawn(entry: Mapping, rows: Sequence[Row]) -> str:
    """The table that an entry of ``tables.yaml`` describes."""
    rows = chosen(rows, entry.get("where", {}))
    if "pivot" in entry:
        return pivot(entry, rows)
    return summary(entry, rows) if "by" in entry else plain(entry, rows)


def plain(entry: Mapping, rows: Sequence[Row]) -> str:
    """Lines as they are, the columns that the entry names; a dagger where another program is ahead."""
    columns, decimals = entry["columns"], entry.get("decimals", {})
    lost = behind(entry, rows)
    lines = []
    for row in rows[:: entry.get("every", 1)]:
        cells = [shown(row[name], decimals.get(name)) for name in columns]
        cells[-1] += MARK * (row in lost)
        lines.append(cells)
    return markdown(list(columns.values()), lines)


def summary(entry: Mapping, rows: Sequence[Row]) -> str:
    """One line for all that agree in the columns ``by``: the largest, the smallest or the mean of others."""
    ways: dict[str, Callable] = {"largest": max, "smallest": min, "mean": lambda v: sum(v) / len(v)}
    decimals = entry.get("decimals", {})
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in entry["by"]), []).append(row)
    lines = []
    for key, members in groups.items():
        cells = []
        for name, way in entry["of"].items():
            values = [v for v in (value_of(row[name]) for row in members) if v == v]
            cells.append(shown(f"{ways[way](values):.10g}", decimals.get(name)) if values else "")
        lines.append([*map(shown, key), str(len(members)), *cells])
    named = [f"{way} {entry.get('names', {}).get(name, name)}" for name, way in entry["of"].items()]
    return markdown([*entry["by"].values(), "lines", *named], lines)


def pivot(entry: Mapping, rows: Sequence[Row]) -> str:
    """One cell for each value of one column (down) and of another (across); the paper's beside where it has one.

    ``down`` may be a list of columns, whose words are joined.
    """
    name, paper, decimals = entry["pivot"]["value"], entry["pivot"].get("paper"), entry.get("decimals")
    lost, names = behind(entry, rows), entry.get("names", {})
    cells = {(_key(row, entry["pivot"]["down"]), row[entry["pivot"]["across"]]): row for row in rows}
    sides, headings = (list(dict.fromkeys(key[i] for key in cells)) for i in (0, 1))
    if paper and len(headings) > max(8, len(sides)):
        cells = {(heading, side): row for (side, heading), row in cells.items()}
        sides, headings = headings, sides
    printed = {
        side: {r[paper]: 0 for (s, _), r in cells.items() if s == side and r[paper]}
        for side in sides
        if paper
    }
    alone = all(len(values) <= 1 for values in printed.values())  # one number of the paper for a line
    beside = alone and any(printed.values())

    def cell(row: Row | None) -> str:
        if row is None:
            return ""
        text = shown(row[name], decimals) + MARK * (row in lost)
        if paper and row[paper]:
            text += MARK * worse(row) + ("" if alone else f"\u00a0({shown(row[paper], decimals)})")
        return text

    lines = []
    for side in sides:
        last = [shown(next(iter(printed[side]), ""), decimals)] if beside else []
        lines.append(
            [names.get(side, side), *(cell(cells.get((side, heading))) for heading in headings), *last]
        )
    headings = [names.get(heading, heading) for heading in headings]
    return markdown([entry.get("corner", ""), *headings, *(["paper"] if beside else [])], lines)


def _key(row: Row, columns: str | Sequence[str]) -> str:
    return row[columns] if isinstance(columns, str) else ", ".join(row[column] for column in columns)
