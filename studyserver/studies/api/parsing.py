"""Reading what pages send."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 20


class PageJSONParser(JSONParser):
    """JSON as pages send it: nested no more deeply than they do, and names made of whole characters.

    Python's own limit of nesting would end in an error of the server, and so would an answer that repeats a name.
    """

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("This JSON is nested too deeply.") from error
        check(data)
        return data


def check(data: Any) -> None:
    """ParseError for lists and objects more than DEEPEST deep, and for names with half characters."""
    level = [data]
    for _ in range(DEEPEST + 1):
        objects = [part for part in level if isinstance(part, dict)]
        if any("\ud800" <= sign <= "\udfff" for part in objects for name in part for sign in name):
            raise ParseError("This JSON has a name with half a character.")
        level = [inner for part in objects for inner in part.values()] + [
            inner for part in level if isinstance(part, list) for inner in part
        ]
        if not level:
            return
    raise ParseError("This JSON is nested too deeply.")
