//! Which findings are one incident, and what ties each to the others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

use waxseal_model::{JoinKind, Joined, JoinedBy, Step};

use crate::facts::Facts;
use crate::role::{AccountRole, AppRole};

pub(crate) const DAY: i64 = 86_400 * 1_000_000_000;

/// An application or a foreign address ties findings that follow each other within this time.
const CONTEXT_WINDOW: i64 = 30 * DAY;

/// An account ties findings that do not contradict each other within this time.
const ACCOUNT_WINDOW: i64 = 3 * DAY;

/// An account that acts, or is cheated in the same way, ties findings within this time whatever their addresses.
const ACTING_WINDOW: i64 = DAY / 2;

/// An account that acts ties low findings to a grave one within this time.
const BESIDE_WINDOW: i64 = DAY;

/// Sprays within this time are one: they are spread over addresses so as not to be seen.
const SPRAY_WINDOW: i64 = DAY / 24;

/// With so many earlier findings of an account a finding is compared.
const COMPARED: usize = 8;

/// The most related incidents that are named.
const MOST_RELATED: usize = 10;

/// What two findings have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Address(IpAddr),
}

impl std::fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// What ties one finding to another. The order is that in which ties are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Tie<'a> {
    kind: JoinKind,
    gap: i64,
    earlier: usize,
    later: usize,
    value: Value<'a>,
}

impl Tie<'_> {
    fn other(&self, finding: usize) -> usize {
        if self.earlier == finding { self.later } else { self.earlier }
    }
}

/// A finding of an incident and what ties it to one before it.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) finding: usize,
    tied: Option<(JoinKind, String, usize)>,
}

impl Member {
    /// Whether it only names the same account at about the same time.
    pub(crate) fn is_loose(&self) -> bool {
        matches!(self.tied, Some((JoinKind::Account, _, _)))
    }
}

/// The findings of one incident, the gravest first, low ones last.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) all: Vec<Member>,
}

impl Group {
    pub(crate) fn members(&self) -> impl Iterator<Item = usize> + '_ {
        self.all.iter().map(|member| member.finding)
    }

    pub(crate) fn grave<'a>(&'a self, facts: &'a Facts<'_>) -> impl Iterator<Item = usize> + 'a {
        self.members().filter(|finding| facts.is_grave(*finding))
    }

    /// The findings that are more than context: the grave ones, and the low ones with more in common than an account.
    pub(crate) fn firm<'a>(&'a self, facts: &'a Facts<'_>) -> impl Iterator<Item = usize> + 'a {
        self.all.iter().filter(|member| facts.is_grave(member.finding) || !member.is_loose()).map(|member| member.finding)
    }

    /// How many grave findings are tied by more than an account and do not rest on the same records.
    pub(crate) fn corroborating(&self, facts: &Facts<'_>) -> usize {
        let firm = |kind: &JoinKind| matches!(kind, JoinKind::Session | JoinKind::Application | JoinKind::Address);
        let tied = |member: &&Member| member.tied.as_ref().is_some_and(|(kind, _, _)| firm(kind));
        self.all.iter().filter(tied).filter(|member| facts.is_grave(member.finding)).count()
    }

    /// Why each finding is in it.
    pub(crate) fn joined(&self, facts: &Facts<'_>) -> Vec<Joined> {
        let id = |finding: usize| facts.findings[finding].id.clone();
        let joined = |member: &Member| Joined {
            finding: id(member.finding),
            joined_by: member.tied.as_ref().map(|(kind, value, with)| JoinedBy { kind: *kind, value: value.clone(), finding: id(*with) }),
        };
        self.all.iter().map(joined).collect()
    }
}

/// What all findings of a tenant name that is the same, in the order of time.
fn alike<'a, V: Ord + Copy>(facts: &Facts<'a>, values: impl Fn(usize) -> Vec<V>) -> Vec<(V, Vec<usize>)> {
    let mut named: Vec<(&'a str, V, usize)> = Vec::new();
    for finding in 0..facts.findings.len() {
        named.extend(values(finding).into_iter().map(|value| (facts.tenant(finding), value, finding)));
    }
    named.sort_unstable();
    named.dedup();
    let same = |a: &(&str, V, usize), b: &(&str, V, usize)| (a.0, a.1) == (b.0, b.1);
    let groups = named.chunk_by(same).filter(|group| group.len() > 1);
    groups.map(|group| (group[0].1, group.iter().map(|(_, _, finding)| *finding).collect())).collect()
}

/// Ties between grave findings, and those of low findings to grave ones.
#[derive(Debug, Default)]
struct Drawn<'a> {
    grave: Vec<Tie<'a>>,
    low: Vec<Tie<'a>>,
}

