-- The debate: who asks to speak, who speaks and for how long; and who wants to be told when an item begins.

-- A speech (wystąpienie) from the hand that was raised to its last word. Name, club and function are those of the day,
-- so that the record survives later changes.
CREATE TABLE council_speech (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id    bigint NOT NULL REFERENCES council_session ON DELETE CASCADE,
    item_id       bigint REFERENCES agenda_item ON DELETE SET NULL,
    councillor_id bigint REFERENCES councillor,
    speaker       text NOT NULL CHECK (length(speaker) BETWEEN 1 AND 120),
    club          text NOT NULL DEFAULT '',
    role          text NOT NULL DEFAULT '' CHECK (length(role) <= 120),
    kind          text NOT NULL CHECK (kind IN ('speech', 'reply', 'motion', 'guest')),
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'speaking', 'spoken', 'withdrawn')),
    place         integer NOT NULL DEFAULT 0,
    limit_s       integer NOT NULL CHECK (limit_s > 0),
    asked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    began_at      timestamptz,
    ended_at      timestamptz,
    closed        boolean NOT NULL DEFAULT false,
    rev           bigint NOT NULL DEFAULT 1,
    CHECK ((state IN ('speaking', 'spoken')) = (began_at IS NOT NULL)),
    CHECK ((state = 'spoken') = (ended_at IS NOT NULL)),
    CHECK (ended_at >= began_at)
);
-- one person speaks at a time
CREATE UNIQUE INDEX council_speech_speaking ON council_speech (session_id) WHERE state = 'speaking';
-- a councillor stands in the queue once
CREATE UNIQUE INDEX council_speech_waiting ON council_speech (session_id, councillor_id) WHERE state = 'waiting';
CREATE INDEX council_speech_session ON council_speech (session_id, began_at);
CREATE INDEX council_speech_councillor ON council_speech (councillor_id);
CREATE INDEX council_speech_item ON council_speech (item_id);
COMMENT ON COLUMN council_speech.item_id IS 'While waiting: the item for which the floor was asked; then the one in which it was given';
COMMENT ON COLUMN council_speech.role IS 'What a guest is: head of a department, resident';
COMMENT ON COLUMN council_speech.kind IS 'speech, reply (ad vocem), motion (wniosek formalny), guest';
COMMENT ON COLUMN council_speech.place IS 'Place in the queue while waiting; lower is sooner';
COMMENT ON COLUMN council_speech.limit_s IS 'Seconds that may be spoken, with what the chair added';
COMMENT ON COLUMN council_speech.closed IS 'Asked for, then begun, in a closed part: the public is not told';
COMMENT ON COLUMN council_speech.began_at IS 'The exact moment at which the floor was given';

-- «Tell me when item 7 starts», by mail; sent once.
CREATE TABLE council_item_alert (
    item_id    bigint NOT NULL REFERENCES agenda_item ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    asked_at   timestamptz NOT NULL DEFAULT now(),
    sent_at    timestamptz,
    PRIMARY KEY (item_id, account_id)
);
CREATE INDEX council_item_alert_account ON council_item_alert (account_id);

-- Whoever runs a session opens its chat.
ALTER TABLE council_session ALTER COLUMN chat_open SET DEFAULT false;
