"""Jobs: how far an upload is, once or as it goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from triptych.server import reply
from triptych.server.identity import READ, Identity, access
from triptych.server.job import Job
from triptych.server.problems import absent
from triptych.server.schemas import JobList, JobModel
from triptych.server.state import Here, State, Who

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

Id = Annotated[str, Path(max_length=80, description="`job` of an upload.")]
_EVENTS = "Events: `progress` (a file that is new or changed), `job` (counts), `done` (the job)"


def _seen(here: State, who: Identity, job_id: str) -> Job:
    job = here.jobs.get(job_id)
    if job is None or not _mine(who, job):
        raise absent("job")
    return job


def _watched(here: Here, who: Who, job: Id) -> Job:
    """The job that is watched; whether they may see it is decided before its events begin."""
    return _seen(here, who, job)


def _mine(who: Identity, job: Job) -> bool:
    """Their own, or one of a collection that they administer."""
    own = job.owner == who.name and who.may("write", job.collection)
    return own or who.may("admin", job.collection)


@router.get(
    "",
    openapi_extra=access(READ),
    response_model=JobList,
    responses=reply.failures(),
    summary="Jobs, the newest first",
)
async def list_jobs(
    here: Here, who: Who, limit: Annotated[int, Query(ge=1, le=200, description="How many.")] = 50
) -> Response:
    mine = [job.to_dict(items=False) for job in here.jobs.all() if _mine(who, job)]
    return reply.as_json({"jobs": mine[:limit]})


@router.get(
    "/{job}",
    openapi_extra=access(READ),
    response_model=JobModel,
    responses=reply.failures(404),
    summary="One job",
)
async def show(here: Here, who: Who, job: Id) -> Response:
    return reply.as_json(_seen(here, who, job).to_dict())


@router.get(
    "/{job}/events",
    openapi_extra=access(READ),
    response_class=EventSourceResponse,
    responses=reply.failures(404) | {200: reply.stream(_EVENTS)},
    summary="A job as it goes",
)
async def watch(here: Here, watched: Annotated[Job, Depends(_watched)]) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events: `progress` for every file that is new or changed, with its quality report or its
    failure, `job` with the counts, and `done` at the end."""
    numbers = {id(item): number for number, item in enumerate(watched.items, 1)}
    async for items in here.jobs.changes(watched):
        for item in items:
            yield ServerSentEvent(event="progress", data=item.to_dict(numbers[id(item)]))
        yield ServerSentEvent(event="job", data=watched.to_dict(items=False))
    yield ServerSentEvent(event="done", data=watched.to_dict(items=False))
