"""``--config FILE``: the options of a command from YAML or JSON, where the command line does not give them.

A file for several steps of ``seisgrad noise`` has a section for each, under the name of its command.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from seisgrad.config import read_config, require_known, section
from seisgrad.errors import InputError

STEPS = ("correlate", "egf", "quality", "curves", "line")
_APART = ("config", "quiet", "as_json")  # how a command speaks is no setting of its work


def own_section(entries: Mapping[str, Any], step: str, where: str) -> Mapping[str, Any]:
    """The entries for one step: those of its section where a file has sections, else all of them.

    Raises:
        InputError: sections and other entries side by side, or a section that holds no named entries.
    """
    if not any(name in STEPS and isinstance(entry, Mapping) for name, entry in entries.items()):
        return entries
    for name in entries:
        require_known(name, STEPS, where)
    return section(entries, step, where)


def _take_defaults(context: typer.Context, path: Path | None) -> Path | None:
    """Put the entries of the file where the command looks for what the command line does not say."""
    if path is None:
        return None
    step, where = str(context.info_name), str(path)
    names = [
        str(parameter.name)
        for parameter in context.command.params
        if parameter.param_type_name == "option" and parameter.name not in _APART
    ]
    found = {}
    for key, value in own_section(read_config(path), step, where).items():
        name = key.replace("-", "_")
        require_known(name, names, where)
        if isinstance(value, Mapping) or value is None:
            raise InputError(f"{where}: {key} is {value!r}, expected what --{key} takes")
        found[name] = ",".join(map(str, value)) if isinstance(value, list) else value
    context.default_map = {**(context.default_map or {}), **found}
    return path


Config = Annotated[
    Path | None,
    typer.Option(
        help="YAML or JSON with these options, or with sections for several steps; the command line wins.",
        metavar="FILE",
        is_eager=True,
        callback=_take_defaults,
    ),
]
