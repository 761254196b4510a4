//! Who has which licence, as Entra and its forerunners say it: settings, not a log.
//!
//! Source: <https://learn.microsoft.com/en-us/graph/api/resources/user> with `assignedLicenses`, `assignedPlans` and
//! `licenseDetails`, and the tables people make of `Get-MgUserLicenseDetail`, `Get-MgUser` and `Get-MsolUser`. Names of plans:
//! <https://learn.microsoft.com/en-us/entra/identity/users/licensing-service-plan-reference>.

use serde_json_borrow::Value;
use waxseal_model::LogClass;

use crate::event::Event;
use crate::fields::{Fields, address, list_property};
use crate::format::{Context, EventSink, Format, Record, Reject};
use crate::value::{any_text, elements, lower};

/// Users with their licences, in JSON or in a table.
pub(crate) struct UserLicences;

const USER: [&str; 3] = ["UserPrincipalName", "User principal name", "UPN"];

/// Where licences stand.
const LICENCES: [&str; 9] = [
    "assignedLicenses",
    "licenseDetails",
    "SkuPartNumber",
    "AccountSkuId",
    "AccountSku",
    "Licenses",
    "assignedPlans",
    "SkuId",
    "isLicensed",
];

impl Format for UserLicences {
    fn id(&self) -> &'static str {
        "entra_user_licences"
    }

    fn page(&self) -> &'static str {
        include_str!("../../../../docs/formats/entra_user_licences.md")
    }

    fn claims(&self, record: &Record<'_>) -> bool {
        Fields::of(record).is_some_and(|fields| !fields.has("Operation") && fields.has_any(&USER) && fields.has_any(&LICENCES))
    }

    fn read(&self, record: &Record<'_>, _context: &Context, out: &mut dyn EventSink) -> Result<(), Reject> {
        let Some(fields) = Fields::of(record) else { return Err(Reject("neither an object nor a row".to_owned())) };
        let user = address(fields.first(&USER));
        let mut properties = Vec::new();
        let found = found(&fields);
        if let Some(skus) = &found.skus {
            properties.push(list_property("SkuPartNumber", skus));
        }
        for (name, plans) in [("ServicePlans", &found.enabled), ("DisabledPlans", &found.disabled)] {
            if !plans.is_empty() {
                properties.push(list_property(name, plans));
            }
        }
        properties.extend(["isLicensed", "userType", "accountEnabled"].iter().filter_map(|name| fields.property(name)));
        out.push(Event {
            log_class: Some(LogClass::ConfigLicence.as_str().into()),
            // A guest's mailbox is elsewhere.
            mailbox: user.filter(|user| !user.contains("#ext#")),
            target: fields.first(&["displayName", "Display name"]),
            target_id: lower(fields.first(&["id", "ObjectId", "Object Id"])),
            target_kind: Some("user".into()),
            properties,
            ..Event::default()
        });
        Ok(())
    }
}

/// Licences and plans of one user.
#[derive(Default)]
struct Found {
    /// Nothing where the export does not tell.
    skus: Option<Vec<String>>,
    enabled: Vec<String>,
    disabled: Vec<String>,
}

fn found(fields: &Fields<'_>) -> Found {
    let mut found = Found::default();
    for name in ["licenseDetails", "assignedLicenses", "Licenses"] {
        if let Some(Value::Array(licences)) = fields.value(name) {
            found.skus.get_or_insert_default();
            licences.iter().for_each(|licence| found.add(licence));
        }
    }
    for name in ["SkuPartNumber", "AccountSkuId", "AccountSku", "Licenses", "assignedLicenses", "SkuId"] {
        if !matches!(fields.value(name), Some(Value::Array(licences)) if licences.iter().any(|one| one.is_object()))
            && let Some(skus) = of_text(fields, name)
        {
            skus.iter().for_each(|sku| found.sku(sku));
        }
    }
    for plan in fields.value("assignedPlans").map(elements).unwrap_or_default() {
        let name = plan_of(plan);
        match text(plan, "capabilityStatus").as_deref() {
            Some("Enabled") => found.enabled.extend(name),
            Some(_) => found.disabled.extend(name),
            None => {}
        }
    }
    found.disabled.extend(fields.list("DisabledPlans").unwrap_or_default().iter().map(|plan| plan_name(plan)));
    if fields.get("ServicePlanName").is_some() {
        // A row for each plan of a licence.
        let is_on = fields.first(&["ServicePlanStatus", "ProvisioningStatus"]);
        let list = if is_on.is_none_or(|word| is_enabled(&word)) { &mut found.enabled } else { &mut found.disabled };
        list.extend(fields.get("ServicePlanName").map(|name| name.into_owned()));
    }
    for list in [&mut found.enabled, &mut found.disabled] {
        list.sort_unstable();
        list.dedup();
    }
    found
}

