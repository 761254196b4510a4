//! Ordinary life: a day of a tenant in which nothing is wrong.

mod administration;
mod apps;
mod google;
mod people;
mod reading;

use crate::clock::Day;
use crate::record::Record;
use crate::world::Scene;

pub(crate) use reading::{Reader, Recent};

/// Everything that the logs record of an ordinary day of a tenant, in no order.
pub(crate) fn day(scene: Scene<'_>, day: Day, out: &mut Vec<Record>) {
    if scene.tenant.google {
        return google::day(scene, day, out);
    }
    let recent: Vec<Recent<'_>> = scene.tenant.mailboxes.iter().map(|mailbox| Recent::of(mailbox, day)).collect();
    for person in &scene.tenant.people {
        people::day(scene, person, day, &recent, out);
    }
    apps::day(scene, day, &recent, out);
    administration::day(scene, day, out);
}
