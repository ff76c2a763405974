"""The drawing of the rooms: boxes in layers and an arrow for every import that may be, made from the rules themselves.

``python docs/architecture_drawing.py`` writes ``docs/_static/architecture.svg``; the build of the documentation does so
too, and a test fails where the file and the rules disagree.
"""

import ast
import itertools
import random
from collections.abc import Mapping
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE / "_static" / "architecture.svg"
RULES = HERE.parent / "tests" / "test_house.py"

WIDTH, HEIGHT, ACROSS, DOWN, MARGIN = (
    138,
    48,
    22,
    64,
    24,
)  # px: of a box, between boxes, between layers, around
WORDS = {
    "operator": "Operator, jacobian",
    "implicit": "derivative of a root",
    "linear": "equations in batches",
    "config": "settings from files",
    "nn": "parts of networks",
    "checks": "dot and Taylor test",
    "earth": "models, ties, formats",
    "training": "one loop",
    "dataset": "seeded samples",
    "inversion": "data to posterior",
    "audit": "learned against exact",
    "waves": "grids, places, shots",
    "dispersion": "surface waves",
    "acoustic": "waves in a fluid",
    "elastic": "waves under a surface",
    "source": "earthquakes",
    "noise": "records to curves",
    "plot": "Axes in, artists out",
    "report": "files and pages",
    "explorer": "a page to touch",
    "cli": "one file per command",
    "errors": "open to all",
}
SYSTEMS = {"dispersion", "acoustic", "elastic", "source", "noise"}
FACES = {"plot", "report", "explorer", "cli"}
FOR_ALL = {"errors", "_lazy"}  # no arrows: everybody may
Rules = Mapping[str, set[str]]


