//! Bringing the chunks of a stream back into order and deciding, event by event, what is new.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray as _;
use waxseal_model::{FileSummary, Rejected};
use waxseal_read::{ChunkRead, DomainTenants, EventKey, FORMATS, Unknown, event_key};

use crate::coverage::EXPORT_CAPS;
use crate::ingest::copies::Copies;
use crate::ingest::index::{Index, Occurrences, Seen, body_of, key_of};
use crate::ingest::inputs::Evidence;
use crate::ingest::table::{Kept, Table};
use crate::ingest::{IngestError, Rejects, unknown};

/// Where the events, copies and rejects of a run go.
pub(crate) struct Merger<'r> {
    pub(crate) index: &'r mut Index,
    pub(crate) occurrences: &'r mut Occurrences,
    pub(crate) table: &'r mut Table,
    pub(crate) copies: &'r mut Copies,
    pub(crate) rejects: &'r mut Rejects,
    pub(crate) domains: &'r mut DomainTenants,
    pub(crate) summary: FileSummary,
    pub(crate) evidence: &'r Evidence,
    /// Events by format.
    pub(crate) formats: BTreeMap<usize, u64>,
    pub(crate) inferred: u64,
    /// Records taken for Windows-1252.
    pub(crate) windows_1252: u64,
    /// Cells of the length at which spreadsheets cut.
    pub(crate) cut_cells: u64,
    /// The most records that a search says to have found.
    pub(crate) found: u64,
    /// Operations that no list knows.
    pub(crate) unknown_operations: Unknown,
    /// Members and columns that no list knows.
    pub(crate) unknown_members: Unknown,
    /// What was peeled off around records.
    pub(crate) layers: BTreeSet<&'static str>,
    /// Chunks that came before their turn.
    pub(crate) early: BTreeMap<u64, ChunkRead>,
    pub(crate) next_seq: u64,
}

