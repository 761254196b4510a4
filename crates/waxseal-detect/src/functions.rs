//! The functions that detections may use beside DataFusion's own.
//!
//! All are pure: no state, no settings, the same answer everywhere. They are registered with one call, on the session
//! and, on a cluster, on every executor.

mod address;
mod client;
mod plain;
mod property;
mod skeleton;
mod text_function;
mod texts;

use datafusion::logical_expr::ScalarUDF;

use address::DomainsIn;
use property::{Property, Side};
use text_function::{TextFunction, TextKind};

/// Every function, for registration with a session:
///
/// - `property(properties, 'Name')` and `property_old(properties, 'Name')`: the new and the old value of the first property of
///   that name, whatever its case; null where there is none.
/// - `plain(text)`: a value without the JSON around it: `["a"]`, `"a"` and `"[\"a\"]"` are all `a`; several are joined by a comma.
/// - `domain_of(address)`: the domain of an address in lower case, without `smtp:` and display name; null for anything else.
/// - `domains_in(text)`: the domains of all addresses in a text, in lower case, each once; an empty list where there is none.
/// - `neighbourhood(ip)`: the addresses around an address: the first three numbers of IPv4, the first three groups of IPv6.
/// - `program(user_agent)`: a user agent without its version numbers, so that an update is no new program.
/// - `skeleton(text)`: the text as a hurried reader sees it, so that `rnicrosoft` and `microsoft` are alike.
#[must_use]
pub fn functions() -> Vec<ScalarUDF> {
    vec![
        ScalarUDF::from(Property::new(Side::New)),
        ScalarUDF::from(Property::new(Side::Old)),
        ScalarUDF::from(TextFunction::new(TextKind::Plain)),
        ScalarUDF::from(TextFunction::new(TextKind::DomainOf)),
        ScalarUDF::from(TextFunction::new(TextKind::Skeleton)),
        ScalarUDF::from(TextFunction::new(TextKind::Neighbourhood)),
        ScalarUDF::from(TextFunction::new(TextKind::Program)),
        ScalarUDF::from(DomainsIn::new()),
    ]
}
