//! How access to a mailbox looks in its records, by the program it was made with.

use crate::client::{Client, EXCHANGE, GRAPH};
use crate::guid::Guid;
use crate::network::provider_address;
use crate::random::{Random, Seed};
use crate::record::{Caller, Link, web_info};
use crate::tenant::Person;
use crate::token::{Token, uti_form};
use crate::world::Scene;

/// What a record tells of a token that was issued to a person for an application.
pub(crate) fn link(scene: Scene<'_>, person: &Person, token: &Token, app: Guid) -> Link {
    Link {
        uti: token.id.uti(uti_form(scene)),
        issued: token.issued,
        session: Some(token.session),
        app,
        object: person.oid,
        tenant: scene.tenant.id,
    }
}

/// The caller of access with one of a person's programs. Some records carry no linkage although the token has an id.
pub(crate) fn caller(scene: Scene<'_>, person: &Person, token: &Token, random: &mut Random) -> Caller {
    let rates = &scene.parameters().tokens;
    let linked = random.chance(token.client.linked(rates));
    let mut caller = program(token, random);
    caller.session = (linked && random.chance(rates.session)).then_some(token.session);
    caller.device = (linked && is_registered(person, token)).then_some(token.device.id);
    caller.link = linked.then(|| link(scene, person, token, token.client.facts().app.0));
    caller
}

/// Whether a device is registered with the tenant.
pub(crate) fn is_registered(person: &Person, token: &Token) -> bool {
    person.seed.of("registered", i64::from(token.device.id.bytes()[0])).share() < if token.client.on_phone() { 0.5 } else { 0.85 }
}

/// The program alone: what Exchange sees of it and where it seems to be.
fn program(token: &Token, random: &mut Random) -> Caller {
    let address = token.place.address.clone();
    let app = token.client.facts().app.0;
    match token.client {
        Client::Web | Client::Files => {
            let (info, app_id) = web_info(&token.device.user_agent);
            Caller { info, app_id, address, ..Caller::default() }
        }
        Client::Desktop => desktop(token.device.outlook.clone(), &address),
        Client::Mobile => Caller {
            info: format!("Client=OutlookService;{};", token.device.user_agent),
            app_id: Some(app),
            client_app_id: Some(app),
            address: provider_address(random),
            ..Caller::default()
        },
        Client::Phone => Caller {
            info: "Client=ActiveSync;Version=16.1;UserAgent=Apple-iPhone15C2/2205.77;".to_owned(),
            app_id: Some(app),
            address,
            ..Caller::default()
        },
        Client::Imap => imap(app, &address),
        Client::Teams => through_graph(app, random),
    }
}

/// Outlook for Windows of a version.
pub(crate) fn desktop(version: String, address: &str) -> Caller {
    let process = Some(("OUTLOOK.EXE", version));
    Caller { info: "Client=MSExchangeRPC".to_owned(), address: address.to_owned(), process, ..Caller::default() }
}

/// A mail program over IMAP.
pub(crate) fn imap(app: Guid, address: &str) -> Caller {
    let info = "Client=POP3/IMAP4;Protocol=IMAP4".to_owned();
    Caller { info, app_id: Some(app), address: address.to_owned(), ..Caller::default() }
}

/// Through Microsoft Graph: the provider's address, Graph as the identity, the application as the original caller.
pub(crate) fn through_graph(app: Guid, random: &mut Random) -> Caller {
    Caller {
        info: "Client=REST;;".to_owned(),
        app_id: Some(GRAPH),
        client_app_id: Some(app),
        address: provider_address(random),
        ..Caller::default()
    }
}

/// Through Exchange Web Services with an application's own credential.
pub(crate) fn through_web_services(app: Guid, address: &str) -> Caller {
    Caller {
        info: format!("Client=WebServices;ExchangeWebServices/0.0.0.0;[AppId={app}];"),
        app_id: Some(app),
        client_app_id: Some(app),
        address: address.to_owned(),
        ..Caller::default()
    }
}

/// The provider's own machines, reading in the background: no token, no session, no client.
pub(crate) fn background(random: &mut Random) -> Caller {
    // The same few applications in every tenant; three in five records name the client too.
    let app = Seed(0x5eed).of("background", i64::try_from(random.below(4)).unwrap_or(0)).guid();
    Caller {
        info: "Client=REST;Client=RESTSystem;;".to_owned(),
        app_id: Some(app),
        client_app_id: random.chance(0.6).then_some(app),
        address: provider_address(random),
        ..Caller::default()
    }
}

/// Outlook on the web, working by itself.
pub(crate) fn web_background(address: &str) -> Caller {
    Caller { info: "Client=OWA;Action=ViaProxy".to_owned(), address: address.to_owned(), ..Caller::default() }
}

/// Outlook on the web with any user agent, as Exchange sees it.
pub(crate) fn web(user_agent: &str, address: &str) -> Caller {
    let (info, app_id) = web_info(user_agent);
    Caller { info, app_id: app_id.or(Some(EXCHANGE)), address: address.to_owned(), ..Caller::default() }
}
