"""``seisgrad surrogates``: what is shipped, trained on what, and how good it is."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from seisgrad.cli.choices import shipped_operators
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.errors import InputError

EXAMPLE = "Example: seisgrad surrogates default"


def surrogates(
    name: Annotated[
        str | None,
        typer.Argument(help="Show the whole card of this one.", metavar="NAME", show_default=False),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """List the shipped surrogates with what they were trained on and their errors by band."""
    names = [n for n in shipped_operators() if n != "exact"]
    if name is not None and name not in names:
        raise InputError(f"there is no surrogate {name!r}, expected one of {', '.join(names)}")

    from seisgrad.dispersion.surrogate import card_of

    cards = {n: card_of(n) for n in names if name in (None, n)}
    lines = _whole(cards[name]) if name else [line for n, card in cards.items() for line in _short(n, card)]
    Console(quiet=quiet, as_json=as_json).finish(cards, *lines)


def _short(name: str, card: Mapping[str, Any]) -> list[str]:
    """What it is, and a line with its worst bands for each prior it was judged on."""
    periods, data = card["layout"]["periods"], card["data"]
    learned = "values and kernels" if card["losses"]["derivatives"] else "values alone"
    first = (
        f"{name}: network of {card['network']}, {learned}, {data['number']['train']} earths of prior "
        f"{data['settings']['prior']!r}; {', '.join(card['layout']['branches'])}; {periods[0]:g} to {periods[-1]:g} s"
    )
    return [first, *(_worst(errors) for errors in card.get("errors", ()))]


def _worst(errors: Mapping[str, Any]) -> str:
    rows = errors["bands"]
    value = max(rows, key=lambda row: row["mape_percent"])
    kernel = min(rows, key=lambda row: row["raw_cosine_vs"])
    return (
        f"  on {errors['models']} unseen earths of prior {errors['prior']!r}: velocity off by at most "
        f"{value['mape_percent']:.2g} % ({value['band']} s), raw cosine of vs kernels at least "
        f"{kernel['raw_cosine_vs']:.4f} ({kernel['band']} s), of vp {_least(rows, 'vp')}, of density "
        f"{_least(rows, 'rho')}; means of a band"
    )


def _least(rows: Sequence[Mapping[str, Any]], parameter: str) -> str:
    """The smallest cosine of a parameter; Love waves have none for vp."""
    known = [row for row in rows if row[f"raw_cosine_{parameter}"] is not None]
    worst = min(known, key=lambda row: row[f"raw_cosine_{parameter}"])
    return f"{worst[f'raw_cosine_{parameter}']:.3f} ({worst['band']} s)"


def _whole(card: Mapping[str, Any]) -> list[str]:
    """The card as indented JSON."""
    import json

    return json.dumps(card, indent=1, ensure_ascii=False).splitlines()
