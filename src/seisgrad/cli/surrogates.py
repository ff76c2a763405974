"""``seisgrad surrogates``: what is shipped, trained on what, and how good it is."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

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
    """List the shipped surrogates with what they were trained on and their errors, by band or frequency."""
    cards = {key: card for key, (own, card) in _cards().items() if name in (None, own)}
    if not cards:
        names = dict.fromkeys(own for own, _ in _cards().values())
        raise InputError(f"there is no surrogate {name!r}, expected one of {', '.join(names)}")
    tell = _short if name is None else _whole
    Console(quiet=quiet, as_json=as_json).finish(
        cards, *(line for k, card in cards.items() for line in tell(k, card))
    )


def _cards() -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Name and card of every surrogate, by what the list calls it: its name, after the system but of dispersion."""
    from seisgrad.acoustic import surrogate as acoustic
    from seisgrad.dispersion import surrogate as dispersion
    from seisgrad.elastic import surrogate as elastic
    from seisgrad.source import surrogate as source

    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    systems = (("", dispersion), ("acoustic ", acoustic), ("elastic ", elastic), ("source ", source))
    for before, system in systems:
        found |= {f"{before}{name}": (name, system.card_of(name)) for name in system.shipped()}
    return found


def _short(key: str, card: Mapping[str, Any]) -> list[str]:
    """What it is, and a line with its worst errors for each prior it was judged on."""
    about, worst = _SAYS[card["system"]]
    first = f"{key}: network of {card['network']}, {about(card)}"
    return [first, *(worst(errors) for errors in card.get("errors", ()))]


def _learned(card: Mapping[str, Any]) -> str:
    """From what it has learned."""
    data = card["data"]
    earths = (
        f"{one['number']['train']} earths of prior {one['settings']['prior']!r}"
        for one in (data, *data.get("also", ()))
    )
    values = "values and kernels" if card.get("losses", {}).get("derivatives") else "values alone"
    return ", ".join((values, *earths))


def _curves(card: Mapping[str, Any]) -> str:
    periods = card["layout"]["periods"]
    return f"{_learned(card)}; {', '.join(card['layout']['branches'])}; {periods[0]:g} to {periods[-1]:g} s"


def _fields(card: Mapping[str, Any]) -> str:
    settings = card["data"]["settings"]
    nodes, frequencies = " x ".join(map(str, settings["shape"])), settings["frequencies"]
    band = f"{frequencies[0]:g} to {frequencies[-1]:g} Hz"
    return f"{_learned(card)}; {nodes} nodes at {settings['spacing']:g} km; {band}"


def _sources(card: Mapping[str, Any]) -> str:
    data = card["data"]
    depths, (low, high) = data["depths"], data["randomisation"]["magnitude"]
    return (
        f"events drawn on the fly through {len(data['models'])} velocity models; {depths[0]:g} to {depths[1]:g} km "
        f"deep, Mw {low:g} to {high:g}, stations to {data['distances'][1]:g} km"
    )


def _worst_fields(errors: Mapping[str, Any]) -> str:
    worst = max(errors["frequencies"], key=lambda row: row["relative_l2"])
    return (
        f"  on {errors['models']} unseen earths of prior {errors['prior']!r}: relative L2 error of the field at most "
        f"{worst['relative_l2']:.2g} ({worst['frequency']:g} Hz; {worst['untrained']:.2g} untrained, "
        f"{worst['outgoing']:.2g} the outgoing wave alone), beyond {errors['beyond']:g} km from the source"
    )


def _worst_sources(errors: Mapping[str, Any]) -> str:
    return (
        f"  {errors['events']} events of case {errors['case']!r} with at least {errors['stations']} stations: Kagan "
        f"angle {errors['kagan_mean_deg']:.1f} degrees in the mean, {errors['kagan_median_deg']:.1f} in the median, "
        f"magnitude off by {errors['mw_mae']:.3f}; {100 * errors['coverage_90']:.0f} % lie within the ball of 90 %"
    )


def _worst_records(errors: Mapping[str, Any]) -> str:
    worst = min(errors["frequencies"], key=lambda row: row["correlation"])
    return (
        f"  on {errors['models']} unseen earths of prior {errors['prior']!r}: correlation of the surface's spectra "
        f"at least {worst['correlation']:.4f} ({worst['frequency']:.3g} Hz; {worst['background']:.2g} without a "
        f"network), beyond {errors['beyond']:g} km from the source"
    )


def _worst_curves(errors: Mapping[str, Any]) -> str:
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


_SAYS = {
    "dispersion": (_curves, _worst_curves),
    "acoustic": (_fields, _worst_fields),
    "elastic": (_fields, _worst_records),
    "source": (_sources, _worst_sources),
}
"""What a surrogate of a system is about, and its worst errors."""


def _whole(key: str, card: Mapping[str, Any]) -> list[str]:
    """The card as indented JSON."""
    import json

    return json.dumps(card, indent=1, ensure_ascii=False).splitlines()
