"""What is said of a finding in English, and what would put it right."""

from __future__ import annotations

from collections.abc import Mapping

from hanse_policies.lint.wording import FindingWords

ENGLISH_FINDINGS: Mapping[str, FindingWords] = {
    "refused": FindingWords(
        "{message}",
        "do as the message says",
    ),
    "L02.broad": FindingWords(
        "column {column} has category {category}, which covers everything",
        "name the narrowest category that the column's values belong to",
    ),
    "L03.unpinned": FindingWords(
        "the policy pins no version of {kinds}",
        "add `taxonomies` with the versions that the words are meant in",
    ),
    "L03.word": FindingWords(
        "`{word}` is no word of {pin}",
        "use a word of the pinned version, or pin a version that has it",
    ),
    "L04.purpose": FindingWords(
        "purpose {purpose} is permitted, but no notice names it",
        "tell persons of it in a notice and list that here, or remove the permit",
    ),
    "L05.separate": FindingWords(
        "column {column} is permitted as sensitive, but the newest notice for {purpose} asks no "
        "separate consent for sensitive data",
        "ask for separate consent and say so in `separate_consents`, or remove the column",
    ),
    "L06.age": FindingWords(
        "the consent register of asset {asset} tells no age",
        "add `age_band` with the register's column",
    ),
    "L07.category": FindingWords(
        "column {column} ({category}) identifies a person",
        "remove the column, or say how the identifier was replaced in `pseudonym`",
    ),
    "L07.name": FindingWords(
        "column {column} is named like an identifier, but its category is {category}",
        "correct the category, remove the column, or state `pseudonym`",
    ),
    "L08.unkeyed": FindingWords(
        "column {column} is a hash without a key: whoever can guess the identifier finds the "
        "person",
        "replace it by a hash under a key that stays at the brand, or by a random token",
    ),
    "L08.unstated": FindingWords(
        "column {column} is named like a hash, but how it was made is not stated",
        "state `pseudonym`: keyed-hash, random or unkeyed-hash",
    ),
    "L09.unused": FindingWords(
        "column {column} is permitted for {purpose}, but no study of the set reads it",
        "remove the column from the permit",
    ),
    "L09.undeclared": FindingWords(
        "column {column} is read, but no permit of brand {brand} for {purpose} names it",
        "remove the column from the study, or ask brand {brand} to permit it",
    ),
    "L09.unlisted": FindingWords(
        "column {column} is permitted for {purpose}, but asset {asset} does not list it",
        "list the column in the asset, or remove it from the permit",
    ),
    "L10.placeholder": FindingWords(
        "the reason for column {column} is `{reason}`, which gives none",
        "say what the purpose cannot do without the column",
    ),
    "L11.text": FindingWords(
        "column {column} ({category}) holds free text",
        "remove the column, or use a category or number that is drawn from it at the brand",
    ),
    "L12.finer": FindingWords(
        "column {column} ({category}, precision {precision}) is finer than a city",
        "use a column at the precision of a city or coarser",
    ),
    "L12.unstated": FindingWords(
        "column {column} ({category}) is a location whose precision is not stated",
        "state `precision` in the asset, and use a city or coarser",
    ),
    "L13.charter": FindingWords(
        "results are kept for {days} days, but the charter allows {limit}",
        "lower `retention_days` to {limit}",
    ),
    "L13.source": FindingWords(
        "results are kept for {days} days, but a column that they are made from for {limit}",
        "lower `retention_days` to {limit}",
    ),
    "L14.recipient": FindingWords(
        "recipient {recipient} is permitted, but notice {notice} does not name it",
        "name the recipient in a new notice, or remove it from the permit",
    ),
    "L15.mechanism": FindingWords(
        "the brand is under the law of {home} and others are not ({abroad}), but no export "
        "mechanism is stated",
        "add `export` with the mechanism and upper bounds of persons since 1 January",
    ),
    "L15.counter": FindingWords(
        "the export has no count of persons, so that the mechanism it needs is not known",
        "add `persons_at_most` and `sensitive_persons_at_most`",
    ),
    "L15.weak": FindingWords(
        "mechanism {mechanism} does not carry an export of up to {persons} persons, {sensitive} "
        "of them with sensitive data",
        "use a standard contract or certification from 100,000 persons or with sensitive data, "
        "and a security assessment from 1,000,000, or 10,000 with sensitive data",
    ),
    "L15.place": FindingWords(
        "the charter does not say where {whose} is, so whether data crosses a border is not known",
        "add `jurisdiction` for each member and the operator",
    ),
    "L16.missing": FindingWords(
        "the policy names no impact assessment",
        "add `assessment` with the report's digest and date",
    ),
    "L16.older": FindingWords(
        "version {version} allows more than version {before}, but its assessment is not newer",
        "assess what is added, and name that report",
    ),
    "L16.late": FindingWords(
        "the assessment is dated after the policy takes effect",
        "let the policy take effect after the assessment",
    ),
    "L16.unknown": FindingWords(
        "the version before is not among these documents, so whether the assessment is newer than "
        "the change is not known",
        "lint the version before together with this one",
    ),
    "L17.interest": FindingWords(
        "legitimate interest is accepted as a ground, which the law of China does not know",
        "remove `legitimate-interest`, or state the brand's jurisdiction in the charter",
    ),
    "L18.objection": FindingWords(
        "persons feel what is done for {purpose}, but no notice tells how to say no",
        "add `objection` to the newest notice for the purpose",
    ),
    "L19.price": FindingWords(
        "the study's scores are used for prices",
        "remove `price` from `uses`",
    ),
    "L19.unstated": FindingWords(
        "the study trains a model and does not say what it is used for",
        "add `uses`",
    ),
    "L21.persons": FindingWords(
        "delta {delta} is one over {persons} persons or more",
        "lower delta well below one over the number of persons",
    ),
    "L21.unknown": FindingWords(
        "asset {asset} does not say how many persons it has at most, so delta is held against "
        "the minimum of persons alone",
        "add `persons_at_most`, rounded up",
    ),
    "L22.renewal": FindingWords(
        "the budget for {purpose} starts anew every {period} days, but all rows of asset {asset} "
        "are new after {days} only: the same data may be charged up to {times} budgets",
        "make the period at least {days} days",
    ),
    "L22.unknown": FindingWords(
        "the budget for {purpose} starts anew every {period} days, but asset {asset} does not say "
        "when its rows are new",
        "add `renewed_every_days` to the asset",
    ),
    "L23.twice": FindingWords(
        "brand {brand} gives purpose {purpose} a budget here and another in policy {other}",
        "keep one policy for the alliance, with one budget a purpose",
    ),
    "L25.persons": FindingWords(
        "a minimum of {asked} persons is below the charter's {floor}",
        "raise `minimum_persons` to {floor}",
    ),
    "L25.brands": FindingWords(
        "a minimum of {asked} brands is below the charter's {floor}",
        "raise `minimum_brands` to {floor}",
    ),
    "L28.claim": FindingWords(
        "the text says `{word}`, and nothing shows it",
        "say what was done instead: aggregated, with noise, under a pseudonym",
    ),
    "L28.label": FindingWords(
        "flow label {word} claims anonymity, and no evidence, signature or expiry is there",
        "use F4 or below",
    ),
    "L29.brands": FindingWords(
        "a minimum of {brands} brands lets one of two read the other's part of a sum",
        "raise `minimum_brands` to 3",
    ),
    "L29.entities": FindingWords(
        "the members are {entities} legal entities, and a sum needs three",
        "let members of another owner join before a study runs",
    ),
    "L30.approver": FindingWords(
        "{who} wrote this version and approves it",
        "have another person approve it",
    ),
    "L30.alone": FindingWords(
        "{needed} roles must approve the first version, but without its author {who} the "
        "approvers do not have so many",
        "add approvers in further roles",
    ),
    "L31.hours": FindingWords(
        "a consent register up to {hours} hours old counts, more than {most}",
        "lower `max_age_hours` to {most}",
    ),
    "L34.members": FindingWords(
        "a person may be with {members} members, but the charge counts {charged}",
        "raise `max_brands_per_person` to {members}",
    ),
    "L35.unattested": FindingWords(
        "a sampling rate of {rate} is charged as Poisson sampling, and nothing attests it",
        "add `sampler_evidence` with the digest of the report, or set the rate to 1",
    ),
}
