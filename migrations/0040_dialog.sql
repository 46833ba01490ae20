-- Consultations: phases with exact times, the blocks that stand in them, and who takes part.

-- A consultation (konsultacje społeczne). Its words are the clerk's; what people write is in the tables of the parts.
CREATE TABLE consultation (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug             text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9-]{1,120}$'),
    template         text NOT NULL CHECK (template IN ('resolution', 'plan', 'budget', 'survey', 'meeting', 'empty')),
    state            text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'published', 'cancelled', 'archived')),
    title            text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    summary          text NOT NULL DEFAULT '' CHECK (length(summary) <= 1000),
    topic            text NOT NULL DEFAULT '' CHECK (length(topic) <= 80),
    districts        text[] NOT NULL DEFAULT '{}',
    open_to          text NOT NULL DEFAULT 'signed_in' CHECK (open_to IN ('everyone', 'signed_in', 'verified')),
    kinds            text[] NOT NULL DEFAULT '{resident,business,organisation}'
                     CHECK (kinds <> '{}' AND kinds <@ '{resident,business,organisation}'),
    only_districts   text[] NOT NULL DEFAULT '{}',
    shown_as         text[] NOT NULL DEFAULT '{name,pseudonym}'
                     CHECK (shown_as <> '{}' AND shown_as <@ '{name,pseudonym,anonymous}'),
    asked            text[] NOT NULL DEFAULT '{}'
                     CHECK (asked <@ '{full_name,address,birth_year,phone,pesel,register_number}'),
    contact          text NOT NULL DEFAULT '' CHECK (length(contact) <= 300),
    legal_basis      text NOT NULL DEFAULT '' CHECK (length(legal_basis) <= 1000),
    created_by       bigint REFERENCES account ON DELETE SET NULL,
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at     timestamptz,
    cancelled_at     timestamptz,
    cancelled_reason text NOT NULL DEFAULT '' CHECK (length(cancelled_reason) <= 1000),
    folded           text NOT NULL DEFAULT '',
    rev              bigint NOT NULL DEFAULT 1,
    CHECK (state = 'draft' OR published_at IS NOT NULL),
    CHECK ((state = 'cancelled') <= (cancelled_at IS NOT NULL))
);
COMMENT ON COLUMN consultation.districts IS 'What it is about; empty: the whole city';
COMMENT ON COLUMN consultation.open_to IS 'everyone: blocks that can do without an account do; verified: the office has checked who it is';
COMMENT ON COLUMN consultation.only_districts IS 'Only people of these districts take part; empty: of all';
COMMENT ON COLUMN consultation.shown_as IS 'How a person may be shown to the public; the city knows them in any case';
COMMENT ON COLUMN consultation.asked IS 'What a person is asked for when joining, beside name and district: as little as can be';
COMMENT ON COLUMN consultation.folded IS 'Title, summary and topic in lower case without diacritics, for searching';

CREATE TABLE consultation_phase (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consultation_id bigint NOT NULL REFERENCES consultation ON DELETE CASCADE,
    ordinal         integer NOT NULL,
    title           text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    summary         text NOT NULL DEFAULT '' CHECK (length(summary) <= 1000),
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL,
    removed_at      timestamptz,
    rev             bigint NOT NULL DEFAULT 1,
    CHECK (starts_at < ends_at)
);
CREATE INDEX consultation_phase_of ON consultation_phase (consultation_id, ordinal);
CREATE INDEX consultation_phase_starts ON consultation_phase (starts_at);
CREATE INDEX consultation_phase_ends ON consultation_phase (ends_at);
COMMENT ON COLUMN consultation_phase.ends_at IS 'The first moment at which it is over; the database''s clock decides';

-- A phase has begun or ended. One row each: whichever process writes it tells the parts, and no other one does.
CREATE TABLE consultation_transition (
    phase_id    bigint NOT NULL REFERENCES consultation_phase ON DELETE CASCADE,
    what        text NOT NULL CHECK (what IN ('begun', 'ended')),
    due_at      timestamptz NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (phase_id, what)
);
COMMENT ON COLUMN consultation_transition.due_at IS 'When it should have happened; happened_at is later by as much as the server was away';

-- A building block. Without a phase it stands on the page all the time, open while any phase runs.
CREATE TABLE consultation_block (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consultation_id bigint NOT NULL REFERENCES consultation ON DELETE CASCADE,
    phase_id        bigint REFERENCES consultation_phase ON DELETE CASCADE,
    kind            text NOT NULL CHECK (kind ~ '^[a-z_]{1,40}$'),
    ordinal         integer NOT NULL,
    title           text NOT NULL DEFAULT '' CHECK (length(title) <= 200),
    settings        jsonb NOT NULL DEFAULT '{}',
    removed_at      timestamptz,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    rev             bigint NOT NULL DEFAULT 1
);
CREATE INDEX consultation_block_of ON consultation_block (consultation_id, ordinal);
CREATE INDEX consultation_block_of_phase ON consultation_block (phase_id);
CREATE INDEX consultation_block_kind ON consultation_block (kind);

