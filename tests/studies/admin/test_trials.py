"""The boards of a session: what was heard always, what was chosen once the study is closed."""

from studyserver.studies.admin.trials import describe_trials
from studyserver.studies.design.lifecycle import close_study
from studyserver.studies.models import Study, Trial
from tests.studies.participants import complete, swap


def test_choices_are_described_once_the_study_is_closed(study: Study) -> None:
    session = complete(study, swap("Heavy metal", "Electronic music"), simulated=True)
    for described in describe_trials(session):
        assert described["images"] == []
        assert all(row["choice"] is row["category"] is row["player"] is None for row in described["rows"])
    session.study = close_study(study=study)
    boards = {described["trial"].kind: described for described in describe_trials(session)}
    main, practice = boards[Trial.Kind.MAIN], boards[Trial.Kind.PRACTICE]
    right = {row["category"]: row["choice"]["correct"] for row in main["rows"]}
    assert right["Renaissance symbolism"] is True
    assert right["Heavy metal"] is right["Electronic music"] is False
    assert {row["category"]: row["choice"]["category"] for row in main["rows"]}["Heavy metal"] == "Electronic music"
    assert [row["seconds"] for row in main["rows"]] == [1.0] * 4
    assert len(main["images"]) == 4
    assert {row["choice"]["correct"] for row in practice["rows"]} == {None}