impl<'a> Drawn<'a> {
    /// Ties each finding to the grave one before it that ends last, and each low one to the next grave one too.
    fn chain(&mut self, facts: &Facts<'a>, findings: &[usize], kind: JoinKind, value: Value<'a>, window: Option<i64>) {
        let tie = |earlier, later| {
            let gap = facts.gap(earlier, later);
            let close = window.is_none_or(|window| gap.is_some_and(|gap| gap <= window));
            // Two applications may have one name.
            let same = kind != JoinKind::Application || !facts.other_app(earlier, later);
            (close && same).then(|| Tie { kind, gap: gap.unwrap_or(i64::MAX), earlier, later, value })
        };
        let end = |finding: usize| facts.findings[finding].last_time.or(facts.findings[finding].first_time);
        let mut before: Option<usize> = None;
        let mut waiting: Vec<usize> = Vec::new();
        for &finding in findings {
            let tied = before.and_then(|before| tie(before, finding));
            if facts.is_grave(finding) {
                self.grave.extend(tied);
                self.low.extend(waiting.drain(..).filter_map(|low| tie(low, finding)));
                before = before.filter(|before| end(*before) > end(finding)).or(Some(finding));
            } else {
                self.low.extend(tied);
                waiting.push(finding);
            }
        }
    }

    /// Ties by accounts: with several earlier ones, because some may contradict.
    fn accounts(&mut self, facts: &Facts<'a>, findings: &[usize], value: Value<'a>) {
        let kind = JoinKind::Account;
        for (i, &later) in findings.iter().enumerate() {
            let before = |grave: bool| findings[..i].iter().rev().filter(move |earlier| facts.is_grave(**earlier) == grave).take(COMPARED);
            // Low findings are many, and must not stand between two grave ones.
            for &earlier in before(true).chain(before(false)) {
                let Some(gap) = facts.gap(earlier, later).filter(|gap| *gap <= ACCOUNT_WINDOW) else { continue };
                let tie = Tie { kind, gap, earlier, later, value };
                match (facts.is_grave(earlier), facts.is_grave(later)) {
                    (true, true) => self.grave.push(tie),
                    (false, false) => {}
                    (grave_first, _) => {
                        let grave = if grave_first { earlier } else { later };
                        if gap <= BESIDE_WINDOW && facts.roles[grave].account == AccountRole::Acts {
                            self.low.push(tie);
                        }
                    }
                }
            }
        }
    }
}

fn draw<'f>(facts: &'f Facts<'f>) -> Drawn<'f> {
    let mut drawn = Drawn::default();
    let texts = |texts: &'f [String]| texts.iter().map(String::as_str).collect::<Vec<_>>();
    for (event, findings) in alike(facts, |i| texts(&facts.findings[i].event_ids)) {
        drawn.chain(facts, &findings, JoinKind::Event, Value::Text(event), None);
    }
    for (session, findings) in alike(facts, |i| texts(&facts.ties[i].sessions)) {
        drawn.chain(facts, &findings, JoinKind::Session, Value::Text(session), None);
    }
    for (app, findings) in alike(facts, |i| texts(&facts.ties[i].apps)) {
        let given = |i: &usize| facts.roles[*i].app == AppRole::Given;
        if findings.iter().any(|i| given(i) && facts.is_grave(*i)) {
            drawn.chain(facts, &findings, JoinKind::Application, Value::Text(app), Some(CONTEXT_WINDOW));
        } else {
            // Only the low findings that tell of its rights belong to a grave one that tells of its use.
            let mut only_low = Drawn::default();
            only_low.chain(facts, &findings, JoinKind::Application, Value::Text(app), Some(CONTEXT_WINDOW));
            drawn.low.extend(only_low.low.into_iter().filter(|tie| given(&tie.earlier) || given(&tie.later)));
        }
    }
    for (address, findings) in alike(facts, |i| facts.ties[i].addresses.clone()) {
        if is_foreign(facts, &findings) {
            drawn.chain(facts, &findings, JoinKind::Address, Value::Address(address), Some(CONTEXT_WINDOW));
        }
    }
    let spray = |i: usize| facts.findings[i].category == "password_spray" && facts.is_grave(i);
    for (word, findings) in alike(facts, |i| if spray(i) { vec!["password spray"] } else { Vec::new() }) {
        drawn.chain(facts, &findings, JoinKind::Time, Value::Text(word), Some(SPRAY_WINDOW));
    }
    for (account, findings) in alike(facts, |i| texts(&facts.ties[i].accounts)) {
        drawn.accounts(facts, &findings, Value::Text(account));
    }
    drawn
}

