-- What became of each contribution to a consultation, the office's conclusions, and who is told by mail.

-- The office's answer to something a person has put into a block. `ref` is its name within the block's kind.
CREATE TABLE outcome_answer (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consultation_id bigint NOT NULL REFERENCES consultation ON DELETE CASCADE,
    block_id        bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    ref             text NOT NULL CHECK (length(ref) BETWEEN 1 AND 120),
    status          text NOT NULL CHECK (status IN ('received', 'considered', 'accepted', 'partly', 'rejected', 'later')),
    answer          text NOT NULL DEFAULT '' CHECK (length(answer) <= 20000),
    answered_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    answered_by     bigint REFERENCES account ON DELETE SET NULL,
    rev             bigint NOT NULL DEFAULT 1,
    UNIQUE (block_id, ref)
);
CREATE INDEX outcome_answer_of ON outcome_answer (consultation_id, answered_at);

-- A letter to the author of a contribution: one for each decision, however often its words are corrected.
CREATE TABLE outcome_letter (
    answer_id      bigint NOT NULL REFERENCES outcome_answer ON DELETE CASCADE,
    status         text NOT NULL,
    participant_id bigint NOT NULL REFERENCES consultation_participant ON DELETE CASCADE,
    due_at         timestamptz NOT NULL,
    settled_at     timestamptz,
    sent           boolean NOT NULL DEFAULT false,
    PRIMARY KEY (answer_id, status)
);
CREATE INDEX outcome_letter_due ON outcome_letter (due_at) WHERE settled_at IS NULL;
COMMENT ON COLUMN outcome_letter.sent IS 'False once settled: the author may not read it any more, has no address, or wants no mail';

-- The conclusions the office is writing.
CREATE TABLE outcome_draft (
    consultation_id bigint PRIMARY KEY REFERENCES consultation ON DELETE CASCADE,
    text            text NOT NULL DEFAULT '' CHECK (length(text) <= 60000),
    rev             bigint NOT NULL DEFAULT 1
);

-- The conclusions as they were published; a version is never changed.
CREATE TABLE outcome_version (
    consultation_id bigint NOT NULL REFERENCES consultation ON DELETE CASCADE,
    number          integer NOT NULL CHECK (number > 0),
    text            text NOT NULL CHECK (length(text) BETWEEN 1 AND 60000),
    published_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_by    bigint REFERENCES account ON DELETE SET NULL,
    PRIMARY KEY (consultation_id, number)
);

-- How often somebody wants mail about a consultation. Nothing waits in a queue: a letter is made of what may be read at
-- that moment and is newer than `told_at`.
CREATE TABLE outcome_follow (
    account_id      bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    consultation_id bigint NOT NULL REFERENCES consultation ON DELETE CASCADE,
    rhythm          text NOT NULL CHECK (rhythm IN ('instant', 'daily', 'weekly', 'own', 'none')),
    told_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    looked_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account_id, consultation_id)
);
CREATE INDEX outcome_follow_due ON outcome_follow (rhythm, looked_at) WHERE rhythm IN ('instant', 'daily', 'weekly');
COMMENT ON COLUMN outcome_follow.told_at IS 'What is older was told';
COMMENT ON COLUMN outcome_follow.looked_at IS 'When somebody last looked whether there is anything to tell';
COMMENT ON COLUMN outcome_follow.rhythm IS 'own: only answers to what the person wrote, as without a row; none: nothing at all';
