//! What exported settings say of the audit of single mailboxes.
//!
//! Settings are a picture of one day. They explain why records are missing and never show that they are complete; where records
//! exist that the settings do not promise, the records are right.

use std::collections::{BTreeMap, BTreeSet};

use waxseal_model::{Coverage, CoverageSpan, MailboxCount, Nanos};

/// One exported record of settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Setting {
    /// Whose it is.
    pub tenant: String,
    /// `config.mailbox_audit`, `config.licence` or `inventory.mailbox`.
    pub class: String,
    /// The mailbox's address in lower case, where the export has it.
    pub mailbox: Option<String>,
    /// Its GUID.
    pub mailbox_id: Option<String>,
    /// The name the export calls it by.
    pub name: Option<String>,
    /// The properties in `PROPERTIES`, by name.
    pub values: BTreeMap<String, String>,
}

/// The properties that are looked at.
pub(crate) const PROPERTIES: [&str; 17] = [
    "AuditEnabled",
    "AuditBypassEnabled",
    "AuditDisabled",
    "UnifiedAuditLogIngestionEnabled",
    "AuditOwner",
    "AuditDelegate",
    "AuditAdmin",
    "DefaultAuditSet",
    "RecipientTypeDetails",
    "SKUAssigned",
    "SkuPartNumber",
    "ServicePlans",
    "DisabledPlans",
    "isMailboxSetup",
    "productId",
    "skuId",
    "Name",
];

/// The records of a class that name a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The tenant.
    pub tenant: String,
    /// The mailbox's address in lower case.
    pub mailbox: String,
    /// Its GUID, where a record has it.
    pub mailbox_id: Option<String>,
    /// The log class.
    pub class: String,
    /// Time of the first record.
    pub first: Nanos,
    /// Time of the last.
    pub last: Nanos,
    /// How many.
    pub records: u64,
}

/// Classes of access to messages, which a licence and an audit set decide.
const ACCESS: [&str; 2] = ["ual.mia.bind", "ual.mia.sync"];

/// What Gmail records of access to messages, which the edition decides.
const GMAIL: &str = "gws.gmail";

/// Every class that the audit of mailboxes fills.
const AUDITED: [&str; 3] = ["ual.mia.bind", "ual.mia.sync", "ual.item"];

const DAY_NANOS: i64 = 86_400 * 1_000_000_000;

/// The settings of one tenant, and what its records show of mailboxes.
pub(crate) struct TenantSettings<'a> {
    tenant: &'a str,
    settings: Vec<&'a Setting>,
    seen: Vec<&'a Seen>,
    /// The same, by mailbox.
    seen_of: BTreeMap<&'a str, Vec<&'a Seen>>,
    /// Address of each GUID, and of each name that one mailbox alone has.
    by_id: BTreeMap<&'a str, &'a str>,
    by_name: BTreeMap<String, Option<&'a str>>,
}

impl<'a> TenantSettings<'a> {
    /// Settings that name no tenant are those of the only one there is.
    pub(crate) fn of(tenant: &'a str, only: bool, settings: &'a [Setting], seen: &'a [Seen]) -> Self {
        let is_own = |own: &str| own == tenant || (only && own.starts_with("unknown-"));
        let settings: Vec<_> = settings.iter().filter(|setting| is_own(&setting.tenant)).collect();
        let seen: Vec<_> = seen.iter().filter(|seen| seen.tenant == tenant).collect();
        let mut seen_of: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
        seen.iter().for_each(|seen| seen_of.entry(seen.mailbox.as_str()).or_default().push(seen));
        let mut by_id = BTreeMap::new();
        let mut by_name = BTreeMap::new();
        for (id, mailbox) in seen.iter().map(|seen| (seen.mailbox_id.as_deref(), Some(seen.mailbox.as_str()))) {
            by_id.extend(id.zip(mailbox));
        }
        for setting in &settings {
            let Some(mailbox) = setting.mailbox.as_deref() else { continue };
            if let Some(id) = setting.mailbox_id.as_deref() {
                by_id.entry(id).or_insert(mailbox);
            }
            for name in [setting.name.as_deref(), setting.get("Name")].into_iter().flatten() {
                let known = by_name.entry(name.to_lowercase()).or_insert(Some(mailbox));
                *known = known.filter(|known| *known == mailbox);
            }
        }
        Self { tenant, settings, seen, seen_of, by_id, by_name }
    }

