"""A Python function of the user's own, run by the client that the engine sends its request to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ippon.evaluate.asking import ask, settled, unscored
from ippon.evaluate.material import RESPONSE
from ippon.evaluate.reported import reported
from ippon.records.call import FunctionRequest
from ippon.records.judgement import Unscored

if TYPE_CHECKING:
    from ippon.evaluate.material import Context, Material
    from ippon.ports import Steps
    from ippon.records.evaluators import PythonEvaluator
    from ippon.records.suite import Code

EXAMPLE = "example"


def steps(evaluator: PythonEvaluator, material: Material, context: Context) -> Steps:
    """Call the function with what it names; its result comes back as JSON."""
    code = context.code.get(evaluator.function)
    if code is None:
        return settled(unscored(f"the code of {evaluator.function} is not known"))
    request = FunctionRequest(
        function=evaluator.function,
        arguments=arguments(code, {**material.columns, RESPONSE: material.response}, context.row),
        code=code.digest,
        version=str(evaluator.version),
    )
    return _ask(request)


def arguments(code: Code, values: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Values by parameter name. A name that the example lacks is left to the function's default.

    A function that takes `example` or `**rest` gets every value and the row itself as `example`: who calls it drops
    what it does not take.
    """
    everything = {**values, EXAMPLE: row}
    if code.parameters is None:
        return everything
    return {name: everything[name] for name in code.parameters if name in everything}


def _ask(request: FunctionRequest) -> Steps:
    answer = yield from ask(request)
    return answer if isinstance(answer, Unscored) else reported(answer.text)
