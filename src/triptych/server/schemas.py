"""What goes in and out over HTTP, as OpenAPI describes it. Answers are built by the library's own `to_dict`; these
models say to programs, and to the tests that compare them, what stands in them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
BoxModel = Annotated[list[Fraction], Field(min_length=4, max_length=4, examples=[[0.61, 0.80, 0.74, 0.82]])]
Sha256 = Annotated[
    str,
    Field(
        pattern="^[0-9a-f]{64}$",
        examples=["b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"],
    ),
]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Turned = Annotated[str, Field(max_length=20_000)]
Texts = Annotated[list[Text], Field(min_length=1, max_length=256)]
K = Annotated[int, Field(ge=1, le=100, description="How many hits.")]
HowMany = Annotated[K | None, Query(description="How many hits.")]
Filter = Annotated[
    str | None,
    Query(max_length=2000, description="See docs/search.md.", examples=["kind = pdf and page <= 3"]),
]
CollectionName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Strict(BaseModel):
    """What is sent to us: a field that is unknown is an error, which names it."""

    model_config = ConfigDict(extra="forbid")


class ProblemModel(BaseModel):
    """RFC 9457: what went wrong, in one sentence."""

    type: str = Field(examples=["urn:triptych:not-found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such asset here, or this key may not see it."])
    instance: str = Field(examples=["urn:request:5f2c0d1e9a7b4c63"])


# ------------------------------------------------------------------------------------------ search


class SearchRequest(Strict):
    """A question in words, by a picture (sent as multipart), by a page of the library, or words and picture."""

    text: str | None = Field(default=None, max_length=4000, examples=["invoice ACME 129.50"])
    k: K | None = None
    collection: list[CollectionName] = Field(default_factory=list, description="Only these collections.")
    filter: str | None = Field(default=None, max_length=2000, examples=["kind = pdf and tags.year = 2024"])
    signals: list[Literal["keyword", "text", "caption", "image"]] | None = None
    fusion: str | None = Field(default=None, max_length=40)
    explain: bool = Field(default=True, description="Say of every hit what each signal says of it.")
    like: Sha256 | None = Field(default=None, description="Find what is like a page of this asset.")
    page: int = Field(default=1, ge=1, description="The page of `like`.")


class SignalModel(BaseModel):
    """What one signal says of one hit."""

    rank: int
    raw: float
    norm: float
    weight: float


class PicturesModel(BaseModel):
    """Addresses of a page as WebP; signed, and good for 15 minutes at most, where keys decide."""

    thumbnail: str
    page: str


class HitModel(BaseModel):
    """A page that was found."""

    rank: int
    score: float
    asset: str
    source: str
    page: int
    collection: str
    kind: str
    title: str
    section: str
    snippet: str
    marks: list[list[int]] = Field(description="Matched words, as ranges of characters of the snippet.")
    boxes: list[BoxModel] = Field(description="Where the evidence stands, in fractions of the page.")
    caption: str | None
    view: dict[str, Any] | None
    signals: dict[str, SignalModel | None] | None = None
    rerank: dict[str, Any] | None = Field(default=None, description="What reading the page again made of it.")
    duplicates: int = Field(default=0, description="Copies of this page that were folded into it.")
    copies: list[dict[str, Any]] = Field(default_factory=list, description="Where these are.")
    hidden: bool = Field(default=False, description="The page holds words that nobody sees on it.")
    pictures: PicturesModel | None = Field(default=None, description="null for a page of plain text.")


class QueryModel(BaseModel):
    """What was asked."""

    text: str | None
    image: str | None


class ResultsModel(BaseModel):
    """Hits, the best first. `match` is false when nothing matches well and these are only the nearest."""

    query: QueryModel
    hits: list[HitModel]
    match: bool | None = None
    warnings: list[str] = Field(default_factory=list, description="What did not work as it should.")
    cost: dict[str, float] = Field(
        default_factory=dict, description="Of a vision-language model that read the pages again."
    )
    seconds: dict[str, float]
    id: str | None = Field(
        default=None, description="Of this query in the query log, where there is one; for clicks."
    )


class Click(Strict):
    """Which hit of a query was opened, or judged."""

    id: str = Field(max_length=64)
    asset: Sha256
    page: int = Field(default=1, ge=1)
    verdict: Literal["opened", "right", "wrong"] = "opened"


# ------------------------------------------------------------------------------------------ ask


class AskRequest(Strict):
    """A question to be answered from the pages; with a picture (sent as multipart) from pages like it."""

    question: str = Field(min_length=1, max_length=4000, examples=["What is the total on the ACME invoice?"])
    collection: list[CollectionName] = Field(default_factory=list, description="Only these collections.")
    filter: str | None = Field(default=None, max_length=2000)
    turns: list[Annotated[list[Turned], Field(min_length=2, max_length=2)]] = Field(
        default_factory=list,
        max_length=20,
        description="Earlier questions and answers, [[question, answer], ...], to which this one may refer.",
    )


class CitationModel(BaseModel):
    """A quote, and where it stands."""

    n: int
    asset: str
    source: str
    page: int
    quote: str
    boxes: list[BoxModel]
    verified: bool


class AnswerModel(BaseModel):
    """An answer with its citations, or that there is none (`abstained`)."""

    question: str
    answer: str
    value: str
    abstained: bool
    model: str
    citations: list[CitationModel]
    evidence: list[HitModel]
    warnings: list[str]
    understood: str = Field(default="", description="A follow-up question with what it refers to.")
    seconds: dict[str, float]
    id: str | None = None


# ------------------------------------------------------------------------------------------ assets


class AssetModel(BaseModel):
    """A file of the library."""

    asset: str
    sources: list[str]
    collection: str
    kind: str
    pages: int
    status: str
    added: str
    title: str
    bytes: int
    media_type: str
    tags: dict[str, Any]
    pictures: PicturesModel | None = None


class AssetPage(BaseModel):
    """Some assets, the newest first. `next` is the cursor of those after them, null at the end."""

    assets: list[AssetModel]
    total: int
    next: str | None


class AssetDetail(AssetModel):
    """A file with what is known of its pages."""

    pipeline: str
    meta: dict[str, Any]
    quality: dict[str, Any] | None
    page_list: list[dict[str, Any]]


class PageModel(BaseModel):
    """A page with its text, and where each word stands."""

    asset: str
    collection: str
    page: int
    width: int = Field(description="In pixels or points; 0 for a page of plain text.")
    height: int
    text: str
    words: list[dict[str, Any]]
    pictures: PicturesModel | None


class ItemModel(BaseModel):
    """One file of a job."""

    number: int
    name: str
    status: Literal["waiting", "reading", "ready", "partial", "unchanged", "failed", "removed"]
    asset: str | None
    pages: int
    pages_done: int = Field(description="How many of them have been read.")
    seconds: float
    failed_pages: list[int]
    signals: dict[str, int]
    quality: dict[str, Any] | None
    error: dict[str, str] | None


class JobModel(BaseModel):
    """Work that was accepted."""

    job: str
    kind: Literal["add", "remove"]
    collection: str
    state: Literal["queued", "running", "done", "failed"]
    note: str | None
    at: str
    seconds: float
    files: int
    settled: int
    counts: dict[str, int]
    items: list[ItemModel] | None = None
    links: dict[str, str] | None = None


class JobList(BaseModel):
    """Jobs of this key, the newest first."""

    jobs: list[JobModel]


class CollectionModel(BaseModel):
    """A collection, as far as this key may see it."""

    name: str
    assets: int
    pages: int
    kinds: dict[str, int]
    public: bool
    scope: Literal["read", "write", "admin"]


class CollectionList(BaseModel):
    """The collections that this key may see, and what they hold together."""

    collections: list[CollectionModel]
    assets: int
    pages: int
    signals: list[str]
    writable: bool = Field(description="Whether this key may upload somewhere.")
    who: str


class Visibility(Strict):
    """Whether everybody may read a collection."""

    public: bool


class Suggestions(BaseModel):
    """Titles that begin like, or hold, what was typed."""

    suggestions: list[str]


# ------------------------------------------------------------------------------------------ OpenAI's


class Loose(BaseModel):
    """What programs send that were written for others: fields that mean nothing here are let pass."""

    model_config = ConfigDict(extra="allow")


class ChatRequest(Loose):
    """A chat; `model` is a collection, or `triptych` for all."""

    model: str = Field(max_length=200, examples=["triptych"])
    messages: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=500,
        examples=[[{"role": "user", "content": "What is the total on the ACME invoice?"}]],
    )
    stream: bool = False
    stream_options: dict[str, Any] | None = None


class EmbeddingRequest(Loose):
    """Texts to embed."""

    input: Text | Texts
    model: str = ""
    encoding_format: Literal["float", "base64"] = "float"
    input_type: Literal["query", "passage"] = "passage"


class RerankRequest(Loose):
    """Texts to order."""

    query: Text
    documents: Texts
    model: str = ""
    top_n: int | None = Field(default=None, ge=1)
    return_documents: bool = False


class ModelModel(BaseModel):
    """A collection as a model."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelList(BaseModel):
    """All of them."""

    object: Literal["list"]
    data: list[ModelModel]


class Completion(BaseModel):
    """A `chat.completion`, with citations."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, int]
    citations: list[CitationModel]
    abstained: bool


class Embeddings(BaseModel):
    """A vector for each text, as numbers, or base64 of float32."""

    object: Literal["list"]
    model: str
    data: list[dict[str, Any]]
    usage: dict[str, int]


class Reranked(BaseModel):
    """The texts, the best first."""

    id: str
    model: str
    results: list[dict[str, Any]]


class Status(BaseModel):
    """Of the server."""

    status: str
