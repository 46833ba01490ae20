-- Votes of consultations. Who took part and what was chosen stand in two tables that nothing joins.

-- A vote (głosowanie) of a block. The rules are written down when it begins: what is changed later changes no ballot.
CREATE TABLE ballot_vote (
    block_id   bigint PRIMARY KEY REFERENCES consultation_block ON DELETE CASCADE,
    rules      jsonb NOT NULL,
    counted_at timestamptz,
    final_at   timestamptz,
    fault      text NOT NULL DEFAULT '' CHECK (fault IN ('', 'unreadable')),
    tie_order  bigint[] NOT NULL DEFAULT '{}',
    tie_reason text NOT NULL DEFAULT '' CHECK (length(tie_reason) <= 500),
    result     jsonb,
    rev        bigint NOT NULL DEFAULT 1,
    CHECK ((counted_at IS NULL) = (result IS NULL)),
    CHECK (final_at IS NULL OR counted_at IS NOT NULL)
);
COMMENT ON COLUMN ballot_vote.fault IS 'unreadable: the urn does not open with the secret of this installation; it is kept';
COMMENT ON COLUMN ballot_vote.tie_order IS 'Options in the order in which the committee has drawn lots';

CREATE TABLE ballot_option (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id    bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    ordinal     integer NOT NULL,
    title       text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '' CHECK (length(description) <= 2000),
    district    text NOT NULL DEFAULT '' CHECK (length(district) <= 120),
    cost_pln    integer NOT NULL DEFAULT 0 CHECK (cost_pln BETWEEN 0 AND 1000000000),
    ref         text NOT NULL DEFAULT '' CHECK (length(ref) <= 80),
    path        text NOT NULL DEFAULT '' CHECK (length(path) <= 300),
    removed_at  timestamptz,
    rev         bigint NOT NULL DEFAULT 1
);
CREATE INDEX ballot_option_of ON ballot_option (block_id, ordinal);
CREATE UNIQUE INDEX ballot_option_ref ON ballot_option (block_id, ref) WHERE ref <> '';
COMMENT ON COLUMN ballot_option.district IS 'Of a participatory budget: whose pool pays; empty: the city''s';
COMMENT ON COLUMN ballot_option.ref IS 'What another part has put on the ballot, such as project/12';

-- Who has voted: no choice, no moment, no number. One row, so one ballot, a person.
CREATE TABLE ballot_taken (
    block_id       bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    participant_id bigint NOT NULL REFERENCES consultation_participant ON DELETE CASCADE,
    kind           text NOT NULL,
    district       text NOT NULL DEFAULT '',
    paper          boolean NOT NULL DEFAULT false,
    voter_key      bytea,
    PRIMARY KEY (block_id, participant_id)
);
CREATE UNIQUE INDEX ballot_taken_voter ON ballot_taken (block_id, voter_key);
COMMENT ON COLUMN ballot_taken.voter_key IS 'Keyed digest of the account: one who has let themselves be erased does not vote again; gone after the count';

-- The urn of a secret vote. A ballot is encrypted with a key that the database does not hold, all of one vote to the
-- same length. Only the transaction joins it with ballot_taken; the urn is written anew, shuffled and sealed anew, every
-- few minutes and at the close, when its file is thrown away (TRUNCATE).
CREATE TABLE ballot_urn (
    block_id bigint NOT NULL,
    sealed   bytea NOT NULL
);

-- Counted secret ballots, written in one go at the close, in an order that tells nothing.
CREATE TABLE ballot_counted (
    id       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    block_id bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    receipt  text NOT NULL,
    marks    jsonb NOT NULL,
    UNIQUE (block_id, receipt)
);

-- Ballots of a vote that is not secret: the office sees them, and they may be changed where the rules say so.
CREATE TABLE ballot_named (
    block_id       bigint NOT NULL,
    participant_id bigint NOT NULL,
    marks          jsonb NOT NULL,
    cast_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    rev            bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (block_id, participant_id),
    FOREIGN KEY (block_id, participant_id) REFERENCES ballot_taken ON DELETE CASCADE
);

-- Paper ballots of a polling point: one person enters them, another one confirms.
CREATE TABLE ballot_batch (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id   bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    place      text NOT NULL CHECK (length(place) BETWEEN 1 AND 200),
    kind       text NOT NULL CHECK (kind IN ('resident', 'business', 'organisation')),
    district   text NOT NULL DEFAULT '',
    written    text NOT NULL CHECK (length(written) <= 200000),
    lines      jsonb NOT NULL,
    ballots    integer NOT NULL CHECK (ballots >= 0),
    invalid    integer NOT NULL DEFAULT 0 CHECK (invalid BETWEEN 0 AND 1000000),
    state      text NOT NULL DEFAULT 'entered' CHECK (state IN ('entered', 'confirmed', 'rejected')),
    entered_by bigint REFERENCES account ON DELETE SET NULL,
    entered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_by bigint REFERENCES account ON DELETE SET NULL,
    decided_at timestamptz,
    reason     text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    rev        bigint NOT NULL DEFAULT 1,
    CHECK ((state = 'entered') = (decided_at IS NULL)),
    CHECK (state <> 'confirmed' OR decided_by <> entered_by)
);
CREATE INDEX ballot_batch_of ON ballot_batch (block_id, id);
