"""The draw behind GIILS; its values are tested with the block that holds them."""

import numpy as np

from analysis.metrics.members.giils import draw_per_label


def test_draw_depends_on_seed_and_ids_not_on_row_order_or_other_labels():
    ids, labels = np.array([f"i{n:02}" for n in range(30)]), np.repeat(["a", "b"], 15)
    chosen = draw_per_label(ids, labels, size=10, seed=1)
    assert np.bincount(labels[chosen] == "a").tolist() == [10, 10]
    order = np.random.default_rng(0).permutation(30)
    assert set(ids[order][draw_per_label(ids[order], labels[order], size=10, seed=1)]) == set(ids[chosen])
    only = draw_per_label(ids[:15], labels[:15], size=10, seed=1)
    assert set(only) == set(chosen[chosen < 15])
    assert set(draw_per_label(ids, labels, size=10, seed=2)) != set(chosen)
