import hashlib

from analysis.documents import LIBRARIES
from analysis.results.provenance import describe_provenance, frame_sha256
from tests.analysis.studies import study_of
from tests.analysis.tables import table_4


def test_files_are_named_with_their_hashes(tmp_path):
    path = tmp_path / "e.npz"
    path.write_bytes(b"vectors")
    found = describe_provenance(table_4(), study_of(), [path], None)
    assert found["sources"] == {
        "e.npz": hashlib.sha256(b"vectors").hexdigest(), "responses": frame_sha256(table_4())
    }  # fmt: skip
    assert list(found["analysed_with"]) == ["paragone", "python", *LIBRARIES]
    assert found["stimulus_sets"]["a"]["n_stimuli"] == 1
    assert found["collected_with"] == {"paragone": "0.1.0"}


def test_hashes_given_are_taken_in_order_of_names():
    found = describe_provenance(table_4(), {}, [], {"b": "2" * 64, "a": "1" * 64})
    assert list(found["sources"]) == ["a", "b"]
    assert (found["design_hash"], found["plan"], found["stimulus_sets"]) == (None, [], {})


def test_another_row_is_another_hash():
    assert frame_sha256(table_4()) == frame_sha256(table_4())
    assert frame_sha256(table_4()) != frame_sha256(table_4().head(47))
