"""The golden values hold by routes that share no code with the package."""

import ast
from pathlib import Path

import pytest

from tests.golden import regenerate

FOLDER = Path(__file__).resolve().parent
# Seeded draws, or what follows from them: compared with exact counterparts by the tests that read them.
DRAWN = {
    "golden_stats.json": {
        "T4.cluster.boot_mc_pct95(seed20261122,B200000)",
        "perm.mc.P_ge17(MC)",
        "oneToOne.k4.N12.MI_null_mean_bits(MC20000)",
        "oneToOne.k4.N12.MI_null_q95",
        "dprime.assign4.acc(d) MC200000 seed5",
        "dprime.assign4.for_pc.791667(approx)",
        "giils.T5T6.spearman_boot95(seed3,B20000)",
    },
    "golden_metrics.json": {"AIS.perm.p_MC20000(approx)", "IIS.perm.p_MC20000(approx)"},
}
SLOW = {
    "plan.two_models.fisher.N12.power(1.0v.583)",
    "plan.two_models.fisher.N12.power(.9v.6)",
    "plan.two_models.fisher.power(.9v.6)",
    "plan.two_models.fisher.power(.79v.75)N",
}


@pytest.mark.parametrize("name", list(regenerate.FILES))
def test_every_value_but_the_drawn_ones_is_confirmed(name):
    wrong, left = regenerate.compare(name, regenerate.recomputed(name))
    assert wrong == []
    assert set(left) - SLOW == DRAWN[name]


def test_a_changed_value_is_found():
    assert regenerate.differences([1.0, {"a": 2}], [1.0, {"a": 2.1}], tolerance=1e-9) == [
        "a: golden 2, recomputed 2.1",
    ]
    assert regenerate.differences([1.0], [1.0, 2.0], tolerance=1e-9, where="x") == ["x: another length"]
    assert regenerate.differences({"a": 1}, {"b": 1}, tolerance=1e-9, where="x") == ["x: other keys"]
    assert regenerate.differences("up", "down", tolerance=1e-9, where="x") == ["x: up and down"]
    wrong, _ = regenerate.compare("golden_metrics.json", {"FID.ddof1": 110.7, "FID": 1.0})
    assert sorted(line.split(":")[0] for line in wrong) == ["FID", "FID.ddof1"]


def test_nothing_of_the_package_is_imported():
    for path in FOLDER.glob("re*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in ("analysis", "generation", "studyserver")]
