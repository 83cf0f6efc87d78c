"""sessions.csv: a row for each session with what its checks found; none for one that was erased."""

from studyserver.studies.exports.dictionary import SESSION_COLUMNS
from studyserver.studies.exports.sittings import read_session_rows
from studyserver.studies.models import Study
from studyserver.studies.sitting.leaving import withdraw_session
from tests.studies.sitting import answer, begin, complete


def test_sessions_have_a_row_each_in_order_of_arrival(study: Study) -> None:
    complete(study, simulated=True)
    answer(left := begin(study))
    withdraw_session(session=left, erase=False)
    withdraw_session(session=complete(study), erase=True)
    first, second = read_session_rows(study)
    assert (first.simulated, first.state, first.boards_answered) == (True, "completed", 2)
    assert (second.simulated, second.state, second.boards_answered) == (False, "withdrawn", 1)
    assert (first.device, first.heard, first.headphones, first.headphones_attempts) == (
        *("headphones", "clearly"),
        *(None, 0),
    )
    assert (first.duration_s, second.duration_s) == (0, None)
    assert (first.study, first.arm) == (study.slug, "arm-1")


def test_empty_cells_are_where_the_dictionary_says(study: Study) -> None:
    complete(study)
    [row] = read_session_rows(study)
    for column in SESSION_COLUMNS:
        if column.empty == "never":
            assert getattr(row, column.name) is not None, column.name
