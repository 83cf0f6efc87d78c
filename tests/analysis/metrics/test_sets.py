"""Metrics of stimulus sets without a study: from files to a folder, in every format, with words for what is missing."""

import json
import re
from importlib.resources import files

import pytest

from analysis.__main__ import main
from analysis.errors import AnalysisError, NotComparableError
from analysis.metrics.block import arm_metrics
from analysis.metrics.comparable import comparable_groups, require_comparable, side_by_side
from analysis.metrics.sets import build_metrics
from analysis.render import metrics
from analysis.report import write_metrics
from tests.analysis.json_schema import problems
from tests.analysis.latex_reader import check_latex
from tests.analysis.metric_files import CATEGORIES, write_embeddings, write_features, write_thumbnails
from tests.analysis.outline import Outline

SCHEMA = json.loads((files("analysis") / "schema" / "metrics.schema.json").read_text(encoding="utf-8"))
BAD = re.compile(r"\b(NaN|nan|Infinity|inf|None|Undefined)\b")


def folder_of(tmp_path, **changes):
    """Two sets in one space, with features and thumbnails."""
    return {
        "embeddings": [
            write_embeddings(tmp_path / "sets" / name / "toy" / "embeddings.npz", name=name, seed=seed, **changes)
            for seed, name in enumerate(("one", "two"), start=1)
        ],
        "features": [write_features(tmp_path / "sets" / "one" / "net" / "features.npz")],
        "images": [write_thumbnails(tmp_path / "sets" / "one" / "thumbnails.zip")],
    }


def all_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp("metrics")
    given = folder_of(root)
    write_metrics(given["embeddings"], root / "out", features=given["features"], images=given["images"])
    return root, given, json.loads((root / "out" / "metrics.json").read_text(encoding="utf-8"))


def test_every_format_is_written_and_the_command_writes_the_same_bytes(written, capsys):
    root, given, _ = written
    found = all_of(root / "out")
    assert {"metrics.json", "metrics.html", "metrics.md", "metrics.tex"} <= set(found)
    assert {"tables/scores-toy.csv", "tables/machine-toy.csv", "tables/distances-toy-net.csv"} <= set(found)
    assert {"tables/scores-toy.parquet", "tables/distances-toy-net.parquet"} <= set(found)
    assert {"figures/side-0-giils.svg", "figures/one-toy-similarity.svg"} <= set(found)
    command = ["metrics", *map(str, given["embeddings"]), "--features", *map(str, given["features"])]
    command += ["--images", *map(str, given["images"]), "--out", str(root / "again")]
    assert main(command) == 0
    assert "Metrics written" in capsys.readouterr().out
    assert all_of(root / "again") == found


def test_the_document_fits_its_schema_and_no_format_holds_a_number_that_is_none(written):
    root, _, document = written
    assert problems(document, SCHEMA) == []
    text = (root / "out" / "metrics.json").read_text(encoding="utf-8")
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in metrics.json"))
    page = Outline((root / "out" / "metrics.html").read_text(encoding="utf-8"))
    assert not BAD.search(" ".join(page.words))
    assert len(page.ids) == len(set(page.ids))
    assert set(page.targets) <= set(page.ids)
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
    for path in [*(root / "out").glob("tables/*.csv"), root / "out" / "metrics.md", root / "out" / "metrics.tex"]:
        assert not BAD.search(path.read_text(encoding="utf-8")), path


def test_space_weights_and_options_stand_beside_the_numbers(written):
    root, given, document = written
    for name in ("metrics.html", "metrics.md"):
        text = (root / "out" / name).read_text(encoding="utf-8").replace("\\", "")
        for words in ("ab" * 32, "cd" * 32, "windows: whole", "denominator: paper", "Fréchet distance (toy net)"):
            assert words in text, (name, words)
    assert set(document["provenance"]["sources"]) == {
        "one/toy/embeddings.npz", "two/toy/embeddings.npz", "one/net/features.npz", "sets/one/thumbnails.zip",
    }  # fmt: skip


def test_pictures_are_part_of_the_page_with_their_description(written):
    root, _, document = written
    page = (root / "out" / "metrics.html").read_text(encoding="utf-8")
    assert page.count('<img src="data:image/jpeg;base64,') == 8
    shown = document["sets"]["one"]["images"]["categories"]["Sky"]["shown"][0]
    assert f"Image 1 of Sky, {shown['image'][:12]}, made for clip {shown['clip'][:12]}" in page
    assert "no part of this document" in metrics.html(document)


def test_sets_of_one_definition_stand_side_by_side(written):
    _, _, document = written
    (group,) = document["side_by_side"]
    assert (group["space"], group["owners"]) == ("toy", ["one", "two"])
    pair = group["pairs"][0]
    scores = {name: document["sets"][name]["metrics"][0]["giils"] for name in ("one", "two")}
    mean = sum(scores["one"][c]["score"] - scores["two"][c]["score"] for c in CATEGORIES) / 4
    assert pair["mean_difference"] == pytest.approx(mean)
    assert (pair["status"], pair["wilcoxon_p"]) == ("too_small", None)


