"""The tables of the catalog, as SQLAlchemy Core knows them. No query stands here.

Keys of assets, pages and chunks come from the `counter` table and are never used twice, so a key that
the catalog still knows means exactly the thing it meant when it was handed out. Times are ISO 8601 UTC.
Text is stored once, with its page; words are packed arrays (`pack`); vectors are float16 rows addressed
by space and content hash, so the table is the cache of embeddings too.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

VERSION = 2

metadata = MetaData()

# SQLite makes a table's own row number of an INTEGER key only; PostgreSQL needs 64 bits spelled out.
Key = BigInteger().with_variant(Integer, "sqlite")

meta = Table(
    "meta",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)

counter = Table(
    "counter",
    metadata,
    Column("name", String, primary_key=True),  # asset, page, chunk, change
    Column("last", Key, nullable=False),  # the last number that was handed out
)

asset = Table(
    "asset",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
    Column("collection", String, nullable=False),
    Column("kind", String, nullable=False),  # image, pdf, text, markdown, csv
    Column("media_type", String, nullable=False),
    Column("bytes", Key, nullable=False),
    Column("status", String, nullable=False),  # ready, partial
    Column("added", String, nullable=False),
    Column("pipeline", String, nullable=False),  # what made it: a change recomputes
    Column("title", String, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("meta", JSON, nullable=False),  # times, author, ... and user tags under "tags"
    Column("error", JSON, nullable=True),  # code, reason, hint of a partial asset
    UniqueConstraint("sha256", "collection", name="asset_content"),
    Index("asset_collection", "collection"),
)

source = Table(
    "source",
    metadata,
    Column("collection", String, primary_key=True),
    Column("path", String, primary_key=True),
    Column("asset", Key, ForeignKey("asset.key"), nullable=False, index=True),
    Column("size", Key, nullable=False),
    Column("modified", Float(53), nullable=False),  # seconds since 1970, as the file system says
)

page = Table(
    "page",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("asset", Key, ForeignKey("asset.key"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("dpi", Float(53), nullable=True),
    Column("turned", SmallInteger, nullable=False),
    Column("text_source", String, nullable=False),
    Column("ocr_engine", String, nullable=True),
    Column("language", String, nullable=True),
    Column("confidence", Float(53), nullable=True),
    Column("failed", String, nullable=True),
    Column("sections", JSON, nullable=False),  # [[start, title], ...]
    Column("meta", JSON, nullable=False),
    Column("regions", JSON, nullable=False),  # [[name, box, text], ...]
    Column("text", Text, nullable=False),
    Column("words", LargeBinary, nullable=False),
    UniqueConstraint("asset", "number", name="page_number"),
)

chunk = Table(
    "chunk",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("asset", Key, ForeignKey("asset.key"), nullable=False, index=True),
    Column("page", Key, ForeignKey("page.key"), nullable=False),
    Column("kind", String, nullable=False),  # text, caption, image, tile, region
    Column("start", Integer, nullable=False),  # characters of page.text; of a caption: its number, from 0
    Column("end", Integer, nullable=False),
    Column("section", String, nullable=False),  # of a region: its name
    Column("confidence", Float(53), nullable=True),
    Column("box", JSON, nullable=True),  # of image, tile, region
    Column("hash", LargeBinary, nullable=False, index=True),  # of what was embedded
    Index("chunk_place", "page", "kind", "asset"),  # all that a search asks of most candidates
)

caption = Table(
    "caption",
    metadata,
    Column("chunk", Key, ForeignKey("chunk.key"), primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("origin", String, nullable=False),  # people, or the back end that made it
    Column("model", String, nullable=False),
    Column("style", String, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("at", String, nullable=False),
)

space = Table(
    "space",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String, nullable=False, unique=True),
    Column("dim", Integer, nullable=False),
)

panel = Table(
    "panel",
    metadata,
    Column("signal", String, primary_key=True),  # text, caption, image
    Column("space", Integer, ForeignKey("space.id"), nullable=False),
)

vector = Table(
    "vector",
    metadata,
    Column("space", Integer, ForeignKey("space.id"), primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("row", LargeBinary, nullable=False),  # dim float16 numbers, little endian
    sqlite_with_rowid=False,
)

change = Table(
    "change",
    metadata,
    Column("seq", Key, primary_key=True, autoincrement=False),
    Column("op", String(4), nullable=False),  # put, drop
    Column("asset", Key, nullable=False),
    Column("first", Key, nullable=False),  # chunk keys [first, last]; first > last: no chunks
    Column("last", Key, nullable=False),
    Column("at", String, nullable=False),  # tells this history from another one, as after a restore
)

COUNTERS = ("asset", "page", "chunk", "change")
