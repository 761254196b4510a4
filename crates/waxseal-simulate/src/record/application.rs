//! What the directory records when an application comes into a tenant, is given rights, or gets a credential.

use crate::client::{EXCHANGE, GRAPH};
use crate::guid::Guid;
use crate::random::Random;
use crate::record::{Change, Target};
use crate::tenant::{App, Person, Tenant};

/// The category of changes to applications.
pub(crate) const APPLICATIONS: &str = "ApplicationManagement";

/// The operation by which a credential is added or replaced; the blank at its end is the provider's.
pub(crate) const CREDENTIAL_CHANGED: &str = "Update application – Certificates and secrets management ";

/// The application role with which a program opens every mailbox by EWS.
const FULL_ACCESS_AS_APP: &str = "dc890d15-9560-4a4c-9b7f-a736ec74ec40";

/// What is changed, and how.
pub(crate) type Changed = (Target, Vec<Change>);

/// The rights an application is given.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rights<'a> {
    /// These permissions in the name of one person, who consents, or of everybody, for whom an administrator does.
    Delegated { scope: &'a str, person: Option<&'a Person> },
    /// Every mailbox, without a person.
    EveryMailbox,
}

impl Target {
    /// A person.
    pub(crate) fn user(person: &Person) -> Self {
        Self { kind: "User", id: person.oid, name: person.upn.clone(), also: person.upn.clone() }
    }

    /// An application's place in the tenant.
    pub(crate) fn service_principal(app: &App) -> Self {
        Self { kind: "ServicePrincipal", id: app.service_principal, name: app.name.clone(), also: app.app_id.to_string() }
    }

    fn resource(tenant: &Tenant, (app, name): (Guid, &str)) -> Self {
        let id = tenant.seed.of(name, 0).guid();
        Self { kind: "ServicePrincipal", id, name: name.to_owned(), also: app.to_string() }
    }
}

impl Rights<'_> {
    /// The operation that grants them.
    pub(crate) fn granted_by(self) -> &'static str {
        match self {
            Self::Delegated { .. } => "Add delegated permission grant.",
            Self::EveryMailbox => "Add app role assignment to service principal.",
        }
    }

    /// What they are on.
    fn resource(self, tenant: &Tenant) -> Target {
        Target::resource(
            tenant,
            match self {
                Self::Delegated { .. } => (GRAPH, "Microsoft Graph"),
                Self::EveryMailbox => (EXCHANGE, "Office 365 Exchange Online"),
            },
        )
    }

    fn scope(&self) -> &str {
        match self {
            Self::Delegated { scope, .. } => scope,
            Self::EveryMailbox => "full_access_as_app",
        }
    }

    /// The person who consents for nobody else.
    fn person(&self) -> Option<&Person> {
        match self {
            Self::Delegated { person, .. } => *person,
            Self::EveryMailbox => None,
        }
    }

    fn consent_type(&self) -> &'static str {
        if self.person().is_some() { "Principal" } else { "AllPrincipals" }
    }
}

/// `Add service principal.`: the first trace of an application in a tenant.
pub(crate) fn introduced(app: &App) -> Changed {
    let changes = vec![Change::list("AppPrincipalId", "", app.app_id.to_string()), Change::list("DisplayName", "", app.name.clone())];
    (Target::service_principal(app), changes)
}

/// The grant of rights, on the resource that they are on.
pub(crate) fn granted(tenant: &Tenant, app: &App, rights: Rights<'_>) -> Changed {
    let mut changes = match rights {
        Rights::Delegated { scope, .. } => vec![
            Change::list("DelegatedPermissionGrant.Scope", "", scope),
            Change::list("DelegatedPermissionGrant.ConsentType", "", rights.consent_type()),
        ],
        Rights::EveryMailbox => vec![Change::list("AppRole.Value", "", rights.scope()), Change::list("AppRole.Id", "", FULL_ACCESS_AS_APP)],
    };
    changes.push(Change::list("ServicePrincipal.AppId", "", app.app_id.to_string()));
    changes.push(Change::list("ServicePrincipal.DisplayName", "", app.name.clone()));
    (rights.resource(tenant), changes)
}

/// `Consent to application.`
pub(crate) fn consented(tenant: &Tenant, app: &App, rights: Rights<'_>, random: &mut Random) -> Changed {
    let word = |yes: bool| if yes { "True" } else { "False" };
    let for_all = rights.person().is_none();
    let principal = rights.person().map(|person| format!("PrincipalId: {}, ", person.oid)).unwrap_or_default();
    let permissions = format!(
        "[] => [[Id: {}, ClientId: {}, {principal}ResourceId: {}, ConsentType: {}, Scope: {}]]; ",
        random.text(43),
        app.service_principal,
        rights.resource(tenant).id,
        rights.consent_type(),
        rights.scope(),
    );
    let changes = vec![
        Change::plain("ConsentContext.IsAdminConsent", word(for_all)),
        Change::plain("ConsentContext.IsAppOnly", word(matches!(rights, Rights::EveryMailbox))),
        Change::plain("ConsentContext.OnBehalfOfAll", word(for_all)),
        Change::plain("ConsentAction.Permissions", permissions),
        Change::plain("TargetId.ServicePrincipalNames", app.app_id.to_string()),
    ];
    (Target::service_principal(app), changes)
}

/// A credential of an application, as its list of credentials describes it.
pub(crate) fn described_key(id: Guid, name: &str) -> String {
    format!("[KeyIdentifier={id},KeyType=Password,KeyUsage=Verify,DisplayName={name}]")
}

/// [`CREDENTIAL_CHANGED`].
pub(crate) fn credential_changed(app: &App, keys: Change) -> Changed {
    let target = Target { kind: "Application", ..Target::service_principal(app) };
    (target, vec![keys, Change::plain("Included Updated Properties", "KeyDescription")])
}
