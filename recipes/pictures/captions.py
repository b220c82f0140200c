"""What people would say of a drawing: kinds with their other names, colours, layout words, in many phrasings."""

from __future__ import annotations

import random

from pictures.pen import Drawing

# The first name is the kind's own; it is what the captioner says.
KINDS: dict[str, tuple[str, ...]] = {
    "receipt": ("receipt", "scanned receipt", "till receipt", "shop receipt", "sales slip", "cash register receipt", "bill from a shop", "photo of a receipt"),
    "invoice": ("invoice", "bill", "company invoice", "invoice with a table of items", "billing document", "commercial invoice"),
    "form": ("form", "scanned form", "filled-in form", "application form", "questionnaire", "paper form with fields", "form with check boxes"),
    "letter": ("letter", "typed letter", "business letter", "scanned letter", "correspondence", "letter with a signature"),
    "report page": ("report page", "page of a report", "page of text", "document page", "annual report", "company report", "text document", "page of a book"),
    "financial table page": ("page with a financial table", "financial statement", "balance sheet", "report page with a table of figures", "annual report page with numbers"),
    "table": ("table", "data table", "table of numbers", "table with rows and columns", "grid of values"),
    "spreadsheet": ("spreadsheet", "data grid", "worksheet with cells", "table in a program window", "data preview with columns"),
    "bar chart": ("bar chart", "bar graph", "column chart", "chart with bars", "histogram"),
    "stacked bar chart": ("stacked bar chart", "bar chart with stacked bars", "stacked column chart"),
    "line chart": ("line chart", "line graph", "chart with lines", "time series chart", "trend line"),
    "pie chart": ("pie chart", "pie graph", "circle chart with slices", "donut chart"),
    "scatter chart": ("scatter chart", "scatter plot", "chart with points", "point cloud", "bubble chart"),
    "area chart": ("area chart", "area graph", "stacked area chart", "filled line chart"),
    "dashboard": ("dashboard", "dashboard with charts and figures", "analytics dashboard", "business intelligence report with tiles"),
    "screenshot": ("screenshot", "user interface screenshot", "app window", "screenshot of a program", "software screenshot", "computer screen"),
    "dialog": ("dialog", "dialog box", "dialog window", "pop-up window with buttons", "settings dialog", "screenshot of a dialog"),
    "login page": ("login page", "sign-in page", "login screen", "log in form with password", "screenshot of a login page"),
    "web page": ("web page", "website", "screenshot of a website", "home page of a site", "browser window"),
    "code": ("code", "source code", "screenshot of code", "code editor", "program text", "terminal window"),
    "menu": ("menu", "screenshot of a menu", "context menu", "drop-down list", "toolbar with icons", "ribbon of buttons"),
    "slide": ("slide", "presentation slide", "slide with bullet points", "title slide", "slide deck page"),
    "diagram": ("diagram", "flow chart", "flowchart with boxes and arrows", "block diagram", "organisation chart", "process diagram"),
    "map": ("map", "street map", "city map", "road map", "map with roads and rivers"),
    "logo": ("logo", "company logo", "emblem", "brand mark", "icon"),
    "sketch": ("sketch", "pencil sketch", "line drawing", "hand-drawn sketch", "pencil drawing", "doodle"),
    "cartoon": ("cartoon", "cartoon drawing", "comic drawing", "clip art", "coloured illustration"),
    "painting": ("painting", "oil painting", "watercolour", "work of art"),
    "handwriting": ("handwriting", "handwritten note", "handwritten page", "note written by hand"),
    "photo": ("photo", "photograph", "snapshot", "colour photo", "camera picture", "natural photo"),
    "landscape photo": ("photo of a landscape", "outdoor photo", "landscape photograph", "photo of nature", "scenery"),
    "product photo": ("product photo", "photo of a product on a white background", "catalogue picture", "packshot", "isolated object on white"),
}  # fmt: skip

# What else a picture of that kind is: the wider word that people type when they do not care for the finer one.
_DOCUMENT = ("document", "scanned document", "page of paper", "document page")
_PAPER = ("document", "scanned document", "piece of paper", "scanned paper")
_CHART = ("chart", "graph", "chart with axes", "statistical graphic", "data visualisation")
_SCREEN = ("screenshot", "screenshot of a user interface", "UI screenshot", "app screenshot", "screenshot of a program",
           "computer screen", "software window")  # fmt: skip
_PHOTO = ("photo", "photograph", "colour photo", "camera picture", "snapshot taken with a camera")
_DRAWN = ("drawing", "illustration", "graphic")
FAMILY: dict[str, tuple[str, ...]] = (
    dict.fromkeys(("receipt", "invoice", "letter", "handwriting"), _PAPER)
    | {"form": ("form", "scanned form", "form document", "form to fill in", "paper form")}
    | dict.fromkeys(("report page", "financial table page"), (*_DOCUMENT, "report page", "page of a report", "page of an annual report"))
    | dict.fromkeys(("bar chart", "line chart", "pie chart", "scatter chart", "area chart"), _CHART)
    | {"stacked bar chart": (*_CHART, "bar chart"), "dashboard": (*_CHART, *_SCREEN)}
    | dict.fromkeys(("screenshot", "dialog", "login page", "web page", "code", "menu", "spreadsheet"), _SCREEN)
    | dict.fromkeys(("photo", "landscape photo", "product photo"), _PHOTO)
    | dict.fromkeys(("logo", "sketch", "cartoon", "diagram", "map", "painting"), _DRAWN)
    | {"table": ("table", "document"), "slide": ("slide", "presentation")}
)  # fmt: skip
UI = frozenset({"dialog", "login page", "web page", "code", "menu", "spreadsheet", "dashboard"})

_PLAIN = (
    "{a} {kind}",
    "{kind}",
    "a picture of {a} {kind}",
    "this is {a} {kind}",
    "an image showing {a} {kind}",
)
_COLOURED = ("{a} {colour} {kind}", "{a} {kind} in {colour}", "{colour} {kind}", "{a} {kind} with {colour}")
_TRAITED = ("{a} {kind}, {trait}", "{trait} {kind}", "{a} {kind} with {trait}")


def captions(drawing: Drawing, dice: random.Random, count: int = 8) -> list[str]:
    """`count` ways to say what `drawing` shows: the first one is plain, a quarter are of the wider word."""
    kind = KINDS[drawing.kind]
    found = [_say("{a} {kind}", kind[0])]
    found += [_say(dice.choice(_PLAIN), dice.choice(FAMILY[drawing.kind])) for _ in range(count // 4)]
    while len(found) < count:
        name = kind[0] if dice.random() < 0.4 else dice.choice(kind)
        if drawing.kind in UI and dice.random() < 0.4:
            found.append(
                f"{dice.choice(('a screenshot of', 'screenshot of', 'screenshot showing'))} {_say('{a} {kind}', name)}"
            )
        elif drawing.colours and dice.random() < 0.3:
            colour = " and ".join(drawing.colours[: dice.randint(1, 2)])
            found.append(_say(dice.choice(_COLOURED), name, colour=colour))
        elif drawing.traits and dice.random() < 0.5:
            found.append(_say(dice.choice(_TRAITED), name, trait=dice.choice(drawing.traits)))
        else:
            found.append(_say(dice.choice(_PLAIN), name))
    return found


def _say(template: str, kind: str, **more: str) -> str:
    text = template.replace("{kind}", kind)
    for key, value in more.items():
        text = text.replace(f"{{{key}}}", value)
    start = text.split("{a} ", 1)[1] if "{a} " in text else ""
    return text.replace("{a}", "an" if start[:1].lower() in "aeiou" else "a")
