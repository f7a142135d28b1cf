from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pytest
from flwr.app import ConfigRecord, Message, RecordDict

from hanse_federation.messages import CohortReply, Question, Reply, TrainRequest
from hanse_federation.randomness import SeededRandomness
from hanse_flower import (
    AnswersCollected,
    BrandRefusal,
    ErrorNumber,
    ForeignMessageError,
    ForeignReplyDropped,
    GridMisuseError,
    Observer,
    QuestionAsked,
    RunStep,
    UnknownNodeError,
    UnsafePlaintextGrid,
    UnsupportedRecordError,
    node_id_of,
    parameters_to_record,
    unobserved,
)
from hanse_flower.internals import describe_run
from hanse_policies.documents import BrandId
from tests.support.fake_link import FakeLink, RefusingResponder
from tests.support.flower_apps import BRANDS, RUN, STUDY, honest_responders, initial_parameters

AURORA, BOREALIS, CASCADE = BRANDS


def grid_over(
    link: FakeLink, observer: Observer = unobserved, run: int = RUN
) -> UnsafePlaintextGrid:
    return UnsafePlaintextGrid(
        link,
        run,
        STUDY,
        reversed(BRANDS),
        deadline_seconds=5.0,
        observer=observer,
        randomness=SeededRandomness(7),
    )


def train_content(round_number: int = 1) -> RecordDict:
    return RecordDict(
        {
            "arrays": parameters_to_record(initial_parameters()),
            "config": ConfigRecord({"server-round": round_number}),
        }
    )


def messages_for(grid: UnsafePlaintextGrid, content: RecordDict) -> list[Message]:
    return [grid.create_message(content, "train", node, "1") for node in grid.get_node_ids()]


def codes(replies: Iterable[Message]) -> list[str | None]:
    return [reply.error.reason if reply.has_error() else None for reply in replies]


def test_brands_are_nodes_in_the_order_of_their_names() -> None:
    grid = grid_over(FakeLink(honest_responders()))
    assert grid.get_node_ids() == [node_id_of(brand) for brand in BRANDS]
    assert grid.brand_of(node_id_of(CASCADE)) == CASCADE


def test_requests_carry_run_study_round_and_deadline() -> None:
    link = FakeLink(honest_responders())
    grid = grid_over(link)
    grid.send_and_receive(messages_for(grid, train_content()), timeout=3600)
    bindings = {request.binding for _, request in link.submitted}
    assert {(b.run, b.study, b.round_number) for b in bindings} == {(RUN, STUDY, 1)}
    assert {request.deadline_seconds for _, request in link.submitted} == {5.0}


def test_every_request_has_a_fresh_id_even_for_the_same_message() -> None:
    link = FakeLink(honest_responders())
    grid = grid_over(link)
    messages = messages_for(grid, train_content())
    sent = [*grid.push_messages(messages), *grid.push_messages(messages)]
    assert len(set(sent)) == 6
    assert all(len(bytes.fromhex(name)) == 16 for name in sent)


def test_content_shared_by_all_brands_is_read_once() -> None:
    link = FakeLink(honest_responders())
    grid = grid_over(link)
    grid.push_messages(messages_for(grid, train_content()))
    assert len({id(request.payload) for _, request in link.submitted}) == 1


def test_replies_come_ordered_by_brand_whatever_the_order_of_messages() -> None:
    grid = grid_over(FakeLink(honest_responders()))
    replies = grid.send_and_receive(reversed(messages_for(grid, train_content())))
    assert [grid.brand_of(r.metadata.src_node_id) for r in replies] == list(BRANDS)


def test_reply_names_its_request_and_run() -> None:
    grid = grid_over(FakeLink(honest_responders()))
    sent = grid.push_messages(messages_for(grid, train_content()))
    replies = grid.pull_messages(sent)
    assert [reply.metadata.reply_to_message_id for reply in replies] == sent
    assert {reply.metadata.run_id for reply in replies} == {RUN}


