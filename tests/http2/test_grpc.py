"""A real gRPC client and a real gRPC server with the program between them."""

import time

import grpc
import pytest

import frames
import grpc_parts
import harness
import servers
from frames import data, headers
from peer import Peer

@pytest.fixture(scope="module")
def service():
    one = grpc_parts.Service()
    yield one
    one.stop()


def configuration(port):
    config = harness.settings(port, upstreams={"app": {"servers": [f"h2c://127.0.0.1:{port}"]},
                                               "away": {"servers": [f"h2c://127.0.0.1:{harness.free_port()}"]}})
    for listener in config["listeners"]:
        listener["protocols"] = servers.PROTOCOLS
    config["limits"] = {**config["limits"], "few": {"rate": "2/1h", "algorithm": "window", "key": ["client"]}}
    config["routes"] = [
        {"name": "admin", "match": {"path": "/admin/**"}, "access": {"roles": ["admin"]}, "upstream": "app"},
        {"name": "away", "match": {"path": "/away/**"}, "access": "public", "upstream": "away"},
        {"name": "few", "match": {"path": "/few/**"}, "access": "public", "upstream": "app", "limits": ["few"]},
        {"name": "rest", "match": {"path": "/**"}, "access": "authenticated", "upstream": "app"},
    ]
    return config


@pytest.fixture(scope="module")
def program(service, tmp_path_factory):
    one = harness.Gateway(tmp_path_factory.mktemp("gateway"), configuration(service.port))
    yield one
    one.stop()


@pytest.fixture(scope="module")
def token(program):
    return program.user()["access_token"]


@pytest.fixture(params=["plain", "tls"])
def calls(request, program, token):
    with (grpc_parts.plain(program.plain_port, token) if request.param == "plain" else grpc_parts.secured(program.tls_port, program.ca, token)) as one:
        yield one


def test_one_answer_to_one_request(calls):
    assert calls.echo(b"\0\xff octets") == b"\0\xff octets" and calls.echo(b"") == b""


def test_large_messages(calls):
    assert calls.echo(b"m" * 3_000_000) == b"m" * 3_000_000


def test_a_stream_of_answers(calls):
    assert list(calls.count(500)) == [b"%d" % number for number in range(500)] and list(calls.count(0)) == []


def test_a_stream_of_requests(calls):
    assert calls.sum(bytes(1000) for _ in range(500)) == 500_000 and calls.sum([]) == 0


def test_both_streams_take_turns(calls):
    """Each answer is there before the next request is sent."""
    conversation = grpc_parts.Conversation()
    answers = calls.chat(conversation)
    for number in range(20):
        conversation.say(b"%d" % number)
        assert next(answers) == b"heard %d" % number
    conversation.say(None)
    assert list(answers) == [] and answers.code() is grpc.StatusCode.OK


def test_the_application_is_told_who_calls(calls):
    told = calls.told()
    fields = dict(map(tuple, told["fields"]))
    assert fields["x-yett-email"] == "ada@example.com" and "authorization" not in fields
    assert 15 < told["seconds"] <= 20


def test_how_a_call_ended_is_the_application_s_word(calls):
    with pytest.raises(grpc.RpcError) as ended:
        calls.fail()
    assert (ended.value.code(), ended.value.details()) == (grpc.StatusCode.ABORTED, "grün; 100%")
    assert ("x-reason", "as asked") in [tuple(pair) for pair in ended.value.trailing_metadata()]


def test_an_unknown_method_is_the_application_s_to_refuse(calls):
    assert grpc_parts.code_of(lambda: calls.channel.unary_unary("/test.Service/None")(b"", metadata=calls.metadata, timeout=10)) is grpc.StatusCode.UNIMPLEMENTED


# --- what does not pass -----------------------------------------------------------------


def test_without_a_token_unauthenticated(program):
    with grpc_parts.plain(program.plain_port) as stranger, grpc_parts.plain(program.plain_port, "junk") as forger:
        for each in (stranger, forger):
            assert grpc_parts.code_of(each.echo) is grpc.StatusCode.UNAUTHENTICATED
            assert grpc_parts.code_of(lambda: each.count(3)) is grpc.StatusCode.UNAUTHENTICATED


def test_refusals_are_words_of_grpc(calls):
    assert grpc_parts.code_of(lambda: calls.echo(path="/admin")) is grpc.StatusCode.PERMISSION_DENIED
    assert grpc_parts.code_of(lambda: calls.echo(path="/away")) is grpc.StatusCode.UNAVAILABLE


def test_beyond_a_limit_resource_exhausted(program):
    with grpc_parts.plain(program.plain_port) as calls:
        seen = [grpc_parts.code_of(lambda: calls.echo(path="/few")) for _ in range(4)]
    assert seen[-1] is grpc.StatusCode.RESOURCE_EXHAUSTED and grpc.StatusCode.UNAUTHENTICATED not in seen


# --- the end of calls -------------------------------------------------------------------


def test_a_call_that_is_cancelled_is_cancelled_at_the_application(calls, service):
    before = service.cancelled
    call = calls.wait()
    assert next(call) == b"waiting"
    call.cancel()
    harness.wait_until(lambda: service.cancelled == before + 1, 5, "the cancelled call at the application")
    assert calls.echo() == b"hello"


def test_a_deadline_is_kept_and_passed_on(calls, service):
    before = service.cancelled
    code, seconds = grpc_parts.seconds_of(lambda: calls.wait(timeout=0.5))
    assert code is grpc.StatusCode.DEADLINE_EXCEEDED and 0.4 < seconds < 2
    harness.wait_until(lambda: service.cancelled == before + 1, 5, "the end of the call at the application")
    assert calls.told(timeout=3)["seconds"] <= 3


def test_a_deadline_is_kept_for_a_client_that_does_not_look(program, token, service):
    """grpc-timeout is honoured by the program as well: there may be nobody else to end the call."""
    with Peer(program, grants=True) as peer:
        fields = (("content-type", "application/grpc"), ("te", "trailers"), ("grpc-timeout", "300m"), ("authorization", f"Bearer {token}"))
        began = time.monotonic()
        peer.send(headers(1, peer.to.asked(*fields, method="POST", path="/test.Service/Wait"), end=False) + data(1, bytes(5), end=True))
        assert peer.until(lambda: peer.reply(1).over(), 5)
        reply = peer.reply(1)
        assert time.monotonic() - began < 3
        assert reply.reset == frames.CANCEL or dict((reply.trailers or []) + reply.fields).get("grpc-status") == "4"


def test_a_logout_ends_the_calls_of_its_session_and_no_others(program, service):
    """Two users on one connection: UNAUTHENTICATED by trailers to one, the other goes on."""
    goes, stays = program.user("goes@example.com")["access_token"], program.user("stays@example.com")["access_token"]
    channel = grpc.insecure_channel(f"127.0.0.1:{program.plain_port}", options=grpc_parts.OPTIONS)
    left, kept = grpc_parts.Calls(channel, goes), grpc_parts.Calls(channel, stays)
    with kept:
        ends, lasts = left.wait(), kept.wait()
        assert next(ends) == next(lasts) == b"waiting"
        time.sleep(1)       # streams are looked after when they have lasted
        assert program.call("POST", "/auth/logout", token=goes).status_code == 204
        code, seconds = grpc_parts.seconds_of(lambda: ends)
        assert code is grpc.StatusCode.UNAUTHENTICATED and seconds < 2
        assert lasts.is_active() and kept.echo() == b"hello"
        assert grpc_parts.code_of(left.echo) is grpc.StatusCode.UNAUTHENTICATED
        lasts.cancel()
