//! Where a server keeps what outlives a process, or belongs to several.