def test_reply_is_handed_out_once() -> None:
    grid = grid_over(FakeLink(honest_responders()))
    sent = grid.push_messages(messages_for(grid, train_content()))
    grid.pull_messages(sent)
    with pytest.raises(ForeignMessageError):
        grid.pull_messages(sent)


def test_pull_does_not_wait_and_returns_only_what_is_in() -> None:
    link = FakeLink(honest_responders(), silent=[BOREALIS])
    grid = grid_over(link)
    replies = grid.pull_messages(grid.push_messages(messages_for(grid, train_content())))
    assert len(replies) == 2
    assert link.waits == [0.0]


def test_brand_that_never_answers_becomes_an_error_reply_after_one_wait() -> None:
    link = FakeLink(honest_responders(), silent=[BOREALIS])
    grid = grid_over(link)
    replies = grid.send_and_receive(messages_for(grid, train_content()), timeout=2.0)
    assert codes(replies) == [None, "deadline-exceeded", None]
    assert replies[1].error.code == ErrorNumber.NO_ANSWER
    assert link.waits == [3.0]


def test_brand_that_is_away_becomes_an_error_reply() -> None:
    grid = grid_over(FakeLink(honest_responders(), away=[AURORA]))
    replies = grid.send_and_receive(messages_for(grid, train_content()))
    assert codes(replies) == ["brand-not-connected", None, None]


def test_refusal_becomes_an_error_reply_with_the_code_alone() -> None:
    responders = {**honest_responders(), CASCADE: RefusingResponder("budget-exceeded")}
    grid = grid_over(FakeLink(responders))
    replies = grid.send_and_receive(messages_for(grid, train_content()))
    assert codes(replies) == [None, None, "budget-exceeded"]
    assert replies[2].error.code == ErrorNumber.REFUSED_BY_BRAND


def test_hostile_text_in_place_of_a_code_is_replaced() -> None:
    responders = {**honest_responders(), CASCADE: RefusingResponder("see http://x\n<b>")}
    grid = grid_over(FakeLink(responders))
    replies = grid.send_and_receive(messages_for(grid, train_content()))
    assert codes(replies)[2] == "malformed-code"


@pytest.mark.parametrize(
    "forge",
    [
        lambda r: replace(r, binding=replace(r.binding, run=r.binding.run - 1)),
        lambda r: replace(r, binding=replace(r.binding, study="6" * 64)),
        lambda r: replace(r, binding=replace(r.binding, round_number=2)),
        lambda r: replace(r, binding=replace(r.binding, request="0" * 32)),
        lambda r: replace(r, sender=BrandId("dorado")),
    ],
    ids=["run", "study", "round", "request", "sender"],
)
def test_reply_bound_to_anything_else_is_dropped_and_told(
    forge: Callable[[Reply], Reply],
) -> None:
    def forge_one(reply: Reply) -> Iterable[Reply]:
        return (forge(reply),) if reply.sender == BOREALIS else (reply,)

    steps: list[RunStep] = []
    grid = grid_over(FakeLink(honest_responders(), forge=forge_one), steps.append)
    replies = grid.send_and_receive(messages_for(grid, train_content()))
    assert codes(replies) == [None, "deadline-exceeded", None]
    assert any(isinstance(step, ForeignReplyDropped) for step in steps)


def test_one_brand_cannot_answer_for_another() -> None:
    stolen: list[str] = []

    def answer_for_aurora(reply: Reply) -> Iterable[Reply]:
        if reply.sender == AURORA:
            stolen.append(reply.binding.request)
            return ()
        forged = replace(reply, binding=replace(reply.binding, request=stolen[0]))
        return (reply, forged) if reply.sender == BOREALIS else (reply,)

    grid = grid_over(FakeLink(honest_responders(), forge=answer_for_aurora))
    replies = grid.send_and_receive(messages_for(grid, train_content()))
    assert codes(replies) == ["deadline-exceeded", None, None]


