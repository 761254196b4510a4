//! What a third party relies on, tried from outside.

// `cfg(test)` tells clippy that helper functions are test code too.
#[cfg(test)]
mod custody;
