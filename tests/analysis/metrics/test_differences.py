import numpy as np
import pytest

from analysis.distribution import frechet_distance, kid
from analysis.metrics import arm_metrics, build_metrics, side_by_side
from analysis.reading import load
from analysis.render import metrics
from analysis.similarity import ais, iis
from tests.analysis.metric_files import write_embeddings, write_features

PIECES = [f"p{row // 4}" for row in range(96)]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder, found = tmp_path_factory.mktemp("differences"), {}
    for name, seed in (("one", 1), ("two", 1)):
        path = folder / name / "embeddings.npz"
        found[name] = write_embeddings(path, name=name, clips=24, seed=seed, pieces=PIECES)
    with np.load(found["two"]) as stored:
        arrays = dict(stored)
    noise = np.random.default_rng(5).standard_normal(arrays["image_embeddings"].shape)
    worse = arrays["image_embeddings"] + 0.8 * noise
    arrays["image_embeddings"] = (worse / np.linalg.norm(worse, axis=1, keepdims=True)).astype("f4")
    np.savez(found["two"], **arrays)
    for name, seed in (("one", 2), ("two", 3)):
        path = folder / name / "features.npz"
        found[f"{name}-features"] = write_features(path, name=name, clips=24, seed=seed, pieces=PIECES)
    return found


@pytest.fixture(scope="module")
def document(files):
    return build_metrics([files["one"], files["two"]], features=[files["one-features"], files["two-features"]])


def by_measure(document):
    return {test["measure"]: test for test in document["side_by_side"][0]["pairs"][0]["tests"]}


def test_values_are_the_scores_and_the_worse_model_is_found(document, files):
    tests, (one, two) = by_measure(document), (load(files[name]) for name in ("one", "two"))
    assert tests["AIS"]["value_a"] == pytest.approx(ais(one.images, one.audio, one.partner).score)
    assert tests["AIS"]["value_b"] == pytest.approx(ais(two.images, two.audio, two.partner).score)
    assert tests["IIS"]["value_b"] == pytest.approx(iis(two.images, two.references, two.reference_partner).score)
    sets = document["sets"]
    giils = [np.mean([row["all_images"]["score"] for row in sets[name]["metrics"][0]["giils"].values()]) for name in
             ("one", "two")]  # fmt: skip
    assert (tests["GIILS"]["value_a"], tests["GIILS"]["value_b"]) == pytest.approx(tuple(giils))
    for name in ("AIS", "GIILS"):
        assert tests[name]["p_value"] < 0.05
        assert tests[name]["ci_low"] < tests[name]["difference"] < tests[name]["ci_high"]
    assert tests["AIS"]["ci_low"] > 0
    assert (tests["AIS"]["n_clips"], tests["AIS"]["n_recordings"], tests["AIS"]["paired"]) == (96, 24, True)
    assert "swapped between the two" in tests["AIS"]["scope"]


def test_distances_have_equally_many_images(document, files):
    one, two = (load(files[name]) for name in ("one", "two"))
    tests = by_measure(document)
    for name, of in (("Fréchet distance (toy)", frechet_distance), ("Kernel distance, cubic kernel (toy)", kid)):
        found = tests[name]
        assert found["n_each"] == 96
        assert found["value_a"] == pytest.approx(of(one.images, one.references))
        assert found["difference"] == pytest.approx(of(one.images, one.references) - of(two.images, two.references))
        assert found["ci_low"] < found["difference"] < found["ci_high"]
        assert found["p_value"] >= 1 / (found["draws"] + 1)
    (group,) = document["distances_side_by_side"]
    assert [test["measure"] for test in group["pairs"][0]["tests"]] == [
        "Fréchet distance (toy net)", "Kernel distance, cubic kernel (toy-net)"]  # fmt: skip


def test_the_page_carries_the_tests(document):
    page = metrics.html(document)
    assert "Differences of one and two, toy" in page
    assert "Distances compared: Fréchet distance (toy net)" in page
    assert "Scope: on the 96 clips that both have images of" in page


def test_arms_of_different_clips_are_compared_unpaired_and_few_recordings_have_no_interval(tmp_path):
    paths = [
        write_embeddings(
            tmp_path / name / "embeddings.npz", name=name, seed=seed, pieces=[f"{name}{r}" for r in range(16)]
        )
        for name, seed in (("one", 1), ("two", 2))
    ]
    with np.load(paths[1]) as stored:
        arrays = dict(stored)
    arrays["audio_ids"] = np.array([f"other{row}" for row in range(16)])
    np.savez(paths[1], **arrays)
    found = by_measure(build_metrics(paths))
    assert not found["AIS"]["paired"]
    assert found["AIS"]["n_recordings"] == 32
    assert "different clips" in found["AIS"]["scope"]
    assert found["AIS"]["ci_low"] is not None
    third = tmp_path / "three" / "embeddings.npz"
    write_embeddings(third, name="three", seed=3, pieces=[f"one{r}" for r in range(16)])
    again = by_measure(build_metrics([paths[0], third]))
    assert again["AIS"]["ci_low"] is None
    assert again["AIS"]["reason"].startswith("too few recordings: 16")
    assert again["AIS"]["p_value"] is not None


def test_one_set_twice_is_no_comparison(files):
    block = arm_metrics(files["one"])
    (group,) = side_by_side({"a": [block], "b": [block]}, {block["sha256"]: files["one"]})
    assert {test["reason"] for test in group["pairs"][0]["tests"]} == {"both are one and the same set of images"}
