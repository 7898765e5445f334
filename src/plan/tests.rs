//! Plans, from the point of view of a person who reads them.
