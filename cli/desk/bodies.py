"""What the desk's script may send, and how long each part of it may be; anything else is refused before it is looked at."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from flows.desk import MOST_ANSWERS

Name = Annotated[str, Field(min_length=1, max_length=63)]
Token = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Bytes = Annotated[str, Field(min_length=1, max_length=8192, pattern=r"^[A-Za-z0-9_-]+$")]
Cell = Annotated[str, Field(max_length=400)]


class Body(BaseModel):
    """No field more, and no number for a text."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answer(Body):
    """What a person says of one row."""

    row_id: Annotated[str, Field(min_length=1, max_length=1000)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    label: Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]
    new_origin: Cell = ""
    new_generator: Cell = ""
    new_generator_version: Cell = ""
    note: Cell = ""


class Vote(Body):
    """What a person says of one question about one pair."""

    pair_id: Annotated[str, Field(min_length=1, max_length=64)]
    question: Annotated[str, Field(max_length=32)]
    choice: Annotated[str, Field(max_length=8)]


class Decide(Body):
    """Approve or reject a candidate."""

    act: Literal["approve", "reject"]
    by: Name
    version: Annotated[int, Field(ge=1, le=10**9)]
    reason: Annotated[str, Field(max_length=500)]


class Label(Body):
    """Answers to some rows."""

    act: Literal["label"]
    by: Name
    answers: Annotated[list[Answer], Field(max_length=MOST_ANSWERS)]


class Votes(Body):
    """Votes on some pairs."""

    act: Literal["vote"]
    by: Name
    votes: Annotated[list[Vote], Field(max_length=MOST_ANSWERS)]


class Signature(Body):
    """What `navigator.credentials.get` returned for a draft."""

    id: Token
    credential: Bytes
    authenticator_data: Bytes
    client_data: Bytes
    signature: Bytes


class NewName(Body):
    """Who wants to make a passkey."""

    name: Name


class NewPasskey(Body):
    """What `navigator.credentials.create` returned."""

    id: Token
    authenticator_data: Bytes
    client_data: Bytes
