"""Generated requests: the service responds as /openapi.json describes."""

from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tactus.web.api import make_api
from tests.fixtures.service import Service

# Upstream failures and a missing microphone are 502 to 504 by design; only 500 is a defect, and asserted below. Whether
# bytes are a song, or an address leads to one, no schema can say: valid requests may meet 422.
_NOT_HERE: list[Any] = [not_a_server_error, positive_data_acceptance]


# Every 4xx is a refusal, also those that come before the parameters are looked at, such as an address that is too long.
_REFUSED = {"checks": {"negative_data_rejection": {"expected-statuses": ["4xx", "5xx"]}}}
_DESCRIBED = schemathesis.openapi.from_dict(
    make_api(None).openapi(), config=schemathesis.config.SchemathesisConfig.from_dict(_REFUSED)
)
_ENDLESS = "/live/events"
_CALLS = [
    found.ok()
    for found in _DESCRIBED.exclude(path=_ENDLESS).get_all_operations()  # without end
    if isinstance(found, Ok)
]


@pytest.mark.parametrize("mode", [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE])
@pytest.mark.parametrize("operation", _CALLS, ids=[operation.label for operation in _CALLS])
def test_responses_match_the_schema_and_are_never_500(
    service: Service, operation: Any, mode: schemathesis.GenerationMode
) -> None:
    try:
        cases = operation.as_strategy(generation_mode=mode)
    except hypothesis.errors.Unsatisfiable:
        return  # nothing about this call can be wrong

    @hypothesis.settings(
        max_examples=12, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    @hypothesis.given(case=cases)
    def holds(case: schemathesis.Case[Any]) -> None:
        answer = case.call(base_url=service.url, timeout=30)
        assert answer.status_code != 500
        case.validate_response(answer, excluded_checks=_NOT_HERE)

    try:
        holds()
    except hypothesis.errors.Unsatisfiable:
        return
    assert service.complaints() == []
