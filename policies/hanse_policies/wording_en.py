"""What each rule says in English: on a permit, on a refusal, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping

from hanse_policies.wording import Wording

ENGLISH: Mapping[str, Wording] = {
    "permit.none": Wording(
        "the brand's policy has permits",
        "brand {brand} permits nothing at all",
        "ask brand {brand} for a permit for purpose {asked}",
    ),
    "purpose.charter": Wording(
        "purpose {asked} is one of the charter's",
        "purpose {asked} ({at}) is none of the charter's: {allowed}",
        "have the members add purpose {asked} to the charter",
    ),
    "purpose.permit": Wording(
        "the permit is for purpose {asked}",
        "purpose {asked} ({at}) has no permit; the nearest is for {allowed}",
        "ask brand {brand} for a permit for purpose {asked}",
    ),
    "computation.charter": Wording(
        "computation {asked} is one of the charter's",
        "computation {asked} ({at}) is none of the charter's: {allowed}",
        "have the members add computation {asked} to the charter",
    ),
    "computation.permit": Wording(
        "the permit covers computation {asked}",
        "computation {asked} ({at}) is not in the permit, which covers {allowed}",
        "use computation {allowed}, or ask brand {brand} to permit {asked}",
    ),
    "asset.match": Wording(
        "the study reads asset {asked}, which is described",
        "the study reads asset {asked} ({at}), but the asset described is {allowed}",
        "decide with the description of asset {asked}, or name asset {allowed} in the study",
    ),
    "asset.permit": Wording(
        "the permit is for asset {asked}",
        "asset {asked} ({at}) is not the permit's, which is {allowed}",
        "read asset {allowed}, or ask brand {brand} for a permit for {asked}",
    ),
    "columns.asset": Wording(
        "the asset lists all columns asked for: {asked}",
        "the asset does not list columns {excess} ({at})",
        "remove columns {excess} from the study, or list them in the asset",
    ),
    "columns.permit": Wording(
        "the permit covers all columns asked for: {asked}",
        "the permit does not cover columns {excess} ({at})",
        "remove columns {excess} from the study, or ask brand {brand} to permit them",
    ),
    "columns.person": Wording(
        "the study does not name the person column",
        "the study names the person column {excess} ({at}), which no study may read",
        "remove column {excess} from the study",
    ),
    "columns.type": Wording(
        "each column has a type that fits its use",
        "columns of a type that does not fit their use: {excess} ({at})",
        "use each of these columns as its type allows",
    ),
    "columns.category": Wording(
        "each column's category is a word of {allowed}",
        "columns {excess} ({at}) have categories that {allowed} does not know",
        "give each of them a category of {allowed} in the asset: see the vocabulary reference",
    ),
    "columns.sensitive": Wording(
        "the study reads no sensitive column that the permit does not name as one",
        "columns {excess} ({at}) are sensitive, and the permit does not say that they may be used",
        "remove columns {excess} from the study, or ask brand {brand} to permit them as sensitive",
    ),
    "minors.charter": Wording(
        "rule on minors: in the charter {limit}, in the policy {found}",
        "rule on minors: in the policy ({at}) {found}, less careful than the charter's: {limit}",
        "set consent.minors in the policy to what the charter asks, or stricter",
    ),
    "minors.known": Wording(
        "a rule on minors holds, and the register does not say that nobody's age is known",
        "a rule on minors holds, and the register says of all persons that their age is unknown",
        "record persons' age bands in the register and map them in the asset",
    ),
    "uses.charter": Wording(
        "the result is used for {asked}, the charter allows {allowed}",
        "the result is used for {asked} ({at}), and the charter allows {allowed} alone",
        "say in `uses` of the study what the result is used for, and nothing but {allowed}",
    ),
    "uses.permit": Wording(
        "the result is used for {asked}, the permit allows {allowed}",
        "the result is used for {asked} ({at}), and the permit allows {allowed} alone",
        "say in `uses` of the study what the result is used for, and nothing but {allowed}, or ask "
        "brand {brand} to permit more",
    ),
    "thresholds.figure": Wording(
        "computation {kind} yields every figure that a threshold names: {asked}",
        "computation {kind} does not yield the figures {excess} that thresholds name",
        "name figures of {allowed}, or leave the thresholds out",
    ),
    "flow.permit": Wording(
        "what leaves the brand is protected as {asked}, the permit asks for {limit}",
        "what leaves the brand is protected as {asked} ({at}), less than the permit's {limit}",
        "choose a trust mode that gives {limit}, or ask brand {brand} to permit {asked}",
    ),
    "release-form.permit": Wording(
        "the permit covers releases of the form {asked}",
        "a release of the form {asked} ({at}) is not in the permit, which covers {allowed}",
        "ask brand {brand} to permit releases of the form {asked}",
    ),
    "consent.register": Wording(
        "the consent register could be read",
        "the consent register could not be read, or does not say when it was synced",
        "make the consent register readable, then decide again",
    ),
    "consent.purpose": Wording(
        "the consent register records purpose {asked}",
        "the consent register does not record purpose {asked} ({at})",
        "obtain and record consent for purpose {asked}, and map it in the asset",
    ),
    "consent.fields": Wording(
        "the consent register tells all that the policy asks of a consent",
        "the policy asks for {excess} of each consent, which the register does not tell",
        "map {excess} in the asset, or ask for less in the policy",
    ),
    "consent.clock": Wording(
        "the consent register was synced in the past",
        "the consent register says it was synced at {found}, after now ({limit})",
        "set the clocks of the register and of this machine right",
    ),
    "consent.age": Wording(
        "the consent register was synced within {limit} hours",
        "the consent register was last synced at {found}, more than {limit} hours ago",
        "sync the consent register, then decide again",
    ),
    "recipients.charter": Wording(
        "all recipients are the charter's: {asked}",
        "recipients {excess} ({at}) are none of the charter's: {allowed}",
        "remove recipients {excess} from the study",
    ),
    "recipients.permit": Wording(
        "the permit covers all recipients: {asked}",
        "recipients {excess} ({at}) are not in the permit, which covers {allowed}",
        "remove recipients {excess} from the study, or ask brand {brand} to permit them",
    ),
    "joint-use.opinion": Wording(
        "the policy relies on counsel's opinion {opinion}, which counsel signed and which holds",
        "the policy relies on counsel's opinion {opinion}, which {fault}",
        "put an opinion there that counsel signed and that holds, or remove joint_use",
    ),
    "joint-use.consent": Wording(
        "joint use: {reason}",
        "recipients {asked} ({at}) are handlers beside brand {brand}, and {fault}",
        "{way}, or have counsel sign an opinion for joint_use",
    ),
    "joint-use.recipients": Wording(
        "recipients of joint use: {reason}",
        "recipients {excess} ({at}) are not named by every notice that counts: {notices}",
        "remove recipients {excess} from the study, or name them in a new notice and let it alone "
        "count in consent.notices",
    ),
    "cross-border.mechanism": Wording(
        "ground of an export: {reason}",
        "what leaves brand {brand} goes to {away}, persons and brand stand in {home}, and the "
        "export mechanism that the policy states is {found}, of those allowed: {allowed}",
        "state an export.mechanism of {allowed} in the policy, or state in the charter where "
        "brand, operator and recipients stand, if it is one territory",
    ),
    "cross-border.persons": Wording(
        "bound on the persons of an export: {reason}",
        "of an export to {away} the policy states at most {found} persons in {field}, and the "
        "study is about {limit} or more",
        "count the exports of this year anew and state export.{field} in the policy, {limit} or "
        "more",
    ),
    "minimum-persons.charter": Wording(
        "minimum_persons {asked} is at least the charter's {limit}",
        "minimum_persons {asked} ({at}) is below the charter's {limit}",
        "raise minimum_persons to {limit}",
    ),
    "minimum-persons.permit": Wording(
        "minimum_persons {asked} is at least the permit's {limit}",
        "minimum_persons {asked} ({at}) is below the permit's {limit}",
        "raise minimum_persons to {limit}",
    ),
    "minimum-brands.charter": Wording(
        "minimum_brands {asked} is at least the charter's {limit}",
        "minimum_brands {asked} ({at}) is below the charter's {limit}",
        "raise minimum_brands to {limit}",
    ),
    "trust-mode.dropouts": Wording(
        "tolerated_dropouts {asked} is at least the charter's {limit}",
        "tolerated_dropouts {asked} ({at}) is below the charter's {limit}",
        "raise tolerated_dropouts to {limit}",
    ),
    "trust-mode.colluders": Wording(
        "assumed_colluders {asked} is at least the charter's {limit}",
        "assumed_colluders {asked} ({at}) is below the charter's {limit}",
        "raise assumed_colluders to {limit}",
    ),
    "trust-mode.honest": Wording(
        "of {limit} brands in a sum, {asked} may collude and others' noise remains",
        "all of the {limit} brands in a sum could be the {asked} that are assumed to collude, "
        "so that no noise remains",
        "raise minimum_brands to {needed}",
    ),
    "trust-mode.members": Wording(
        "the charter has {found} members, and a sum needs {limit} to join",
        "the charter has {found} members, but a sum needs {limit} to join so that {dropouts} "
        "({at}) may drop out",
        "enrol members until there are {limit}, or lower tolerated_dropouts or minimum_brands",
    ),
    "trust-mode.entities": Wording(
        "the charter's members are {found} legal entities, and a sum needs {limit}",
        "the charter's members are {found} legal entities, but a sum needs {limit}",
        "enrol members until there are {limit} legal entities",
    ),
    "budget.epsilon-charter": Wording(
        "epsilon {asked} is at most the charter's {limit}",
        "epsilon {asked} ({at}) is above the charter's {limit}",
        "lower epsilon to {limit}",
    ),
    "budget.delta-charter": Wording(
        "delta {asked} is at most the charter's {limit}",
        "delta {asked} ({at}) is above the charter's {limit}",
        "lower delta to {limit}",
    ),
    "budget.purpose": Wording(
        "the policy has a budget for purpose {asked}",
        "the policy has no budget for purpose {asked} ({at})",
        "ask brand {brand} for a budget for purpose {asked}",
    ),
    "budget.period": Wording(
        "a period of the budget covers now, until {found}",
        "no period of the budget covers now ({found}); the first starts at {limit}",
        "wait until {limit}",
    ),
    "budget.delta": Wording(
        "delta {asked} is at most the budget's {limit}",
        "delta {asked} ({at}) is above the budget's {limit}",
        "lower delta to {limit}",
    ),
    "budget.known": Wording(
        "the ledger says what is spent",
        "the ledger does not say what is spent at delta {limit}",
        "make the ledger readable and have it report at delta {limit}",
    ),
    "budget.epsilon": Wording(
        "running it brings epsilon spent from {spent} to {found} of {limit}",
        "running it brings epsilon spent from {spent} to {found}, above the budget's {limit}",
        "lower epsilon ({at}) to {left}, which is left, or wait for the renewal at {until}",
    ),
    "budget.exhausted": Wording(
        "some of the budget is left",
        "epsilon {spent} of the budget's {limit} is spent, and running it brings it to {found}",
        "wait for the renewal at {until}",
    ),
    "retention.charter": Wording(
        "retention_days {asked} is at most the charter's {limit}",
        "retention_days {asked} ({at}) is above the charter's {limit}",
        "lower retention_days to {limit}",
    ),
    "retention.permit": Wording(
        "retention_days {asked} is at most the permit's {limit}",
        "retention_days {asked} ({at}) is above the permit's {limit}",
        "lower retention_days to {limit}",
    ),
    "expiry.study": Wording(
        "the study may start until {limit}",
        "the study expired at {limit}, now is {found}",
        "propose a new version of the study with a later expiry",
    ),
    "expiry.policy": Wording(
        "the policy is active since {limit}",
        "the policy is active from {limit}, now is {found}",
        "wait until {limit}",
    ),
    "expiry.clock": Wording(
        "the time now is known",
        "the time now has no time zone, so nothing can be said to be valid",
        "decide with an instant that has a time zone",
    ),
    "signature.charter": Wording(
        "the charter is signed by its operator",
        "the charter is not known to be signed by its operator's key",
        "fetch the charter anew and verify it with the operator's pinned key",
    ),
    "charter.accepted": Wording(
        "no newer charter than version {limit} waits to be accepted",
        "a charter newer than version {limit}, which may allow more, waits until a person at the "
        "brand accepts it",
        "look at it with hanse brand charter and accept it with hanse brand accept-charter, or "
        "have the operator sign a newer one that takes the change back",
    ),
    "signature.policy": Wording(
        "the policy is signed by brand {brand}",
        "the policy is not known to be signed by the key the charter pins for brand {brand}",
        "sign the policy with brand {brand}'s key",
    ),
    "signature.asset": Wording(
        "the description of the data is signed by brand {brand}",
        "the description of the data is not known to be signed by the key of brand {brand}",
        "sign the asset with brand {brand}'s key",
    ),
    "signature.study": Wording(
        "the study is signed by the charter's operator",
        "the study is not known to be signed by the charter's operator",
        "have the operator sign the study with the key that the charter names",
    ),
    "taxonomies.charter": Wording(
        "policy and asset mean their words in {found}, as the charter asks ({limit})",
        "the charter pins {limit} for the words of all members, policy and asset pin {found}",
        "pin {limit} in `taxonomies` of the policy ({at}) and `taxonomy` of the asset, and look "
        "at what each word means there",
    ),
    "assessment.charter": Wording(
        "the charter asks for an impact assessment before {limit}, the policy's is of {found}",
        "the charter asks for an impact assessment before {limit}, when the policy takes "
        "effect; the policy's: {found}",
        "assess the impact, and state report and date in `assessment` of a version that takes "
        "effect after it",
    ),
    "approvals.charter": Wording(
        "a version that allows more takes {asked} roles to approve, the charter asks {limit}",
        "a version that allows more takes {asked} roles to approve ({at}), below the charter's "
        "{limit}",
        "raise approvals.loosen to {limit}, and name approvers in so many roles",
    ),
    "approvals.keys": Wording(
        "no approver carries a key by which a member or the operator signs",
        "approver {who} carries the key by which {party} signs, so that one key could approve "
        "and sign",
        "give the approver a key of their own: hanse policy keygen, and name it in `approvers`",
    ),
    "approvals.policy": Wording(
        "the policy is approved by as many roles as the version before asks for: {limit}",
        "the policy may allow more than the version before, which asks {limit} roles to approve; "
        "approved by {found}, refused by {refused}",
        "have the approvers of the version before approve this one: hanse policy approve",
    ),
    "approvals.asset": Wording(
        "the asset is approved by as many roles as the version before asks for: {limit}",
        "the asset may allow more than the version before, which asks {limit} roles to approve; "
        "approved by {found}, refused by {refused}",
        "have the approvers of the version before approve this one: hanse policy approve",
    ),
    "approvals.asset-rules": Wording(
        "a change of the asset takes {asked} roles, at least as many as one of the policy: {limit}",
        "a change of the asset takes {asked} roles, a change of the policy ({at}) takes {limit}",
        "name approvers in the asset and raise its approvals.loosen to {limit}",
    ),
    "pack.pinned": Wording(
        "legal pack {pack} is the one that is pinned",
        "legal pack {pack} is pinned as {limit}, and the one at hand is {found}",
        "hand in legal pack {pack} as it is pinned, or pin another version",
    ),
    "pack.counsel": Wording(
        "legal pack {pack}: {counsel}",
        "legal pack {pack}: {counsel}, and the policy asks for counsel's signature",
        "have counsel sign legal pack {pack} with the key that the charter names",
    ),
    "pack.check": Wording(
        "no rule of {pack} violated ({counsel})",
        "rule {check} of {pack} {answer}: {tests} ({counsel})",
        "{unmet}",
    ),
    "pack.advice": Wording(
        "advice {check} of {pack} {answer}, which the policy lets pass: {tests} ({counsel})",
        "advice {check} of {pack} {answer}, and the policy has that refuse: {tests} ({counsel})",
        "{unmet}",
    ),
    "identity.alliance": Wording(
        "charter, policy and study are of alliance {limit}",
        "the charter is of alliance {limit}, others are not: {found}",
        "use documents of one alliance",
    ),
    "identity.brand": Wording(
        "policy and asset are brand {brand}'s",
        "the policy is brand {brand}'s, but the asset is brand {found}'s",
        "use the asset of brand {brand}",
    ),
    "identity.member": Wording(
        "brand {brand} is a member of the alliance",
        "brand {brand} is no member of the alliance",
        "enrol brand {brand} with the operator",
    ),
}
