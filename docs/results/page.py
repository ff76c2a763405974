"""The page of results, put together from tables, records, rules and aims."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from results.losses import Aim, BehindPaper, behind, behind_paper, settle
from results.reading import NOT_RECORDED, Row, chosen, markdown, record, rows_of, shown, tables_of
from results.shapes import drawn, pivot

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PAGE = "docs/results.md"
MOST = 40
"""Lines of a table that nothing describes."""

HEAD = """# Results

<!-- Written by `python docs/results` from the tables in experiments/ and benchmarks/: change those, not this page. -->

What was measured, beside what the papers print and what other programs do. Every table below is made from a CSV file of
the repository by `python docs/results`; a test fails where this page and the files disagree, or where a file is missing
here. [What made them](#what-made-them) has command, date, machine and versions of each.
"""
SHORT = """In short: {compared} numbers stand beside a paper's, {lost} of them behind it; {programs} lines of the
benchmarks are behind another program; of {aims} aims that were set beforehand {missed} are missed, wholly or in part.
All of these are listed under [Where we lose](#where-we-lose).
"""
LOSE = """## Where we lose

Nothing here is picked by hand: these rules are applied to every line of every table.

### Behind a paper

Every operator and metric with a line that is worse than the paper's number beside it, and the line that is furthest
behind. Less is better for errors, misfits and seconds, more for cosines and correlations; coverage is right at its
nominal value.
"""
PROGRAMS = """### Behind another program

Every line of a benchmark in which another program is faster than ours.
"""
MISSED = """### Aims missed

Aims that a line of their table falls short of, and the line that is furthest from it.
"""
UNMEASURED = """What has not been measured at all is no line of any table. No GPU was at hand: the papers' own
networks (262, 727 and 2 million weights), and everything else that needs one, wait in
`experiments/GPU_QUEUE.md`; each system's page says what is open.
"""
AIMS = """## What was aimed at

Set before it was measured. The figure is that of the worst line.
"""
MADE = """## What made them

`make bench` runs the benchmarks, and `seisgrad reproduce NAME --out DIR` makes a paper's tables. The commands below
make each table alone; where one takes files, the README of its folder in `experiments/` says how to make those. `python
docs/results` then writes this page again. Beside every table lies a record of the same name that ends in `.json` and
that the command itself writes. Records without versions were written afterwards: their date and commit are those that
brought the table to the repository, whose `constraints.txt` has what `make` installs.
"""
AFTERWARDS = "The date and the commit are those that brought the table to the repository."


class Page:
    """The text of the page, and the tables of a checkout that it shows."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.files = tables_of(root)
        self.rows = {file: rows_of(root / file) for file in self.files}
        self.sections = yaml.safe_load((HERE / "tables.yaml").read_text(encoding="utf-8"))
        self.aims = yaml.safe_load((HERE / "aims.yaml").read_text(encoding="utf-8"))

    @property
    def entries(self) -> list[dict]:
        """Every table that the page describes."""
        return [
            table for section in self.sections for group in section["groups"] for table in group["tables"]
        ]

    def unshown(self) -> list[str]:
        """Files that ``tables.yaml`` says nothing of."""
        return [file for file in self.files if file not in {entry["file"] for entry in self.entries}]

    def text(self) -> str:
        """All of it."""
        papers, programs, aims = self.behind_papers(), self.behind_programs(), self.settled()
        missed = [aim for aim in aims if not aim.met]
        head = SHORT.format(
            compared=sum(bool(row["paper"] and row["ours"]) for row in self.tidy()),
            lost=sum(one.worse for one in papers),
            programs=len(programs),
            aims=len(aims),
            missed=len(missed),
        )
        compared, others = self.sections[:2], self.sections[2:]
        parts = [HEAD, head, *map(self._section, compared), self._losses(papers, programs, missed)]
        parts += [self._aims(aims), *map(self._section, others), *self._others(), self._made()]
        return "\n".join(parts)

    def tidy(self) -> list[Row]:
        """The lines of all ``results.csv`` that ``seisgrad reproduce`` writes."""
        return [row for rows in self.rows.values() if rows and "paper" in rows[0] for row in rows]

    def behind_papers(self) -> list[BehindPaper]:
        """Where a number of ours is worse than a paper's."""
        return behind_paper(self.tidy())

    def behind_programs(self) -> list[tuple[Mapping, Row]]:
        """Where another program is ahead."""
        ruled = (entry for entry in self.entries if "loses" in entry and entry["file"] in self.rows)
        return [
            (e, row) for e in ruled for row in behind(e, chosen(self.rows[e["file"]], e.get("where", {})))
        ]

    def settled(self) -> list[Aim]:
        """Every aim whose table is there, and what came out."""
        found = (settle(aim, self.rows[aim["file"]]) for aim in self.aims if aim["file"] in self.rows)
        return [aim for aim in found if aim is not None]

    def _section(self, section: Mapping) -> str:
        parts = [f"## {section['section']}\n"]
        if "says" in section:
            parts.append(section["says"] + "\n")
        for group in section["groups"]:
            there = [entry for entry in group["tables"] if entry["file"] in self.rows]
            if there:
                parts += [f"### {group['group']}\n", *([group["says"] + "\n"] if "says" in group else [])]
                parts += [self._table(entry) for entry in there]
        return "\n".join(parts)

    def _others(self) -> list[str]:
        """Tables that nothing describes yet, the first lines of each as they are."""
        words = ["## Other tables\n"] if self.unshown() else []
        for file in self.unshown():
            rows = self.rows[file]
            whole = "" if len(rows) <= MOST else f", the first {MOST} of {len(rows)} lines"
            entry = {"columns": {name: name.replace("_", " ") for name in (rows[0] if rows else {})}}
            words.append(f"**{Path(file).stem}**{whole} ({self._link(file)})\n\n{drawn(entry, rows[:MOST])}")
        return words

    def _table(self, entry: Mapping) -> str:
        rows = self.rows[entry["file"]]
        found = chosen(rows, entry.get("where", {}))
        if entry.get("tidy") == "all":
            return "\n".join(
                self._metric(entry, found, metric) for metric in dict.fromkeys(r["metric"] for r in found)
            )
        shape = drawn(entry, rows) if found else "Nothing to list.\n"
        return f"**{entry['asks']}** ({self._link(entry['file'])})\n\n{shape}"

    def _metric(self, entry: Mapping, rows: list[Row], metric: str) -> str:
        """One metric of a results.csv."""
        these = [row for row in rows if row["metric"] == metric]
        shape = {
            "pivot": {"down": "case", "across": "operator", "value": "ours", "paper": "paper"},
            "corner": "case",
        }
        return f"**`{metric}`** ({self._link(entry['file'])})\n\n{pivot(shape, these)}"

    def _link(self, file: str) -> str:
        return f"[{file.removeprefix('experiments/').removeprefix('benchmarks/').replace('results/', '')}](../{file})"

    def _losses(
        self, papers: list[BehindPaper], programs: list[tuple[Mapping, Row]], missed: list[Aim]
    ) -> str:
        behind_a_paper = [
            [
                f"{p.experiment}, `{p.operator}`, `{p.metric}`",
                f"{p.worse} of {p.lines}",
                p.case,
                shown(p.ours),
                shown(p.paper),
            ]
            for p in papers
        ]
        slower = []
        for entry, row in programs:
            rule = entry["loses"]
            which = ", ".join(shown(row[name]) for name in rule["named"])
            figure = f"{entry['columns'][rule['column']]}: {shown(row[rule['column']])}"
            slower.append([self._link(entry["file"]), which, rule["who"], figure])
        short = [[aim.words, f"{aim.short} of {aim.lines}", aim.figure] for aim in missed]
        parts = [LOSE, _listed(["what", "lines behind", "the worst", "ours", "paper"], behind_a_paper)]
        parts += [PROGRAMS, _listed(["table", "what", "is behind", "figure"], slower)]
        parts += [MISSED, _listed(["aim", "lines short of it", "the worst"], short), UNMEASURED]
        return "\n".join(parts)

    def _aims(self, aims: list[Aim]) -> str:
        lines = [
            [
                aim.words,
                aim.figure,
                "met" if aim.met else f"missed in {aim.short} of {aim.lines}",
                self._link(aim.file),
            ]
            for aim in aims
        ]
        return "\n".join([AIMS, markdown(["aim", "came out as", "", "table"], lines)])

    def _made(self) -> str:
        """Command, date, machine and versions of every table; versions that many share are told once."""
        sets: dict[str, str] = {}
        notes: dict[str, list[str]] = {}
        lines = []
        for file in self.files:
            one = record(self.root / file)
            versions = one.get("versions", {})
            letter = NOT_RECORDED
            if "python" in versions:
                told = ", ".join(f"{name} {version}" for name, version in versions.items())
                letter = sets.setdefault(told, chr(ord("A") + len(sets)))
            machine = _machine(one.get("machine", {}))
            facts = [
                f"`{one[fact]}`" if one[fact] != NOT_RECORDED else NOT_RECORDED
                for fact in ("command", "commit")
            ]
            lines.append([self._link(file), facts[0], one["date"], facts[1], machine, letter])
            if note := one.get("note", "").removeprefix(AFTERWARDS).strip():
                notes.setdefault(note, []).append(self._link(file))
        parts = [MADE, markdown(["table", "command", "date", "commit", "machine", "versions"], lines)]
        parts += [f"- {letter}: {told}" for told, letter in sets.items()]
        parts += [f"- {', '.join(files)}: {note}" for note, files in notes.items()]
        return "\n".join(parts) + "\n"


def _listed(header: list[str], lines: list[list[str]]) -> str:
    return markdown(header, lines) if lines else "None.\n"


def _machine(found: Mapping) -> str:
    if not found:
        return NOT_RECORDED
    memory = f", {found['memory_GB']:g} GB" if "memory_GB" in found else ""
    gpu = f", {found['gpu']}" if "gpu" in found else ""
    return f"{found['processor']}, {found['cores']} cores{memory}{gpu}"