@pytest.mark.parametrize(
    "space",
    [
        {"name": "toy-three-10s"},
        {"weights": {"toy.bin": "ba" * 32}},
    ],
)
def test_other_spaces_and_weights_never_share_a_column(tmp_path, space):
    a = write_embeddings(tmp_path / "a.npz", name="one")
    b = write_embeddings(tmp_path / "b.npz", name="two", space=space)
    document = build_metrics([a, b])
    assert document["side_by_side"] == []
    tables = metrics.csv_tables(document)
    scores = [text for name, text in tables.items() if name.startswith("scores-")]
    assert len(scores) == 2
    assert all(("one," in text) != ("two," in text) for text in scores)
    with pytest.raises(NotComparableError, match=f"space.{next(iter(space))}"):
        require_comparable({name: found["metrics"][0] for name, found in document["sets"].items()})


def test_many_labels_get_a_paired_test(tmp_path):
    names = [f"L{n}" for n in range(8)]
    blocks = {
        name: [arm_metrics(write_embeddings(tmp_path / f"{name}.npz", name=name, categories=names, seed=seed))]
        for seed, name in enumerate(("one", "two"))
    }
    (group,) = side_by_side(blocks)
    assert group["pairs"][0]["status"] == "ok"
    assert 0 < group["pairs"][0]["wilcoxon_p"] <= 1
    assert len(comparable_groups({"one": blocks["one"], "two": []})) == 1
    same = side_by_side({"one": blocks["one"], "again": blocks["one"]})
    assert same[0]["pairs"][0]["status"] == "degenerate"


@pytest.mark.parametrize(
    "changes",
    [
        {"clips": 1},
        {"categories": ("Sky", "Water")},
        {"categories": ("Sky",)},
        {"clips": 2, "per_clip": 3},
        {"clips": 12},
        {"categories": tuple(f"Category number {n}" for n in range(9)), "clips": 2},
        {"categories": ("Tag & <b>", '日本 "x"', "50 %_$"), "clips": 2},
        {"size": 2},
    ],
)
def test_small_and_odd_sets_get_words_in_place_of_numbers(tmp_path, changes):
    document = build_metrics(
        [write_embeddings(tmp_path / "e.npz", **changes)],
        features=[write_features(tmp_path / "f.npz", **{k: v for k, v in changes.items() if k != "size"})],
    )
    assert problems(document, SCHEMA) == []
    page = Outline(metrics.html(document))
    assert not BAD.search(" ".join(page.words))
    check_latex(metrics.latex(document))
    for text in (metrics.markdown(document), metrics.latex(document)):
        assert not BAD.search(text)
    few = document["sets"]["one"]["metrics"][0]["machine"]
    assert (few["value"] is None) == (few["n_boards"] == 0)


def test_values_without_an_interval_say_why(tmp_path):
    """Three clips in every category: GIILS, Vendi and precision have values, and words where the interval would be."""
    document = build_metrics([write_embeddings(tmp_path / "e.npz", clips=3)])
    words = " ".join(Outline(metrics.html(document)).words)
    assert "GIILS: no interval for any category (images of 3 clips, an interval needs 4)." in words
    few = "too few images from different clips: no interval, which needs"
    assert f"Vendi score: no interval for any category ({few} 10)." in words
    assert f"and Coverage (toy, k = 5) ({few} 20)" in words
    enough = build_metrics([write_embeddings(tmp_path / "f.npz", clips=10)])
    assert "no interval for" not in " ".join(Outline(metrics.html(enough)).words).lower()


def test_earlier_tables_of_another_space_are_removed(tmp_path):
    first = write_embeddings(tmp_path / "a.npz", space={"name": "other"})
    write_metrics([first], tmp_path / "out")
    assert (tmp_path / "out" / "tables" / "scores-other.csv").is_file()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    write_metrics([write_embeddings(tmp_path / "b.npz")], tmp_path / "out")
    assert {path.name for path in (tmp_path / "out" / "tables").glob("scores-*")} == {
        "scores-toy.csv", "scores-toy.parquet",
    }  # fmt: skip
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"


def test_files_that_do_not_fit_end_with_one_line(tmp_path, capsys):
    one = write_embeddings(tmp_path / "a.npz")
    stray = write_thumbnails(tmp_path / "t.zip", name="another")
    for command, words in (
        (["metrics", "--out", str(tmp_path / "o")], "name at least one file"),
        (["metrics", str(tmp_path / "none.npz"), "--out", str(tmp_path / "o")], "cannot be read"),
        (["metrics", str(one), "--images", str(stray), "--out", str(tmp_path / "o")], "stimulus set 'another'"),
    ):
        assert main(command) == 1
        assert words in capsys.readouterr().err
    again = write_embeddings(tmp_path / "b" / "c" / "d.npz")
    with pytest.raises(AnalysisError, match="twice in one space"):
        build_metrics([one, again])


def test_the_page_begins_with_every_set_in_short(written):
    _, _, document = written
    page = metrics.html(document)
    assert page.index('id="short"') < page.index("Every set in short") < page.index('id="set-1"')
    assert "short" in Outline(page).ids
