"""Equations 1, 2, 3 and 9 against numbers worked out by hand."""

import pytest
import torch

from generation.musipainter.backbones.losses import class_loss, generator_loss, l1_norm, l2_norm, overall_loss
from generation.musipainter.config import LossConfig

E = torch.tensor([[3.0, -4.0], [0.0, 2.0]])
LABELS = torch.tensor([[3.0, -4.0], [1.0, 0.0]])  # cosines 1 and 0


def test_eq_1_is_the_mean_over_all_elements():
    assert generator_loss(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.ones(2, 2)).item() == pytest.approx(14 / 4)


def test_eq_2_squares_the_batch_mean_or_each_pair():
    assert class_loss(E, LABELS).item() == pytest.approx((1 - 0.5) ** 2)
    assert class_loss(E, LABELS, reduction="sample").item() == pytest.approx((0 + 1) / 2)


def test_both_readings_of_eq_2_agree_for_a_batch_of_one():
    e, label = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[2.0, -1.0, 1.0]])
    assert class_loss(e, label, reduction="sample").item() == pytest.approx(class_loss(e, label).item())


def test_eq_2_does_not_depend_on_lengths():
    assert class_loss(7 * E, LABELS / 9).item() == pytest.approx(class_loss(E, LABELS).item())


def test_norms_follow_their_readings():
    assert l1_norm(E).item() == pytest.approx((7 + 2) / 4)
    assert l1_norm(E, reduction="sum").item() == pytest.approx((7 + 2) / 2)
    assert l2_norm(E).item() == pytest.approx((25 + 4) / 2)
    assert l2_norm(E, power=1).item() == pytest.approx((5 + 2) / 2)


def test_eq_3_adds_weighted_terms():
    terms = overall_loss(torch.tensor(1.0), E, LABELS, LossConfig())
    assert terms.total.item() == pytest.approx(1 + 0.01 * 2.25 + 0.01 * 0.25)
    assert (terms.generator.item(), terms.l1.item(), terms.class_.item()) == pytest.approx((1, 2.25, 0.25))


def test_eq_9_adds_the_l2_term():
    config = LossConfig(lambda_l2=0.01, l2_power=1, l1_reduction="sum", class_reduction="sample")
    terms = overall_loss(torch.tensor(1.0), E, LABELS, config)
    assert terms.total.item() == pytest.approx(1 + 0.01 * 4.5 + 0.01 * 3.5 + 0.01 * 0.5)
