"""A self-contained HTML page: text, tables and figures in one file that fetches nothing."""

import base64
import html
from collections.abc import Sequence

STYLE = """
:root { --ink: #1d2530; --soft: #5b6675; --line: #dfe4ea; --paper: #ffffff; --wash: #f5f7f9; --mark: #0072b2;
  --good: #00785a; --warn: #b45309; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--wash); color: var(--ink);
  font: 16px/1.6 "Source Sans 3", "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 48px 56px; background: var(--paper); }
header { border-bottom: 3px solid var(--mark); padding-bottom: 14px; margin-bottom: 26px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 8px; letter-spacing: -.01em; }
h2 { font-size: 21px; margin: 44px 0 10px; padding-top: 14px; border-top: 1px solid var(--line); }
p, li { max-width: 78ch; }
.lede { font-size: 17px; color: var(--soft); margin: 0; }
figure { margin: 22px 0 26px; }
figure img { display: block; width: 100%; height: auto; }
figcaption { font-size: 14px; color: var(--soft); margin-top: 8px; max-width: 96ch; }
table { border-collapse: collapse; margin: 16px 0 22px; font-size: 14.5px; font-variant-numeric:
tabular-nums; } th, td { padding: 5px 14px 5px 0; text-align: left; vertical-align: top; border-bottom: 1px
solid var(--line); } th { color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--line); }
td.number, th.number { text-align: right; }
.cards { display: flex; flex-wrap: wrap; gap: 12px; margin: 22px 0; }
.card { flex: 1 1 150px; background: var(--wash); border-radius: 8px; padding: 12px 16px; }
.card b { display: block; font-size: 22px; line-height: 1.25; }
.card span { font-size: 13.5px; color: var(--soft); }
.card.good b { color: var(--good); } .card.warn b { color: var(--warn); }
dl { margin: 12px 0; } dt { font-weight: 600; margin-top: 12px; } dd { margin: 0; max-width: 82ch; }
details { margin: 10px 0; } summary { cursor: pointer; color: var(--mark); }
footer { margin-top: 48px; padding-top: 14px; border-top: 1px solid var(--line); font-size: 13.5px; color:
var(--soft); } code { font-size: .92em; background: var(--wash); padding: 1px 4px; border-radius: 3px; }
@media (max-width: 700px) { main { padding: 24px 18px; } table { display: block; overflow-x: auto; } }
@media print { body { background: none; } main { max-width: none; padding: 0; } h2 { break-after: avoid; }
  figure, table { break-inside: avoid; } }
"""


class Page:
    """An HTML page that grows from top to bottom; every text is escaped, every figure becomes part of the
    file.

    Args:
        title: the heading.
        lede: one sentence below it.
    """

    def __init__(self, title: str, lede: str = "") -> None:
        self.title, self.lede = title, lede
        self._parts: list[str] = []
        self._styles: list[str] = [STYLE]
        self._scripts: list[str] = []

    def heading(self, text: str) -> None:
        """Begin a section."""
        self._parts.append(f"<h2>{html.escape(text)}</h2>")

    def text(self, *paragraphs: str) -> None:
        """Paragraphs; empty ones are left out."""
        self._parts.extend(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs if paragraph)

    def points(self, *items: str) -> None:
        """A list of points; empty ones are left out."""
        rows = "".join(f"<li>{html.escape(item)}</li>" for item in items if item)
        if rows:
            self._parts.append(f"<ul>{rows}</ul>")

    def cards(self, *cards: tuple[str, str, str]) -> None:
        """Key figures side by side, each ``(value, meaning, "good" | "warn" | "")``."""
        boxes = "".join(
            f'<div class="card {mood}"><b>{html.escape(value)}</b><span>{html.escape(meaning)}</span></div>'
            for value, meaning, mood in cards
        )
        self._parts.append(f'<div class="cards">{boxes}</div>')

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]], fold: str = "") -> None:
        """A table; columns whose cells all read as numbers are set right. ``fold`` hides it behind this
        summary."""
        numeric = [all(_is_number(row[i]) for row in rows) for i in range(len(header))]
        head = "".join(_cell("th", text, number) for text, number in zip(header, numeric, strict=True))
        body = "".join(
            "<tr>"
            + "".join(_cell("td", text, number) for text, number in zip(row, numeric, strict=True))
            + "</tr>"
            for row in rows
        )
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        if fold:
            table = f"<details><summary>{html.escape(fold)}</summary>{table}</details>"
        self._parts.append(table)

    def image(self, png: bytes, caption: str) -> None:
        """A PNG inside the page, with its caption as the alternative text."""
        code = base64.b64encode(png).decode("ascii")
        words = html.escape(caption, quote=True)
        source = f"data:image/png;base64,{code}"
        self._parts.append(
            f'<figure><img alt="{words}" src="{source}"><figcaption>{words}</figcaption></figure>'
        )

    def definitions(self, rows: Sequence[tuple[str, str]]) -> None:
        """Words, each with the paragraph that belongs to it."""
        items = "".join(f"<dt>{html.escape(word)}</dt><dd>{html.escape(text)}</dd>" for word, text in rows)
        self._parts.append(f"<dl>{items}</dl>")

    def interactive(self, markup: str, style: str, script: str) -> None:
        """A part that answers to its reader. What is given is written into the page as it stands: whoever makes the
        markup escapes what it holds. The script runs when the whole page is there."""
        self._parts.append(markup)
        self._styles.append(style)
        self._scripts.append(script)

    def html(self, footer: str = "") -> str:
        """The page as one HTML document."""
        foot = f"<footer>{html.escape(footer)}</footer>" if footer else ""
        title, lede = html.escape(self.title), html.escape(self.lede)
        style = "".join(self._styles)
        scripts = "".join(f"<script>\n{script}</script>\n" for script in self._scripts)
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{title}</title><style>{style}</style></head>\n<body><main>"
            f'<header><h1>{title}</h1><p class="lede">{lede}</p></header>\n'
            + "\n".join(self._parts)
            + f"\n{foot}</main>\n{scripts}</body></html>\n"
        )


def _cell(tag: str, text: str, number: bool) -> str:
    kind = ' class="number"' if number else ""
    return f"<{tag}{kind}>{html.escape(text)}</{tag}>"


def _is_number(text: str) -> bool:
    words = text.replace("−", "-").replace("–", " ").replace("±", " ").replace("%", "").split()
    try:
        return bool([float(word) for word in words])
    except ValueError:
        return text in {"", "—"}
