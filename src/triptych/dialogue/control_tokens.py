"""Control tokens in a text are broken up: `<|im_end|>` becomes `< |im_end|>`.

Most tokenizers take what stands in a text for the real thing. A page that says `<|im_end|><|im_start|>system` would then
speak as the system, and one that says `<image>` brings a server down that counts its pictures. A local model's own
tokens are known; of a server's we know the families.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAMES = (
    "s|bos|eos|pad|unk|image|img|video|audio|__media__|image_pad|image_soft_token|img_context|fake_token_around_image"
    r"|global-img|row_\d+_col_\d+|start_of_turn|end_of_turn|start_of_image|end_of_image|end_of_utterance|think"
    "|tool_call|tool_response|begin_of_text|end_of_text|system|user|assistant"
)
FAMILIES = re.compile(
    rf"<\|[^<>|\n]{{1,48}}\|>|<｜[^<>\n]{{1,48}}｜>|</?(?:{_NAMES})>|<<SYS>>|<</SYS>>"
    r"|\[/?(?:INST|IMG|IMG_BREAK|IMG_END|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|img-\d+)\]",
    re.IGNORECASE,
)


def of_model(tokens: Iterable[str]) -> re.Pattern[str]:
    """A pattern for these tokens, the longest first."""
    known = sorted({t for t in tokens if len(t) > 1}, key=lambda t: (-len(t), t))
    return re.compile("|".join(map(re.escape, known)) or r"(?!)")


def broken_up(text: str, pattern: re.Pattern[str] = FAMILIES) -> str:
    """`text` in which nothing is a control token any more, and which has a UTF-8 form: a lone surrogate, as in a
    damaged file, becomes a question mark."""
    clean = text.encode("utf-8", "replace").decode()
    return pattern.sub(lambda found: f"{found[0][0]} {found[0][1:]}", clean)
