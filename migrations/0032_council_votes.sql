-- Attendance (lista obecności), quorum and votes of a session.

-- A session's roll: how many seats the body has by its statute (ustawowy skład), and a number for live quorum.
CREATE TABLE council_roll (
    session_id bigint PRIMARY KEY REFERENCES council_session ON DELETE CASCADE,
    statutory  integer NOT NULL CHECK (statutory > 0),
    rev        bigint NOT NULL DEFAULT 1
);

-- Who is in the room. Name, club and office are those of the day, so that the record survives later changes.
CREATE TABLE council_attendance (
    session_id    bigint NOT NULL REFERENCES council_roll ON DELETE CASCADE,
    councillor_id bigint NOT NULL REFERENCES councillor,
    name          text NOT NULL,
    club          text,
    office        text NOT NULL DEFAULT '',
    state         text NOT NULL DEFAULT 'absent' CHECK (state IN ('absent', 'present', 'late', 'left')),
    changed_at    timestamptz,
    rev           bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (session_id, councillor_id)
);
CREATE INDEX council_attendance_councillor ON council_attendance (councillor_id);
COMMENT ON COLUMN council_attendance.state IS 'present and late are in the room; left was there and went; absent never came';

-- Each change of it with its moment.
CREATE TABLE council_attendance_change (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id    bigint NOT NULL,
    councillor_id bigint NOT NULL,
    state         text NOT NULL CHECK (state IN ('absent', 'present', 'late', 'left')),
    changed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by    bigint REFERENCES account,
    by_councillor boolean NOT NULL DEFAULT false,
    FOREIGN KEY (session_id, councillor_id) REFERENCES council_attendance ON DELETE CASCADE
);
CREATE INDEX council_attendance_change_session ON council_attendance_change (session_id, councillor_id, id);
COMMENT ON COLUMN council_attendance_change.by_councillor IS 'Confirmed by the councillor, not marked by the clerk';

-- A vote (głosowanie). The rule it is counted by is written with it, so that a later statute changes no result.
CREATE TABLE council_vote (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id       bigint NOT NULL REFERENCES council_session ON DELETE CASCADE,
    item_id          bigint REFERENCES agenda_item ON DELETE SET NULL,
    number           integer NOT NULL,
    title            text NOT NULL CHECK (length(title) BETWEEN 1 AND 500),
    secret           boolean NOT NULL,
    majority         text NOT NULL,
    abstentions_count boolean NOT NULL,
    tie              text NOT NULL CHECK (tie IN ('rejected', 'chair')),
    state            text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'open', 'closed', 'cancelled')),
    opened_at        timestamptz,
    closed_at        timestamptz,
    entitled         integer NOT NULL DEFAULT 0,
    voted            integer NOT NULL DEFAULT 0,
    present          integer NOT NULL DEFAULT 0,
    statutory        integer NOT NULL DEFAULT 0,
    quorum           integer NOT NULL DEFAULT 0,
    votes_for        integer NOT NULL DEFAULT 0,
    votes_against    integer NOT NULL DEFAULT 0,
    abstained        integer NOT NULL DEFAULT 0,
    absent           integer NOT NULL DEFAULT 0,
    outcome          text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'adopted', 'rejected', 'no_quorum')),
    repeats_id       bigint REFERENCES council_vote,
    reason           text NOT NULL DEFAULT '',
    cancel_reason    text NOT NULL DEFAULT '',
    rev              bigint NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (session_id, number),
    UNIQUE (id, secret),
    CHECK ((state = 'draft') = (opened_at IS NULL) OR state = 'cancelled'),
    CHECK ((state IN ('closed', 'cancelled')) = (closed_at IS NOT NULL)),
    CHECK ((state = 'closed') = (outcome <> '')),
    CHECK ((state = 'cancelled') = (cancel_reason <> '')),
    CHECK (repeats_id IS NULL OR reason <> '')
);
-- one open vote at a time
CREATE UNIQUE INDEX council_vote_open ON council_vote (session_id) WHERE state = 'open';
-- a vote is repeated once (reasumpcja); a repetition that was cancelled may be tried again
CREATE UNIQUE INDEX council_vote_repeats ON council_vote (repeats_id) WHERE state <> 'cancelled';
CREATE INDEX council_vote_item ON council_vote (item_id);
COMMENT ON COLUMN council_vote.number IS 'Counts within the session, in the order in which votes were prepared';
COMMENT ON COLUMN council_vote.closed_at IS 'Of a cancelled vote: when it was cancelled';
COMMENT ON COLUMN council_vote.reason IS 'Why the first vote is repeated';
COMMENT ON COLUMN council_vote.present IS 'In the room at the close, and whoever has voted';

