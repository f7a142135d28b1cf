"""The link of a server that may be replaced: nothing is asked through it afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hanse_federation.link.in_process import InProcessLink
from hanse_federation.messages import (
    Binding,
    CohortRequest,
    JoinRequest,
    Refusal,
    ReplyPayload,
    Request,
)
from hanse_policies.documents import BrandId
from hanse_server.errors import StoreFencedError
from hanse_server.leased_link import LeasedLink

ALDER = BrandId("alder")
BINDING = Binding(7, "a1" * 32, 0, "b2" * 16)


class Asked:
    """Counts what it is asked, and refuses it."""

    def __init__(self) -> None:
        self.times = 0

    def answer(self, request: Request) -> ReplyPayload:
        del request
        self.times += 1
        return Refusal("policy-denied")


class Charge:
    """Whether a server is in charge."""

    def __init__(self) -> None:
        self.is_lost = False

    def check(self) -> None:
        if self.is_lost:
            raise StoreFencedError("expected to hold the store, got that another server took over")


def request() -> Request:
    return Request(BINDING, JoinRequest(CohortRequest(), 1, 0), 5.0)


def test_a_server_in_charge_asks_and_hears_as_through_the_link_itself() -> None:
    brand, asked = Asked(), request()
    with InProcessLink({ALDER: brand}) as inner:
        link = LeasedLink(inner, Charge().check)
        link.submit(ALDER, asked)
        (reply,) = link.collect((asked.binding.request,), 5.0)
        assert link.brands() == (ALDER,)
        assert reply.payload == Refusal("policy-denied")
        assert link.traffic() == inner.traffic() != ()


@pytest.mark.parametrize(
    "use",
    [
        lambda link: link.brands(),
        lambda link: link.submit(ALDER, request()),
        lambda link: link.collect((BINDING.request,), 60.0),
    ],
    ids=["brands", "submit", "collect"],
)
def test_a_replaced_server_neither_asks_nor_waits_nor_looks_for_brands(
    use: Callable[[LeasedLink], object],
) -> None:
    brand, charge = Asked(), Charge()
    with InProcessLink({ALDER: brand}) as inner:
        link = LeasedLink(inner, charge.check)
        charge.is_lost = True
        with pytest.raises(StoreFencedError):
            use(link)
    assert brand.times == 0
