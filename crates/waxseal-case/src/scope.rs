//! The scope of incidents: runs the queries of `waxseal-incident` in their order and keeps what they give.

mod ask;
mod messages;

use std::collections::{BTreeMap, BTreeSet};

use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionContext;
use datafusion::logical_expr::{Expr, col, lit};
use waxseal_incident::{
    ATTRIBUTED, CITED_RECORDS, CLUES, Candidate, Cited, Clue, Context, ContextKind, DONE, Done, DoneRow, Exposed, FOLLOWED, FORWARDED,
    Followed, Known, MOST_FOLLOWED, Mailboxes, NAMES, NOBODYS, OPENED, PLACES, Placed, REMOVED, Reach, Reaches, STOCK, SYNCED, Synced,
    TRAIL, Trails, UNCITED, UNNAMED, USES, Untold, Use, assemble, cited, exposed, fill, removed_since, statements, stock_since,
};
use waxseal_model::{Finding, Incidents, Nanos, Statement};

pub use ask::{MessageFilter, MessageFormat};

use crate::session::Resources;
use crate::store::{Object, Store};
use crate::tables::{Row, TableError, as_of, flags, places, put, put_rows, ranks, register, rows, texts, times, write_frame};

/// From when to when mail could be had: without an end where none is known.
type Window = (Nanos, Option<Nanos>);

/// A mailbox of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    incident: String,
    tenant: String,
    mailbox: String,
    mailbox_id: Option<String>,
}

/// What the scope step gives.
pub(crate) struct Scoped {
    pub(crate) incidents: Incidents,
    pub(crate) statements: Vec<Statement>,
    pub(crate) objects: Vec<Object>,
    /// As [`Known::perhaps`].
    pub(crate) perhaps: BTreeMap<String, Nanos>,
}

/// A detect run in the making.
pub(crate) struct Step<'a> {
    pub(crate) ctx: &'a SessionContext,
    pub(crate) store: &'a Store,
    pub(crate) folder: &'a str,
    pub(crate) now: Nanos,
    pub(crate) resources: Resources,
}

/// Rounds in which what was used together is followed.
const ROUNDS: usize = 2;

/// Joins findings into incidents and works out what of the mail they reach.
pub(crate) fn scope(step: &Step<'_>, findings: &[Finding], mut known: Known) -> Result<Scoped, TableError> {
    let first = assemble(findings, &known, step.now);
    let mailboxes = step.mailboxes(&known)?;
    if first.incidents.is_empty() {
        let mut incidents = first;
        fill(&mut incidents, findings, &[], &[], &known);
        let statements = statements(&incidents, findings, &mailboxes, &known);
        let objects = messages::none(step.store, step.folder)?;
        return Ok(Scoped { incidents, statements, objects, perhaps: BTreeMap::new() });
    }
    step.make_view("trail", TRAIL)?;
    let mut kept = Vec::new();
    let mut passing = Vec::new();
    passing.push(step.put_cited(&cited(&first, findings))?);
    step.make_view("uncited", UNCITED)?;
    let mut near = Vec::new();
    step.add_near(&mut near, step.run(async |ctx| ctx.sql(CITED_RECORDS).await)?)?;
    let clues = step.clues()?;
    let (contexts, cut) = step.contexts(Trails::of(&first, findings, &clues, &known), &mut near, &mut passing)?;
    kept.push(step.put_contexts(&contexts, "contexts")?);
    kept.push(put_rows(step.ctx, step.store, &step.path("attributed"), "attributed", ATTRIBUTED)?);
    passing.extend(near);
    kept.push(put_rows(step.ctx, step.store, &step.path("nobodys"), "nobodys", NOBODYS)?);
    let mut done = step.done(&first)?;
    let mut ways = step.ways(&mailboxes, &known)?;
    passing.push(step.forwarded(&ways, &first, &mut done)?);
    known.recorded = done.recorded.clone();
    let mut incidents = assemble(findings, &known, step.now);
    let places_of: BTreeMap<&str, u32> = (0..).zip(&incidents.incidents).map(|(place, incident)| (incident.id.as_str(), place)).collect();
    let place_of =
        |old: u32| first.incidents.get(usize::try_from(old).ok()?).and_then(|incident| places_of.get(incident.id.as_str())).copied();
    ways.retain_mut(|way| place_of(way.incident).map(|place| way.incident = place).is_some());
    let mut reaches = done.reaches(&place_of, concerned(&incidents, &ways));
    for old in cut.into_iter().filter_map(place_of) {
        reaches.values_mut().filter(|reach| reach.incident == old).for_each(|reach| reach.cut = true);
    }
    let objects = step.count((&incidents, &first), &mut reaches, &ways, (&done.names(), &known), &mut passing)?;
    kept.extend(objects);
    fill(&mut incidents, findings, &reaches.values().cloned().collect::<Vec<_>>(), &ways, &known);
    for incident in &mut incidents.incidents {
        incident.other_acts = Some(done.other_acts.get(&incident.id).cloned().unwrap_or_default());
    }
    let statements = statements(&incidents, findings, &mailboxes, &known);
    for object in passing {
        step.store.delete(&object.path)?;
    }
    Ok(Scoped { incidents, statements, objects: kept, perhaps: done.perhaps })
}

