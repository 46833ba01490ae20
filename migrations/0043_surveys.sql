-- Surveys (ankiety) of consultations. Questions have keys that stand for their meaning: a question that asks something
-- else gets another key, so answers of all versions can be counted by key.

CREATE TABLE survey (
    block_id bigint PRIMARY KEY REFERENCES consultation_block ON DELETE CASCADE,
    working  jsonb NOT NULL DEFAULT '[]',
    last_key integer NOT NULL DEFAULT 0,
    rev      bigint NOT NULL DEFAULT 1
);
COMMENT ON COLUMN survey.working IS 'What the clerk edits. While nobody has answered it is the version in force; later it is put into force on purpose';
COMMENT ON COLUMN survey.last_key IS 'Keys are never given twice';

CREATE TABLE survey_version (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id   bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    number     integer NOT NULL,
    questions  jsonb NOT NULL,
    reason     text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    created_by bigint REFERENCES account ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (block_id, number),
    CHECK (number = 1 OR reason <> '')
);

-- One row a person, a browser or a sheet of paper. `draft` is what is being filled in, `answers` what was sent.
CREATE TABLE survey_answer (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id       bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    version_id     bigint NOT NULL REFERENCES survey_version ON DELETE CASCADE,
    source         text NOT NULL CHECK (source IN ('account', 'open', 'paper')),
    participant_id bigint REFERENCES consultation_participant ON DELETE CASCADE,
    browser        bytea,
    sheet          text NOT NULL DEFAULT '' CHECK (length(sheet) <= 40),
    kind           text NOT NULL DEFAULT 'resident' CHECK (kind IN ('resident', 'business', 'organisation')),
    district       text NOT NULL DEFAULT '' CHECK (length(district) <= 120),
    draft          jsonb,
    answers        jsonb,
    page           integer NOT NULL DEFAULT 1,
    started_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    saved_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at        timestamptz,
    hidden_at      timestamptz,
    removed_at     timestamptz,
    reason         text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    rev            bigint NOT NULL DEFAULT 1,
    UNIQUE (block_id, participant_id),
    UNIQUE (block_id, browser),
    CHECK ((sent_at IS NULL) = (answers IS NULL)),
    CHECK ((source = 'account') = (participant_id IS NOT NULL)),
    CHECK ((source = 'open') = (browser IS NOT NULL))
);
CREATE UNIQUE INDEX survey_answer_sheet ON survey_answer (block_id, sheet) WHERE sheet <> '' AND removed_at IS NULL;
CREATE INDEX survey_answer_sent ON survey_answer (block_id, sent_at);
COMMENT ON COLUMN survey_answer.browser IS 'SHA-256 of a random cookie: one answer a browser where no account is needed';
COMMENT ON COLUMN survey_answer.sheet IS 'Number written on the sheet of paper, so that none is entered twice';
COMMENT ON COLUMN survey_answer.hidden_at IS 'Its texts and files are not shown and not exported; its choices count';
COMMENT ON COLUMN survey_answer.removed_at IS 'It does not count';

CREATE TABLE survey_file (
    answer_id bigint NOT NULL REFERENCES survey_answer ON DELETE CASCADE,
    question  text NOT NULL,
    file_id   uuid NOT NULL REFERENCES file ON DELETE CASCADE,
    PRIMARY KEY (answer_id, question)
);
CREATE INDEX survey_file_file ON survey_file (file_id);
