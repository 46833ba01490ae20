-- Live meetings (spotkanie na żywo) of consultations. Moments are the clock's; the recording says where it shows them.

CREATE TABLE meeting (
    block_id   bigint PRIMARY KEY REFERENCES consultation_block ON DELETE CASCADE,
    stream_id  text NOT NULL UNIQUE,
    state      text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'live', 'ended')),
    started_at timestamptz,
    ended_at   timestamptz,
    rev        bigint NOT NULL DEFAULT 1,
    CHECK ((state = 'planned') = (started_at IS NULL)),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL))
);

CREATE TABLE meeting_question (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id       bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    participant_id bigint REFERENCES consultation_participant ON DELETE SET NULL,
    text           text NOT NULL CHECK (length(text) BETWEEN 1 AND 500),
    state          text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'current', 'answered', 'dismissed')),
    reason         text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    votes          integer NOT NULL DEFAULT 0,
    asked_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    taken_at       timestamptz,
    rev            bigint NOT NULL DEFAULT 1
);
CREATE INDEX meeting_question_of ON meeting_question (block_id, id);
CREATE UNIQUE INDEX meeting_question_current ON meeting_question (block_id) WHERE state = 'current';
COMMENT ON COLUMN meeting_question.taken_at IS 'When the host began to answer it';

CREATE TABLE meeting_question_vote (
    question_id    bigint NOT NULL REFERENCES meeting_question ON DELETE CASCADE,
    participant_id bigint NOT NULL REFERENCES consultation_participant ON DELETE CASCADE,
    PRIMARY KEY (question_id, participant_id)
);
CREATE INDEX meeting_question_vote_of ON meeting_question_vote (participant_id);

CREATE TABLE meeting_poll (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id  bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    text      text NOT NULL CHECK (length(text) BETWEEN 1 AND 300),
    options   text[] NOT NULL CHECK (cardinality(options) BETWEEN 2 AND 12),
    several   boolean NOT NULL DEFAULT false,
    at_close  boolean NOT NULL DEFAULT false,
    state     text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'open', 'closed')),
    opened_at timestamptz,
    closed_at timestamptz,
    rev       bigint NOT NULL DEFAULT 1
);
CREATE INDEX meeting_poll_of ON meeting_poll (block_id, id);
COMMENT ON COLUMN meeting_poll.at_close IS 'Results are told once it is closed';

-- One answer a person, whatever the number of tabs: a second one takes the place of the first.
CREATE TABLE meeting_answer (
    poll_id        bigint NOT NULL REFERENCES meeting_poll ON DELETE CASCADE,
    participant_id bigint NOT NULL REFERENCES consultation_participant ON DELETE CASCADE,
    choices        smallint[] NOT NULL CHECK (cardinality(choices) BETWEEN 1 AND 12),
    PRIMARY KEY (poll_id, participant_id)
);
CREATE INDEX meeting_answer_of ON meeting_answer (participant_id);

CREATE TABLE meeting_hand (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id       bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    participant_id bigint NOT NULL REFERENCES consultation_participant ON DELETE CASCADE,
    about          text NOT NULL DEFAULT '' CHECK (length(about) <= 200),
    state          text NOT NULL DEFAULT 'up' CHECK (state IN ('up', 'invited', 'on_air', 'down')),
    raised_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    invited_at     timestamptz,
    on_air_at      timestamptz,
    lowered_at     timestamptz,
    rev            bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX meeting_hand_up ON meeting_hand (block_id, participant_id) WHERE state <> 'down';
CREATE UNIQUE INDEX meeting_hand_guest ON meeting_hand (block_id) WHERE state IN ('invited', 'on_air');
CREATE INDEX meeting_hand_of ON meeting_hand (participant_id);

CREATE TABLE meeting_message (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id       bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    participant_id bigint REFERENCES consultation_participant ON DELETE SET NULL,
    body           text NOT NULL CHECK (length(body) BETWEEN 1 AND 500),
    sent_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    hidden_at      timestamptz,
    hidden_by      bigint REFERENCES account,
    rev            bigint NOT NULL DEFAULT 1
);
CREATE INDEX meeting_message_of ON meeting_message (block_id, id DESC);

-- As the council's: SHA-256 of 158 random bits. The host's encoder has the primary place, a guest the backup's.
CREATE TABLE meeting_key (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id     bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    hand_id      bigint REFERENCES meeting_hand ON DELETE CASCADE,
    label        text NOT NULL,
    key_hash     bytea NOT NULL UNIQUE,
    hint         text NOT NULL,
    created_by   bigint REFERENCES account,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX meeting_key_of ON meeting_key (block_id);