/// Incidents whose messages nobody counted, and no statement about any mailbox: where the scope could not be worked out.
pub(crate) fn without(step: &Step<'_>, findings: &[Finding], known: &Known) -> Result<Scoped, TableError> {
    let objects = messages::none(step.store, step.folder)?;
    Ok(Scoped { incidents: assemble(findings, known, step.now), statements: Vec::new(), objects, perhaps: BTreeMap::new() })
}

/// Every mailbox that records or an inventory name, by tenant and address; by its id where nothing gives the address.
const MAILBOXES: &str = "
    SELECT DISTINCT tenant, lower(mailbox), lower(mailbox_id)
    FROM activity
    WHERE NOT of_day AND log_class IN ('ual.mia.bind', 'ual.mia.sync', 'ual.item', 'gws.gmail', 'inventory.mailbox') AND (mailbox IS NOT NULL OR mailbox_id IS NOT NULL)";

impl Step<'_> {
    fn run<T>(&self, work: impl AsyncFnOnce(&SessionContext) -> Result<T, DataFusionError>) -> Result<T, TableError> {
        Ok(self.store.runtime().block_on(work(self.ctx))?)
    }

    fn make_view(&self, name: &str, query: &str) -> Result<(), TableError> {
        self.run(async |ctx| {
            ctx.deregister_table(name)?;
            ctx.sql(&format!("CREATE VIEW {name} AS {}", as_of(query, self.now))).await.map(drop)
        })
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}.parquet", self.folder)
    }

    fn rows(&self, query: &str, each: impl FnMut(Row)) -> Result<(), TableError> {
        self.run(async |ctx| rows(ctx, &as_of(query, self.now), each).await)
    }

    fn put(&self, file: &str, name: &str, columns: Vec<(&str, arrow_array::ArrayRef)>) -> Result<Object, TableError> {
        put(self.ctx, self.store, &self.path(file), name, columns)
    }

    fn mailboxes(&self, known: &Known) -> Result<BTreeSet<(String, String)>, TableError> {
        let mut named: Vec<(String, Option<String>, Option<String>)> = Vec::new();
        self.rows(MAILBOXES, |row| named.push((row.told(0), row.text(1), row.text(2))))?;
        let with_address: BTreeSet<String> =
            named.iter().filter(|(_, address, _)| address.is_some()).filter_map(|(_, _, id)| id.clone()).collect();
        let mailbox = |(tenant, address, id): (String, Option<String>, Option<String>)| {
            let tenant = of_only(tenant, known);
            address.or_else(|| id.filter(|id| !with_address.contains(id))).map(|mailbox| (tenant, mailbox))
        };
        Ok(named.into_iter().filter_map(mailbox).collect())
    }

    fn put_cited(&self, cited: &[Cited]) -> Result<Object, TableError> {
        let columns = vec![
            ("incident", places(cited.iter().map(|c| c.incident))),
            ("tenant", texts(cited.iter().map(|c| Some(c.tenant.as_str())))),
            ("event", texts(cited.iter().map(|c| Some(c.event.as_str())))),
            ("category", texts(cited.iter().map(|c| Some(c.category.as_str())))),
            ("firm", flags(cited.iter().map(|c| c.firm))),
            ("counts", flags(cited.iter().map(|c| c.counts))),
        ];
        self.put("cited", "cited", columns)
    }

    fn clues(&self) -> Result<Vec<Clue>, TableError> {
        let mut clues = Vec::new();
        self.rows(CLUES, |row| {
            clues.extend(row.number(0).zip(row.time(10)).map(|(incident, first)| Clue {
                incident,
                category: row.told(1),
                tenant: row.told(2),
                is_access: row.is(3),
                actor: row.text(4),
                address: row.text(5),
                sessions: [row.text(6), row.text(7)].into_iter().flatten().collect(),
                token: row.text(8),
                by_code: row.is(9),
                first,
                last: row.time(11).unwrap_or(first),
            }));
        })?;
        Ok(clues)
    }

    /// Asks where values were used and what was used with them, until all is known that is to be followed. Gives the incidents too of
    /// which more was used together than is followed.
    fn contexts(
        &self,
        mut trails: Trails<'_>,
        near: &mut Vec<Object>,
        passing: &mut Vec<Object>,
    ) -> Result<(Vec<Context>, BTreeSet<u32>), TableError> {
        let mut cut = BTreeSet::new();
        let mut before = lit(false);
        for round in 0..=ROUNDS {
            let candidates = trails.ask();
            if candidates.is_empty() {
                break;
            }
            passing.push(self.put_candidates(&candidates, &format!("candidates-{round}"))?);
            let named = naming(&candidates);
            let new = named.clone().and(before.clone().is_not_true());
            self.add_near(near, self.run(async |ctx| ctx.table("uncited").await?.filter(new))?)?;
            before = before.or(named);
            self.rows(USES, |row| {
                let kind = ContextKind::from_word(&row.told(1));
                if let Some((kind, (first, last))) = kind.zip(row.time(6).zip(row.time(7))) {
                    let of = Use { first, last, address: row.text(3), actor: row.text(4), by_code: row.is(5) };
                    trails.learn(Candidate { tenant: row.told(0), kind, value: row.told(2) }, of);
                }
            })?;
            if round == ROUNDS {
                break;
            }
            passing.push(self.put_contexts(&trails.contexts(), &format!("contexts-{round}"))?);
            let mut followed = 0;
            self.rows(FOLLOWED, |row| {
                followed += 1;
                if let Some(incident) = row.number(0) {
                    // Rows come by incident: those of later ones are missing too.
                    if followed > MOST_FOLLOWED {
                        cut.extend(trails.incidents_from(incident));
                        return;
                    }
                    let sessions = [row.text(3), row.text(4)].into_iter().flatten().collect();
                    trails.follow(Followed { incident, tenant: row.told(1), address: row.text(2), sessions, token: row.text(5) });
                }
            })?;
        }
        Ok((trails.contexts(), cut))
    }

    /// Adds records to the table `near`.
    fn add_near(&self, near: &mut Vec<Object>, records: DataFrame) -> Result<(), TableError> {
        let (object, schema) = write_frame(self.store, &self.path(&format!("near-{}", near.len())), records)?;
        near.push(object);
        Ok(register(self.ctx, self.store, "near", &near.iter().collect::<Vec<_>>(), schema)?)
    }

    fn put_candidates(&self, candidates: &[Candidate], file: &str) -> Result<Object, TableError> {
        let columns = vec![
            ("tenant", texts(candidates.iter().map(|c| Some(c.tenant.as_str())))),
            ("kind", texts(candidates.iter().map(|c| Some(c.kind.as_str())))),
            ("value", texts(candidates.iter().map(|c| Some(c.value.as_str())))),
        ];
        self.put(file, "candidates", columns)
    }

    fn put_contexts(&self, contexts: &[Context], file: &str) -> Result<Object, TableError> {
        let columns = vec![
            ("incident", places(contexts.iter().map(|c| c.incident))),
            ("tenant", texts(contexts.iter().map(|c| Some(c.tenant.as_str())))),
            ("kind", texts(contexts.iter().map(|c| Some(c.kind.as_str())))),
            ("value", texts(contexts.iter().map(|c| Some(c.value.as_str())))),
            ("from_time", times(contexts.iter().map(|c| Some(c.from)))),
            ("sure", flags(contexts.iter().map(|c| c.sure))),
        ];
        self.put(file, "contexts", columns)
    }

    fn done(&self, incidents: &Incidents) -> Result<Done, TableError> {
        let ids: Vec<&str> = incidents.incidents.iter().map(|incident| incident.id.as_str()).collect();
        let mut done = Done::default();
        self.rows(DONE, |row| {
            let incident = row.number::<u32>(0);
            let id = incident.and_then(|place| ids.get(usize::try_from(place).ok()?));
            if let Some(((incident, id), (first, last))) = incident.zip(id).zip(row.time(10).zip(row.time(11))) {
                let (tenant, class, operation) = (row.told(1), row.told(2), row.told(3));
                let (mailbox, mailbox_id, access_kind) = (row.text(4), row.text(5), row.text(6));
                let (sure, failed, records) = (row.is(7), row.is(8), row.number(9).unwrap_or(0));
                let row =
                    DoneRow { incident, tenant, class, operation, mailbox, mailbox_id, access_kind, sure, failed, records, first, last };
                done.add(id, row);
            }
        })?;
        Ok(done)
    }

    fn placed(&self) -> Result<Vec<Placed>, TableError> {
        let mut placed = Vec::new();
        self.rows(PLACES, |row| {
            placed.extend(row.number(0).zip(row.time(4)).map(|(incident, time)| Placed {
                incident,
                category: row.told(1),
                tenant: row.told(2),
                event: row.told(3),
                time,
                operation: row.told(5),
                whose: row.told(6),
                sent_to: row.told(7),
                search: row.text(8),
            }));
        })?;
        Ok(placed)
    }

    /// The ways to mail that acts opened.
    fn ways(&self, mailboxes: &BTreeSet<(String, String)>, known: &Known) -> Result<Vec<Exposed>, TableError> {
        let acts = self.placed()?;
        let mut named = Mailboxes::of(mailboxes);
        if !acts.is_empty() {
            self.rows(NAMES, |row| {
                let tenant = of_only(row.told(0), known);
                if let Some(mailbox) = row.text(1).or_else(|| row.text(2)) {
                    (2..8).filter_map(|i| row.text(i)).for_each(|name| named.call(&tenant, &mailbox, &name));
                }
            })?;
        }
        Ok(exposed(&acts, &named))
    }

    /// Adds to what an incident did the messages that were sent on after it had opened a way out.
    fn forwarded(&self, ways: &[Exposed], incidents: &Incidents, done: &mut Done) -> Result<Object, TableError> {
        let arriving: Vec<&Exposed> = ways.iter().filter(|way| !way.standing).collect();
        let columns = vec![
            ("incident", places(arriving.iter().map(|way| way.incident))),
            ("tenant", texts(arriving.iter().map(|way| Some(way.tenant.as_str())))),
            ("mailbox", texts(arriving.iter().map(|way| Some(way.mailbox.as_str())))),
            ("from_time", times(arriving.iter().map(|way| Some(way.from)))),
        ];
        let object = self.put("forwards", "forwards", columns)?;
        self.rows(FORWARDED, |row| {
            let incident = row.number::<usize>(0).and_then(|place| incidents.incidents.get(place));
            if let Some((incident, (first, last))) = incident.zip(row.time(1).zip(row.time(2))) {
                done.record(&incident.id, first, last);
            }
        })?;
        Ok(object)
    }

    /// Counts messages, folders, removals and what mailboxes hold, mailbox by mailbox.
    fn count(
        &self,
        (incidents, first): (&Incidents, &Incidents),
        reaches: &mut Reaches,
        ways: &[Exposed],
        (names, known): (&Names, &Known),
        passing: &mut Vec<Object>,
    ) -> Result<Vec<Object>, TableError> {
        let all: Vec<Place> = reaches.values().map(|reach| place(reach, incidents, names)).collect();
        passing.push(self.put_reached((reaches, &all), (incidents, first), (names, known))?);
        passing.push(put_rows(self.ctx, self.store, &self.path("opened"), "opened", OPENED)?);
        passing.push(self.put_windows(reaches, ways)?);
        let (counted, objects) = messages::count(self.ctx, self.store, self.folder, &all, (self.now, self.resources))?;
        for (reach, counted) in reaches.values_mut().zip(counted) {
            reach.counted = counted;
        }
        let mut of: Vec<&mut Reach> = reaches.values_mut().collect();
        let mut each = |row: &Row, add: &mut dyn FnMut(&mut Reach)| {
            if let Some(reach) = row.number::<usize>(0).and_then(|place| of.get_mut(place)) {
                add(reach);
            }
        };
        self.rows(STOCK, |row| {
            each(&row, &mut |reach| {
                if let Some(items) = row.number(3) {
                    reach.stock.note(row.text(1).as_deref() == Some("folder"), row.text(2), items, row.is(4));
                }
            });
        })?;
        self.rows(REMOVED, |row| each(&row, &mut |reach| reach.removed = row.number(1).filter(|_| !row.is(2))))?;
        self.rows(UNNAMED, |row| {
            each(&row, &mut |reach| {
                reach.unnamed = row.number(1).unwrap_or(0);
                let times = row.time(3).zip(row.time(4));
                reach.untold = times.map(|(first, last)| Untold { records: row.number(2).unwrap_or(0), first, last, event: row.told(5) });
            });
        })?;
        self.rows(SYNCED, |row| {
            each(&row, &mut |reach| {
                reach.synced.extend(row.time(2).zip(row.time(3)).map(|(first, last)| Synced {
                    folder: row.text(1),
                    first,
                    last,
                    event: row.told(5),
                }));
            });
        })?;
        reaches.values_mut().for_each(|reach| reach.synced.sort_by(|a, b| a.folder.cmp(&b.folder)));
        Ok(objects)
    }

    /// Under which names records call each mailbox. The incident is the place it had when records were attributed.
    fn put_reached(
        &self,
        (reaches, all): (&Reaches, &[Place]),
        (incidents, first): (&Incidents, &Incidents),
        (named, known): (&Names, &Known),
    ) -> Result<Object, TableError> {
        let old: BTreeMap<&str, u32> = (0..).zip(&first.incidents).map(|(place, incident)| (incident.id.as_str(), place)).collect();
        let mut names: Vec<(u32, u32, &Place, String, Nanos)> = Vec::new();
        for ((number, place), reach) in (0..).zip(all).zip(reaches.values()) {
            let since =
                usize::try_from(reach.incident).ok().and_then(|at| incidents.incidents.get(at)).map_or(Nanos(i64::MIN), removed_since);
            let incident = old.get(place.incident.as_str()).copied().unwrap_or(u32::MAX);
            let own = named.get(&(place.tenant.clone(), place.mailbox.clone()));
            let name = format!("|{}", place.mailbox);
            names.extend(
                own.into_iter()
                    .flatten()
                    .cloned()
                    .chain([name])
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .map(|name| (number, incident, place, name, since)),
            );
        }
        let columns = vec![
            ("place", places(names.iter().map(|n| n.0))),
            ("incident", places(names.iter().map(|n| n.1))),
            ("tenant", texts(names.iter().map(|n| Some(n.2.tenant.as_str())))),
            ("mailbox", texts(names.iter().map(|n| Some(n.2.mailbox.as_str())))),
            ("mailbox_id", texts(names.iter().map(|n| n.2.mailbox_id.as_deref()))),
            ("name", texts(names.iter().map(|n| Some(n.3.as_str())))),
            ("removed_since", times(names.iter().map(|n| Some(n.4)))),
            ("stock_since", times(names.iter().map(|n| Some(stock_since(&n.2.tenant, known))))),
        ];
        self.put("reached", "reached", columns)
    }

    /// When mail of a mailbox could be had otherwise: a window that is empty serves to tell of messages what they are.
    fn put_windows(&self, reaches: &Reaches, ways: &[Exposed]) -> Result<Object, TableError> {
        let mut of: BTreeMap<(u32, &str, &str), Vec<Window>> = BTreeMap::new();
        for way in ways {
            let span = if way.standing { (Nanos(i64::MIN), Some(way.last)) } else { (way.from, None) };
            of.entry((way.incident, &way.tenant, &way.mailbox)).or_default().push(span);
        }
        let none = vec![(Nanos(i64::MAX), None)];
        let mut windows: Vec<(u32, &Reach, Nanos, Option<Nanos>)> = Vec::new();
        for (number, (key, reach)) in (0..).zip(reaches) {
            let spans = of.get(&(key.0, key.1.as_str(), key.2.as_str())).unwrap_or(&none);
            windows.extend(spans.iter().map(|(from, to)| (number, reach, *from, *to)));
        }
        let columns = vec![
            ("place", places(windows.iter().map(|w| w.0))),
            ("tenant", texts(windows.iter().map(|w| Some(w.1.tenant.as_str())))),
            ("mailbox", texts(windows.iter().map(|w| Some(w.1.mailbox.as_str())))),
            ("from_time", times(windows.iter().map(|w| Some(w.2)))),
            ("to_time", times(windows.iter().map(|w| w.3))),
            ("rank", ranks(windows.iter().map(|_| 4))),
        ];
        self.put("windows", "windows", columns)
    }
}