def test_replayed_reply_is_dropped() -> None:
    steps: list[RunStep] = []
    link = FakeLink(honest_responders(), forge=lambda reply: (reply, reply))
    grid = grid_over(link, steps.append)
    assert len(grid.send_and_receive(messages_for(grid, train_content()))) == 3
    assert sum(isinstance(step, ForeignReplyDropped) for step in steps) == 3


def test_observer_is_told_what_was_asked_and_who_answered() -> None:
    steps: list[RunStep] = []
    responders = {**honest_responders(), BOREALIS: RefusingResponder("consent-stale")}
    grid = grid_over(FakeLink(responders), steps.append)
    grid.send_and_receive(messages_for(grid, train_content()))
    assert steps == [
        QuestionAsked(Question.TRAIN, 1, BRANDS),
        AnswersCollected(
            Question.TRAIN, 1, (AURORA, CASCADE), (BrandRefusal(BOREALIS, "consent-stale"),)
        ),
    ]


def test_reply_of_another_kind_is_refused_by_the_operator() -> None:
    def swap(reply: Reply) -> Iterable[Reply]:
        return (replace(reply, payload=CohortReply(5)) if reply.sender == AURORA else reply,)

    grid = grid_over(FakeLink(honest_responders(), forge=swap))
    replies = grid.send_and_receive(messages_for(grid, train_content()))
    assert codes(replies) == ["reply-kind-wrong", None, None]
    assert replies[0].error.code == ErrorNumber.REFUSED_BY_OPERATOR


def test_nothing_is_sent_when_one_message_may_not_cross() -> None:
    link = FakeLink(honest_responders())
    grid = grid_over(link)
    messages = messages_for(grid, train_content())
    bad = RecordDict({"arrays": parameters_to_record(initial_parameters())})
    bad["config"] = ConfigRecord({"lr": 0.5})
    messages.append(grid.create_message(bad, "train", node_id_of(AURORA), ""))
    with pytest.raises(UnsupportedRecordError):
        grid.push_messages(messages)
    assert link.submitted == []


def test_message_of_another_run_is_refused() -> None:
    link = FakeLink(honest_responders())
    other = grid_over(link, run=RUN + 1)
    with pytest.raises(ForeignMessageError):
        grid_over(link).push_messages(messages_for(other, train_content()))


def test_message_to_no_brand_of_the_run_is_refused() -> None:
    grid = grid_over(FakeLink(honest_responders()))
    message = grid.create_message(train_content(), "train", 1, "1")
    with pytest.raises(UnknownNodeError):
        grid.push_messages([message])


@pytest.mark.parametrize(
    ("run", "brands", "deadline_seconds"),
    [
        (RUN, [], 1.0),
        (RUN, [AURORA, AURORA], 1.0),
        (0, BRANDS, 1.0),
        (2**63, BRANDS, 1.0),
        (RUN, BRANDS, 0.0),
    ],
)
def test_grid_that_can_have_no_meaning_is_refused(
    run: int, brands: Iterable[BrandId], deadline_seconds: float
) -> None:
    with pytest.raises(GridMisuseError):
        UnsafePlaintextGrid(FakeLink({}), run, STUDY, brands, deadline_seconds=deadline_seconds)


def test_grid_cannot_be_moved_to_another_run() -> None:
    grid = grid_over(FakeLink({}))
    grid.set_run(describe_run(RUN))
    with pytest.raises(GridMisuseError):
        grid.set_run(describe_run(RUN + 1))
    assert grid.run.run_id == RUN


def test_large_parameters_are_handed_on_without_a_copy() -> None:
    link = FakeLink({brand: RefusingResponder("stop") for brand in BRANDS})
    grid = grid_over(link)
    content = train_content()
    grid.push_messages(messages_for(grid, content))
    record = content.array_records["arrays"]
    payload = link.submitted[0][1].payload
    assert isinstance(payload, TrainRequest)
    sent = np.frombuffer(record["weight"].data, np.uint8)
    assert np.shares_memory(payload.parameters[0].values, sent)