-- Who may vote, and in a named vote (głosowanie imienne) how. One row, so one ballot, a person. Of a secret vote
-- it says who has voted and nothing else: no choice, no moment.
CREATE TABLE council_voter (
    vote_id       bigint NOT NULL,
    councillor_id bigint NOT NULL REFERENCES councillor,
    secret        boolean NOT NULL,
    name          text NOT NULL,
    club          text,
    office        text NOT NULL DEFAULT '',
    present       boolean NOT NULL DEFAULT false,
    voted         boolean NOT NULL DEFAULT false,
    choice        text CHECK (choice IN ('for', 'against', 'abstain')),
    cast_at       timestamptz,
    by_clerk      boolean NOT NULL DEFAULT false,
    rev           bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (vote_id, councillor_id),
    FOREIGN KEY (vote_id, secret) REFERENCES council_vote (id, secret) ON DELETE CASCADE,
    CHECK (NOT secret OR (choice IS NULL AND cast_at IS NULL AND NOT by_clerk)),
    CHECK (secret OR (voted = (choice IS NOT NULL) AND voted = (cast_at IS NOT NULL)))
);
CREATE INDEX council_voter_councillor ON council_voter (councillor_id);
COMMENT ON COLUMN council_voter.present IS 'In the room when the vote was closed';

-- Requests that were done, by the random name their sender gave them: one that is sent again changes nothing.
CREATE TABLE council_cast (
    vote_id       bigint NOT NULL,
    councillor_id bigint NOT NULL,
    op_id         text NOT NULL CHECK (length(op_id) BETWEEN 8 AND 64),
    PRIMARY KEY (vote_id, councillor_id, op_id),
    FOREIGN KEY (vote_id, councillor_id) REFERENCES council_voter ON DELETE CASCADE
);

-- The urn of a secret vote while it is open. A ballot is encrypted with a key that the database does not hold; the
-- close opens the urn, shuffles what is in it, and throws the urn's file away (TRUNCATE).
CREATE TABLE council_urn (
    vote_id bigint NOT NULL,
    sealed  bytea NOT NULL
);

-- Counted secret ballots, written in one go by the close, shuffled. No key, so nothing else can point here.
CREATE TABLE council_secret_ballot (
    vote_id bigint NOT NULL,
    choice  text NOT NULL CHECK (choice IN ('for', 'against', 'abstain'))
);
CREATE INDEX council_secret_ballot_vote ON council_secret_ballot (vote_id);

-- What the clerk corrected in a named vote after its close, and why.
CREATE TABLE council_vote_correction (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vote_id       bigint NOT NULL,
    councillor_id bigint NOT NULL,
    choice_before text CHECK (choice_before IN ('for', 'against', 'abstain')),
    choice_after  text CHECK (choice_after IN ('for', 'against', 'abstain')),
    reason        text NOT NULL CHECK (reason <> ''),
    corrected_by  bigint REFERENCES account,
    corrected_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (vote_id, councillor_id) REFERENCES council_voter ON DELETE CASCADE
);
CREATE INDEX council_vote_correction_vote ON council_vote_correction (vote_id, id);

-- The statute's rules (settings section `votes`) as the servers run with them now, for whoever has only a transaction.
CREATE TABLE council_statute (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    settings jsonb NOT NULL
);
