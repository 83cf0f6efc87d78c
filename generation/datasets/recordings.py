"""Which clips were cut from one recording, as their files' names tell it.

Clips of one recording are one draw of music: they belong into one split, and statistics count the recording. What a
manifest states (`piece_id`) wins; else a trailing `segment`, `seg`, `part`, `chunk` or `excerpt` with a number is taken
off; or a pattern of the user's says what names the recording. A bare number is no sign: `-01` counts anything.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from generation.datasets.manifest import AUDIO, OPTIONAL, Entry
from generation.errors import DatasetError
from generation.names import NameProblem, check_text, read_name

NONE = "none"
"""Pattern that switches it off: nothing but a manifest tells recordings then."""

MARKED = re.compile(
    r"(?P<piece>.*?)[\s._-]*[(\[]?(?P<mark>segment|seg|part|chunk|excerpt)[\s._-]*\d+[)\]]?", re.IGNORECASE | re.DOTALL
)
# "Counterpart 2" is no part of a recording called Counter.
WORDS = {"apart", "compart", "counterpart", "depart", "impart", "rampart"}
# Fewer are as likely names of the collection or of its categories.
MIN_STEMS = 5
PATTERN_LENGTH = 500


def check_pattern(pattern: str) -> str:
    """The pattern itself; DatasetError for one that is no regular expression, or matches without saying anything."""
    try:
        found = re.compile(check_text(pattern))
    except (re.error, NameProblem) as error:
        raise DatasetError(f"The pattern {pattern!r} is no regular expression ({error}).") from error
    if len(pattern) > PATTERN_LENGTH:
        raise DatasetError(f"The pattern of recordings is longer than {PATTERN_LENGTH} characters.")
    if pattern and found.fullmatch(""):
        raise DatasetError(f"The pattern {pattern!r} fits an empty name, so it would make one recording of all clips.")
    return pattern


def find_pieces(
    entries: list[Entry], pattern: str, known: Mapping[str, set[str]] | None = None
) -> tuple[list[Entry], list[str]]:
    """Give each clip without `piece_id` the recording that its name tells, as far as it tells one.

    pattern: "" for the automatic rule, `NONE`, or a regular expression that is searched for in the name without ending:
    its group `piece`, else its first group, else all that it matches names the recording.
    known: recordings by category that the dataset has already.
    Returns the entries, and sentences on what was told and what was not. Raises DatasetError where a pattern fits no
    name at all of a dataset that has no recordings yet.
    """
    untold = [entry for entry in entries if entry.kind == AUDIO and not entry.piece_id]
    if pattern == NONE or not untold:
        return entries, []
    known = known or {}
    pieces, notices = ([_by_pattern(entry, pattern) for entry in untold], []) if pattern else _by_rule(untold, known)
    if not any(pieces):
        if pattern and not known:
            raise DatasetError(f"The pattern {pattern!r} fits no name of a clip, e.g. not “{_stem(untold[0])}”.")
        return entries, notices
    found = {id(entry): piece for entry, piece in zip(untold, pieces, strict=True) if piece}
    named = [replace(entry, piece_id=found[id(entry)]) if id(entry) in found else entry for entry in entries]
    return named, [_tell(pieces, pattern), *_find_shared(untold, pieces), *notices]


def _by_pattern(entry: Entry, pattern: str) -> str:
    match = re.search(pattern, _stem(entry))
    return _cut(_told_by(match)) if match else ""


def _told_by(match: re.Match[str]) -> str:
    if "piece" in match.re.groupindex:
        return match["piece"] or ""
    return (match[1] if match.re.groups else match[0]) or ""


def _by_rule(untold: Sequence[Entry], known: Mapping[str, set[str]]) -> tuple[list[str], list[str]]:
    """The recording of each entry by its name, and why names of a category that look like cuts are not taken so."""
    pieces = [stem_of_cut(_stem(entry)) for entry in untold]
    marked: dict[str, list[str]] = defaultdict(list)
    for entry, piece in zip(untold, pieces, strict=True):
        if piece:
            marked[entry.category].append(piece)
    unsure = {}
    for category, found in marked.items():
        stems = {*found, *known.get(category, ())}
        if any(_plain(stem) == _plain(category) for stem in stems):
            unsure[category] = "some begin with its own name"
        elif len(stems) < MIN_STEMS:
            unsure[category] = f"they begin in {len(stems)} way{'' if len(stems) == 1 else 's'} only"
    notices = [
        f'In the category "{category}" names of {_clips(len(marked[category]))} end like cuts of a recording, e.g. of '
        f"“{marked[category][0]}”, but {why}: each counts as a recording of its own. --piece-pattern, or piece_id in a "
        "manifest, says what belongs together."
        for category, why in unsure.items()
    ]
    sure = ["" if entry.category in unsure else piece for entry, piece in zip(untold, pieces, strict=True)]
    return sure, notices


def stem_of_cut(stem: str) -> str:
    """What names the recording in the name of a cut, without ending; empty where it is none, or nothing names it."""
    match = MARKED.fullmatch(stem)
    if match is None:
        return ""
    word = re.search(r"[a-z]*$", match["piece"].lower())
    if word and word[0] + match["mark"].lower() in WORDS and stem[match.start("mark") - 1 :][:1].isalpha():
        return ""
    return _cut(match["piece"])


def _stem(entry: Entry) -> str:
    return read_name(entry.path.stem)


def _cut(piece: str) -> str:
    return piece.strip(" \t._-")[: OPTIONAL["piece_id"]]


def _plain(name: str) -> str:
    """What names written with other blanks, signs and capitals have in common."""
    return re.sub(r"[\W_]+", "", name).casefold()


def _tell(pieces: Sequence[str], pattern: str) -> str:
    counts = Counter(piece for piece in pieces if piece)
    largest, n = max(counts.items(), key=lambda item: (item[1], item[0]))
    way = f"the pattern {pattern!r}" if pattern else "the ends of file names"
    rest = pieces.count("")
    more = f"; {_clips(rest)} without one" if rest else ""
    return (
        f"{_clips(counts.total())} of {len(counts):,} recording{'' if len(counts) == 1 else 's'}, told by {way}{more}. "
        f"The largest is “{largest}” ({_clips(n)})."
    )


def _find_shared(untold: Iterable[Entry], pieces: Iterable[str]) -> list[str]:
    """A sentence on recordings that have clips in several categories: perhaps they share no more than a name."""
    categories: dict[str, set[str]] = defaultdict(set)
    for entry, piece in zip(untold, pieces, strict=True):
        categories[piece].add(entry.category)
    shared = sorted(piece for piece, found in categories.items() if piece and len(found) > 1)
    if not shared:
        return []
    return [
        f"{len(shared):,} recording{' has' if len(shared) == 1 else 's have'} clips in several categories, e.g. "
        f"“{shared[0]}”: where they share no more than a name, --piece-pattern or piece_id in a manifest tells them "
        "apart."
    ]


def _clips(n: int) -> str:
    return f"{n:,} clip{'' if n == 1 else 's'}"