    /// Whose mailbox a setting is of.
    fn mailbox_of(&self, setting: &'a Setting) -> Option<&'a str> {
        let by_id = || self.by_id.get(setting.mailbox_id.as_deref()?).copied();
        let by_name = || self.by_name.get(&setting.name.as_deref()?.to_lowercase()).copied().flatten();
        setting.mailbox.as_deref().or_else(by_id).or_else(by_name)
    }

    /// Why nothing is recorded of a class in the whole tenant.
    pub(crate) fn off(&self, class: &str) -> Option<&'static str> {
        let mailboxes = AUDITED.contains(&class) && self.says("AuditDisabled", "true");
        let all = class.starts_with("ual.") && self.says("UnifiedAuditLogIngestionEnabled", "false");
        (mailboxes || all).then_some("not_enabled")
    }

    /// Whether any export says so: of several the worst counts, and which is the newest nobody tells.
    fn says(&self, name: &str, word: &str) -> bool {
        self.settings.iter().filter_map(|setting| setting.get(name)).any(|value| value.eq_ignore_ascii_case(word))
    }

    /// What settings say of single mailboxes over some days, where it is worse than nothing said. The audit of mailboxes is judged
    /// where they are `audited` by Exchange; of mailboxes in `dated` the records themselves tell from when to when they were bypassed.
    pub(crate) fn spans(&self, (first, last): (i64, i64), audited: bool, dated: &BTreeSet<&str>) -> Vec<CoverageSpan> {
        let mut facts: BTreeMap<&str, Facts> = BTreeMap::new();
        for setting in &self.settings {
            if let Some(mailbox) = self.mailbox_of(setting) {
                facts.entry(mailbox).or_default().add(setting);
            }
        }
        let overrides = self.says("AuditDisabled", "false") && !self.says("AuditDisabled", "true");
        let mut spans = Vec::new();
        for (mailbox, mut facts) in facts {
            facts.bypassed &= !dated.contains(mailbox);
            for class in AUDITED.into_iter().filter(|_| audited) {
                if let Some(judged) = facts.judge(class, overrides) {
                    spans.extend(self.around_records(mailbox, class, judged, (first, last)));
                }
            }
            if let Some(judged) = facts.judge_edition() {
                spans.extend(self.around_records(mailbox, GMAIL, judged, (first, last)));
            }
        }
        spans
    }

    /// The judgement for all days, but no worse than partial between the first and the last record that should not be there.
    fn around_records(
        &self,
        mailbox: &str,
        class: &str,
        (state, reason): (Coverage, &'static str),
        (first, last): (i64, i64),
    ) -> Vec<CoverageSpan> {
        let seen: Vec<_> = self.seen_of.get(mailbox).into_iter().flatten().filter(|seen| seen.class == class).collect();
        let recorded = seen.iter().map(|seen| seen.first.day()).min().zip(seen.iter().map(|seen| seen.last.day()).max());
        let span = |from: i64, to: i64, state, records| CoverageSpan {
            tenant: self.tenant.to_owned(),
            class: class.to_owned(),
            mailbox: Some(mailbox.to_owned()),
            from: Nanos(from.saturating_mul(DAY_NANOS)),
            to: Nanos((to + 1).saturating_mul(DAY_NANOS)),
            state,
            reason: reason.to_owned(),
            records,
        };
        let Some((from, to)) = recorded.filter(|_| state != Coverage::Partial) else {
            return vec![span(first, last, state, seen.iter().map(|seen| seen.records).sum())];
        };
        let (from, to) = (from.max(first), to.min(last));
        let parts = [
            span(first, from - 1, state, 0),
            span(from, to, Coverage::Partial, seen.iter().map(|seen| seen.records).sum()),
            span(to + 1, last, state, 0),
        ];
        parts.into_iter().filter(|part| part.from < part.to).collect()
    }

    /// How many mailboxes there are. An inventory counts as one only if it names every mailbox that records name.
    pub(crate) fn count(&self) -> MailboxCount {
        let seen: BTreeSet<&str> = self.seen.iter().map(|seen| seen.mailbox.as_str()).collect();
        let is_mailbox = |setting: &&&Setting| {
            setting.class == "inventory.mailbox" && setting.get("isMailboxSetup").is_none_or(|value| !value.eq_ignore_ascii_case("false"))
        };
        // A mailbox without an address is counted by its GUID.
        let key = |setting: &&'a Setting| self.mailbox_of(setting).or(setting.mailbox_id.as_deref());
        let listed: BTreeSet<&str> = self.settings.iter().filter(is_mailbox).filter_map(key).collect();
        MailboxCount {
            tenant: self.tenant.to_owned(),
            known: listed.union(&seen).count() as u64,
            seen: seen.len() as u64,
            inventory: !listed.is_empty() && seen.is_subset(&listed),
        }
    }
}

impl Setting {
    fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    fn is(&self, name: &str, word: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case(word))
    }
}

