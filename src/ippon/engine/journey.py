"""One evaluation's way from response to score, without any I/O: a generator that yields what it needs to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ippon.engine.lookup import cached_result
from ippon.evaluate.kinds import steps_for
from ippon.evaluate.target import request as target_request
from ippon.evaluate.target import response_text
from ippon.records.call import DETERMINISTIC, Answered, Failed, Failure, Skipped
from ippon.records.judgement import Score, Unscored
from ippon.records.kept import Entry
from ippon.records.run import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ippon.engine.setting import Setting
    from ippon.records.call import Outcome, Request
    from ippon.records.judgement import Judgement
    from ippon.records.run import Evaluation, Status


class Asking(NamedTuple):
    """A request of an evaluation. A shared one (the target's) is the same for all evaluators of the example.

    The answer to a `fresh` one is not read again, but asked anew.
    """

    request: Request
    repeat: int
    shared: bool
    fresh: bool = False


class Found(NamedTuple):
    """What is kept of a score; `fresh` where only a failure is, and that is to be tried again."""

    entry: Entry | None = None
    fresh: bool = False


class Ended(NamedTuple):
    """The end of an evaluation: its result and key, and what to remember of it."""

    result: Result
    key: bytes | None
    entries: tuple[Entry, ...]


class _Tally(msgspec.Struct):
    """What an evaluation has cost so far, now or when its answers were new."""

    tries: int = 0
    seconds: float = 0.0
    cost_usd: float | None = 0.0
    asked: int = 0
    cached: int = 0
    latency_s: float | None = None
    hedged: bool = False

    def add(self, outcome: Outcome) -> None:
        self.tries += outcome.tries
        self.asked += 1
        if isinstance(outcome, Skipped):
            return
        self.cached += outcome.cached
        if isinstance(outcome, Answered):
            self.hedged = self.hedged or outcome.hedged
            self.seconds += outcome.latency_s or 0.0
            if not outcome.cached:
                self.latency_s = (self.latency_s or 0.0) + (outcome.latency_s or 0.0)
            both = None if self.cost_usd is None or outcome.cost_usd is None else self.cost_usd + outcome.cost_usd
            self.cost_usd = both


def journey(
    setting: Setting,
    evaluation: Evaluation,
    text: str | None,
    *,
    find: Callable[[bytes], Found],
    now: Callable[[], float],
    fresh: bool = False,
) -> Generator[Asking, Outcome, Ended]:
    """Ask for what is missing, judge, and say what became of it.

    `text` is the response where it is known, and `fresh` says that it was judged in vain and is to be judged anew; `find`
    looks a score up, for a response that turns out equal to one that was judged before is not judged again.
    """
    it = _Journey(setting, evaluation, now)
    if text is not None:
        return (yield from it.judged(text, fresh=fresh))
    assert setting.asks_target, "a suite is refused where a recorded response is missing"
    fetched = yield from it.fetched()
    if isinstance(fetched, Unscored):
        return it.ended(fetched)
    key = setting.score_key(evaluation, fetched)
    known = find(key)
    if known.entry is not None:
        ended = Ended(cached_result(setting, evaluation, fetched, known.entry), key, ())
    else:
        ended = yield from it.judged(fetched, fresh=known.fresh)
    if not setting.is_target_pinned:
        return ended
    response = Entry(
        key=setting.response_key(evaluation.example),
        kind="response",
        created_at=now(),
        body=fetched.encode(),
        model=setting.answered_by,
    )
    return ended._replace(entries=(response, *ended.entries))


class _Journey:
    """One evaluation under way, and what it has cost so far."""

    def __init__(self, setting: Setting, evaluation: Evaluation, now: Callable[[], float]) -> None:
        self._setting = setting
        self._evaluation = evaluation
        self._now = now
        self._tally = _Tally()

    def fetched(self) -> Generator[Asking, Outcome, str | Unscored]:
        """The response of the system under test, asked once for all evaluators and repeats."""
        setting = self._setting
        target = setting.target
        assert target is not None, "only a target can be asked"
        example = setting.example(self._evaluation)
        request = target_request(target, example, setting.suite, setting.target_use)
        outcome = yield Asking(request, 0, shared=True)
        self._tally.add(outcome)
        match outcome:
            case Answered():
                text = response_text(target, outcome.answer)
                return Unscored(failure=text) if isinstance(text, Failure) else text
            case Failed():
                return Unscored(failure=outcome.failure)
            case Skipped():  # exhaustive
                return Unscored(because=outcome.because, failure=outcome.failure)

    def judged(self, text: str, *, fresh: bool) -> Generator[Asking, Outcome, Ended]:
        """The score of a response, and what the cache keeps of it."""
        setting, evaluation = self._setting, self._evaluation
        evaluator = setting.evaluator(evaluation)
        steps = steps_for(evaluator)(evaluator, setting.material(evaluation, text), setting.context(evaluation))
        try:
            request = next(steps)
            while True:
                outcome = yield Asking(request, evaluation.repeat, shared=False, fresh=fresh)
                self._tally.add(outcome)
                request = steps.send(outcome)
        except StopIteration as stop:
            judgement: Judgement = stop.value
        key = setting.score_key(evaluation, text)
        return self.ended(judgement, text, key)._replace(entries=self._entries(judgement, text, key))

    def ended(self, judgement: Judgement, text: str | None = None, key: bytes | None = None) -> Ended:
        """The result; cached when everything that it needed to ask was known."""
        tally = self._tally
        known = tally.asked > 0 and tally.cached == tally.asked
        result = Result(
            example=self._setting.example(self._evaluation).id,
            evaluator=self._setting.evaluator(self._evaluation).name,
            response=self._evaluation.response,
            repeat=self._evaluation.repeat,
            status=_status(judgement, known=known),
            text=text,
            cached=known,
            tries=tally.tries,
            latency_s=tally.latency_s,
            hedged=tally.hedged,
        )
        if isinstance(judgement, Unscored):
            return Ended(msgspec.structs.replace(result, error=judgement.failure), key, ())
        scored = msgspec.structs.replace(
            result,
            score=float(judgement.value),
            label=judgement.label,
            reason=judgement.reason,
            details=judgement.details,
        )
        return Ended(scored, key, ())

    def _entries(self, judgement: Judgement, text: str, key: bytes) -> tuple[Entry, ...]:
        """What the cache keeps: a score, or a failure that would only repeat itself."""
        setting, evaluation = self._setting, self._evaluation
        if not setting.is_pinned(evaluation):
            return ()
        entry = Entry(
            key=key,
            kind="score",
            created_at=self._now(),
            evaluator=setting.evaluator(evaluation).name,
            model=setting.judged_by(evaluation),
            cost_usd=self._tally.cost_usd,
            seconds=self._tally.seconds,
            example=setting.example(evaluation).id,
            explain=msgspec.json.encode(setting.explanation(evaluation, text)),
        )
        if isinstance(judgement, Score):
            body = msgspec.json.encode(judgement.details) if judgement.details else b""
            kept = {"score": float(judgement.value), "label": judgement.label, "reason": judgement.reason, "body": body}
            return (msgspec.structs.replace(entry, **kept),)
        failure = judgement.failure
        if judgement.because is not None or failure is None or failure.reason not in DETERMINISTIC:
            return ()
        return (msgspec.structs.replace(entry, failure=failure.reason, reason=failure.message),)


def _status(judgement: Judgement, *, known: bool) -> Status:
    if isinstance(judgement, Score):
        return "cached" if known else "answered"
    return "failed" if judgement.because is None else "missing"
