"""What every HTML page of ours shares: it stands alone, asks nothing of anywhere, and runs no script.

Pure functions from text to text; knows nothing of searching or measuring.
"""

from __future__ import annotations

import base64
from html import escape

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_MEDIA = ((b"\x89PNG", "image/png"), (b"\xff\xd8", "image/jpeg"), (b"RIFF", "image/webp"))


def page(title: str, style: str, body: str) -> str:
    """A whole HTML document. `title` is plain text; `body` is HTML with everything foreign escaped."""
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)} - Triptych</title>\n<style>{style}</style>\n{body}\n</html>\n"
    )


def text(plain: str) -> str:
    """Escaped; control characters and lone surrogates of odd file names are shown as escapes."""
    shown = (c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode("ascii") for c in plain)
    return escape("".join(shown), quote=True)


def data_uri(picture: bytes) -> str:
    """A PNG, JPEG or WebP as a `data:` address. Raises ValueError for anything else."""
    media = next((media for start, media in _MEDIA if picture.startswith(start)), None)
    if media is None:
        raise ValueError("a picture for to_html must be PNG, JPEG or WebP")
    return f"data:{media};base64,{base64.b64encode(picture).decode('ascii')}"