/// Everything that is told of one mailbox; of several exports the worst.
#[derive(Debug, Default)]
struct Facts {
    bypassed: bool,
    switched_off: bool,
    /// For owner, delegate and administrator: whether access to messages is audited.
    audited: [Option<bool>; 3],
    /// The kinds of access whose list the provider keeps.
    provider_keeps: [bool; 3],
    /// A licence export names the mailbox.
    licence_told: bool,
    licences: BTreeSet<String>,
    audit_plan: bool,
    audit_plan_off: bool,
    no_licence: bool,
    /// A mailbox of nobody's own: shared, or of a room.
    of_nobody: bool,
    /// For every edition of Google Workspace that is told of it: whether records of access to messages come with it.
    editions: BTreeSet<bool>,
}

const SETS: [(&str, &str); 3] = [("AuditOwner", "Owner"), ("AuditDelegate", "Delegate"), ("AuditAdmin", "Admin")];

impl Facts {
    fn add(&mut self, setting: &Setting) {
        self.bypassed |= setting.is("AuditBypassEnabled", "true");
        self.switched_off |= setting.is("AuditEnabled", "false");
        let keeps = setting.get("DefaultAuditSet").unwrap_or_default();
        for (i, (name, kind)) in SETS.into_iter().enumerate() {
            let Some(set) = setting.get(name) else { continue };
            let is_there = has_word(set, "MailItemsAccessed");
            // A list that somebody's screen cut short tells what is in it, not what is missing.
            if is_there || !(set.contains("...") || set.contains('…')) {
                self.audited[i] = Some(self.audited[i].unwrap_or(true) && is_there);
                self.provider_keeps[i] = has_word(keeps, kind);
            }
        }
        // A product of Google's, which says nothing of Exchange.
        if let Some(product) = setting.get("productId") {
            let edition = setting.get("skuId").filter(|_| has_mail(product));
            self.editions.extend(edition.map(|sku| RECORDING_EDITIONS.contains(&sku)));
            return;
        }
        self.licence_told |= setting.class == "config.licence";
        self.licences
            .extend(setting.get("SkuPartNumber").into_iter().flat_map(|skus| skus.split(',')).map(|sku| sku.trim().to_lowercase()));
        self.audit_plan |= setting.get("ServicePlans").is_some_and(|plans| has_word(plans, AUDIT_PLAN));
        self.audit_plan_off |= setting.get("DisabledPlans").is_some_and(|plans| has_word(plans, AUDIT_PLAN));
        self.no_licence |= setting.is("SKUAssigned", "false");
        let kind = setting.get("RecipientTypeDetails").unwrap_or_default().to_lowercase();
        self.of_nobody |= ["shared", "room", "equipment", "scheduling", "group", "team"].iter().any(|word| kind.starts_with(word));
    }

    /// How complete a class can be at best, where that is not fully.
    fn judge(&self, class: &str, overrides: bool) -> Option<(Coverage, &'static str)> {
        let mut found = Vec::new();
        if self.bypassed {
            found.push((Coverage::None, "bypass"));
        }
        // Where auditing is on for the organisation, the provider does not look at the switch of the mailbox.
        if self.switched_off && !overrides {
            found.push((Coverage::Unknown, "not_enabled"));
        }
        if ACCESS.contains(&class) {
            found.extend(self.judge_set());
            found.extend(self.judge_licence());
        }
        found.into_iter().reduce(|worst, next| if worst.0.worse(next.0) == worst.0 { worst } else { next })
    }

