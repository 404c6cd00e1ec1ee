//! Small complete servers.
