//! A strict local double of AWS.
