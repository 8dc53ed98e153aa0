"""The generator behind an address: completions of an OpenAI-compatible endpoint (vLLM and the like), each with a seed of its own.

Its weights cannot be hashed. So its author's version is what the endpoint says its model is, marked as not digest-checked, and a run in
which it begins to say something else is refused. A key is sent in a header and is in no message.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from governance.adapters.synthetic_rows import seed_of
from governance.errors import DependencyError, RefusedError, UsageError
from governance.ports.endpoint import CHAT, VLLM, Endpoint, Secret
from governance.ports.generator import Author, Generator, Request
from governance.ports.language_model import Decoding
from governance.provenance.passed import NOT_CHECKED

if TYPE_CHECKING:
    import httpx

WHERE = "heirloom.toml teacher.endpoint"
PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
"""Statuses that may be another one at the next try."""
LONGEST_REST = 60.0
LONGEST_NAME = 150
LONGEST_SAID = 200
NEUTRAL = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
"""vLLM fills these in from the model's generation_config.json where a request leaves them out: a sharpening that nobody would see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteModel:
    """A model behind an address (`Sampler`). `reported` is the name that every answer must carry; None before it was asked for."""

    endpoint: Endpoint
    instruction: str
    key: Secret | None
    reported: str | None = None
    where: str = WHERE
    """The setting that names the endpoint, for whoever has to mend it."""
    rest: Callable[[float], None] = field(default=time.sleep, repr=False)

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        with self.client() as client:
            return [self.complete(client, prompt, replace(decoding, seed=decoding.seed + n)) for n, prompt in enumerate(prompts)]

    def client(self) -> "httpx.Client":
        import httpx

        headers = {"Authorization": f"Bearer {self.key.value}"} if self.key else {}
        return httpx.Client(headers=headers, timeout=self.endpoint.timeout_seconds, follow_redirects=False)

    def complete(self, client: "httpx.Client", prompt: str, decoding: Decoding) -> str:
        """What the model wrote after the prompt.

        Raises: DependencyError where the endpoint cannot be reached in so many tries, or gives no completion; UsageError where it refuses
        the request or the key; RefusedError where another model answers than before.
        """
        text, model = self._answer(client, prompt, decoding)
        if self.reported not in (None, model):
            raise RefusedError(
                f"the endpoint answers as {model!r}",
                where=self.endpoint.address,
                expected=f"{self.reported!r}, which answered when the run began",
                fix="run again once the endpoint is settled; another model needs a teacher's name of its own",
            )
        return text

    def name_reported(self, client: "httpx.Client") -> str:
        """What the endpoint says its model is: asked for by a completion of one token, because that is what every endpoint has."""
        _, model = self._answer(client, "The", Decoding(max_new_tokens=1))
        return model

    def _answer(self, client: "httpx.Client", prompt: str, decoding: Decoding) -> tuple[str, str]:
        kind = "chat/completions" if self.endpoint.api == CHAT else "completions"
        response = self._asked(client, f"{self.endpoint.address}/{kind}", prompt, decoding)
        try:
            answer = response.json()
            choice, model = answer["choices"][0], answer["model"]
            text = choice["message"]["content"] if self.endpoint.api == CHAT else choice["text"]
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise DependencyError(
                "the answer is no completion", where=self.endpoint.address, expected="an OpenAI-compatible API"
            ) from error
        if not isinstance(model, str) or not model.isprintable() or not 0 < len(model) <= LONGEST_NAME:
            raise DependencyError("the answer names no model", where=self.endpoint.address, expected="a name of at most 150 characters")
        return _follows(str(text or ""), spaced=self.endpoint.api == CHAT), model

    def _body(self, prompt: str, decoding: Decoding) -> dict[str, Any]:
        asked = {"messages": [{"role": "user", "content": self.instruction.replace("{opening}", prompt)}]}
        return {
            "model": self.endpoint.model,
            **(asked if self.endpoint.api == CHAT else {"prompt": prompt}),
            "max_tokens": decoding.max_new_tokens,
            "temperature": decoding.temperature,
            "top_p": decoding.top_p,
            "seed": decoding.seed,
            "frequency_penalty": 0.0,
            "presence_penalty": 0.0,
            **(NEUTRAL if self.endpoint.server == VLLM else {}),
        }

    def _asked(self, client: "httpx.Client", url: str, prompt: str, decoding: Decoding) -> "httpx.Response":
        """The first good answer in so many tries, with a rest between two that doubles, or is what the endpoint asks for."""
        import httpx

        body, said = self._body(prompt, decoding), ""
        for number in range(self.endpoint.tries):
            wait = min(2.0**number, LONGEST_REST)
            try:
                response = client.post(url, json=body)
            except httpx.TransportError as error:
                said = type(error).__name__
            else:
                if response.is_success:
                    return response
                said = f"status {response.status_code}"
                if response.status_code not in PASSING:
                    raise self._refusal(response, prompt)
                wait = _asked_for(response, wait)
            if number + 1 < self.endpoint.tries:
                self.rest(wait)
        raise DependencyError(
            f"does not answer in {self.endpoint.tries} tries: {said}",
            where=self.endpoint.address,
            fix="start the endpoint; what was written so far is kept, and heirloom synthesize goes on with it",
        )

    def _refusal(self, response: "httpx.Response", prompt: str) -> UsageError:
        """An answer that will not change. What an endpoint says of a key, or of the text that it was given, is not told on."""
        status = response.status_code
        if status in (401, 403):
            return UsageError(f"refuses the key (status {status})", where=self.endpoint.address, fix=f"{self.where}.key_env or .key_file")
        said = " ".join(response.text.split())[:LONGEST_SAID]
        if prompt in response.text or (self.key and self.key.value in response.text):
            said = "(what it says repeats what it was sent)"
        return UsageError(f"refuses the request (status {status}): {said}", where=self.endpoint.address, fix=self.where)


