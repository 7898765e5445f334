//! Operations against their facts.
