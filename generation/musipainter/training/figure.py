"""The figure of a training run: losses per epoch, like the paper's figures 5 and 6."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

TRAIN_COLOUR = "#1f5fbf"  # blue, as in the paper
VALIDATION_COLOUR = "#8e3fa8"  # purple


def draw_losses(history: Sequence[dict[str, Any]], best_epoch: int, title: str) -> bytes:
    """Train and validation loss per epoch as SVG; equal losses give equal bytes."""
    import matplotlib  # noqa: PLC0415 -- slow import
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    epochs = [row["epoch"] for row in history]
    # The style of the machine's matplotlibrc must not reach the file, and SVG ids must not be random.
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams["svg.hashsalt"] = "paragone"
        figure = Figure(figsize=(7, 4), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        axes.plot(epochs, [row["train_loss"] for row in history], color=TRAIN_COLOUR, label="train", marker=".")
        axes.plot(
            epochs,
            [row["validation_loss"] for row in history],
            color=VALIDATION_COLOUR,
            label="validation",
            marker=".",
            linestyle="--",
        )
        axes.axvline(best_epoch, color="0.5", linewidth=1, linestyle=":", label=f"weights kept: epoch {best_epoch}")
        axes.set(xlabel="epoch", ylabel="loss", title=title)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        buffer = BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()
