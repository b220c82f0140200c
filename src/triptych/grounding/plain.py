"""A model's words as plain text: nothing in them that a screen could follow, load, run or hide.

    visible(text)     one line of characters that people see: no zero-width, bidirectional or control characters,
                      no entities, no letters in disguise
    harmless(text)    and no markup, no link, no picture, no address that a program would open

Whatever is left is shown as text anyway; this is for the programs to which an answer is copied. An address that
stands on a page may be worth telling, so it is spelled out for people: www(dot)example(dot)org.
"""

from __future__ import annotations

import html
import re
import unicodedata

# Letters that show as nothing, and the space of Braille.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\ufffd")
_DROPPED = frozenset(("Cf", "Cc", "Cs", "Co", "Cn"))
_STOP = re.compile(r"[。｡](?=[^\W\u3040-\u9fff\uac00-\ud7af])")  # names of hosts may be parted by it, too
_DOTS = str.maketrans({"．": ".", "․": ".", "∕": "/", "⁄": "/", "⧸": "/", "：": ":", "꞉": ":", "ː": ":", "∶": ":", "׃": ":", "܃": ":"})  # fmt: skip
_MARKS = 2  # combining marks on one letter; more are a drawing
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6});?|&[A-Za-z][A-Za-z0-9]{1,31};")

_WHOLE_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_TAG = re.compile(r"<\s*/?\s*[A-Za-z!?%][^<>]*(?:>|$)")
_LINKED = re.compile(
    r"!?\[([^\[\]]*)\](?:\s?\([^()]*(?:\([^()]*\)[^()]*)*\)?|\[(?!\s*(?:item|source|evidence|page|doc|no\b|#))[^\[\]\d][^\[\]]*\])"
)
_DEFINED = re.compile(r"^\s*\[[^\[\]]{1,80}\]:\s*\S+.*$", re.MULTILINE)
_SCRIPTED = re.compile(r"\\(?:href|url|includegraphics|input|include|write18|def|cite)\b\s*(?:\[[^\]]*\])?")
# What runs or holds data rather than naming a place: all of it goes.
_RUNNING = re.compile(
    r"\bdata:[^\s]*[;,][^\s]*|(?:javascript|vbscript|livescript|mocha)\s*:\s*[^\s]*"
    r"|\b(?:blob|filesystem|about|view-source|intent|jar|ms-[a-z-]+|search-ms):[^\s]+",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}\s?:\s?[/\\]{2,}|(?<![\w:])[/\\]{2,}(?=[\w\[])")
_CALLING = re.compile(
    r"\b(?:mailto|tel|sms|callto|skype|facetime|magnet|xmpp|sip|sips|geo|urn|cid|mid|news|ldap|whatsapp|tg|slack|zoommtg|file|https?|ftps?|wss?"
    r"|bitcoin|ethereum|litecoin|monero|lightning|steam|ircs?|vscode|x-[a-z-]+|itms[a-z-]*|market|spotify|webcal|feed|gopher|sftp|ssh|git|rtsp|matrix|signal|link):(?=\S)",
    re.IGNORECASE,
)
_SLASHES = re.compile(r"/(?:\s*/)+")
_MAIL = re.compile(
    r"(?<=[\w.+-])@(?=[\w-]+(?:\.|\(dot\)))|(?<![^\W_])@(?=[^\W\d])"
)  # and @names, but no 5 @3.00
_NUMBERED = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b(?=[:/?#]|\b)|\b0x[0-9a-fA-F]{8}\b")
_WWW = re.compile(r"www\.(?=\w)", re.IGNORECASE)  # some programs open it whatever follows
# Of mail or a place, before they are spelled out.
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w@.])[\w-]+(?:\.[\w-]+)+/[\w./?=&%-]*")
# The dot before a top-level domain, and those before it; whatever stands around makes no difference to programs.
# Words may touch the end in scripts that part none.
_HOST = re.compile(
    r"(?<!\w)((?:\w[\w-]*\.)+)(xn--[a-z0-9-]+|[a-z]{2,24}(?![a-z0-9])|[^\W\d_a-z]{2,24})", re.IGNORECASE
)
_KNOWN = """
com net org edu gov mil int info biz name pro mobi jobs travel museum aero coop arpa asia cat tel post xxx
app dev page web site website online store shop blog cloud tech space xyz top club live news link click download zip mov
life world today email services solutions agency digital media network group company systems security support team wiki
icu vip win bid loan date stream review trade science work party gdn men onion i2p local localhost internal lan home corp
example test invalid bank finance money cash pay insurance health law legal art design studio io ai
"""
_DOMAINS = frozenset(_KNOWN.split())
_COUNTRIES = """
ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg
ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl
gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz
la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no
np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st
su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw
"""
_SCRIPTS = """
рф рус москва дети онлайн сайт орг ком бел укр срб мкд бг қаз հայ ελ ευ 中国 中國 香港 台湾 台灣 公司 网络 網路 在线 网址 网站
商店 商标 集团 我爱你 السعودية امارات مصر قطر ایران ايران عمان المغرب الجزائر الاردن موقع شبكة بازار عرب سورية تونس فلسطين العراق موريتانيا ישראל みんな コム ストア 한국 닷컴 닷넷 भारत कॉम ไทย คอม
"""
_NO_HOSTS = """
pdf doc docx xls xlsx xlsm csv tsv txt rtf odt ods odp ppt pptx png jpg jpeg gif tif tiff bmp webp svg heic html htm xml
json jsonl yaml yml toml ini cfg log sql eml msg mp3 mp4 wav exe dll css java ipynb parquet
"""
_FILES = frozenset(_NO_HOSTS.split())
_ENDINGS = _DOMAINS | frozenset(_COUNTRIES.split())
_OPEN_ENDINGS = ("xn--", *_SCRIPTS.split())  # whatever follows them
_BRACKETS = str.maketrans(
    {"[": "(", "]": ")", "{": "(", "}": ")", "<": "‹", ">": "›", "`": "'", "|": "/", "\\": "/"}
)
_LESS = re.compile(r"<(?=\s?[\d$€£¥.,-])|>(?=\s?[\d$€£¥.,-]|=)|<(?==)")  # x < 5 is no tag
_STRESS = re.compile(
    r"(?<!\d)\*{1,3}(?=\S)|(?<=\S)\*{1,3}(?!\d)|(?<![^\W_])_{1,3}(?=\w)|(?<=\w)_{1,3}(?![^\W_])|^#{1,6}\s+|~~"
)
_BULLET = re.compile(r"^(?:[-*+•–>]+\s+)+(?=\D)")
# Letters of Cyrillic and Greek, and the Latin ones that they look like.
LOOKALIKES = str.maketrans(
    "абеорсухіјѕԁһӏАВЕКМНОРСТУХІЈЅαοενικρτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeeopcyxijsdhlABEKMHOPCTYXIJSaoevikptuxABEZHIKMNOPTYX",
)
_SPACES = re.compile(r"\s+")
_ROUNDS = 4  # how often entities may stand inside entities


def visible(text: str) -> str:
    """`text` on one line, as people see it."""
    for _ in range(_ROUNDS):
        plainer = _ENTITY.sub(lambda m: html.unescape(m[0] if m[0].endswith(";") else m[0] + ";"), text)
        if plainer == text:
            break
        text = plainer
    if text.isascii():
        shown = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text)
    else:
        shown = _seen(text)
    return _SPACES.sub(" ", shown).strip()


