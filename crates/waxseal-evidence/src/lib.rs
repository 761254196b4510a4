//! waxseal-evidence