def write(author: Author, requests: Sequence[Request], decoding: Decoding) -> Iterator[Mapping[str, str]]:
    """A piece for every request, as it is done, some of them at once; each seed follows from the decoding's and the row id.

    After a failure nothing more is asked for, and what was under way is handed over before the failure is raised: it may be paid for.
    """
    from concurrent.futures import Future, ThreadPoolExecutor, as_completed

    model = author.model
    if not isinstance(model, RemoteModel):
        raise TypeError(f"{author.name} is no model behind an address")
    with model.client() as client:
        workers = ThreadPoolExecutor(max_workers=model.endpoint.at_once)
        try:
            asked: dict[Future[str], str] = {}
            for request in requests:
                seeded = replace(decoding, seed=seed_of(str(decoding.seed), request.row_id), mark=None)
                asked[workers.submit(model.complete, client, request.opening, seeded)] = request.row_id
            failed = None
            for done in as_completed(asked):
                if (failed := done.exception()) is not None:
                    break
                yield {asked.pop(done): done.result()}
            workers.shutdown(cancel_futures=True)
            yield from ({row_id: late.result()} for late, row_id in asked.items() if not late.cancelled() and late.exception() is None)
            if failed is not None:
                raise failed
        finally:
            workers.shutdown(cancel_futures=True)


def open_author(name: str, endpoint: Endpoint, instruction: str, key: Secret | None) -> Author:
    """The author behind an address, under the name that the endpoint gives its model.

    Raises: UsageError where the settings lack address or model; what `RemoteModel.complete` raises.
    """
    for wanted in ("base_url", "model"):
        if not getattr(endpoint, wanted):
            raise UsageError(f"{wanted} is not set", where=WHERE)
    model = RemoteModel(endpoint=endpoint, instruction=instruction, key=key)
    with model.client() as client:
        reported = model.name_reported(client)
    return Author(name=name, version=f"{NOT_CHECKED}{reported}", model=replace(model, reported=reported))


def _follows(text: str, *, spaced: bool) -> str:
    """A reply stands behind its opening as a new word; a completion brings its own blank where it needs one."""
    return f" {text.strip()}" if spaced else text


def _asked_for(response: "httpx.Response", otherwise: float) -> float:
    """The seconds that an endpoint asks for, within a minute."""
    asked = response.headers.get("retry-after", "")
    return min(float(asked), LONGEST_REST) if asked.isdecimal() else otherwise


GENERATOR = Generator(name="openai_compatible", write=write, open=open_author)
