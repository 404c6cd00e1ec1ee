CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    worker TEXT NOT NULL,
    -- When it is forgotten, in milliseconds since 1970.
    until INTEGER NOT NULL,
    -- The change that ended it.
    ended INTEGER,
    -- The last change of it.
    change INTEGER NOT NULL,
    -- All of it, as JSON.
    record TEXT NOT NULL
) STRICT;

CREATE INDEX tasks_by_until ON tasks (until);
CREATE INDEX tasks_by_change ON tasks (change);
CREATE INDEX tasks_that_ended ON tasks (ended) WHERE ended IS NOT NULL;
CREATE INDEX tasks_that_run ON tasks (worker, until) WHERE ended IS NULL;

CREATE TABLE workers (
    id TEXT PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: how many changes there were, of all tasks together.
CREATE TABLE counter (changes INTEGER NOT NULL) STRICT;
INSERT INTO counter VALUES (0);