def _seen(text: str) -> str:
    """Without what is not seen; letters of mathematics, circles and full width as the letters that they show."""
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(char)
        if char.isspace():
            kept.append(" ")
        elif kind in _DROPPED or char in _BLANK or _selector(char):
            continue
        elif kind in ("Mn", "Me"):
            marks += 1
            if marks <= _MARKS:
                kept.append(char)
            continue
        else:
            kept.append(_undisguised(char))
        marks = 0
    return _STOP.sub(".", "".join(kept).translate(_DOTS))


def _selector(char: str) -> bool:
    """Variation selectors, and the tags by which flags are spelled."""
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0000" <= char <= "\U000e0fff"


def _undisguised(char: str) -> str:
    """A letter or sign that is another one in a costume; superscripts and fractions say something else."""
    if char.isascii() or unicodedata.category(char) in ("No", "Lm"):
        return char
    plain = unicodedata.normalize("NFKC", char)
    return plain if plain.isascii() and len(plain) == 1 else char


def harmless(text: str) -> str:
    """`text` on one line without markup, links, pictures and addresses that a program would open."""
    plainer = _WHOLE_TAG.sub(" ", unlinked(text))  # before the ">" of <b>5 is taken for a sign
    plainer = _LESS.sub(lambda m: "‹" if m[0] == "<" else "›", plainer)
    before = ""
    while before != plainer:  # markup inside markup
        before = plainer
        plainer = unlinked(_TAG.sub(" ", plainer))
    plainer = _SCRIPTED.sub(" ", plainer)
    plainer = _BULLET.sub("", _STRESS.sub("", plainer))
    plainer = plainer.translate(_BRACKETS)
    return _SPACES.sub(" ", _spelled(plainer)).strip()


def unlinked(text: str) -> str:
    """`text` on one line with the labels of its links in place of them; the number of a citation keeps its
    brackets."""
    return _LINKED.sub(
        lambda m: f"[{m[1]}]" if m[1].strip().isdigit() else m[1], visible(_DEFINED.sub(" ", text))
    )


def _spelled(text: str) -> str:
    """Addresses as people say them, which no program opens."""
    before = ""
    while before != text:  # what is left after one is gone may make another
        before = text
        text = _RUNNING.sub(" ", text)
        text = _SCHEME.sub(" ", text)
        text = _CALLING.sub(" ", text)
    text = _NUMBERED.sub(lambda m: m[0].replace(".", "(dot)").replace("0x", "0 x"), text)
    text = _SLASHES.sub("/", text)
    text = _WWW.sub("www(dot)", _HOST.sub(_host, text))
    return _MAIL.sub("(at)", text)


def _host(found: re.Match[str]) -> str:
    first, *others = found[0].casefold().split(".")
    alike = [name.translate(LOOKALIKES) for name in others]
    known = any(  # evil.com-x.y is one of evil.com to some
        name.partition("-")[0] in _ENDINGS or name.startswith(_OPEN_ENDINGS) for name in [*others, *alike]
    )
    # There are 1,500 endings: what looks like one in small letters is one, unless it is a file's.
    one = len(first) > 1 and len(others[-1]) > 2 and others[-1] not in _FILES and found[0].isascii()
    last = found[0].rpartition(".")[2]
    # An end in another script, but no sentence without its space: Ende.Новое
    foreign = first.isascii() and not first.isdigit() and last[0] > "\u02ff" and last == last.lower()
    return (
        found[0].replace(".", "(dot)")
        if known or foreign or first == "www" or (one and found[0].islower())
        else found[0]
    )
