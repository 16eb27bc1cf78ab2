"""What holds for every call."""

from typing import Annotated

from pydantic import BaseModel, Field


class Calls(BaseModel):
    """How many, how long, how dear."""

    limit_concurrency: Annotated[
        int | None,
        Field(ge=1, title="a whole number above 0", description="Calls at once; a further caller hears the busy tone."),
    ] = None
    ring_seconds: Annotated[
        int,
        Field(ge=5, le=600, title="seconds, 5 to 600", description="How long a call that is made rings, at most."),
    ] = 45
    max_call_seconds: Annotated[
        float,
        Field(
            gt=0,
            le=86400,
            title="seconds, above 0 to 86400",
            description="A call is ended, with a goodbye, after this many seconds.",
        ),
    ] = 3600.0
    max_cost_per_call: Annotated[
        float | None,
        Field(
            gt=0, title="US dollars, above 0",
            description="A call is ended, with a goodbye, once its model has cost so many US dollars. "
            "What has no known price is not counted.",
        ),
    ] = None  # fmt: skip
    drain_seconds: Annotated[
        float,
        Field(
            ge=0,
            le=86400,
            title="seconds, 0 to 86400",
            description="Seconds that calls may go on after the server was asked to stop.",
        ),
    ] = 30.0
    playout_offset_ms: Annotated[
        float,
        Field(
            ge=0, le=5000, title="milliseconds, 0 to 5000",
            description="A constant delay from the carrier's queue to the ear, taken off what counts as heard.",
        ),
    ] = 0.0  # fmt: skip
    show_timing_math: Annotated[
        bool, Field(title="true or false", description="Log the arithmetic of what was heard at each interruption.")
    ] = False
