"""How a misfit or a loss fell while something was inverted or trained."""

from typing import TYPE_CHECKING

from seisgrad.cli.contents import Contents
from seisgrad.cli.drawings.reading import numbers, rows_of
from seisgrad.inversion.waveform import Row
from seisgrad.plot.section import COLOURS, misfit_course
from seisgrad.report.figures import new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WHOLE = ("operator", "stage", "iteration", "solves")


@styled
def inversion(contents: Contents) -> "Figure":
    """The misfit against the simulations spent, stage by stage."""
    rows = rows_of(contents.path)
    columns = {name: numbers(rows, name, contents.path).tolist() for name in Row.__dataclass_fields__}
    history = [
        Row(**{name: int(values[k]) if name in WHOLE else values[k] for name, values in columns.items()})
        for k in range(len(rows))
    ]
    figure = new_figure(7.0, 4.4)
    axes = figure.add_subplot()
    misfit_course(axes, history)
    axes.legend(fontsize=8)
    return figure


@styled
def training(contents: Contents) -> "Figure":
    """The loss of training and of validation after every pass."""
    rows = rows_of(contents.path)
    figure = new_figure(7.0, 4.4)
    axes = figure.add_subplot()
    epoch = numbers(rows, "epoch", contents.path)
    losses = [name for name in ("loss", "train_loss", "validation_loss") if name in rows[0]]
    for name, colour in zip(losses, COLOURS, strict=False):
        axes.plot(
            epoch, numbers(rows, name, contents.path), "o-", ms=3, color=colour, label=name.replace("_", " ")
        )
    axes.set(xlabel="epoch", ylabel="loss", yscale="log")
    axes.legend()
    return figure
