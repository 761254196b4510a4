//! waxseal-report
