"""Configuration: YAML or JSON to mappings, and mappings to dataclasses, with complaints that name file and key."""

import dataclasses
import difflib
import json
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from seisgrad.errors import InputError

T = TypeVar("T")


def read_config(path: Path) -> dict[str, Any]:
    """The entries of a YAML (``.yaml``, ``.yml``) or JSON file.

    Raises:
        InputError: a file that cannot be read, is neither, or holds something else than named entries.
    """
    suffix = path.suffix.lower()
    if suffix not in {".yaml", ".yml", ".json"}:
        raise InputError(f"{path} ends in {suffix or 'nothing'}, expected .yaml or .json")
    try:
        text = path.read_text(encoding="utf-8")
        entries = json.loads(text) if suffix == ".json" else yaml.safe_load(text)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check its name") from error
    except (ValueError, yaml.YAMLError) as error:
        raise InputError(f"{path} is no {suffix[1:].upper()}: {error}") from error
    if entries is None:
        return {}
    if not isinstance(entries, dict) or not all(isinstance(key, str) for key in entries):
        raise InputError(
            f"{path} holds {type(entries).__name__}, expected named entries, one 'key: value' per line"
        )
    return entries


def from_mapping(cls: type[T], entries: Mapping[str, Any], where: str) -> T:
    """A dataclass from names and values, checked against its annotations (numbers, text, truth values, None, tuples).

    Args:
        cls: the dataclass.
        entries: by field name.
        where: what the entries are, for complaints: ``"train.yaml: training"``.

    Raises:
        InputError: entries that are no mapping, an unknown key, a value of another kind, or one that the class refuses.
    """
    if not isinstance(entries, Mapping):
        raise InputError(f"{where} is {entries!r}, expected named entries, one 'key: value' per line")
    kinds = typing.get_type_hints(cls)
    known = [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]
    for key in entries:
        require_known(key, known, where)
    values = {key: _as_kind(value, kinds[key], f"{where}: {key}") for key, value in entries.items()}
    try:
        return cls(**values)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def section(entries: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    """The named entries of a section, none where it is not there.

    Raises:
        InputError: a section that is something else.
    """
    found = entries.get(name, {})
    if not isinstance(found, Mapping):
        raise InputError(f"{where}: {name} is {found!r}, expected named entries, one 'key: value' per line")
    return found


def require_known(key: str, known: Iterable[str], where: str) -> None:
    """InputError where ``key`` is none of the known ones; the nearest is suggested."""
    names = list(known)
    if key not in names:
        near = difflib.get_close_matches(str(key), names, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(f"{where} has the unknown key {key!r}, expected one of {', '.join(names)}{hint}")


def _as_kind(value: Any, kind: Any, where: str) -> Any:
    """The value as its annotation says: ints pass for floats, lists for tuples, and ``1e-3``, which YAML reads as
    text, for a number."""
    options = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if value is None and type(None) in options:
        return None
    for option in options:
        if typing.get_origin(option) is tuple and isinstance(value, list | tuple):
            parts = typing.get_args(option)
            if len(parts) == len(value):
                return tuple(_as_kind(v, p, where) for v, p in zip(value, parts, strict=True))
        elif option is float and not isinstance(value, bool) and isinstance(value, int | float | str):
            try:
                return float(value)
            except ValueError:
                continue
        elif option in (int, str, bool) and type(value) is option:
            return value
    raise InputError(f"{where} is {value!r}, expected {_words(options)}")


def _words(options: tuple[Any, ...]) -> str:
    names = {int: "a whole number", float: "a number", str: "text", bool: "true or false", type(None): "null"}
    return " or ".join(
        names.get(option, f"a list of {len(typing.get_args(option))} numbers") for option in options
    )
