"""Files as they come after an accident: some bytes others, some more, some less."""

from typing import Any

from hypothesis import strategies as st

SPLICES = st.tuples(
    st.floats(0, 1), st.integers(0, 40), st.binary(max_size=6) | st.sampled_from([b'"', b";", b"\r", b"NA"])
)


def damaged(data: bytes) -> Any:
    """Strategy: the bytes with one to four places cut out and others put in."""

    def splice(splices: list[tuple[float, int, bytes]]) -> bytes:
        changed = data
        for share, cut, more in splices:
            at = round(share * len(changed))
            changed = changed[:at] + more + changed[at + cut :]
        return changed

    return st.lists(SPLICES, min_size=1, max_size=4).map(splice)
