"""Periods and frequencies as words: ``2:60:1`` is a range, ``5,10,20`` a list."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from math import isfinite

from seisgrad.errors import InputError

MOST = 100_000
"""More values than anybody wants: a range beyond it has a slipped step."""


def parse_periods(text: str) -> list[float]:
    """Periods in s from ``a:b:step`` (with b where a step lands on it) or from ``a,b,c``.

    Raises:
        InputError: no numbers, a range without a positive step, or periods that are not positive and
        increasing.
    """
    return _Words("--periods", text, "period", "s", "seconds", "2:60:1").values()


def parse_frequencies(text: str) -> list[float]:
    """Frequencies in Hz, as :func:`parse_periods`."""
    return _Words("--frequencies", text, "frequency", "Hz", "hertz", "1:8:1").values()


def parse_times(text: str) -> list[float]:
    """Times in s from 0, as :func:`parse_periods`."""
    return _Words("--times", text, "time", "s", "seconds", "0:4:0.04", least_is_0=True).values()


def parse_depths(text: str) -> list[float]:
    """Depths in km, as :func:`parse_periods`."""
    return _Words("--depths", text, "depth", "km", "kilometres", "2:25:1").values()


@dataclass(frozen=True)
class _Words:
    """What was said after an option, and what it should be."""

    option: str
    text: str
    kind: str
    unit: str
    units: str
    example: str
    least_is_0: bool = False

    @property
    def kinds(self) -> str:
        return self.kind.removesuffix("y") + "ies" if self.kind.endswith("y") else self.kind + "s"

    def values(self) -> list[float]:
        values = self._range() if ":" in self.text else [self._number(word) for word in self.text.split(",")]
        for value in values:
            if value < 0 or (value == 0 and not self.least_is_0):
                raise self._error(f"{value} {self.unit} is no {self.kind}, expected positive {self.units}")
        for before, after in pairwise(values):
            if after <= before:
                raise self._error(
                    f"{before} {self.unit} is followed by {after} {self.unit}, expected increasing {self.kinds}; "
                    "sort them and drop repeats"
                )
        return [float(value) for value in values]

    def _range(self) -> list[Decimal]:
        words = self.text.split(":")
        if len(words) != 3:
            raise self._error(
                f"expected first:last:step in {self.unit}, such as {self.example}, or a list such as 5,10,20"
            )
        first, last, step = map(self._number, words)
        if step <= 0 or last < first:
            raise self._error(f"expected first <= last and a positive step, such as {self.example}")
        count = int((last - first) / step) + 1
        if count > MOST:
            raise InputError(
                f"{self.option} {self.text} asks for {count} {self.kinds}, expected at most {MOST}; take a larger step"
            )
        return [first + i * step for i in range(count)]  # decimals: 0.1:0.3:0.1 does land on 0.3

    def _number(self, word: str) -> Decimal:
        try:
            value = Decimal(word.strip())
        except InvalidOperation:
            value = Decimal("nan")
        if not isfinite(value):
            raise self._error(
                f"{word.strip()!r} is no number, expected {self.units} as {self.example} or as 5,10,20"
            )
        return value

    def _error(self, said: str) -> InputError:
        return InputError(f"{self.option} {self.text}: {said}")
