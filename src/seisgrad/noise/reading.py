"""One file of records read with ObsPy, and what is wrong with it in words."""

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from seisgrad._lazy import extra
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from obspy import Stream, UTCDateTime


def read_stream(
    path: Path, start: "UTCDateTime | None" = None, end: "UTCDateTime | None" = None
) -> "tuple[Stream, list[str]]":
    """The traces of a file, between two times, or the headers of all where none is given; and what ObsPy finds wrong
    with the miniSEED in it.

    Raises:
        InputError: ObsPy cannot read it.
    """
    with extra("records"):
        from obspy import read
        from obspy.io.mseed import InternalMSEEDWarning

    options = {"headonly": True} if start is None else {"starttime": start, "endtime": end}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", InternalMSEEDWarning)
        try:
            stream = cast("Stream", read(str(path), check_compression=False, **options))
        except (
            Exception
        ) as error:  # ObsPy raises this very class where a file of a known format holds no trace
            why = next(
                (str(e.message) for e in caught if issubclass(e.category, InternalMSEEDWarning)), str(error)
            )
            reason = " ".join(why.split())[:160] or type(error).__name__
            raise InputError(
                f"{path.name} cannot be read, it may be cut short or no record at all ({reason})"
            ) from error
    for each in caught:
        if not issubclass(each.category, InternalMSEEDWarning):
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    return stream, [str(e.message) for e in caught if issubclass(e.category, InternalMSEEDWarning)]


def in_words(stream: "Stream", wrong: Sequence[str], size: int) -> str:
    """What is wrong with the records of a file of ``size`` bytes, as one sentence, or none."""
    lengths = [trace.stats.mseed.record_length for trace in stream if "mseed" in trace.stats]
    # libmseed warns of a record of which the smaller half is there, and passes over one of which the larger half is
    if (lengths and size % min(lengths)) or any("Unexpected end of file" in each for each in wrong):
        return "it ends within a record, as if it were cut short: what is whole before that is used"
    if any("Not a SEED record" in each for each in wrong):
        return "it holds bytes that are no record: what is whole beside them is used"
    if wrong:
        return f"ObsPy finds something wrong with it ({wrong[0][:120]}): what it makes of it is used"
    return ""


def check_samples(path: Path, wrong: Sequence[str], channels: Iterable[str]) -> None:
    """InputError where samples of one of the channels ``NET.STA.LOC.CHA`` are not what their record says of them."""
    beginnings = tuple(channel.replace(".", "_") + "_" for channel in channels)
    # such as XX_S0__BHZ_D: Warning: Data integrity check for Steim2 failed
    if any("integrity check" in each and each.startswith(beginnings) for each in wrong):
        raise InputError(
            f"{path.name} holds damaged samples, which fail the check of their compression: fetch it again"
        )
