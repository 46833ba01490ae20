-- Opinion maps (mapa opinii) of consultations: statements, what people think of each, and the map made of it.

CREATE TABLE opinion_statement (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id       bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    participant_id bigint REFERENCES consultation_participant ON DELETE SET NULL,
    text           text NOT NULL CHECK (length(text) BETWEEN 1 AND 200),
    state          text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'shown', 'refused')),
    reason         text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    by_office      boolean NOT NULL DEFAULT false,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    rev            bigint NOT NULL DEFAULT 1
);
CREATE INDEX opinion_statement_of ON opinion_statement (block_id, id);
COMMENT ON COLUMN opinion_statement.state IS 'refused: not shown, or taken off again; votes on it do not count';

-- What one has not seen has no row; to pass (0) is an answer.
CREATE TABLE opinion_vote (
    statement_id   bigint NOT NULL REFERENCES opinion_statement ON DELETE CASCADE,
    participant_id bigint NOT NULL REFERENCES consultation_participant ON DELETE CASCADE,
    choice         smallint NOT NULL CHECK (choice IN (-1, 0, 1)),
    rev            bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (statement_id, participant_id)
);
CREATE INDEX opinion_vote_of ON opinion_vote (participant_id);

CREATE TABLE opinion_map (
    block_id    bigint PRIMARY KEY REFERENCES consultation_block ON DELETE CASCADE,
    result      jsonb,
    places      jsonb NOT NULL DEFAULT '{}',
    wanted_at   timestamptz,
    computed_at timestamptz,
    rev         bigint NOT NULL DEFAULT 1
);
COMMENT ON COLUMN opinion_map.result IS 'What the public may see: points without people, groups, statements';
COMMENT ON COLUMN opinion_map.places IS 'Participant → number of their point; for themselves alone';
