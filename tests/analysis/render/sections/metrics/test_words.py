from analysis.render.sections.metrics.words import (
    Place,
    is_ranked_jointly,
    measure,
    measures,
    missing_intervals,
    ranking_caption,
    short_id,
    weights_lines,
    with_error,
)


def test_quantities_without_a_scale_have_about_four_digits():
    assert [measure(v) for v in (None, 0, 0.01234, 1.234, 123.45, 12345.6)] == [
        "–", "0", "0.0123", "1.23", "123.5", "12346"
    ]  # fmt: skip
    assert [measure(v) for v in (-0.00001, 0.000312, 3.1e-9)] == ["-0.000010", "0.00031", "3.1 × 10⁻⁹"]
    assert (measures(1, 2.5), measures(None, 2)) == ("[1.00, 2.50]", "–")


def test_an_error_stands_behind_its_value():
    assert (with_error(57.789, 7.95), with_error(57.789, None), with_error(None, None)) == (
        "57.79 ± 7.95",
        "57.79",
        "–",
    )
    assert with_error(57.789, 7.95).value == 57.789


def test_missing_intervals_are_told_with_their_reasons():
    found = {
        "a": {"value": 1, "ci_low": None, "reason": "one clip"}, "b": {"value": 2, "ci_low": 1, "reason": ""},
        "c": {"value": None, "ci_low": None, "reason": "none"},
    }  # fmt: skip
    assert missing_intervals(found, value="value", all_of="any") == "No interval for a (one clip)."
    assert missing_intervals({"a": found["a"]}, value="value", all_of="any") == "No interval for any (one clip)."
    assert missing_intervals({"b": found["b"]}, value="value", all_of="any") == ""


def test_regions_and_hashes_are_named_shortly():
    assert Place("x", "k", {}).label("GIILS", "toy") == "GIILS of x, toy"
    assert Place("", "k", {}).label("GIILS", "toy") == "GIILS, toy"
    assert (short_id("ab" * 32), short_id("clip-1")) == ("abababababab", "clip-1")


def test_what_makes_up_a_space_is_listed_flat():
    space = {"weights": {"w.bin": "ab"}, "options": {"crop": {"size": 3}, "parts": [1, 2], "rows": [{}]}}
    assert weights_lines(space | {"versions": {"numpy": "2"}}) == [
        ["Weights: w.bin", "ab"], ["Options", "crop size: 3; parts: 1, 2"], ["Versions", "numpy 2"]
    ]  # fmt: skip


def test_a_joint_ranking_shows_up_to_four():
    block = {"space": {"name": "toy"}, "sha256": "ab"}
    group = {"space": "toy", "owners": ["x", "y"], "sha256": {"x": "ab", "y": "cd"}}
    assert is_ranked_jointly([group], "x", block)
    assert not is_ranked_jointly([group], "y", block)
    assert not is_ranked_jointly([group | {"owners": list("vwxyz")}], "x", block)


def test_a_ranking_without_intervals_does_not_speak_of_any():
    """Its bars join the sets; a caption that calls them intervals is false."""
    row = {"score": 51.0, "ci_low": None, "joint": None}
    bare = {name: {"giils": {"x": row}} for name in ("one", "two")}
    assert "interval of" not in ranking_caption(bare)
    assert "No intervals: too few clips in every category." in ranking_caption(bare)
    drawn = {"one": {"giils": {"x": {**row, "ci_low": 50.5}}}}
    assert "Thick: 95% interval of the category." in ranking_caption(drawn)
    assert "Thin" not in ranking_caption(drawn)