    fn judge_set(&self) -> Option<(Coverage, &'static str)> {
        let missing: Vec<usize> = (0..3).filter(|i| self.audited[*i] == Some(false)).collect();
        // Of a list that the provider keeps, the licence decides what is in it.
        let kept = missing.iter().all(|i| self.provider_keeps[*i]);
        let reason = if kept && !self.is_promised() { "not_licensed" } else { "custom_audit_set" };
        match missing.len() {
            0 => None,
            3 => Some((Coverage::None, reason)),
            _ => Some((Coverage::Partial, reason)),
        }
    }

    fn judge_licence(&self) -> Option<(Coverage, &'static str)> {
        let told = self.licence_told || self.no_licence;
        let lacking = self.audit_plan_off || if told { !self.is_promised() } else { self.of_nobody };
        lacking.then_some((Coverage::Unknown, "not_licensed"))
    }

    fn judge_edition(&self) -> Option<(Coverage, &'static str)> {
        self.editions.iter().eq([&false]).then_some((Coverage::Unknown, "not_licensed"))
    }

    fn is_promised(&self) -> bool {
        self.audit_plan || self.licences.iter().any(|sku| is_promising(sku))
    }
}

/// The editions of Google Workspace with which Gmail's records can be handed on, by their SKU: Enterprise Standard and Plus, Frontline
/// Standard and Plus, and, with those of its staff and of extra students, Education Standard and Plus. Of the others the provider
/// says nothing.
///
/// Source: <https://developers.google.com/workspace/admin/licensing/v1/how-tos/products>,
/// <https://knowledge.workspace.google.com/admin/reports/about-reporting-logs-and-bigquery>.
const RECORDING_EDITIONS: [&str; 10] = [
    "1010020020",
    "1010020026",
    "1010020031",
    "1010020034",
    "1010310005",
    "1010310006",
    "1010310007",
    "1010310008",
    "1010310009",
    "1010310010",
];

/// Whether a product of Google's holds a mailbox: Workspace and its education editions do, an archive or an assistant does not.
fn has_mail(product: &str) -> bool {
    ["Google-Apps", "101031"].iter().any(|mail| product.eq_ignore_ascii_case(mail))
}

/// The plan of the advanced audit.
const AUDIT_PLAN: &str = "M365_ADVANCED_AUDITING";

/// Whether the provider says that records of access to messages come with a licence: the E3 and E5 of Microsoft 365 and Office
/// 365, those of governments, and everything with the advanced audit. Of all others it says nothing.
///
/// Source: <https://learn.microsoft.com/en-us/purview/audit-log-investigate-accounts>,
/// <https://www.cisa.gov/resources-tools/resources/microsoft-expanded-cloud-logs-implementation-playbook>.
fn is_promising(sku: &str) -> bool {
    const BEGINNINGS: [&str; 13] = [
        "enterprisepack",
        "enterprisepremium",
        "spe_e3",
        "spe_e5",
        "m365_g3",
        "m365_g5",
        "m365edu_a5",
        "microsoft_365_e3",
        "microsoft_365_e5",
        "office_365_e3",
        "office_365_e5",
        "developerpack_e5",
        "information_protection_compliance",
    ];
    let sku = sku.replace([' ', '-'], "_");
    BEGINNINGS.iter().any(|beginning| sku.starts_with(beginning))
}

