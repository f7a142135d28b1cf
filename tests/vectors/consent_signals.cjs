// Writes consent_signals.json: signals of invented persons, encoded and decoded by the
// libraries of IAB Tech Lab, so that the decoders here are held against theirs.
//
//   npm install @iabtechlabtcf/core@1.5.21 @iabgpp/cmpapi@3.2.0
//   node consent_signals.cjs > consent_signals.json
//
// Vendors and purposes are lists of ranges, as "1-3 7".

const { TCModel, TCString, GVL, PurposeRestriction } = require("@iabtechlabtcf/core");
const { GppModel } = require("@iabgpp/cmpapi");

let state = 20260101;
function random() {
  state = (state * 1103515245 + 12345) % 2147483648;
  return state / 2147483648;
}
const below = (limit) => Math.floor(random() * limit);
const oneOf = (values) => values[below(values.length)];
const upTo = (last) => Array.from({ length: last }, (_, place) => place + 1);
const some = (share, last) => upTo(last).filter(() => random() < share);
const day = () => new Date(Date.UTC(2022 + below(5), below(12), 1 + below(28)));

function ranges(numbers) {
  const found = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = found[found.length - 1];
    if (last && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([a, b]) => (a === b ? `${a}` : `${a}-${b}`)).join(" ");
}

function setOf(vector) {
  const found = [];
  vector.forEach((isSet, number) => isSet && found.push(number));
  return ranges(found);
}

function vendorList(last, version) {
  const named = (numbers) => Object.fromEntries(numbers.map((id) => [id, { id, name: `${id}` }]));
  const vendor = (id) => {
    const legIntPurposes = some(0.3, 11).filter((purpose) => purpose > 6);
    const purposes = upTo(11).filter((purpose) => !legIntPurposes.includes(purpose));
    return {
      id, name: `${id}`, purposes, legIntPurposes, specialPurposes: [1], features: [],
      flexiblePurposes: upTo(11).filter((purpose) => purpose > 1), specialFeatures: [],
      policyUrl: "", usesCookies: true, urls: [],
    };
  };
  return new GVL({
    gvlSpecificationVersion: 3, vendorListVersion: version, tcfPolicyVersion: 5,
    lastUpdated: "2026-01-01T00:00:00Z", purposes: named(upTo(11)), features: named(upTo(3)),
    specialPurposes: named(upTo(3)), specialFeatures: named(upTo(2)), stacks: {},
    vendors: Object.fromEntries(upTo(last).map((id) => [id, vendor(id)])), dataCategories: {},
  });
}

function tcSignal(number) {
  const last = [5, 40, 300, 900][number % 4];
  const model = new TCModel(vendorList(last, 100 + number));
  model.cmpId = 2 + below(400);
  model.cmpVersion = 1 + below(50);
  model.publisherCountryCode = oneOf(["DE", "FR", "ES", "IT"]);
  model.purposeConsents.set(some(oneOf([0, 0.5, 0.9, 1]), 11));
  model.purposeLegitimateInterests.set(some(0.5, 11).filter((purpose) => purpose > 6));
  model.specialFeatureOptins.set(some(0.5, 2));
  model.vendorConsents.set(some(oneOf([0, 0.02, 0.5, 0.98]), last));
  model.vendorLegitimateInterests.set(some(0.1, last));
  model.vendorsDisclosed.set(some(oneOf([0.03, 0.6, 0.97, 1]), last));
  for (let left = below(5); left > 0; left--) {
    const restriction = new PurposeRestriction(2 + below(9), below(3));
    for (const id of some(0.1, last)) model.publisherRestrictions.add(id, restriction);
  }
  model.created = model.lastUpdated = day();
  const string = TCString.encode(model);
  const told = TCString.decode(string);
  return {
    string, updated: told.lastUpdated.toISOString(), vendor_list: told.vendorListVersion,
    policy: told.policyVersion, purposes: setOf(told.purposeConsents),
    vendors: setOf(told.vendorConsents), disclosed: setOf(told.vendorsDisclosed),
    restrictions: told.publisherRestrictions.getRestrictions().map((one) => ({
      purpose: one.purposeId, kind: one.restrictionType,
      vendors: ranges(told.publisherRestrictions.getVendors(one)),
    })),
  };
}

const STATES = ["usnat", "usca", "usva", "usco", "usut", "usct", "usfl", "ustx"];

function gppSignal(number) {
  const model = new GppModel();
  for (const name of STATES) if (random() < 0.3) model.setFieldValue(name, "SaleOptOut", 1);
  if (random() < 0.3) model.setFieldValue("uspv1", "Version", 1);
  if (random() < 0.3) model.setFieldValue("tcfcav1", "CmpId", 5);
  if (number % 4 !== 3) {
    const last = [6, 60, 600][number % 3];
    const when = day();
    const fields = {
      CmpId: 31, CmpVersion: 640, ConsentScreen: 1, ConsentLanguage: "EN", PolicyVersion: 5,
      VendorListVersion: 126 + number, IsServiceSpecific: true, PublisherCountryCode: "DE",
      PurposeConsents: upTo(24).map(() => random() < 0.6),
      VendorConsents: some(oneOf([0.05, 0.5, 0.97]), last),
      VendorsDisclosed: some(oneOf([0.05, 0.7, 1]), last), Created: when, LastUpdated: when,
    };
    for (const [name, value] of Object.entries(fields)) model.setFieldValue("tcfeuv2", name, value);
  }
  const string = model.encode();
  const told = new GppModel(string);
  const sections = told.getSectionIds();
  if (!sections.includes(2)) return { string, sections };
  const field = (name) => told.getFieldValue("tcfeuv2", name);
  return {
    string, sections, updated: field("LastUpdated").toISOString(),
    vendor_list: field("VendorListVersion"), policy: field("PolicyVersion"),
    purposes: ranges(upTo(24).filter((purpose) => field("PurposeConsents")[purpose - 1])),
    vendors: ranges(field("VendorConsents")), disclosed: ranges(field("VendorsDisclosed")),
    restrictions: [],
  };
}

const lines = (signals) => signals.map((one) => JSON.stringify(one)).join(",\n");
console.log(`{"tc": [\n${lines(upTo(48).map(tcSignal))}\n], "gpp": [`);
console.log(`${lines(upTo(32).map(gppSignal))}\n]}`);
