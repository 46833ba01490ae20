-- The clerks' own notes on a session and on each item of its agenda: for the minutes, never for the public.
CREATE TABLE council_note (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES council_session ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('session', 'item')),
    -- null of a note to an item that was taken off the agenda: its words stay, `about` says what it was
    item_id    bigint REFERENCES agenda_item ON DELETE SET NULL,
    about      text NOT NULL DEFAULT '',
    body       text NOT NULL CHECK (length(body) <= 20000),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by bigint REFERENCES account ON DELETE SET NULL,
    rev        bigint NOT NULL DEFAULT 1,
    CHECK (kind = 'item' OR item_id IS NULL)
);
CREATE UNIQUE INDEX council_note_session ON council_note (session_id) WHERE kind = 'session';
CREATE UNIQUE INDEX council_note_item ON council_note (item_id);
CREATE INDEX council_note_of ON council_note (session_id);
