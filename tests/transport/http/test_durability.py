"""What an agent is told to be done is on disk: it survives the power switch in the same instant."""

import pytest
from tests.running import RunningDesk


@pytest.mark.parametrize("number", range(3))
def test_a_record_survives_a_kill_right_after_its_answer(own_desk: RunningDesk, number: int) -> None:
    token = own_desk.token
    status, _ = own_desk.ask("POST", "/v1/canned", {"id": f"c{number}", "title": "x", "text": "y"}, token)
    own_desk.kill()
    assert status == 201
    own_desk.start()
    assert own_desk.ask("GET", f"/v1/canned/c{number}", None, token)[0] == 200