impl Merger<'_> {
    /// Takes a chunk; it and those that waited for it are merged once it is their turn. Says how many were.
    pub(crate) fn offer(&mut self, chunk: ChunkRead) -> Result<u32, IngestError> {
        self.early.insert(chunk.seq, chunk);
        let mut merged = 0;
        while let Some(chunk) = self.early.remove(&self.next_seq) {
            self.next_seq += 1;
            merged += 1;
            self.merge(chunk)?;
        }
        Ok(merged)
    }

    fn merge(&mut self, mut chunk: ChunkRead) -> Result<(), IngestError> {
        self.name_events_without_id(&mut chunk)?;
        self.count(&chunk);
        for rejected in &chunk.rejected {
            self.rejects.add(&Rejected {
                path: self.summary.path.clone(),
                evidence_id: self.evidence.id()?,
                offset: rejected.offset,
                bytes: rejected.bytes,
                reason: rejected.reason.clone(),
                digest: rejected.digest.clone(),
                records: rejected.records,
            })?;
        }
        let kept = self.decide(&chunk)?;
        let rows: Vec<Kept<'_>> = kept.iter().map(|(row, replaces)| kept_row(&chunk, *row, *replaces)).collect();
        self.table.add(&chunk.batch, &chunk.keys, &rows, self.evidence)
    }

    /// The rows that become events, each with whether it replaces a less full copy; the others are noted as copies.
    fn decide(&mut self, chunk: &ChunkRead) -> Result<Vec<(u32, bool)>, IngestError> {
        let mut kept = Vec::with_capacity(chunk.keys.len());
        let mut copies = 0;
        for (row, key) in (0..).zip(&chunk.keys) {
            let seen = self.index.offer(key)?;
            if seen == Seen::New {
                kept.push((row, false));
                continue;
            }
            copies += 1;
            self.copies.sighting(&chunk.batch, row, body_of(key), seen != Seen::Copy, self.evidence)?;
            if let Seen::Fuller(old) = seen {
                // A further copy of its event, but the one that is shown from now on.
                self.copies.superseded(&chunk.batch, row, key_of(key), old)?;
                kept.push((row, true));
            }
        }
        self.summary.duplicates += copies;
        self.summary.read += chunk.keys.len() as u64 - copies;
        Ok(kept)
    }

    fn count(&mut self, chunk: &ChunkRead) {
        let summary = &mut self.summary;
        summary.bytes += chunk.bytes;
        let rejected: u64 = chunk.rejected.iter().map(|rejected| rejected.records).sum();
        summary.rows += chunk.keys.len() as u64 + rejected;
        summary.rejected += rejected;
        summary.truncated += chunk.counts.truncated;
        summary.undated += chunk.counts.undated;
        summary.empty += chunk.counts.empty;
        summary.nameless += chunk.counts.nameless;
        summary.nameless_settings += chunk.counts.nameless_settings;
        summary.first_time = summary.first_time.into_iter().chain(chunk.counts.first).min();
        summary.last_time = summary.last_time.into_iter().chain(chunk.counts.last).max();
        self.inferred += chunk.counts.inferred;
        self.windows_1252 += chunk.counts.windows_1252;
        self.cut_cells += chunk.counts.cut_cells;
        self.found = self.found.max(chunk.counts.found);
        self.unknown_operations.merge(&chunk.unknown_operations);
        self.unknown_members.merge(&chunk.unknown_members);
        self.layers.extend(chunk.layers.keys());
        for (format, events) in &chunk.formats {
            *self.formats.entry(*format).or_default() += events;
        }
        for (domain, tenant) in &chunk.domains {
            self.domains.learn(domain, tenant);
        }
    }

    /// Events without an id of their own get the digest of their body and the number of times it has occurred.
    fn name_events_without_id(&mut self, chunk: &mut ChunkRead) -> Result<(), IngestError> {
        if !chunk.keys.iter().any(|key| key.without_id) {
            return Ok(());
        }
        let ids = chunk.batch.column(0).as_string::<i32>().clone();
        let mut named = StringBuilder::new();
        for (row, key) in chunk.keys.iter_mut().enumerate() {
            if !key.without_id {
                named.append_value(ids.value(row));
                continue;
            }
            let occurrence = self.occurrences.next(&key.key)?;
            let id = format!("{}#{occurrence}", ids.value(row));
            let tenant = &chunk.parts[chunk.part_of[row] as usize].0;
            *key = EventKey { key: event_key(tenant, &id, None, None), ..*key };
            named.append_value(id);
        }
        let mut columns = chunk.batch.columns().to_vec();
        columns[0] = Arc::new(named.finish());
        chunk.batch = RecordBatch::try_new(chunk.batch.schema(), columns)?;
        Ok(())
    }

    /// The finished account of the stream.
    pub(crate) fn finish(self) -> FileSummary {
        let mut summary = self.summary;
        summary.layers.extend(self.layers.into_iter().map(str::to_owned));
        let mut formats: Vec<_> = self.formats.into_iter().collect();
        formats.sort_by_key(|(format, records)| (std::cmp::Reverse(*records), *format));
        summary.formats = formats
            .into_iter()
            .map(|(format, records)| waxseal_model::FormatCount { format: FORMATS[format].id().to_owned(), records })
            .collect();
        if EXPORT_CAPS.contains(&summary.rows) {
            summary.notes.push(format!(
                "it holds exactly {} records, at which exports are cut: there may be more; export shorter spans",
                summary.rows
            ));
        }
        if self.found > summary.rows {
            summary.notes.push(format!(
                "the search found {} records and the file holds {}: the others may be in other files, or were not fetched",
                self.found, summary.rows
            ));
            summary.found = Some(self.found);
        }
        if self.cut_cells > 0 {
            summary.notes.push(format!(
                "cells of exactly 32,767 letters, where spreadsheets cut: {}; it was saved by one, so hand in the file as it was downloaded",
                self.cut_cells
            ));
        }
        if self.windows_1252 > 0 {
            summary.notes.push(format!(
                "records that are not UTF-8 and were taken for Windows-1252, so that letters beyond ASCII may be wrong: {}",
                self.windows_1252
            ));
        }
        if self.inferred > 0 {
            summary
                .notes
                .push(format!("records that do not name their tenant: {}; it was inferred from addresses or the other records of the file, or is as given", self.inferred));
        }
        if summary.nameless > 0 {
            summary.notes.push(format!(
                "records of which nothing tells the tenant: {}; they stand under a made-up one, so read the file again with --tenant ID",
                summary.nameless
            ));
        }
        unknown::tell(&mut summary, &self.unknown_operations, &self.unknown_members);
        summary
    }
}

fn kept_row(chunk: &ChunkRead, row: u32, replaces: bool) -> Kept<'_> {
    let (tenant, class) = &chunk.parts[chunk.part_of[row as usize] as usize];
    Kept { row, tenant, class: *class, replaces }
}
