"""The summary of a demo that went as planned."""

from __future__ import annotations

from pathlib import Path

from hanse_demo.door import DoorCheck
from hanse_demo.league import DemoStudy
from hanse_demo.report import Estimate
from hanse_demo.summary import PLANNED, DemoSummary, Phase, SocketSummary, StudyLine
from hanse_policies.documents import TrustMode

AS_PLANNED = DemoSummary(
    mode=TrustMode.LOCAL,
    report=Path("demo-out/report.html"),
    brand_pages=(Path("demo-out/brands/brand-1/my-page.html"),),
    studies=tuple(
        StudyLine(study, PLANNED[study], 1.0, auc=Estimate(0.8, 0.7, 0.9)) for study in DemoStudy
    ),
    exact_auc=0.79,
    pooled_auc=0.8,
    seconds=60.0,
    peak_memory_bytes=3_000_000_000,
    peak_processes=9,
    killed=(),
    sockets=SocketSummary(("127.0.0.1:7443",), 12, (), (), DoorCheck(True, True, True)),
    phases=(Phase("league built", 1.0),),
)
