//! What joins findings, what does not, and what is told of it.

mod campaigns;
#[cfg(test)]
mod containment;
mod given;
mod joins;
mod properties;
mod story;
