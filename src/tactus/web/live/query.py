"""Query parameters of a WebSocket handshake, which the framework would not check before it accepts."""

from typing import TypeVar

from pydantic import BaseModel
from pydantic import ValidationError as PydanticError
from starlette.datastructures import QueryParams

from tactus.errors import ValidationError
from tactus.web.problems import validation_error

Model = TypeVar("Model", bound=BaseModel)


def parse_query(query: QueryParams, model: type[Model]) -> Model:
    """The query as an instance of `model`; each parameter at most once.

    Raises:
        ValidationError: A parameter is invalid, unknown, or given twice.
    """
    names = [name for name, _ in query.multi_items()]
    if twice := [name[:50] for name in names if names.count(name) > 1]:
        raise ValidationError(f"{twice[0]!r} is given twice.", errors=[{"field": twice[0], "message": "given twice"}])
    try:
        return model.model_validate(dict(query))
    except PydanticError as error:
        raise validation_error(error.errors(include_url=False, include_input=False, include_context=False)) from error
