-- Council sessions, first slice: who sits, what is planned, what is on air, what is said beside it.

CREATE TABLE council_term (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    began_on date NOT NULL,
    ends_on date NOT NULL,
    CHECK (ends_on > began_on)
);

CREATE TABLE council_club (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    term_id bigint NOT NULL REFERENCES council_term,
    name text NOT NULL,
    UNIQUE (term_id, name)
);

CREATE TABLE councillor (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    term_id bigint NOT NULL REFERENCES council_term,
    club_id bigint REFERENCES council_club,
    account_id bigint REFERENCES account,
    name text NOT NULL,
    office text NOT NULL DEFAULT '' CHECK (office IN ('', 'chair', 'vice_chair')),
    UNIQUE (term_id, name)
);

CREATE TABLE council_session (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    number text NOT NULL,
    title text NOT NULL,
    place text NOT NULL DEFAULT '',
    planned_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'live', 'ended')),
    stream_id text NOT NULL UNIQUE,
    chat_open boolean NOT NULL DEFAULT true,
    started_at timestamptz,
    ended_at timestamptz,
    rev bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'planned') = (started_at IS NULL)),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL))
);
CREATE INDEX council_session_planned ON council_session (planned_at DESC);

CREATE TABLE agenda_item (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES council_session ON DELETE CASCADE,
    position integer NOT NULL,
    number text NOT NULL,
    title text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'current', 'done')),
    began_at timestamptz,
    rev bigint NOT NULL DEFAULT 1,
    UNIQUE (session_id, position) DEFERRABLE INITIALLY DEFERRED
);
-- one item at a time is being debated
CREATE UNIQUE INDEX agenda_item_current ON agenda_item (session_id) WHERE state = 'current';

-- Each time an item becomes the current one; these marks become the archive's chapters.
CREATE TABLE agenda_mark (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES council_session ON DELETE CASCADE,
    item_id bigint NOT NULL REFERENCES agenda_item ON DELETE CASCADE,
    marked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX agenda_mark_session ON agenda_mark (session_id, marked_at);

-- A key is shown once; here lies its SHA-256 alone (it has 160 random bits, so no slow hash is needed).
CREATE TABLE stream_key (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES council_session ON DELETE CASCADE,
    label text NOT NULL,
    key_hash bytea NOT NULL UNIQUE,
    hint text NOT NULL,
    created_by bigint REFERENCES account,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX stream_key_session ON stream_key (session_id);

CREATE TABLE chat_message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES council_session ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES account,
    author text NOT NULL,
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 500),
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    hidden_at timestamptz,
    hidden_by bigint REFERENCES account,
    rev bigint NOT NULL DEFAULT 1
);
CREATE INDEX chat_message_session ON chat_message (session_id, id DESC);
