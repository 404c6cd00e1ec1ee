CREATE TABLE orders (
    order_id       TEXT    NOT NULL PRIMARY KEY
                   CHECK (length(order_id) BETWEEN 5 AND 22 AND substr(order_id, 1, 4) = 'ORD-'
                          AND substr(order_id, 5) NOT GLOB '*[^0-9]*'),
    number         INTEGER NOT NULL CHECK (number = CAST(substr(order_id, 5) AS INTEGER)),
    customer_email TEXT    NOT NULL COLLATE NOCASE CHECK (length(customer_email) BETWEEN 3 AND 254),
    status         TEXT    NOT NULL
                   CHECK (status IN ('PENDING', 'PROCESSING', 'SHIPPED', 'DELIVERED', 'CANCELLED', 'REFUNDED')),
    total_cents    INTEGER NOT NULL CHECK (total_cents BETWEEN 0 AND 100000000000),
    is_refundable  INTEGER NOT NULL CHECK (is_refundable IN (0, 1)),
    created_at     TEXT    NOT NULL CHECK (length(created_at) = 20),
    updated_at     TEXT    NOT NULL CHECK (length(updated_at) = 20)
) STRICT;

CREATE INDEX orders_by_number ON orders (number, order_id);
CREATE INDEX orders_by_status ON orders (status, number, order_id);
CREATE INDEX orders_by_customer ON orders (customer_email, number, order_id);

CREATE TABLE notes (
    note_id    INTEGER NOT NULL PRIMARY KEY,
    order_id   TEXT    NOT NULL REFERENCES orders (order_id) ON DELETE CASCADE,
    text       TEXT    NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
    created_at TEXT    NOT NULL CHECK (length(created_at) = 20)
) STRICT;

CREATE INDEX notes_by_order ON notes (order_id, note_id);

-- The largest number ever used, so that the id of a deleted order is not given out again.
CREATE TABLE last_number (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    number   INTEGER NOT NULL CHECK (number >= 0)
) STRICT;

INSERT INTO last_number VALUES (1, 100);