/// Settings that name no tenant are those of the only one there is.
fn of_only(tenant: String, known: &Known) -> String {
    let only = known.logs.keys().next().filter(|_| known.logs.len() == 1);
    only.filter(|_| tenant.starts_with("unknown-")).cloned().unwrap_or(tenant)
}

/// The mailboxes that findings name, and those to whose mail there is a way, by incident.
fn concerned<'a>(incidents: &'a Incidents, ways: &'a [Exposed]) -> impl Iterator<Item = (u32, String, String)> + 'a {
    let named = (0..).zip(&incidents.incidents);
    let named = named.flat_map(|(place, incident)| incident.mailboxes.iter().map(move |m| (place, m.tenant.clone(), m.mailbox.clone())));
    named.chain(ways.iter().map(|way| (way.incident, way.tenant.clone(), way.mailbox.clone())))
}

/// True of records that name a candidate, and of those that name in another tenant what it is called.
///
/// The values stand in the plan, so that other columns are only read of the records that have one.
fn naming(candidates: &[Candidate]) -> Expr {
    let named = |column: &str, kind: ContextKind| {
        let values: BTreeSet<&str> = candidates.iter().filter(|c| c.kind == kind).map(|c| c.value.as_str()).collect();
        (!values.is_empty()).then(|| col(column).in_list(values.into_iter().map(lit).collect(), false))
    };
    let columns = [
        ("session", ContextKind::Session),
        ("aad_session", ContextKind::Session),
        ("token", ContextKind::Token),
        ("address", ContextKind::Address),
        ("app", ContextKind::App),
    ];
    columns.into_iter().filter_map(|(column, kind)| named(column, kind)).reduce(Expr::or).unwrap_or_else(|| lit(false))
}

/// Under which names records call each mailbox.
type Names = BTreeMap<(String, String), BTreeSet<String>>;

fn place(reach: &Reach, incidents: &Incidents, names: &Names) -> Place {
    let incident = usize::try_from(reach.incident).ok().and_then(|place| incidents.incidents.get(place));
    let names = names.get(&(reach.tenant.clone(), reach.mailbox.clone()));
    let id = names.into_iter().flatten().filter_map(|name| name.split('|').next()).find(|id| !id.is_empty());
    Place {
        incident: incident.map(|incident| incident.id.clone()).unwrap_or_default(),
        tenant: reach.tenant.clone(),
        mailbox: reach.mailbox.clone(),
        mailbox_id: id.map(str::to_owned),
    }
}
