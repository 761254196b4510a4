//! Reading, tried from outside: exports in every known shape, damaged ones, and bytes that are none.

// `cfg(test)` tells clippy that helper functions are test code too.
#[cfg(test)]
mod columns;
#[cfg(test)]
mod damaged;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod mutation;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod wrapped;
