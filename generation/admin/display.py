"""How the admin shows pictures, sounds, hashes and stored settings. Markup only; nothing is looked up here."""

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from generation.media import public_url

MAX_FIGURE_BYTES = 2_000_000


def show_picture(name: str, alt: str, css_class: str = "thumb") -> SafeString:
    """A small picture that opens the whole one."""
    address = public_url(name)
    return format_html(
        '<a href="{}"><img class="{}" src="{}" alt="{}" loading="lazy"></a>', address, css_class, address, alt
    )


def show_address(name: str) -> SafeString:
    """A stored file's public address."""
    return format_html('<a href="{0}">{0}</a>', public_url(name))


def show_player(name: str) -> SafeString:
    """A sound player that fetches nothing before it is started."""
    return format_html('<audio class="player" controls preload="none" src="{}"></audio>', public_url(name))


def show_json(value: Any) -> SafeString:
    """Stored settings as a person reads them."""
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False)
    return format_html('<pre class="json">{}</pre>', text)


def show_table(rows: Sequence[dict[str, Any]], label: str) -> SafeString:
    """Rows of equal kind as a table that scrolls by keyboard, too; numbers with six significant digits."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    head = format_html_join("", '<th scope="col">{}</th>', ((column,) for column in columns))
    body = format_html_join(
        "",
        "<tr>{}</tr>",
        ((format_html_join("", "<td>{}</td>", ((_number(row.get(column)),) for column in columns)),) for row in rows),
    )
    return format_html(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}">'
        '<table class="numbers"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>',
        label,
        head,
        body,
    )


def _number(value: Any) -> Any:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value


def show_figure(path: Path, alt: str) -> SafeString | None:
    """An SVG file of the run folder inside the page (the folder itself is not served); None when there is none."""
    try:
        if path.stat().st_size > MAX_FIGURE_BYTES:
            return None
        data = base64.b64encode(path.read_bytes()).decode()
    except OSError:
        return None
    return format_html('<img class="figure" src="data:image/svg+xml;base64,{}" alt="{}">', data, alt)


def show_alarm(alarm: bool | None) -> SafeString | str:
    """What a safety checker said of an image: None where it was not asked."""
    if alarm is None:
        return "not asked"
    return format_html('<span class="badge badge-failed">{}</span>', "alarm") if alarm else "no alarm"


def show_hash(sha256: str) -> SafeString:
    """The first digits, with the whole hash behind them."""
    return format_html('<code title="{}">{}</code>', sha256, sha256[:12])


def link_to(model: str, field: str, pk: int, count: int) -> SafeString:
    """A count that leads to the rows counted."""
    return format_html('<a href="{}?{}={}">{}</a>', reverse(f"admin:generation_{model}_changelist"), field, pk, count)
