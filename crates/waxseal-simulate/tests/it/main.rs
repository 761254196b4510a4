//! Labelled worlds and scores as other crates use them.

#[cfg(test)]
mod score;
#[cfg(test)]
mod worlds;