/// Whether findings of an address show that it is not the owner's: a grave one does, and so does a sign-in from it that was
/// odd for an account which then did something grave there.
fn is_foreign(facts: &Facts<'_>, findings: &[usize]) -> bool {
    let foreign = |i: &usize| facts.roles[*i].foreign_address;
    if findings.iter().any(|i| foreign(i) && facts.is_grave(*i)) {
        return true;
    }
    let acts = |i: &usize| facts.is_grave(*i) && facts.roles[*i].account == AccountRole::Acts;
    let sign_in = |i: &usize| facts.roles[*i].step == Step::Entry;
    let acting: BTreeSet<&String> = findings.iter().filter(|i| acts(i)).flat_map(|i| &facts.ties[*i].accounts).collect();
    findings.iter().filter(|i| sign_in(i)).flat_map(|i| &facts.ties[*i].accounts).any(|account| acting.contains(account))
}

/// Findings that were found to be one incident, and the addresses they name.
#[derive(Debug)]
struct Sets {
    parent: Vec<usize>,
    size: Vec<usize>,
    addresses: Vec<BTreeSet<IpAddr>>,
}

impl Sets {
    fn of(facts: &Facts<'_>) -> Self {
        let addresses = facts.ties.iter().map(|ties| ties.seen_at.iter().copied().collect()).collect();
        Self { parent: (0..facts.findings.len()).collect(), size: vec![1; facts.findings.len()], addresses }
    }

    fn root(&mut self, mut finding: usize) -> usize {
        while self.parent[finding] != finding {
            self.parent[finding] = self.parent[self.parent[finding]];
            finding = self.parent[finding];
        }
        finding
    }

    /// Makes two sets one; whether they were two.
    fn unite(&mut self, a: usize, b: usize) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return false;
        }
        let (large, small) = if self.size[a] >= self.size[b] { (a, b) } else { (b, a) };
        self.parent[small] = large;
        self.size[large] += self.size[small];
        let (mut few, mut many) = (std::mem::take(&mut self.addresses[small]), std::mem::take(&mut self.addresses[large]));
        if few.len() > many.len() {
            std::mem::swap(&mut few, &mut many);
        }
        many.extend(few);
        self.addresses[large] = many;
        true
    }

    /// Whether both name addresses, and none in common.
    fn contradict(&mut self, a: usize, b: usize) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        let (a, b) = (&self.addresses[a], &self.addresses[b]);
        let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
        !few.is_empty() && !few.iter().any(|address| many.contains(address))
    }
}

/// Joins findings. Groups come in the order of their first grave finding.
pub(crate) fn groups(facts: &Facts<'_>) -> Vec<Group> {
    let Drawn { mut grave, mut low } = draw(facts);
    grave.sort_unstable();
    low.sort_unstable();
    let mut sets = Sets::of(facts);
    let mut tied: Vec<Vec<Tie<'_>>> = vec![Vec::new(); facts.findings.len()];
    for tie in grave {
        if (tie.kind != JoinKind::Account || accounts_hold(facts, &mut sets, &tie)) && sets.unite(tie.earlier, tie.later) {
            tied[tie.earlier].push(tie);
            tied[tie.later].push(tie);
        }
    }
    let mut by_root: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for finding in (0..facts.findings.len()).filter(|i| facts.is_grave(*i)) {
        by_root.entry(sets.root(finding)).or_default().push(finding);
    }
    let mut contexts = contexts(facts, &mut sets, low);
    let mut groups: Vec<Group> = by_root.into_values().map(|findings| group(facts, &findings, &tied, &mut contexts)).collect();
    groups.sort_by_key(|group| group.grave(facts).min());
    groups
}

fn accounts_hold(facts: &Facts<'_>, sets: &mut Sets, tie: &Tie<'_>) -> bool {
    let is_it = |account: &String| matches!(tie.value, Value::Text(value) if account.trim().to_lowercase() == value);
    let plays = |i: usize, role| facts.roles[i].account == role && facts.findings[i].accounts.iter().any(is_it);
    let both = |role| plays(tie.earlier, role) && plays(tie.later, role);
    // Consents carry the address of whatever front end took them. One person who gives two within hours follows one lure.
    let alike = || facts.findings[tie.earlier].category == facts.findings[tie.later].category;
    let by_one = || both(AccountRole::Acts) || (both(AccountRole::Cheated) && alike());
    (tie.gap <= ACTING_WINDOW && by_one()) || !sets.contradict(tie.earlier, tie.later)
}

