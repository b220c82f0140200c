"""The samples that are only words, and the questions asked of all samples."""

from __future__ import annotations

from typing import NamedTuple

_BREAD = """# Kitchen notebook

Things that worked, so that I do not have to find them out again.

## Rye bread, everyday

- 400 g rye flour, 200 g wheat flour, 450 g water, 12 g salt
- 120 g sourdough starter, fed the evening before
- Rest 30 minutes, shape, let it rise for 3 hours at about 24 degrees
- Bake 15 minutes at 250 degrees with steam, then 40 minutes at 200

The crust stays crisp if the door is left ajar for the last five minutes.

## Feeding the starter

Once a week is enough in the refrigerator: one spoon of starter, 50 g rye flour, 50 g water.
If it smells of nail varnish it is hungry, not spoiled. Feed it twice, a day apart.

## Lemon cake of the Corner Cafe

They would not give me the recipe. Closest so far: 4 eggs, 200 g sugar, 200 g flour, 125 g butter,
zest of two lemons, a glaze of juice and icing sugar. Theirs is moister; try yoghurt next time.

## Oven

The gasket of the oven door is worn; ordered a new one. Until then everything takes ten minutes longer.
"""

_MINUTES = """Minutes of the boat meeting, 4 June 2024

Present: Ines Falk, Jonas Whitlock, Marta Oduya, Tom Ashby
Excused: Priya Raman

1. Petrel
The new outboard engine runs well. First service is due after 100 hours, at the present rate in
early August. Jonas books the crane for 6 August.

2. Buoys
Eight of ten orange mooring buoys have come; two follow on 21 June. Until then buoys 11 and 12 stay
ashore. Tom asks the supplier for a discount because of the delay.

3. Life jackets
Four life jackets failed the inspection because their gas cartridges were out of date. Marta orders
cartridges. Nobody takes these four jackets on board before that.

4. Next meeting
Tuesday, 2 July 2024, 9 o'clock, in the boat house.
"""

_STOCK = """article,description,shelf,in stock,reorder at
TM-118,"Nylon rope 12 mm, 50 m coil",A1,6,4
TM-204,"Mooring buoy, orange",A3,8,10
TM-377,Stainless shackle 10 mm,B2,40,20
TM-391,"Sampling bottle, 1 litre",C1,112,60
TM-402,Gas cartridge for life jacket,C4,0,8
TM-415,Spare seal for camera housing,B5,3,2
TM-430,Seawater pump impeller,B6,1,2
"""

TEXTS = {
    "kitchen-notes.md": ("notes", _BREAD),
    "boat-meeting.txt": ("minutes", _MINUTES),
    "stock.csv": ("table", _STOCK),
}


class Query(NamedTuple):
    """One labelled query; `mark` names the drawn words that answer it in the first relevant file. A query by
    image has the name of its picture in place of a text."""

    kind: str
    text: str
    relevant: tuple[str, ...]
    answers: tuple[str, ...] = ()
    mark: str = ""


QUERIES = (
    Query("find", "find the invoice with total 129.50 that mentions ACME and a red logo", ("invoice-1042.pdf",)),
    Query("find", "Rechnung über 129,50 der Gärtnerei", ("rechnung-0815.pdf",)),
    Query("find", "oak shelves for the library", ("invoice-hp-2207.pdf",)),
    Query("find", "how do I keep my sourdough alive", ("kitchen-notes.md",)),
    Query("find", "TM-377", ("delivery-note.jpg", "stock.csv")),
    Query("find", "where do I set how long backups are kept", ("sync-settings.png",)),
    Query("find", "rainfall by month", ("rainfall-chart.png", "annual-report-2023.pdf")),
    Query("find", "pump alarm bearing temperature", ("pumps-dashboard.png",)),
    Query("find", "life jackets failed the inspection", ("boat-meeting.txt",)),
    Query("question", "What is the total on invoice INV-1042 of ACME Corp?", ("invoice-1042.pdf",),
          ("129.50", "$129.50"), "total"),
    Query("question", "What is the total on invoice INV-1043?", ("invoice-1043.pdf",), ("348.20", "$348.20"), "total"),
    Query("question", "What is the due date of invoice HP-2207?", ("invoice-hp-2207.pdf",), ("11 March 2024",), "due"),
    Query("question", "What is the total on the Corner Cafe receipt?", ("receipt-cafe.jpg",), ("32.12",), "total"),
    Query("question", "What is the serial number of the underwater camera?", ("loan-form.png",), ("UWC-77-0392",),
          "serial"),
    Query("question", "What is the department on the equipment loan form?", ("loan-form.png",), ("Marine Biology",),
          "department"),
    Query("question", "Who was the driver of delivery DN-90314?", ("delivery-note.jpg",),
          ("J. Whitlock", "J.Whitlock"), "driver"),
    Query("question", "What was the surplus in 2023?", ("annual-report-2023.pdf",), ("12.4",), "Surplus 2023"),
    Query("question", "Who is the director of the field station?", ("annual-report-2023.pdf",),
          ("Dr. Ines Falk", "Ines Falk"), "Director"),
    Query("question", "How much is the monthly rent of the boat house?", ("boat-house-lease.pdf",), ("640.00",),
          "640.00"),
    Query("question", "What is the active pumps reading on the dashboard?", ("pumps-dashboard.png",), ("11 / 12", "11/12"),
          "Active pumps"),
    Query("look", "a bar chart", ("rainfall-chart.png", "annual-report-2023.pdf")),
    Query("look", "photo of a lake at sunset", ("lake.jpg",)),
    Query("look", "dashboard of pumps with a dark background", ("pumps-dashboard.png",)),
    Query("image", "logo.png", ("invoice-1042.pdf", "invoice-1031.pdf", "invoice-1043.pdf")),
    Query("image", "sunset.jpg", ("lake.jpg",)),
)  # fmt: skip
