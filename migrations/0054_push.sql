-- Notifications that a browser shows though the page is closed (Web Push).

CREATE TABLE push_device (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    endpoint   text NOT NULL UNIQUE CHECK (length(endpoint) BETWEEN 1 AND 1000),
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 65),
    auth       bytea NOT NULL CHECK (octet_length(auth) = 16),
    label      text NOT NULL DEFAULT '' CHECK (length(label) <= 200),
    added_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    told_at    timestamptz
);
CREATE INDEX push_device_of ON push_device (account_id);
COMMENT ON COLUMN push_device.endpoint IS 'Address at the browser''s push service; who knows it and holds our key can tell this browser something';
COMMENT ON COLUMN push_device.told_at IS 'When its push service last took something from us';

CREATE TABLE push_message (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    ref        text NOT NULL CHECK (length(ref) BETWEEN 1 AND 200),
    tag        text NOT NULL CHECK (length(tag) BETWEEN 1 AND 200),
    title      text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    text       text NOT NULL CHECK (length(text) <= 300),
    path       text NOT NULL CHECK (path ~ '^/' AND length(path) <= 500),
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (account_id, ref)
);
CREATE INDEX push_message_ref ON push_message (ref);
COMMENT ON COLUMN push_message.ref IS 'What it is about: an account is told once, however often the work runs';
COMMENT ON COLUMN push_message.tag IS 'A newer one with the same tag takes the place of an older one on the screen';
COMMENT ON COLUMN push_message.text IS 'A message id, written in the reader''s language when it is sent';

CREATE TABLE push_quiet (
    account_id   bigint PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    from_minute  smallint NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
    until_minute smallint NOT NULL CHECK (until_minute BETWEEN 0 AND 1439),
    CHECK (from_minute <> until_minute)
);
COMMENT ON TABLE push_quiet IS 'Minutes of the city''s day in which nothing is told at once; they may pass midnight';

CREATE TABLE push_service (
    origin       text PRIMARY KEY,
    paused_until timestamptz NOT NULL
);
COMMENT ON TABLE push_service IS 'Push services that did not answer: nobody waits for them until then';
