"""A brand process that only carries: `python -m bench.link_brand HOME`.

Its Flower `ClientApp` gives parameters back as they came and answers the cohort
question with a constant, over the product's own connection: what is measured is
the link and the Flower path, with no policy, ledger or data behind them.
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from bench.link_league import clock
from hanse_clients.client import credentials_of
from hanse_clients.home import BrandHome
from hanse_clients.link import BrandConnection
from hanse_federation.messages import CohortReply, Question, TrainReply, TrainRequest
from hanse_flower import ClientAppResponder, answer_to_content, question_from_message

COHORT = CohortReply(1000)


def echoing_app() -> ClientApp:
    """Build the app that gives parameters back."""
    app = ClientApp()

    @app.query("cohort")
    def cohort(message: Message, _: Context) -> Message:
        return Message(answer_to_content(Question.COHORT, COHORT), reply_to=message)

    @app.train()
    def train(message: Message, _: Context) -> Message:
        payload = question_from_message(message).payload
        assert isinstance(payload, TrainRequest)
        answer = TrainReply(payload.parameters, weight=1)
        return Message(answer_to_content(Question.TRAIN, answer), reply_to=message)

    return app


def main() -> None:
    """Answer until a signal comes."""
    home = BrandHome.open(Path(sys.argv[1]))
    membership = home.membership()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    responder = ClientAppResponder(echoing_app(), home.name.brand)
    BrandConnection(
        membership.address,
        credentials_of(membership),
        responder,
        clock=clock,
        unsafe_plaintext_replies=True,
    ).run(stop)


if __name__ == "__main__":
    main()
