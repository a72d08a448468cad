"""Whatever the OpenAPI description allows is answered as it says; whatever it forbids is refused."""

import schemathesis
from conftest import ARTIFACTS
from fraud_api.app import create_app
from hypothesis import HealthCheck, settings

schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(ARTIFACTS))


@schema.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_every_call_keeps_to_the_description(case):
    case.call_and_validate()
