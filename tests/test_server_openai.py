"""The OpenAI-compatible routes, asked by the real `openai` client."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import triptych
from triptych.server.app import create_app
from triptych.settings import ServerSettings

openai = pytest.importorskip("openai", reason="openai is not installed: pip install openai")
QUESTION = "What is the total on invoice INV-1042?"


@pytest.fixture(scope="module")
def server(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = shutil.copytree(made, tmp_path_factory.mktemp("openai") / "library")
    with (
        triptych.open(folder) as library,
        TestClient(create_app(library, ServerSettings(rate=0)), base_url="http://localhost") as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def client(server: TestClient) -> openai.OpenAI:
    return openai.OpenAI(base_url="http://localhost/v1", api_key="none", http_client=server, max_retries=0)


def test_models_are_collections(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["triptych", "default"]
    assert client.models.retrieve("default").owned_by == "triptych"
    with pytest.raises(openai.NotFoundError, match="no such collection"):
        client.models.retrieve("nowhere")


def test_a_chat_is_answered_with_numbered_links(client: openai.OpenAI) -> None:
    told = client.chat.completions.create(model="default", messages=[{"role": "user", "content": QUESTION}])
    [choice] = told.choices
    assert choice.message.content.startswith("$129.50 [[1]](http://localhost/#/page/")
    [note] = choice.message.annotations
    link = choice.message.content[note.url_citation.start_index : note.url_citation.end_index]
    assert link == f"[[1]]({note.url_citation.url})"
    assert told.citations[0]["quote"] == "Total $129.50" and told.abstained is False


def test_a_streamed_chat_says_the_same(client: openai.OpenAI) -> None:
    messages = [{"role": "system", "content": "x"}, {"role": "user", "content": QUESTION}]
    whole = client.chat.completions.create(model="triptych", messages=messages, temperature=0.1)
    chunks = list(
        client.chat.completions.create(
            model="triptych", messages=messages, stream=True, stream_options={"include_usage": True}
        )
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant" and chunks[-1].usage is not None
    [last] = [chunk for chunk in chunks if chunk.choices and chunk.choices[0].finish_reason]
    assert last.citations == whole.citations


def test_a_picture_in_a_message_is_looked_for(client: openai.OpenAI, server: TestClient) -> None:
    hit = server.get("/v1/search?text=invoice+1043&k=1").json()["hits"][0]
    picture = base64.b64encode(server.get(hit["pictures"]["thumbnail"]).content).decode()
    parts = [{"type": "image_url", "image_url": {"url": f"data:image/webp;base64,{picture}"}}]
    told = client.chat.completions.create(model="triptych", messages=[{"role": "user", "content": parts}])
    assert told.citations[0]["asset"] == hit["asset"]
    assert told.choices[0].message.content.startswith("The nearest pages: ")


def test_a_question_may_refer_to_the_turns_before_it(client: openai.OpenAI) -> None:
    messages = [{"role": "user", "content": QUESTION}]
    first = client.chat.completions.create(model="triptych", messages=messages)
    messages.append({"role": "assistant", "content": first.choices[0].message.content})
    messages.append({"role": "user", "content": "And on invoice INV-1043?"})
    told = client.chat.completions.create(model="triptych", messages=messages)
    assert told.choices[0].message.content.startswith("$348.20 [[1]]")


@pytest.mark.parametrize(
    "content",
    [
        "",
        [],
        [{"type": "image_url", "image_url": {"url": "https://elsewhere.example/a.png"}}],
        [{"type": "image_url", "image_url": {"url": "data:image/png;base64,***"}}],
    ],
)
def test_what_cannot_be_asked_is_told(client: openai.OpenAI, content: object) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as told:
        client.chat.completions.create(model="triptych", messages=[{"role": "user", "content": content}])
    assert told.value.body["message"]


def test_nothing_is_answered_where_nothing_is_asked(client: openai.OpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError):
        client.chat.completions.create(model="triptych", messages=[{"role": "system", "content": "x"}])


def test_embeddings_in_both_forms(client: openai.OpenAI) -> None:
    packed = client.embeddings.create(model="any", input=["a boat", "a tax"])
    plain = client.embeddings.create(model="any", input="a boat", encoding_format="float")
    assert plain.data[0].embedding == pytest.approx(packed.data[0].embedding, abs=1e-6)
    assert len(packed.data) == 2 and packed.usage.prompt_tokens >= 4


def test_rerank(server: TestClient) -> None:
    sent = {
        "query": "sailing",
        "documents": ["tax law", "a boat on the lake"],
        "top_n": 1,
        "return_documents": True,
    }
    told = server.post("/v1/rerank", json=sent).json()
    assert [(r["index"], r["document"]["text"]) for r in told["results"]] == [(1, "a boat on the lake")]
