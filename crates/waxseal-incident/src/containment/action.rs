//! What an action is. The tables of them are in `microsoft` and `google`, in the order of a plan.

use waxseal_model::Confirmation;

use crate::act::{Act, bare, key, own_of_path};

/// When an action has its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    /// Keep what would be lost by what follows, or by waiting.
    Keep,
    /// Cut the intruder off.
    CutOff,
    /// Put right what does not let the intruder in once he is cut off.
    Mend,
    /// Look whether it is over.
    LookAgain,
}

/// A kind of step: what it does, what it takes, and how the log shows it.
pub(crate) struct Action {
    /// The word in `docs/containment.md`.
    pub(crate) id: &'static str,
    pub(crate) turn: Turn,
    pub(crate) title: &'static str,
    pub(crate) effect: &'static str,
    pub(crate) undo: &'static str,
    pub(crate) permission: &'static str,
    pub(crate) confirmed_by: &'static str,
    /// Operations that can show it, as [`Act::operation_key`] has them. None where no log is known to.
    pub(crate) operations: &'static [&'static str],
    /// Whether a record with such an operation shows it for a target.
    pub(crate) shown_by: fn(&Act, &Confirmation) -> bool,
    /// For one target: `None` where its name cannot stand in a command, no line where there is no such form.
    pub(crate) powershell: fn(&Confirmation) -> Option<Vec<String>>,
    pub(crate) api: fn(&Confirmation) -> Option<Vec<String>>,
}

/// For what no other step knows, of whichever provider.
pub(crate) const TAKE_BACK: Action = Action {
    id: "take_back",
    turn: Turn::CutOff,
    title: "Take back by hand what these findings tell of",
    effect: "No step here knows what was done, or how to take it back. Until somebody has looked at the records that the findings cite, it may let the intruder in again.",
    undo: "as the case may be",
    permission: "as the case may be",
    confirmed_by: "no record that is known here: look at the setting again",
    operations: &[],
    shown_by: never,
    powershell: no_form,
    api: no_form,
};

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

/// There is no such form.
#[expect(clippy::unnecessary_wraps, reason = "it stands in the table beside forms that can fail")]
pub(crate) fn no_form(_: &Confirmation) -> Option<Vec<String>> {
    Some(Vec::new())
}

/// No record shows it.
pub(crate) fn never(_: &Act, _: &Confirmation) -> bool {
    false
}

/// The record is about the account or mailbox, or about the application.
pub(crate) fn about(act: &Act, target: &Confirmation) -> bool {
    names(act, &target.name) || target.id.as_deref().is_some_and(|id| names(act, id))
}

/// Whether a record is about what has this name or id: as its target or mailbox, or as the value of a property.
pub(crate) fn names(act: &Act, name: &str) -> bool {
    let same = |text: &str| [text.trim(), bare(text), &own_of_path(text)].iter().any(|text| text.eq_ignore_ascii_case(name.trim()));
    let columns = [&act.target, &act.target_id, &act.mailbox, &act.app_id];
    columns.into_iter().flatten().any(|text| same(text))
        || act.properties.iter().any(|change| [&change.old, &change.new].into_iter().flatten().any(|text| same(text)))
}

/// Whether a property became a value: `False`, `[false]`, an empty text.
pub(crate) fn became(act: &Act, property: &str, value: &str) -> bool {
    act.change(property).is_some_and(|(_, new)| bare(new).eq_ignore_ascii_case(value))
}

/// Whether the account that is the target did it itself.
pub(crate) fn by_itself(act: &Act, target: &Confirmation) -> bool {
    act.actor.as_deref().is_some_and(|actor| key(actor) == key(&target.name))
}

/// Whether the record names the kind of the target as well: the role, the property.
pub(crate) fn of_its_kind(act: &Act, target: &Confirmation) -> bool {
    target.kind.as_deref().is_some_and(|kind| names(act, kind))
}
