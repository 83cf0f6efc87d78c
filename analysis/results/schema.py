"""The JSON schemas in analysis/schema, derived from the types of `analysis.results.shape`.

python -m analysis.results.schema    writes both anew
"""

import json
from importlib.resources import files
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from analysis.results.shape import Bounds, MetricsDocument, Result

Schema = dict[str, Any]
# File, identity and title of every document.
DOCUMENTS = {
    Result: ("result", "paragone-result/1", "Result of a matching study"),
    MetricsDocument: ("metrics", "paragone-metrics/1", "Metrics of stimulus sets"),
}
NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", NoneType: "null"}


def schema_of(document: type) -> Schema:
    """JSON Schema (draft 2020-12) of one of DOCUMENTS; every record is described once, under $defs."""
    _, identity, title = DOCUMENTS[document]
    records: dict[str, Schema] = {}
    found = _record(document, records)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": identity, "title": title,
        "description": (document.__doc__ or "").strip(), **found, "$defs": dict(sorted(records.items())),
    }  # fmt: skip


def write_schemas(folder: Path) -> None:
    for document, (name, _, _) in DOCUMENTS.items():
        text = json.dumps(schema_of(document), indent=1)
        (folder / f"{name}.schema.json").write_text(f"{text}\n", encoding="utf-8")


def _record(record: type, records: dict[str, Schema]) -> Schema:
    hints = get_type_hints(record, include_extras=True)
    needed = [name for name, hint in hints.items() if get_origin(hint) is not NotRequired]
    return {"type": "object", "required": needed, "properties": {n: _of(h, records) for n, h in hints.items()}}


def _of(hint: Any, records: dict[str, Schema]) -> Schema:
    """The schema of a type; records met on the way are added to `records`."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin is NotRequired:
        return _of(inside[0], records)
    if origin is Annotated:
        notes = (note._asdict() if isinstance(note, Bounds) else {"description": note} for note in inside[1:])
        return _of(inside[0], records) | {k: v for note in notes for k, v in note.items() if v is not None}
    if origin in (UnionType, Union):
        return _nullable(*(_of(each, records) for each in inside if each is not NoneType))
    if origin is Literal:
        return {"const": inside[0]} if len(inside) == 1 else {"enum": list(inside)}
    if origin in (list, tuple):
        return {"type": "array", "items": _of(inside[0], records)}
    if origin is dict:
        return {"type": "object"} | ({} if inside[1] is Any else {"additionalProperties": _of(inside[1], records)})
    if is_typeddict(hint):
        if hint.__name__ not in records:
            records[hint.__name__] = _record(hint, records)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    return {"type": NAMES[hint]}


def _nullable(found: Schema) -> Schema:
    return found | {"type": [found["type"], "null"]} if "type" in found else {"oneOf": [{"type": "null"}, found]}


if __name__ == "__main__":
    write_schemas(Path(str(files("analysis") / "schema")))