fn has_word(list: &str, word: &str) -> bool {
    list.split([',', ' ']).any(|one| one.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "Send, MailItemsAccessed, Update";
    const NONE: &str = "Send, Update";

    fn setting(class: &str, mailbox: &str, values: &[(&str, &str)]) -> Setting {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mailbox = Some(mailbox.to_owned()).filter(|mailbox| !mailbox.is_empty());
        Setting { tenant: "t".to_owned(), class: class.to_owned(), mailbox, values, ..Setting::default() }
    }

    fn audit(values: &[(&str, &str)]) -> Setting {
        setting("config.mailbox_audit", "a@x.example", values)
    }

    fn seen(class: &str, first: i64, last: i64) -> Seen {
        let (first, last) = (Nanos(first * DAY_NANOS), Nanos(last * DAY_NANOS));
        let (tenant, mailbox) = ("t".to_owned(), "a@x.example".to_owned());
        Seen { tenant, mailbox, mailbox_id: Some("g1".to_owned()), class: class.to_owned(), first, last, records: 7 }
    }

    /// What is said of `ual.mia.bind` of the mailbox a@x.example over the days 10 to 20.
    fn said(settings: &[Setting], seen: &[Seen]) -> Vec<(i64, i64, Coverage, String)> {
        let spans = TenantSettings::of("t", true, settings, seen).spans((10, 20), true, &BTreeSet::new());
        let of_class = spans.into_iter().filter(|span| span.class == "ual.mia.bind" && span.mailbox.as_deref() == Some("a@x.example"));
        of_class.map(|span| (span.from.day(), span.to.day(), span.state, span.reason)).collect()
    }

    fn whole(state: Coverage, reason: &str) -> Vec<(i64, i64, Coverage, String)> {
        vec![(10, 21, state, reason.to_owned())]
    }

    fn sets(owner: &str, delegate: &str, admin: &str, kept: &str) -> Setting {
        audit(&[
            ("AuditEnabled", "True"),
            ("AuditOwner", owner),
            ("AuditDelegate", delegate),
            ("AuditAdmin", admin),
            ("DefaultAuditSet", kept),
        ])
    }

    #[test]
    fn an_audit_set_without_access_is_none_and_with_some_of_it_partial() {
        assert_eq!(said(&[sets(NONE, NONE, NONE, "")], &[]), whole(Coverage::None, "custom_audit_set"));
        assert_eq!(said(&[sets(NONE, ALL, ALL, "Admin, Delegate")], &[]), whole(Coverage::Partial, "custom_audit_set"));
        assert_eq!(said(&[sets("", ALL, ALL, "Admin, Delegate")], &[]), whole(Coverage::Partial, "custom_audit_set"));
        assert_eq!(said(&[sets(NONE, NONE, NONE, "Admin, Delegate, Owner")], &[]), whole(Coverage::None, "not_licensed"));
        assert!(said(&[sets(ALL, ALL, ALL, "")], &[]).is_empty());
        // With a licence that promises records it is not the licence.
        let licence = setting("config.licence", "a@x.example", &[("SkuPartNumber", "SPE_E3")]);
        assert_eq!(said(&[licence, sets(NONE, NONE, NONE, "Admin, Delegate, Owner")], &[]), whole(Coverage::None, "custom_audit_set"));
    }

    #[test]
    fn what_an_export_does_not_tell_is_not_held_against_a_mailbox() {
        assert!(said(&[audit(&[("AuditEnabled", "True")])], &[]).is_empty());
        assert!(said(&[sets("Update, MoveToDeletedItems...", "Update...", "Update…", "")], &[]).is_empty());
        // Another mailbox's settings say nothing of this one.
        assert!(said(&[setting("config.mailbox_audit", "b@x.example", &[("AuditOwner", NONE)])], &[]).is_empty());
    }

    #[test]
    fn records_are_right_where_settings_contradict_them() {
        let expected = [(10, 12, Coverage::None), (12, 15, Coverage::Partial), (15, 21, Coverage::None)];
        let expected = expected.map(|(from, to, state)| (from, to, state, "custom_audit_set".to_owned()));
        assert_eq!(said(&[sets(NONE, NONE, NONE, "")], &[seen("ual.mia.bind", 12, 14)]), expected);
        // Records of another class show nothing.
        assert_eq!(said(&[sets(NONE, NONE, NONE, "")], &[seen("ual.item", 12, 14)]), whole(Coverage::None, "custom_audit_set"));
        // From the first to the last day there is nothing left around them.
        assert_eq!(said(&[sets(NONE, NONE, NONE, "")], &[seen("ual.mia.bind", 10, 20)]), whole(Coverage::Partial, "custom_audit_set"));
    }

    #[test]
    fn the_switch_of_a_mailbox_counts_unless_the_organisation_overrides_it() {
        let off = audit(&[("AuditEnabled", "False")]);
        assert_eq!(said(std::slice::from_ref(&off), &[]), whole(Coverage::Unknown, "not_enabled"));
        let organisation = setting("config.mailbox_audit", "", &[("AuditDisabled", "False")]);
        assert!(said(&[off, organisation], &[]).is_empty());
    }

    #[test]
    fn a_bypass_is_none_of_everything_audited_even_where_only_a_name_is_told() {
        let named = Setting { name: Some("Anna Berg".to_owned()), ..audit(&[("AuditEnabled", "True")]) };
        let mut bypass = setting("config.mailbox_audit", "", &[("AuditBypassEnabled", "True")]);
        bypass.name = Some("anna berg".to_owned());
        let settings = [named.clone(), bypass.clone()];
        let spans = TenantSettings::of("t", true, &settings, &[]).spans((10, 20), true, &BTreeSet::new());
        let classes: Vec<_> = spans.iter().map(|span| (span.class.as_str(), span.state, span.reason.as_str())).collect();
        assert_eq!(classes, AUDITED.map(|class| (class, Coverage::None, "bypass")));
        // Records that date the bypass say it better.
        assert!(TenantSettings::of("t", true, &settings, &[]).spans((10, 20), true, &BTreeSet::from(["a@x.example"])).is_empty());
        // A name that two mailboxes have names neither.
        let twin = Setting { mailbox: Some("b@x.example".to_owned()), ..named.clone() };
        assert!(TenantSettings::of("t", true, &[named, twin, bypass], &[]).spans((10, 20), true, &BTreeSet::new()).is_empty());
    }

    #[test]
    fn the_licence_promises_records_or_leaves_it_open() {
        let licence = |sku: &str| setting("config.licence", "a@x.example", &[("SkuPartNumber", sku)]);
        for promising in ["SPE_E3", "ENTERPRISEPREMIUM_NOPSTNCONF", "EMS, SPE_E5", "Microsoft 365 E3, Power BI (free)", "M365_G3_GOV"] {
            assert!(said(&[licence(promising)], &[]).is_empty(), "{promising}");
        }
        for open in ["", "O365_BUSINESS_ESSENTIALS", "SPB", "STANDARDPACK", "SPE_F1", "EXCHANGESTANDARD", "EMSPREMIUM"] {
            assert_eq!(said(&[licence(open)], &[]), whole(Coverage::Unknown, "not_licensed"), "{open}");
        }
        let off = setting("config.licence", "a@x.example", &[("SkuPartNumber", "SPE_E5"), ("DisabledPlans", AUDIT_PLAN)]);
        assert_eq!(said(&[off], &[]), whole(Coverage::Unknown, "not_licensed"));
    }

    #[test]
    fn the_edition_of_google_promises_records_or_leaves_it_open() {
        let licence = |product: &str, sku: &str| setting("config.licence", "a@x.example", &[("productId", product), ("skuId", sku)]);
        let said = |settings: &[Setting], seen: &[Seen]| -> Vec<_> {
            let spans = TenantSettings::of("t", true, settings, seen).spans((10, 20), true, &BTreeSet::new());
            spans.into_iter().map(|span| (span.class, span.from.day(), span.to.day(), span.state, span.reason)).collect()
        };
        let open = |from, to, state| ("gws.gmail".to_owned(), from, to, state, "not_licensed".to_owned());
        let starter = licence("Google-Apps", "1010020027");
        assert_eq!(said(std::slice::from_ref(&starter), &[]), [open(10, 21, Coverage::Unknown)]);
        let around = [open(10, 12, Coverage::Unknown), open(12, 15, Coverage::Partial), open(15, 21, Coverage::Unknown)];
        assert_eq!(said(std::slice::from_ref(&starter), &[seen("gws.gmail", 12, 14)]), around);
        assert!(said(&[starter, licence("Google-Apps", "1010020020")], &[]).is_empty());
        assert!(said(&[licence("101031", "1010310008")], &[]).is_empty());
        // An archive is no mailbox, and to have none of it says nothing.
        assert!(said(&[licence("Google-Vault", "Google-Vault-Former-Employee")], &[]).is_empty());
    }

    #[test]
    fn a_shared_mailbox_without_a_known_licence_is_never_full() {
        let shared = setting("inventory.mailbox", "a@x.example", &[("RecipientTypeDetails", "SharedMailbox")]);
        let person = setting("inventory.mailbox", "a@x.example", &[("RecipientTypeDetails", "UserMailbox")]);
        let licence = setting("config.licence", "a@x.example", &[("SkuPartNumber", "SPE_E3")]);
        assert_eq!(said(std::slice::from_ref(&shared), &[]), whole(Coverage::Unknown, "not_licensed"));
        assert_eq!(said(&[shared.clone(), sets(ALL, ALL, ALL, "")], &[]), whole(Coverage::Unknown, "not_licensed"));
        let expected = [(10, 12, Coverage::Unknown), (12, 15, Coverage::Partial), (15, 21, Coverage::Unknown)];
        let expected = expected.map(|(from, to, state)| (from, to, state, "not_licensed".to_owned()));
        assert_eq!(said(std::slice::from_ref(&shared), &[seen("ual.mia.bind", 12, 14)]), expected);
        assert!(said(&[shared, licence], &[]).is_empty());
        assert!(said(&[person], &[]).is_empty());
    }

    #[test]
    fn of_two_exports_the_worse_counts() {
        assert_eq!(said(&[sets(NONE, NONE, NONE, ""), sets(ALL, ALL, ALL, "")], &[]), whole(Coverage::None, "custom_audit_set"));
        assert_eq!(said(&[sets(ALL, ALL, ALL, ""), sets(NONE, NONE, NONE, "")], &[]), whole(Coverage::None, "custom_audit_set"));
    }

    #[test]
    fn settings_that_name_no_tenant_are_those_of_the_only_one() {
        let stray = Setting { tenant: "unknown-01234567".to_owned(), ..sets(NONE, NONE, NONE, "") };
        let settings = [stray];
        assert_eq!(TenantSettings::of("t", true, &settings, &[]).spans((10, 20), true, &BTreeSet::new()).len(), 2);
        assert!(TenantSettings::of("t", false, &settings, &[]).spans((10, 20), true, &BTreeSet::new()).is_empty());
    }

    #[test]
    fn the_organisation_switches_off_what_it_is_asked_for() {
        let settings = [setting("config.mailbox_audit", "", &[("AuditDisabled", "True")])];
        let of = TenantSettings::of("t", true, &settings, &[]);
        assert_eq!((of.off("ual.mia.bind"), of.off("ual.item"), of.off("ual.sts")), (Some("not_enabled"), Some("not_enabled"), None));
        // Repaired later: which export is the newer one nobody tells.
        let settings = ["False", "True"].map(|word| setting("config.mailbox_audit", "", &[("AuditDisabled", word)]));
        assert_eq!(TenantSettings::of("t", true, &settings, &[]).off("ual.mia.bind"), Some("not_enabled"));
        let settings = [setting("config.mailbox_audit", "", &[("UnifiedAuditLogIngestionEnabled", "False")])];
        let of = TenantSettings::of("t", true, &settings, &[]);
        assert_eq!((of.off("ual.sts"), of.off("signin.interactive")), (Some("not_enabled"), None));
    }

    #[test]
    fn mailboxes_are_those_of_the_inventory_and_those_that_records_name() {
        let count = |settings: &[Setting], seen: &[Seen]| TenantSettings::of("t", true, settings, seen).count();
        let row = |mailbox: &str| setting("inventory.mailbox", mailbox, &[("RecipientTypeDetails", "UserMailbox")]);
        let found = count(&[], &[seen("ual.mia.bind", 10, 11), seen("ual.item", 10, 11)]);
        assert_eq!((found.known, found.inventory, found.said()), (1, false, "at least 1".to_owned()));
        let found = count(&[row("a@x.example"), row("b@x.example")], &[seen("ual.item", 10, 11)]);
        assert_eq!((found.known, found.seen, found.inventory, found.said()), (2, 1, true, "2".to_owned()));
        // An inventory that lacks a mailbox which records name is not whole.
        let found = count(&[row("b@x.example")], &[seen("ual.item", 10, 11)]);
        assert_eq!((found.known, found.said()), (2, "at least 2".to_owned()));
        // The same mailbox under its GUID, and an account without one.
        let by_id = Setting { mailbox: None, mailbox_id: Some("g1".to_owned()), ..row("") };
        let robot = setting("inventory.mailbox", "robot@x.example", &[("isMailboxSetup", "false")]);
        assert_eq!(count(&[row("a@x.example"), by_id, robot], &[seen("ual.item", 10, 11)]).known, 1);
    }
}