/// The strongest tie of each low finding, by the grave finding it leads to. It holds where at least half of what the finding
/// names of that kind is tied: a summary of the whole organisation is not the context of one intrusion.
fn contexts<'a>(facts: &Facts<'_>, sets: &mut Sets, low: Vec<Tie<'a>>) -> BTreeMap<usize, Vec<(usize, Tie<'a>)>> {
    let mut contexts: BTreeMap<usize, Vec<(usize, Tie<'_>)>> = BTreeMap::new();
    let mut placed = vec![false; facts.findings.len()];
    let low_of = |tie: &Tie<'_>| if facts.is_grave(tie.earlier) { tie.later } else { tie.earlier };
    let values: BTreeSet<(usize, JoinKind, Value<'_>)> = low.iter().map(|tie| (low_of(tie), tie.kind, tie.value)).collect();
    let mut tied: BTreeMap<(usize, JoinKind), usize> = BTreeMap::new();
    for (finding, kind, _) in values {
        *tied.entry((finding, kind)).or_default() += 1;
    }
    let is_half = |finding: usize, kind: JoinKind| {
        let of = match kind {
            JoinKind::Event => facts.findings[finding].event_ids.len(),
            JoinKind::Session => facts.ties[finding].sessions.len(),
            JoinKind::Address => facts.ties[finding].seen_at.len(),
            _ => 0,
        };
        tied.get(&(finding, kind)).is_some_and(|tied| tied * 2 >= of)
    };
    for tie in low {
        let (finding, grave) = if facts.is_grave(tie.earlier) { (tie.later, tie.earlier) } else { (tie.earlier, tie.later) };
        if !placed[finding] && is_half(finding, tie.kind) && (tie.kind != JoinKind::Account || !sets.contradict(finding, grave)) {
            placed[finding] = true;
            contexts.entry(grave).or_default().push((finding, tie));
        }
    }
    contexts
}

/// The findings of an incident in the order in which they hang together, from the gravest on.
fn group(facts: &Facts<'_>, findings: &[usize], tied: &[Vec<Tie<'_>>], contexts: &mut BTreeMap<usize, Vec<(usize, Tie<'_>)>>) -> Group {
    let weight = |i: &usize| (facts.findings[*i].severity, facts.findings[*i].confidence, std::cmp::Reverse(*i));
    let first = findings.iter().copied().max_by_key(weight);
    let mut all: Vec<Member> = first.into_iter().map(|finding| Member { finding, tied: None }).collect();
    let mut seen: BTreeSet<usize> = first.into_iter().collect();
    let mut next: VecDeque<usize> = first.into_iter().collect();
    while let Some(finding) = next.pop_front() {
        for tie in &tied[finding] {
            let other = tie.other(finding);
            if seen.insert(other) {
                all.push(Member { finding: other, tied: Some((tie.kind, tie.value.to_string(), finding)) });
                next.push_back(other);
            }
        }
    }
    let mut low: Vec<Member> = Vec::new();
    for grave in findings {
        for (finding, tie) in contexts.remove(grave).unwrap_or_default() {
            low.push(Member { finding, tied: Some((tie.kind, tie.value.to_string(), *grave)) });
        }
    }
    low.sort_by_key(|member| member.finding);
    all.extend(low);
    Group { all }
}

/// For each incident the others that name the same account at about the same time, with the account.
pub(crate) fn related(facts: &Facts<'_>, groups: &[Group]) -> Vec<BTreeMap<usize, String>> {
    let mut group_of: Vec<Option<usize>> = vec![None; facts.findings.len()];
    for (number, group) in groups.iter().enumerate() {
        for finding in group.grave(facts) {
            group_of[finding] = Some(number);
        }
    }
    let mut related = vec![BTreeMap::new(); groups.len()];
    for (account, findings) in alike(facts, |i| facts.ties[i].accounts.iter().map(String::as_str).collect()) {
        let grave: Vec<(usize, usize)> = findings.into_iter().filter_map(|i| Some((i, group_of[i]?))).collect();
        for pair in grave.windows(2) {
            let [(a, group_a), (b, group_b)] = [pair[0], pair[1]];
            if group_a == group_b || facts.gap(a, b).is_none_or(|gap| gap > CONTEXT_WINDOW) {
                continue;
            }
            for (from, to) in [(group_a, group_b), (group_b, group_a)] {
                let others: &mut BTreeMap<usize, String> = &mut related[from];
                if others.len() < MOST_RELATED {
                    others.entry(to).or_insert_with(|| account.to_owned());
                }
            }
        }
    }
    related
}
