"""Which data, code and libraries the numbers come from."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.documents import analysed_with
from analysis.prose import Texts
from analysis.results.shape import Provenance

say = Texts("sentences")
NAMED_AT_MOST = 5


def describe_provenance(
    frame: pd.DataFrame, study: Mapping[str, Any], files: Sequence[Path], sources: Mapping[str, str] | None
) -> Provenance:
    if sources is None:
        sources = {"responses": frame_sha256(frame)}
        sources |= {Path(path).name: hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in files}
    arms = study.get("arms", {})
    return {
        "sources": dict(sorted(sources.items())),
        "design_hash": study.get("design_hash"),
        "plan": (study.get("plan") or {}).get("sentences", []),
        "collected_with": study.get("versions", {}),
        "analysed_with": analysed_with(),
        "stimulus_sets": {
            name: {
                "stimulus_set": facts.get("stimulus_set"),
                "source": facts.get("source"),
                "checkpoint": facts.get("checkpoint"),
                "dataset": facts.get("dataset"),
                "settings": facts.get("settings"),
                "n_stimuli": len(facts.get("stimuli", [])),
                "leakage": describe_leakage(facts.get("leakage")),
            }
            for name, facts in arms.items()
        },
    }


LEARNED = {"clips": "learned clips", "recordings": "learned recordings"}


def describe_leakage(facts: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What study.json says of an arm's clips, with it in words: `learned` what a reader must know before any number,
    `counted` the rest. None for studies of earlier versions, which say nothing."""
    if not facts:
        return None
    learned = [
        say(LEARNED[what], who=_who(facts), n=len(found), clips=facts["clips"], names=_list_some(found))
        for what, found in (("clips", facts["trained"]), ("recordings", facts["related"]))
        if found
    ]
    unknown = facts["unknown"] and say("recordings not known", n=facts["unknown"])
    counted = [say("clips played", clips=facts["clips"], recordings=facts["recordings"], unknown=unknown or "")]
    if facts["model"] and not learned:
        counted.append(say("learned nothing", who=_who(facts)))
    return {**facts, "learned": learned, "counted": counted + _held_out(facts["dataset"])}


def _who(facts: Mapping[str, Any]) -> str:
    """The model, or what is known where none is stated: the train split that a model would be trained on."""
    return f"The model “{facts['model']}” was" if facts["model"] else "A model of the dataset's train split is"


def _held_out(dataset: Mapping[str, Any]) -> list[str]:
    parts = {"test": "test", "val": "validation"}
    counts = [
        f"{dataset[part]['shared']:,} of {dataset[part]['clips']:,} {name} clips"
        for part, name in parts.items()
        if dataset["recordings"] and dataset[part]["clips"]
    ]
    if not counts:
        return []
    told = {name: dataset[name] for name in ("name", "spread", "recordings")}
    return [say("held out", counts=" and ".join(counts), **told)]


def _list_some(clips: Sequence[Mapping[str, str]]) -> str:
    titles = [f"“{clip['title']}”" for clip in clips[:NAMED_AT_MOST]]
    more = len(clips) - len(titles)
    return ", ".join(titles) + (f" and {more} more" if more > 0 else "")


def frame_sha256(frame: pd.DataFrame) -> str:
    """Hash of the rows as CSV text with Unix line ends."""
    return hashlib.sha256(frame.to_csv(index=False, lineterminator="\n").encode()).hexdigest()
