//! waxseal-detect
