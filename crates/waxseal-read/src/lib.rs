//! waxseal-read
