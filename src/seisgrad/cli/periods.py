"""Periods as words: ``2:60:1`` is a range, ``5,10,20`` a list."""

from decimal import Decimal, InvalidOperation
from itertools import pairwise
from math import isfinite

from seisgrad.errors import InputError

MOST = 100_000
"""More periods than anybody wants: a range beyond it has a slipped step."""


def parse_periods(text: str) -> list[float]:
    """Periods in s from ``a:b:step`` (with b where a step lands on it) or from ``a,b,c``.

    Raises:
        InputError: no numbers, a range without a positive step, or periods that are not positive and
        increasing.
    """
    periods = _range(text) if ":" in text else [_number(word, text) for word in text.split(",")]
    for period in periods:
        if period <= 0:
            raise InputError(f"--periods {text}: {period} s is no period, expected positive seconds")
    for before, after in pairwise(periods):
        if after <= before:
            raise InputError(
                f"--periods {text}: {before} s is followed by {after} s, expected increasing periods; "
                "sort them and drop repeats"
            )
    return [float(period) for period in periods]


def _range(text: str) -> list[Decimal]:
    words = text.split(":")
    if len(words) != 3:
        raise InputError(
            f"--periods {text}: expected first:last:step in s, such as 2:60:1, or a list such as 5,10,20"
        )
    first, last, step = (_number(word, text) for word in words)
    if step <= 0 or last < first:
        raise InputError(f"--periods {text}: expected first <= last and a positive step, such as 2:60:1")
    count = int((last - first) / step) + 1
    if count > MOST:
        raise InputError(
            f"--periods {text} asks for {count} periods, expected at most {MOST}; take a larger step"
        )
    return [first + i * step for i in range(count)]  # decimals: 0.1:0.3:0.1 does land on 0.3


def _number(word: str, text: str) -> Decimal:
    try:
        value = Decimal(word.strip())
    except InvalidOperation:
        value = Decimal("nan")
    if not isfinite(value):
        raise InputError(
            f"--periods {text}: {word.strip()!r} is no number, expected seconds as 2:60:1 or as 5,10,20"
        )
    return value
