"""A program of the user's own: example and response as JSON on standard input, `{score, reason}` or an exit code back.

Exit code 0 is the score 1 and 1 the score 0, with what was printed as the reason; a printed object with a `score`
counts more than either. Any other exit code is a failure of the command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.evaluate.asking import ask, settled, unscored
from ippon.evaluate.material import RESPONSE, command_key
from ippon.evaluate.python import EXAMPLE
from ippon.evaluate.reported import reported
from ippon.evaluate.strict_json import Decoded, as_object, decode
from ippon.evaluate.texts import fragment, reason_text
from ippon.records.call import CommandRequest
from ippon.records.judgement import Score, Unscored

if TYPE_CHECKING:
    from ippon.evaluate.material import Context, Material
    from ippon.ports import Steps
    from ippon.records.call import Answer
    from ippon.records.evaluators import CommandEvaluator
    from ippon.records.judgement import Judgement

_encoder = msgspec.json.Encoder(order="sorted")


def steps(evaluator: CommandEvaluator, material: Material, context: Context) -> Steps:
    """Run the command; `example` on its input is the row under the data's own names."""
    code = context.code.get(command_key(evaluator.command))
    if code is None:
        return settled(unscored(f"the code of {' '.join(evaluator.command)} is not known"))
    given = {EXAMPLE: context.row, RESPONSE: material.response}
    request = CommandRequest(
        command=tuple(evaluator.command),
        stdin=_encoder.encode(given).decode(),
        code=code.digest,
        version=str(evaluator.version),
    )
    return _ask(request)


def _ask(request: CommandRequest) -> Steps:
    answer = yield from ask(request)
    return answer if isinstance(answer, Unscored) else _judgement(answer)


def _judgement(answer: Answer) -> Judgement:
    if answer.exit_code not in {None, 0, 1}:
        return unscored(f"the command ended with exit code {answer.exit_code}: {fragment(answer.text.strip())}")
    if _is_report(answer.text):
        return reported(answer.text)
    return Score(0.0 if answer.exit_code else 1.0, reason=reason_text(answer.text))


def _is_report(text: str) -> bool:
    """Whether a command printed an object with a score, or something that was meant as one."""
    found = decode(text)
    if isinstance(found, Decoded):
        return "score" in (as_object(found.value) or {})
    return found.invalid
