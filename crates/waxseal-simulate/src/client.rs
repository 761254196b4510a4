//! The programs that people read mail with, as the provider's logs name them.

use crate::guid::Guid;
use crate::parameters::{Clients, Tokens};

/// Microsoft Graph, as a resource and as the identity Exchange sees behind it.
pub(crate) const GRAPH: Guid = Guid::from_text("00000003-0000-0000-c000-000000000000");
/// Exchange Online, as a resource and as the identity behind Outlook on the web.
pub(crate) const EXCHANGE: Guid = Guid::from_text("00000002-0000-0ff1-ce00-000000000000");
/// SharePoint Online.
pub(crate) const SHAREPOINT: Guid = Guid::from_text("00000003-0000-0ff1-ce00-000000000000");
/// One Outlook Web.
pub(crate) const OUTLOOK_WEB: Guid = Guid::from_text("9199bf20-a13f-4107-85dc-02114787ef48");
/// Outlook Mobile.
pub(crate) const OUTLOOK_MOBILE: Guid = Guid::from_text("27922004-5251-4030-b22d-91ecd9a37ea4");
/// Microsoft Office.
pub(crate) const OFFICE: Guid = Guid::from_text("d3590ed6-52b3-4102-aeff-aad2292ab01c");
/// Microsoft Teams.
pub(crate) const TEAMS: Guid = Guid::from_text("1fec8e78-bce4-4aaf-ab1b-5451cc387264");
/// The authentication broker of Windows and phones.
pub(crate) const BROKER: Guid = Guid::from_text("29d9ed98-a469-4536-ade2-f981bc1d605e");

/// A program that a person uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Client {
    /// Outlook in a browser.
    Web,
    /// Outlook for Windows with a cached mailbox.
    Desktop,
    /// Outlook on a phone: mail is fetched by the provider's own machines over REST.
    Mobile,
    /// The phone's own mail program, over ActiveSync.
    Phone,
    /// A mail program over IMAP.
    Imap,
    /// Teams: chats and meetings, and now and then a message shown inside it.
    Teams,
    /// SharePoint and OneDrive.
    Files,
}

/// What a log says of a client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientFacts {
    /// Its application id and name.
    pub(crate) app: (Guid, &'static str),
    /// What its tokens are for.
    pub(crate) resource: (Guid, &'static str),
    /// `clientAppUsed` of its sign-ins.
    pub(crate) used: &'static str,
}

impl Client {
    /// Every client.
    pub(crate) const ALL: [Self; 7] = [Self::Web, Self::Desktop, Self::Mobile, Self::Phone, Self::Imap, Self::Teams, Self::Files];

    /// What the logs say of it.
    pub(crate) fn facts(self) -> ClientFacts {
        let (app, resource, used) = match self {
            Self::Web => ((OUTLOOK_WEB, "One Outlook Web"), (EXCHANGE, "Office 365 Exchange Online"), "Browser"),
            Self::Desktop => ((OFFICE, "Microsoft Office"), (EXCHANGE, "Office 365 Exchange Online"), "Mobile Apps and Desktop clients"),
            Self::Mobile => {
                ((OUTLOOK_MOBILE, "Outlook Mobile"), (EXCHANGE, "Office 365 Exchange Online"), "Mobile Apps and Desktop clients")
            }
            Self::Phone => ((PHONE_MAIL, "Apple Internet Accounts"), (EXCHANGE, "Office 365 Exchange Online"), "Exchange ActiveSync"),
            Self::Imap => ((IMAP_PROGRAM, "Thunderbird"), (EXCHANGE, "Office 365 Exchange Online"), "IMAP4"),
            Self::Teams => ((TEAMS, "Microsoft Teams"), (GRAPH, "Microsoft Graph"), "Mobile Apps and Desktop clients"),
            Self::Files => ((SHAREPOINT, "Office 365 SharePoint Online"), (SHAREPOINT, "Office 365 SharePoint Online"), "Browser"),
        };
        ClientFacts { app, resource, used }
    }

    /// The share of people that use it.
    pub(crate) fn share(self, rates: &Clients) -> f64 {
        match self {
            Self::Web => rates.outlook_web,
            Self::Desktop => rates.outlook_desktop,
            Self::Mobile => rates.outlook_mobile,
            Self::Phone => rates.phone_mail,
            Self::Imap => rates.imap,
            Self::Teams => rates.teams,
            Self::Files => rates.files,
        }
    }

    /// How often its access to mail names the token.
    pub(crate) fn linked(self, rates: &Tokens) -> f64 {
        match self {
            Self::Web | Self::Teams | Self::Files => rates.linked_web,
            Self::Desktop => rates.linked_desktop,
            Self::Mobile => rates.linked_mobile,
            Self::Phone => rates.linked_phone,
            Self::Imap => rates.linked_imap,
        }
    }

    /// Whether its tokens may live for a day, because they can be withdrawn at once.
    pub(crate) fn may_be_long_lived(self) -> bool {
        matches!(self, Self::Web | Self::Mobile | Self::Teams)
    }

    /// Whether it is on a phone, and so is used from morning to night on every day.
    pub(crate) fn on_phone(self) -> bool {
        matches!(self, Self::Mobile | Self::Phone)
    }
}

const PHONE_MAIL: Guid = Guid::from_text("f8d98a96-0999-43f5-8af3-69971c7bb423");
const IMAP_PROGRAM: Guid = Guid::from_text("9e5f94bc-e8a4-4e73-b8be-63364c29d753");