-- Who takes part. The city knows the account; the public sees what the person chose.
CREATE TABLE consultation_participant (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consultation_id bigint NOT NULL REFERENCES consultation ON DELETE CASCADE,
    account_id      bigint REFERENCES account ON DELETE SET NULL,
    kind            text NOT NULL CHECK (kind IN ('resident', 'business', 'organisation')),
    name            text NOT NULL CHECK (length(name) <= 200),
    organisation    text NOT NULL DEFAULT '' CHECK (length(organisation) <= 200),
    district        text NOT NULL DEFAULT '' CHECK (length(district) <= 120),
    pseudonym       text NOT NULL CHECK (length(pseudonym) BETWEEN 2 AND 40),
    shown_as        text NOT NULL CHECK (shown_as IN ('name', 'pseudonym', 'anonymous')),
    details         jsonb NOT NULL DEFAULT '{}',
    paper           boolean NOT NULL DEFAULT false,
    joined_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    erased_at       timestamptz,
    rev             bigint NOT NULL DEFAULT 1,
    UNIQUE (consultation_id, account_id),
    CHECK (erased_at IS NULL OR (account_id IS NULL AND name = '' AND organisation = '' AND details = '{}'))
);
CREATE UNIQUE INDEX consultation_participant_pseudonym ON consultation_participant (consultation_id, lower(pseudonym));
CREATE INDEX consultation_participant_account ON consultation_participant (account_id);
COMMENT ON COLUMN consultation_participant.name IS 'What the city calls the person; empty once it was erased on request';
COMMENT ON COLUMN consultation_participant.details IS 'Answers to what the consultation asks for: personal data, for the city alone';
COMMENT ON COLUMN consultation_participant.paper IS 'Entered by the office from paper; there is no account';

-- A resident asks the office to check who they are; one row an account.
CREATE TABLE resident_verification (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   bigint NOT NULL UNIQUE REFERENCES account ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('resident', 'business', 'organisation')),
    full_name    text NOT NULL CHECK (length(full_name) BETWEEN 1 AND 200),
    organisation text NOT NULL DEFAULT '' CHECK (length(organisation) <= 200),
    district     text NOT NULL DEFAULT '' CHECK (length(district) <= 120),
    address      text NOT NULL DEFAULT '' CHECK (length(address) <= 300),
    note         text NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
    state        text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'verified', 'refused')),
    reason       text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    asked_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    decided_at   timestamptz,
    decided_by   bigint REFERENCES account ON DELETE SET NULL,
    rev          bigint NOT NULL DEFAULT 1,
    CHECK ((state = 'asked') = (decided_at IS NULL))
);
CREATE INDEX resident_verification_waiting ON resident_verification (asked_at) WHERE state = 'asked';

CREATE VIEW consultation_person AS
SELECT p.id, p.consultation_id, p.account_id, p.kind, p.name, p.organisation, p.district, p.pseudonym, p.shown_as,
       p.details, p.paper, p.joined_at, p.erased_at, p.rev,
       p.paper OR EXISTS (SELECT FROM resident_verification v
                           WHERE v.account_id = p.account_id AND v.state = 'verified'
                             AND v.kind = p.kind AND v.district = p.district) AS verified
  FROM consultation_participant p;
COMMENT ON VIEW consultation_person IS 'A participant, and whether the office has checked what they said: kind and district too';

-- What participants are told by mail: a phase is longer, the consultation is cancelled. Each letter goes out once.
CREATE TABLE consultation_notice (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consultation_id bigint NOT NULL REFERENCES consultation ON DELETE CASCADE,
    phase_id        bigint REFERENCES consultation_phase ON DELETE CASCADE,
    what            text NOT NULL CHECK (what IN ('extended', 'cancelled')),
    reason          text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    until           timestamptz,
    created_by      bigint REFERENCES account ON DELETE SET NULL,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX consultation_notice_of ON consultation_notice (consultation_id, created_at);

CREATE TABLE consultation_notice_sent (
    notice_id      bigint NOT NULL REFERENCES consultation_notice ON DELETE CASCADE,
    participant_id bigint NOT NULL REFERENCES consultation_participant ON DELETE CASCADE,
    sent_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (notice_id, participant_id)
);
