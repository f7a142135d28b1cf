"""What each lint is called in English, and why it is there."""

from __future__ import annotations

from collections.abc import Mapping

from hanse_policies.lint.wording import LintWords

ENGLISH_LINTS: Mapping[str, LintWords] = {
    "L00": LintWords(
        "not a document",
        "What cannot be read cannot be looked at. The loader's own message says what is wrong; "
        "the other files are linted without this one.",
    ),
    "L01": LintWords(
        "unknown or duplicate field",
        "A field that nothing reads promises what nobody keeps, and of two fields of one name "
        "readers take different ones. The loader refuses both.",
    ),
    "L02": LintWords(
        "column without category",
        "Sensitivity, notices and the law's duties hang on what a column is. The loader refuses "
        "a column without category; a category that covers everything says as little.",
    ),
    "L03": LintWords(
        "unpinned taxonomy",
        "Words for purposes and categories change their meaning between versions of a standard. "
        "A policy pins the versions that its own words, and those of the brand's assets, are in.",
    ),
    "L04": LintWords(
        "purpose outside the notice",
        "Persons agree to what they were told. A permit for a purpose that no notice names goes "
        "beyond that.",
    ),
    "L05": LintWords(
        "sensitive column without separate consent",
        "A sensitive column takes a consent of its own, asked for apart from all else. The "
        "newest notice for the purpose must say that it asks for it.",
    ),
    "L06": LintWords(
        "no age gate",
        "Children cannot consent for themselves. Where the register does not tell how old a "
        "person is, nobody can leave them out.",
    ),
    "L07": LintWords(
        "direct identifier as feature",
        "A name, an address or a number that is given to one person tells who it is and nothing "
        "of what people have in common. Names of columns are looked at as well as categories.",
    ),
    "L08": LintWords(
        "identifier hashed without a key",
        "Whoever lists all phone numbers lists all their hashes. A hash under a key that stays "
        "at the brand, or a random token, cannot be listed so.",
    ),
    "L09": LintWords(
        "column declared and unused, or used and undeclared",
        "A permit that is wider than its studies gives away more than is needed; a study that "
        "reads what no permit names is refused at the brand. Unused columns are looked for "
        "where at least one study for the permit's purpose and asset is in the set.",
    ),
    "L10": LintWords(
        "no reason why a column is necessary",
        "Minimum necessary is a claim about each column, and a claim has a reason. The loader "
        "refuses a permit without one; a word such as `needed` is none.",
    ),
    "L11": LintWords(
        "free text",
        "Whatever a person wrote may hold anything: names, health, other persons. No "
        "computation reads text, and a permit for it waits for one that does.",
    ),
    "L12": LintWords(
        "location finer than a city",
        "A few places tell who somebody is. A location is read at the precision of a city or "
        "coarser; one whose precision is not stated counts as exact.",
    ),
    "L13": LintWords(
        "retention missing or too long",
        "Results are kept no longer than the charter allows, and no longer than the columns they "
        "were made from. The loader refuses a column, permit or study without retention.",
    ),
    "L14": LintWords(
        "recipient not in the notice",
        "Persons are told who receives what is made of their data, each by name. The newest "
        "notice for the purpose counts.",
    ),
    "L15": LintWords(
        "export mechanism or counter missing",
        "Where another party of the alliance is under another law, data crosses a border, and a "
        "mechanism must carry it. Under Chinese law the number of persons since 1 January "
        "decides which one: from 100,000 persons, or any sensitive data, a contract or "
        "certification; from 1,000,000, or 10,000 with sensitive data, a security assessment.",
    ),
    "L16": LintWords(
        "impact assessment missing or older than the change",
        "An assessment comes before what it assesses. One that was made for the version before "
        "says nothing of what this version allows in addition; the version before must be in "
        "the set for that to be seen.",
    ),
    "L17": LintWords(
        "legitimate interest under Chinese law",
        "Article 13 of the PIPL knows no legitimate interest. It is found where the charter "
        "says that the brand is in China, or does not say where it is.",
    ),
    "L18": LintWords(
        "no way to opt out",
        "Whoever is addressed or selected because of a result can say no, as easily as they "
        "said yes, and the notice tells how. Asked of permits for personalised marketing, and "
        "of those whose studies select persons, make offers or set prices.",
    ),
    "L19": LintWords(
        "score used for price",
        "A price that follows a person's score treats people differently for what is predicted "
        "of them. A study that trains a model says what its result is used for.",
    ),
    "L20": LintWords(
        "epsilon without unit, neighbours or period",
        "An epsilon is a number only for a stated unit, neighbouring relation and time. The "
        "loader refuses a study or a budget that leaves one out, and no default fills it in, so "
        "that the fault cannot occur in a document that is read.",
    ),
    "L21": LintWords(
        "delta of one over n or more",
        "With a delta of 1/n a mechanism may publish one person's data as it is. Delta is held "
        "against the upper bound of persons that the asset states, or the least number of "
        "persons asked for where it states none. The loader refuses 0.001 and more.",
    ),
    "L22": LintWords(
        "budget given anew without new data",
        "A budget that starts again while the rows are the same adds up to a larger one for "
        "every person. A period is at least as long as it takes until all rows are new, which "
        "the asset states.",
    ),
    "L23": LintWords(
        "budget per account",
        "Two analysts with a budget each learn as much together as one with both. Budgets are "
        "per purpose and shared by all who ask: the loader refuses a budget that names accounts, "
        "and two policies of one brand may not give one purpose a budget each.",
    ),
    "L24": LintWords(
        "minimum on a true count",
        "A threshold on the exact number of persons tells whether one person is there. All "
        "minimums act on noised counts, and no document can say otherwise: the loader refuses "
        "the attempt, so that the fault cannot occur in a document that is read.",
    ),
    "L25": LintWords(
        "minimum below the charter's",
        "Parties may raise the charter's floors and never lower them. A study or permit that "
        "asks for less reads as if less were enough.",
    ),
    "L26": LintWords(
        "clip or bound absent",
        "Noise hides what one person can change, and without a bound that is anything. The "
        "loader refuses a feature without bounds, training without a clipping norm and an asset "
        "without the most rows a person, so that the fault cannot occur in a document that is "
        "read.",
    ),
    "L27": LintWords(
        "threshold that is neither points nor relative",
        "From 4% to 6% is 2 points and a half more; an alarm at 5% means something else in each. "
        "The loader refuses a study's threshold that does not say which, so that the fault "
        "cannot occur in a document that is read.",
    ),
    "L28": LintWords(
        "`anonymous` without evidence",
        "Whether data is anonymous is decided case by case, with evidence against singling out, "
        "linking and inference. No document can carry that evidence yet, so that every claim is "
        "one without it.",
    ),
    "L29": LintWords(
        "secure aggregation over fewer than three legal entities",
        "Of a sum over two each can take off its own part and read the other's. Brands of one "
        "owner count once.",
    ),
    "L30": LintWords(
        "self-approval",
        "Who wrote a version does not approve it. A first version that asks for more roles than "
        "its approvers have without its author cannot be approved by anybody else.",
    ),
    "L31": LintWords(
        "consent more than 24 hours old",
        "Until the register is read anew, a person who withdrew is still taken in.",
    ),
    "L32": LintWords(
        "override without expiry",
        "An exception that nobody ends becomes the rule. Here no document overrides another; "
        "the one word that stands in a duty's place, counsel's signed opinion on joint use, has "
        "to name its end. The loader refuses anything else, so that the fault cannot occur in a "
        "document that is read.",
    ),
    "L33": LintWords(
        "metric on held-out persons without budget",
        "Quality on held-out persons is a release about them. It has a share of the study's "
        "budget that is above zero, and no other metric can be asked for: the loader refuses "
        "both, so that the fault cannot occur in a document that is read.",
    ),
    "L34": LintWords(
        "person at several brands, charged for fewer",
        "A person whom every member knows is in every part of the sum. Nobody can check that a "
        "person is with fewer brands, so the charge counts all of them.",
    ),
    "L35": LintWords(
        "Poisson sampling claimed and not attested",
        "A sampling rate below one lowers the charge only if each person is drawn by chance, "
        "apart from all others, at every brand. The study names the report that shows it of the "
        "client that the brands run.",
    ),
}
