"""What one run works with: the suite, which responses and models, and the parts of every key that hold for all examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ippon.evaluate.identity import identity
from ippon.evaluate.material import Context, command_key, material, picked, reads
from ippon.records.bundle import Bundle
from ippon.records.expiry import is_floating
from ippon.records.fingerprint import digest, fields_digest, response_key, score_key, text_digest
from ippon.records.kept import Kept
from ippon.records.suite import RecordedTarget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.evaluate.material import Material
    from ippon.records.call import ModelRequest
    from ippon.records.evaluators import AnyEvaluator
    from ippon.records.providers import ModelUse
    from ippon.records.run import Evaluation, Result
    from ippon.records.suite import Example, ResponseKind, Suite, Target


class Models(Bundle, frozen=True):
    """The models of one evaluator: its own, and those of a cascade's cheap and sure one."""

    use: ModelUse | None = None
    inner: tuple[ModelUse | None, ModelUse | None] | None = None


class Setting:
    """A suite as one run sees it, and the keys of its evaluations. Reads nothing, writes nothing."""

    def __init__(
        self,
        suite: Suite,
        *,
        target_name: str | None,
        models: Sequence[Models],
        target_use: ModelUse | None = None,
    ) -> None:
        self.suite = suite
        self.target_name = target_name
        self.target: Target | None = suite.targets[target_name] if target_name is not None else None
        self.models = models
        self.target_use = target_use
        self.identities: list[dict[str, Any]] = [
            identity(evaluator, its.use, suite, inner=its.inner)
            for evaluator, its in zip(suite.evaluators, models, strict=True)
        ]
        self._identity_digests = [digest(each) for each in self.identities]
        self.reads = [reads(evaluator, suite) for evaluator in suite.evaluators]
        self._fields: dict[tuple[tuple[str, ...], int], bytes] = {}
        self._texts: dict[str, bytes] = {}
        self._responses: dict[int, bytes] = {}
        self._named: dict[int, dict[str, str]] = {}
        self._made: dict[int, tuple[AnyEvaluator, ModelRequest]] = {}

    @property
    def asks_target(self) -> bool:
        """Whether responses have to be fetched, rather than read from a column."""
        return self.target is not None and not isinstance(self.target, RecordedTarget)

    def example(self, evaluation: Evaluation) -> Example:
        """The example of an evaluation."""
        return self.suite.examples[evaluation.example]

    def evaluator(self, evaluation: Evaluation) -> AnyEvaluator:
        """The evaluator of an evaluation."""
        return self.suite.evaluators[evaluation.evaluator]

    def recorded(self, example: Example, kind: ResponseKind) -> str | None:
        """The response that stands in a column, as text; None where the example has none."""
        name = self._column_of(kind)
        value = example.row.get(name)
        if value is None or isinstance(value, str):
            return value
        return msgspec.json.encode(value).decode()

    def values(self, evaluation: Evaluation) -> dict[str, Any]:
        """What an evaluator reads of the example, by name; a column that this example lacks is left out."""
        return picked(self.reads[evaluation.evaluator], self.suite, self.example(evaluation))

    def material(self, evaluation: Evaluation, text: str) -> Material:
        """What the evaluator has in hand."""
        return material(self.suite, self.example(evaluation), text)

    def context(self, evaluation: Evaluation) -> Context:
        """How the evaluator reaches what it needs."""
        its = self.models[evaluation.evaluator]
        return Context(
            use=its.use, inner=its.inner, code=self.suite.code, row=self.example(evaluation).row, made=self._made
        )

    def score_key(self, evaluation: Evaluation, text: str) -> bytes:
        """Where the score of a response lies in the cache."""
        names = self.reads[evaluation.evaluator]
        fields = self._fields.get((names, evaluation.example))
        if fields is None:
            fields = self._fields[names, evaluation.example] = fields_digest(self.values(evaluation))
        response = self._texts.get(text)
        if response is None:
            response = self._texts[text] = text_digest(text)
        return score_key(self._identity_digests[evaluation.evaluator], fields, response, evaluation.repeat)

    def response_key(self, example: int) -> bytes:
        """Where the response of the system under test to an example lies in the cache."""
        key = self._responses.get(example)
        if key is None:
            target = digest(
                {"target": self.target, "use": self.target_use, "code": self._target_code, "fields": self.suite.fields}
            )
            key = self._responses[example] = response_key(target, digest(self.suite.examples[example].row))
        return key

    def kept(self, position: int, evaluation: Evaluation, key: bytes | None, result: Result) -> Kept:
        """A result as the history keeps it."""
        fetched = self.asks_target and result.text is not None
        return Kept(position, key, result, self.response_key(evaluation.example) if fetched else None)

    @property
    def is_target_pinned(self) -> bool:
        """Whether a response's key covers all that it depends on."""
        return self._target_code != ""

    def explanation(self, evaluation: Evaluation, text: str) -> dict[str, str]:
        """The parts of a score key by name, short ones as they are, of others eight digits of digest, for `cache why`."""
        from ippon.evaluate.explained import digest_of, parts_of  # noqa: PLC0415 - a warm run explains nothing

        named = self._named.get(evaluation.evaluator)
        if named is None:
            named = self._named[evaluation.evaluator] = parts_of(self.identities[evaluation.evaluator])
        values = {f"example.{name}": digest_of(value) for name, value in self.values(evaluation).items()}
        return {**named, **values, "response": digest_of(text), "repeat": str(evaluation.repeat)}

    def judged_by(self, evaluation: Evaluation) -> str | None:
        """The model (PROVIDER/MODEL) that a score is of, None without one; of a cascade's two, one whose name floats if any."""
        its = self.models[evaluation.evaluator]
        names = [f"{use.provider}/{use.model}" for use in (its.use, *(its.inner or ())) if use is not None]
        return next(filter(is_floating, names), names[-1] if names else None)

    @property
    def answered_by(self) -> str | None:
        """The model that gives the responses, None where none does."""
        return None if self.target_use is None else f"{self.target_use.provider}/{self.target_use.model}"

    def is_pinned(self, evaluation: Evaluation) -> bool:
        """Whether a score's key covers all that it depends on: code without a digest may be anything."""
        return self._code_of(self.evaluator(evaluation)) != ""

    @property
    def _target_code(self) -> str | None:
        return self._code_of(self.target)

    def _code_of(self, part: object) -> str | None:
        """The digest of the code that a target or evaluator runs; None where it runs none, empty where nobody knows it."""
        command = getattr(part, "command", None)
        name = getattr(part, "function", None) if command is None else command_key(command)
        if name is None:
            return None
        return self.suite.code[name].digest if name in self.suite.code else ""

    def _column_of(self, kind: ResponseKind) -> str:
        if kind == "target":
            return self.target.field if isinstance(self.target, RecordedTarget) else "response"
        contrast = self.suite.contrast
        assert contrast is not None, "pairs are evaluated only where there is a contrast"
        return contrast.good if kind == "good" else contrast.poor
