"""The loss figure: equal losses, equal bytes."""

import matplotlib
import pytest

from generation.musipainter.training.figure import draw_losses

HISTORY = [{"epoch": n, "train_loss": 1 / n, "validation_loss": 1 / n + 0.1 * (n % 2)} for n in range(1, 6)]


def test_equal_losses_give_equal_bytes_whatever_the_style_of_the_machine():
    first = draw_losses(HISTORY, 4, "A run")
    with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 30, "svg.hashsalt": "other"}):
        second = draw_losses(HISTORY, 4, "A run")
    assert first == second
    assert b"<dc:date>" not in first


@pytest.mark.parametrize(("best", "title"), [(2, "A run"), (4, "Another run")])
def test_another_best_epoch_or_title_is_another_figure(best, title):
    assert draw_losses(HISTORY, best, title) != draw_losses(HISTORY, 4, "A run")


def test_both_curves_are_drawn_in_the_colours_of_the_paper():
    figure = draw_losses(HISTORY, 4, "A run").decode()
    assert figure.count("#1f5fbf") >= 1
    assert figure.count("#8e3fa8") >= 1
