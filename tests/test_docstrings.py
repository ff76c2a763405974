"""The reference says what one must know before a call: shapes of arrays, units of quantities, and what is refused."""

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from test_docs import documented, members, public_objects
from torch import Tensor

from seisgrad.dataset.recipe import Recipe
from seisgrad.errors import InputError
from seisgrad.training.task import Task

PHYSICAL = re.compile(
    r"(^|_)(velocit(y|ies)|depths?|periods?|frequenc(y|ies)|times?|distances?|thickness(es)?|vp|vs|rho|densit(y|ies)"
    r"|lags?|spacing|azimuths?|latitudes?|longitudes?|wavelengths?|slowness|slowest|fastest|duration)$"
)
"""Names of arguments that have a unit."""
UNIT = re.compile(
    r"(?<![\w'’])(km/s|km|m/s|m|g/cm³|kg/m³|GPa|N·m|Hz|s|seconds|hours|days|degrees|rad|radians|samples)(?!\w)|°"
    r"|[Uu]nits?\b"
)
ARRAY = re.compile(r"(?<![\w\"'])(Tensor|NDArray|ndarray)\b")
WITH_SHAPE = re.compile(r"\b(Float|Bool|U?Int\d*|Complex|Shaped|Num)\[")
SHAPE = re.compile(r"``\[[^`]*\]``|\b[Ss]haped?\b|\bscalars?\b|broadcast")
OF_ARRAYS = re.compile(r"Mapping|dict|Callable")
"""Collections of arrays, which differ in shape, and functions."""
PROTOCOLS = Task, Recipe
"""What these say of a method holds for it in whichever class."""


class Described(NamedTuple):
    """A function as it is called, with all that is said about it."""

    name: str
    call: Callable[..., Any]
    text: str

    def arguments(self) -> dict[str, str]:
        """Annotations by name, that of ``return`` included."""
        found = inspect.unwrap(self.call).__annotations__
        return {k: v if isinstance(v, str) else inspect.formatannotation(v) for k, v in found.items()}


def described() -> Iterator[Described]:
    """Functions of the reference, and the calls and public methods of its classes."""
    every = {id(value): value for value in (*public_objects().values(), *documented())}
    for value in every.values():
        if not str(getattr(value, "__module__", "")).startswith("seisgrad"):
            continue
        if inspect.isfunction(value) and value.__qualname__ in written(value.__module__):
            yield Described(f"{value.__module__}.{value.__qualname__}", value, inspect.getdoc(value) or "")
        elif inspect.isclass(value):
            yield from of_class(value)


def of_class(owner: type) -> Iterator[Described]:
    """Its calls and methods, with what the class and those it comes from say."""
    name = f"{owner.__module__}.{owner.__qualname__}"
    text = "\n".join(inspect.getdoc(one) or "" for one in owner.__mro__ if one.__module__ != "builtins")
    calls = [(hidden, vars(owner).get(hidden)) for hidden in ("__init__", "__post_init__", "__call__")]
    for member, value in (*calls, *members(owner)):
        call = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if inspect.isfunction(call) and call.__qualname__ in written(
            call.__module__
        ):  # no dataclass wrote it
            own = [inspect.getdoc(vars(one).get(member)) or "" for one in (*owner.__mro__, *PROTOCOLS)]
            yield Described(f"{name}.{member}", call, "\n".join((text, *own)))


def unsaid(one: Described) -> Iterator[str]:
    """What is missing: the names of arguments without a unit or a shape, and a refusal that is not told."""
    for name, annotation in one.arguments().items():
        array = bool(ARRAY.search(annotation)) and not OF_ARRAYS.search(annotation)
        quantity = array or bool(re.search(r"\b(float|Float)\b", annotation))
        if quantity and PHYSICAL.search(name) and "[int]" not in annotation and not UNIT.search(one.text):
            yield f"{one.name}: the unit of {name}"
        if array and not WITH_SHAPE.search(annotation) and not SHAPE.search(one.text):
            yield f"{one.name}: the shape of {name}"
    if "InputError" not in one.text and raises(one.call):
        yield f"{one.name}: that it raises InputError"


@cache
def written(module: str) -> dict[str, ast.AST]:
    """The functions that stand in a module, by qualified name."""
    found: dict[str, ast.AST] = {}

    def walk(node: ast.AST, before: str) -> None:
        for one in ast.iter_child_nodes(node):
            if isinstance(one, ast.FunctionDef):
                found.setdefault(before + one.name, one)
            if isinstance(one, ast.ClassDef):
                walk(one, f"{before}{one.name}.")

    walk(ast.parse(Path(str(sys.modules[module].__file__)).read_text(encoding="utf-8")), "")
    return found


def raises(call: Callable[..., Any]) -> bool:
    """Whether its own lines raise InputError."""
    lines = ast.walk(written(call.__module__)[call.__qualname__])
    told = (ast.unparse(one.exc) for one in lines if isinstance(one, ast.Raise) and one.exc is not None)
    return any("InputError" in words for words in told)


def test_shapes_units_and_refusals_are_told() -> None:
    every = list(described())
    missing = [line for one in every for line in unsaid(one)]
    assert len(every) > 700  # the count itself sees the reference
    assert not missing, "say these in the docstring: " + "; ".join(missing)


def wrong(depth: float, values: Tensor) -> Tensor:
    """The operator's answer."""
    if depth < 0:
        raise InputError("too high")
    return values


def right(depth: float, values: Tensor) -> Tensor:
    """The answer, shaped like the values, at a depth in km; raises InputError above the ground."""
    return wrong(depth, values)


@pytest.mark.parametrize(("call", "number"), [(wrong, 4), (right, 0)])
def test_what_is_not_told_is_seen(call: Callable[..., Any], number: int) -> None:
    assert len(list(unsaid(Described("it", call, inspect.getdoc(call) or "")))) == number
    assert right(1.0, torch.zeros(1)) == 0.0
