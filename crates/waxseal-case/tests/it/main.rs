//! The case as other crates use it.

#[cfg(test)]
mod old_cases;
#[cfg(test)]
mod steps;