/// Names with blanks in them are the portal's, joined by plus signs; `contoso:ENTERPRISEPACK` and the like never hold any.
fn of_text(fields: &Fields<'_>, name: &str) -> Option<Vec<String>> {
    let text = fields.get(name).filter(|_| !matches!(fields.value(name), Some(Value::Array(_) | Value::Object(_))))?;
    let bare = |word: &str| word.contains(':') || !text.contains(' ');
    if text.contains([',', ';']) || text.split_whitespace().all(bare) {
        return fields.list(name);
    }
    Some(text.split('+').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect())
}

impl Found {
    fn sku(&mut self, text: &str) {
        // `contoso:ENTERPRISEPACK`
        let bare = text.rsplit_once(':').map_or(text, |(_, sku)| sku);
        let name = SKUS.iter().find(|(id, _)| id.eq_ignore_ascii_case(bare)).map_or(bare, |(_, name)| name).to_owned();
        let skus = self.skus.get_or_insert_default();
        if !name.is_empty() && name != "Unlicensed" && !skus.contains(&name) {
            skus.push(name);
        }
    }

    fn add(&mut self, licence: &Value<'_>) {
        let sku = ["skuPartNumber", "AccountSkuId", "skuId"].iter().find_map(|name| text(licence, name));
        if let Some(sku) = sku.or_else(|| licence.as_str().map(str::to_owned)) {
            self.sku(&sku);
        }
        for plan in child(licence, "disabledPlans").map(elements).unwrap_or_default() {
            self.disabled.extend(any_text(plan).map(|plan| plan_name(&plan)));
        }
        for plan in child(licence, "servicePlans").or_else(|| child(licence, "ServiceStatus")).map(elements).unwrap_or_default() {
            let is_on = text(plan, "provisioningStatus").is_none_or(|word| is_enabled(&word));
            let list = if is_on { &mut self.enabled } else { &mut self.disabled };
            list.extend(plan_of(plan));
        }
    }
}

/// Only `Disabled` was switched off; what is pending or has an error is meant to be there.
fn is_enabled(word: &str) -> bool {
    !word.eq_ignore_ascii_case("Disabled")
}

/// The name of a plan object: its own, that of the object inside it, or of its id.
fn plan_of(plan: &Value<'_>) -> Option<String> {
    let inner = child(plan, "ServicePlan").unwrap_or(plan);
    let name = ["servicePlanName", "ServiceName"].iter().find_map(|name| text(inner, name));
    name.or_else(|| text(inner, "servicePlanId").map(|id| plan_name(&id)))
}

fn child<'a>(value: &'a Value<'a>, name: &str) -> Option<&'a Value<'a>> {
    value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn text(value: &Value<'_>, name: &str) -> Option<String> {
    child(value, name).and_then(any_text).map(|text| text.into_owned())
}

fn plan_name(id: &str) -> String {
    PLANS.iter().find(|(known, _)| known.eq_ignore_ascii_case(id)).map_or(id, |(_, name)| name).to_owned()
}

/// Ids of the licences with which access to messages is known to be recorded, or is not.
const SKUS: [(&str, &str); 10] = [
    ("05e9a617-0261-4cee-bb44-138d3ef5d965", "SPE_E3"),
    ("06ebc4ee-1bb5-47dd-8120-11324bc54e06", "SPE_E5"),
    ("6fd2c87f-b296-42f0-b197-1e91e994b900", "ENTERPRISEPACK"),
    ("c7df2760-2c81-4ef7-b578-5b5392b571df", "ENTERPRISEPREMIUM"),
    ("18181a46-0d4e-45cd-891e-60aabd171b4e", "STANDARDPACK"),
    ("3b555118-da6a-4418-894f-7df1e2096870", "O365_BUSINESS_ESSENTIALS"),
    ("f245ecc8-75af-4f8e-b61f-27d8114de5f3", "O365_BUSINESS_PREMIUM"),
    ("cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "SPB"),
    ("4b9405b0-7788-4568-add1-99614e613b69", "EXCHANGESTANDARD"),
    ("19ec0d23-8335-4cbd-94ac-6050e30712fa", "EXCHANGEENTERPRISE"),
];

/// Ids of the plans that bear on it.
const PLANS: [(&str, &str); 4] = [
    ("2f442157-a11c-46b9-ae5b-6e39ff4e5849", "M365_ADVANCED_AUDITING"),
    ("efb87545-963c-4e0d-99df-69c6916d9eb0", "EXCHANGE_S_ENTERPRISE"),
    ("9aaf7827-d63c-4b61-89c3-182f06f82e5c", "EXCHANGE_S_STANDARD"),
    ("4a82b400-a79f-41a4-b4e2-e94f5787b113", "EXCHANGE_S_DESKLESS"),
];