def rules() -> dict[str, set[str]]:
    """Room -> the rooms it may import, as the test that reads every import has it."""
    for node in ast.parse(RULES.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "MAY_IMPORT":
            text = ast.unparse(node.value).replace("set()", "()")
            found = {room: set(others) for room, others in ast.literal_eval(text).items()}
            return {room: others - FOR_ALL for room, others in found.items() if room not in FOR_ALL}
    raise ValueError(f"{RULES} has no MAY_IMPORT")


def reached(room: str, may: Rules) -> set[str]:
    """All rooms that a room gets to, over any number of imports."""
    return set().union(*({other} | reached(other, may) for other in may[room]))


def shortened(may: Rules) -> dict[str, set[str]]:
    """The same without what only shortens a way that is there: the arrows that are drawn."""
    return {
        room: {
            other for other in others if not any(other in reached(third, may) for third in others - {other})
        }
        for room, others in may.items()
    }


def layers(may: Rules) -> dict[str, int]:
    """How high each room stands: one above the highest that it may import."""
    found: dict[str, int] = {}

    def height(room: str) -> int:
        if room not in found:
            found[room] = 1 + max((height(other) for other in may[room]), default=-1)
        return found[room]

    for room in sorted(may):
        height(room)
    return found


class Layout:
    """Boxes and the bends of arrows that pass layers, in an order with few crossings, and where they stand."""

    def __init__(self, may: Rules) -> None:
        self.level = dict(layers(may))
        self.ways: list[list[str]] = []
        for room, others in sorted(shortened(may).items()):
            for other in sorted(others):
                bends = [f"{room}>{other}@{h}" for h in range(self.level[room] - 1, self.level[other], -1)]
                self.level |= {bend: int(bend.rpartition("@")[2]) for bend in bends}
                self.ways.append([room, *bends, other])
        self.steps = [pair for way in self.ways for pair in itertools.pairwise(way)]
        self.near: dict[str, list[str]] = {name: [] for name in self.level}
        for upper, lower in self.steps:
            self.near[upper].append(lower)
            self.near[lower].append(upper)
        self.rows = min((self._ordered(seed) for seed in range(60)), key=self._cost)
        self.x = self._placed()

    def _ordered(self, seed: int) -> list[list[str]]:
        draw = random.Random(seed)
        rows: list[list[str]] = [[] for _ in range(1 + max(self.level.values()))]
        for name in sorted(self.level):
            rows[self.level[name]].append(name)
        for row in rows:
            draw.shuffle(row)
        best = [list(row) for row in rows]
        for sweep in range(14):
            at = {name: k / max(len(row) - 1, 1) for row in rows for k, name in enumerate(row)}
            order = range(len(rows)) if sweep % 2 else range(len(rows) - 1, -1, -1)
            for h in order:
                around = {
                    name: [at[o] for o in self.near[name] if (self.level[o] < h) == bool(sweep % 2)]
                    for name in rows[h]
                }
                rows[h].sort(key=lambda n, a=around, p=at: sum(a[n]) / len(a[n]) if a[n] else p[n])
                at |= {name: k / max(len(rows[h]) - 1, 1) for k, name in enumerate(rows[h])}
            if self._cost(rows) < self._cost(best):
                best = [list(row) for row in rows]
        return best

    def _cost(self, rows: list[list[str]]) -> tuple[int, int]:
        """Crossings, then how far the arrows lead sideways."""
        at = {name: k for row in rows for k, name in enumerate(row)}
        by_level: dict[int, list[tuple[int, int]]] = {}
        for upper, lower in self.steps:
            by_level.setdefault(self.level[upper], []).append((at[upper], at[lower]))
        crossed = sum(
            (a[0] - b[0]) * (a[1] - b[1]) < 0
            for pairs in by_level.values()
            for a, b in itertools.combinations(pairs, 2)
        )
        return crossed, sum(abs(a - b) for pairs in by_level.values() for a, b in pairs)

    def _placed(self) -> dict[str, float]:
        """Middles of boxes and bends: where their neighbours are, as near as the order and the widths allow."""
        wide = {name: WIDTH + ACROSS if "@" not in name else 26 for name in self.level}
        x: dict[str, float] = {}
        longest = max(sum(wide[name] for name in row) for row in self.rows)
        for row in self.rows:
            left = 0.5 * (longest - sum(wide[name] for name in row))
            for name in row:
                x[name] = left + 0.5 * wide[name]
                left += wide[name]
        for _ in range(60):
            for row in self.rows:
                want = {
                    n: sum(x[o] for o in self.near[n]) / len(self.near[n]) if self.near[n] else x[n]
                    for n in row
                }
                for name in row:
                    x[name] += 0.5 * (want[name] - x[name])
                for _ in range(30):  # push apart, both sides alike
                    for a, b in itertools.pairwise(row):
                        short = 0.5 * (wide[a] + wide[b]) - (x[b] - x[a])
                        if short > 0:
                            x[a] -= 0.5 * short
                            x[b] += 0.5 * short
        low = min(x[name] - 0.5 * wide[name] for name in x)
        return {name: value - low + MARGIN for name, value in x.items()}


def draw(may: Rules) -> str:
    """The drawing as SVG, readable on a light and on a dark page."""
    layout = Layout(may)
    top = max(layout.level.values())
    right = max(layout.x[name] for name in may) + 0.5 * WIDTH + MARGIN

    def y(name: str) -> float:
        return MARGIN + (top - layout.level[name]) * (HEIGHT + DOWN)

    base = MARGIN + (top + 1) * (HEIGHT + DOWN) - DOWN + 26
    high = base + 34 + MARGIN
    out = [_HEAD.format(width=f"{right:.0f}", height=f"{high:.0f}", words=escape(said(may)))]
    for way in layout.ways:
        out.append(f'  <path class="to" d="{_curve(way, layout.x, y)}"/>')
    for room in sorted(may):
        kind = "system" if room in SYSTEMS else "face" if room in FACES else "shared"
        out.append(_box(room, kind, layout.x[room] - 0.5 * WIDTH, y(room), WIDTH, HEIGHT))
    out.append(_box("errors", "face", MARGIN, base, right - 2 * MARGIN, 34, flat=True))
    return "\n".join([*out, "</svg>", ""])


def said(may: Rules) -> str:
    """The arrows in words, for who does not see them."""
    arrows = shortened(may)
    return "; ".join(
        f"{room} imports {', '.join(sorted(arrows[room]))}" for room in sorted(may) if arrows[room]
    )


def _curve(way: list[str], x: Mapping[str, float], y) -> str:
    """From the lower side of the first box over the bends to the upper side of the last."""
    start, end = way[0], way[-1]
    spread = 0.3 * WIDTH
    first = x[start] + max(-spread, min(spread, 0.35 * (x[way[1]] - x[start])))
    last = x[end] + max(-spread, min(spread, 0.35 * (x[way[-2]] - x[end])))
    points = [(first, y(start) + HEIGHT)]
    for bend in way[1:-1]:
        points += [(x[bend], y(bend)), (x[bend], y(bend) + HEIGHT)]
    points.append((last, y(end) - 3))
    text = f"M{points[0][0]:.0f} {points[0][1]:.0f}"
    for k in range(0, len(points) - 1):
        (a, b), (c, d) = points[k], points[k + 1]
        if k % 2:
            text += f" L{c:.0f} {d:.0f}"
        else:
            text += f" C{a:.0f} {b + 0.5 * (d - b):.0f} {c:.0f} {d - 0.5 * (d - b):.0f} {c:.0f} {d:.0f}"
    return text


def _box(room: str, kind: str, x: float, y: float, width: float, height: float, *, flat: bool = False) -> str:
    middle, words = x + 0.5 * width, escape(WORDS.get(room, ""))
    box = f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}"/>'
    if flat:
        lines = f'<text x="{middle:.0f}" y="{y + 22:.0f}">{room} <tspan class="small">{words}</tspan></text>'
    else:
        lines = f'<text x="{middle:.0f}" y="{y + 21:.0f}">{room}</text>'
        lines += f'<text class="small" x="{middle:.0f}" y="{y + 38:.0f}">{words}</text>'
    return f'  <g class="{kind}">{box}{lines}</g>'


_HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif"
     font-size="15" role="img" aria-label="{words}">
  <defs>
    <marker id="tip" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="7" markerHeight="7" orient="auto">
      <path d="M0 0 L10 5 L0 10 z" fill="#7a869a"/>
    </marker>
    <style>
      rect {{ stroke-width: 1.5; rx: 8; }}
      .face rect {{ fill: #eef1f6; stroke: #7a869a; }}
      .system rect {{ fill: #fde8d7; stroke: #d9772b; }}
      .shared rect {{ fill: #dcebf7; stroke: #3a78ab; }}
      text {{ fill: #1d2733; text-anchor: middle; font-weight: 600; }}
      .small {{ font-size: 11.5px; font-weight: 400; fill: #3d4957; }}
      path.to {{ fill: none; stroke: #7a869a; stroke-width: 1.4; marker-end: url(#tip); }}
    </style>
  </defs>"""


def write() -> None:
    """Put the drawing where the pages look for it, if it is not there already."""
    text = draw(rules())
    if not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != text:
        TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
