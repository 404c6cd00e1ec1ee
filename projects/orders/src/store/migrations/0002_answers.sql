-- Answers already given, by idempotency key. The whole request is kept, not a digest of it:
-- requests are small, and equal text cannot collide.
CREATE TABLE answers (
    caller    TEXT    NOT NULL,
    key       TEXT    NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
    request   TEXT    NOT NULL,
    answer    TEXT    NOT NULL,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (caller, key)
) STRICT;

CREATE INDEX answers_by_age ON answers (stored_at);
