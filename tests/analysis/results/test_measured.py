import re
from pathlib import Path

from analysis.results.measured import SHARED_GUESS, TESTS, measured_rates, measured_sizes, shared_guess_size

DOCS = Path(__file__).parents[3] / "docs" / "analyst.md"


def test_shipped_rates_are_those_of_the_documentation():
    lines = re.findall(r"^\| ((?:size|coverage|power|warning): .*) \|$", DOCS.read_text(encoding="utf-8"), flags=re.M)
    printed = [line.split(" | ")[:4] for line in lines]
    shipped = [
        [
            f"{row['group']}: {row['what']}",
            row["setting"],
            f"{100 * row['nominal']:.1f} %",
            f"{100 * row['measured']:.2f} %",
        ]
        for row in measured_rates()
    ]
    assert len(printed) > 50
    assert shipped == printed


def test_every_approximate_test_has_a_measured_size():
    assert set(measured_sizes()) == set(TESTS)
    for words in measured_sizes().values():
        assert re.fullmatch(r"approximate; true size at \.05 measured as \d+\.\d\d% \(.+\)", words)


def test_what_is_written_of_shared_guesses_was_measured():
    rows = [row for row in measured_rates() if row["setting"] == SHARED_GUESS and row["nominal"] == 0.05]
    at_05 = {row["group"]: row["measured"] for row in rows}
    assert set(at_05) == {"size", "warning"}
    assert shared_guess_size() == at_05["size"]
    text = " ".join(DOCS.read_text(encoding="utf-8").split())
    assert f"calls {100 * at_05['size']:.1f} % of studies significant at .05" in text
    assert f"which it did in {100 * at_05['warning']:.0f} % of those false alarms" in text
