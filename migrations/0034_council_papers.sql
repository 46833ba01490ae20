-- Before a session: who sits (mandates, clubs over time, committees), the agenda with sub-items, papers, invitations.

-- Councillors. `club_id` is the club of today; `councillor_club` tells since when, and which one it was before.
ALTER TABLE council_club ADD COLUMN rev bigint NOT NULL DEFAULT 1;
ALTER TABLE councillor
    ADD COLUMN email text NOT NULL DEFAULT '',
    ADD COLUMN mandate_began_on date,
    ADD COLUMN mandate_ended_on date,
    ADD COLUMN mandate_end_reason text NOT NULL DEFAULT '',
    ADD COLUMN rev bigint NOT NULL DEFAULT 1,
    ADD CHECK (mandate_ended_on IS NULL OR mandate_began_on IS NULL OR mandate_ended_on >= mandate_began_on);
CREATE UNIQUE INDEX councillor_account ON councillor (term_id, account_id) WHERE account_id IS NOT NULL;
COMMENT ON COLUMN councillor.email IS 'Where invitations go; empty: to the address of the account';
COMMENT ON COLUMN councillor.mandate_began_on IS 'Empty: with the term';
COMMENT ON COLUMN councillor.mandate_ended_on IS 'Last day of a mandate that expired before the term did';

CREATE TABLE councillor_club (
    councillor_id bigint NOT NULL REFERENCES councillor ON DELETE CASCADE,
    since         date NOT NULL,
    club_id       bigint REFERENCES council_club,
    PRIMARY KEY (councillor_id, since)
);
COMMENT ON COLUMN councillor_club.club_id IS 'Empty: unaffiliated (radny niezrzeszony) since that day';
INSERT INTO councillor_club (councillor_id, since, club_id)
SELECT councillor.id, council_term.began_on, club_id FROM councillor JOIN council_term ON council_term.id = term_id;

-- Committees (komisje) of a term and who sits in them.
CREATE TABLE council_committee (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    term_id      bigint NOT NULL REFERENCES council_term,
    name         text NOT NULL CHECK (name <> ''),
    task         text NOT NULL DEFAULT '',
    dissolved_on date,
    rev          bigint NOT NULL DEFAULT 1,
    UNIQUE (term_id, name)
);
CREATE TABLE council_committee_member (
    committee_id  bigint NOT NULL REFERENCES council_committee ON DELETE CASCADE,
    councillor_id bigint NOT NULL REFERENCES councillor,
    role          text NOT NULL DEFAULT 'member' CHECK (role IN ('chair', 'vice_chair', 'member')),
    since         date NOT NULL,
    until         date,
    PRIMARY KEY (committee_id, councillor_id, since),
    CHECK (until IS NULL OR until >= since)
);
CREATE INDEX council_committee_member_councillor ON council_committee_member (councillor_id);
CREATE UNIQUE INDEX council_committee_one_chair ON council_committee_member (committee_id)
    WHERE role = 'chair' AND until IS NULL;
-- a person sits in a committee once at a time
CREATE UNIQUE INDEX council_committee_member_now ON council_committee_member (committee_id, councillor_id)
    WHERE until IS NULL;

-- A session belongs to the council (no committee) or to a committee. One that is called off keeps its address.
ALTER TABLE council_session
    ADD COLUMN committee_id bigint REFERENCES council_committee,
    ADD COLUMN called_off_at timestamptz,
    ADD COLUMN called_off_reason text NOT NULL DEFAULT '',
    ADD COLUMN agenda_rev bigint NOT NULL DEFAULT 1,
    ADD COLUMN calendar_uid uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN calendar_sequence integer NOT NULL DEFAULT 0,
    ADD CHECK (called_off_at IS NULL OR state = 'planned');
CREATE INDEX council_session_committee ON council_session (committee_id, planned_at DESC);
COMMENT ON COLUMN council_session.agenda_rev IS 'Counts rewritings of the agenda: two editors notice each other';
COMMENT ON COLUMN council_session.calendar_sequence IS 'SEQUENCE of the calendar file (RFC 5545): grows with each change';

-- Sub-items. `position` counts through the whole agenda; a parent stands before its sub-items.
ALTER TABLE agenda_item
    ADD COLUMN parent_id bigint REFERENCES agenda_item ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    ADD COLUMN depth smallint NOT NULL DEFAULT 0 CHECK (depth BETWEEN 0 AND 2),
    ADD COLUMN by_hand boolean NOT NULL DEFAULT false,
    ADD COLUMN planned_minutes integer CHECK (planned_minutes BETWEEN 1 AND 1440);
CREATE INDEX agenda_item_parent ON agenda_item (parent_id);
COMMENT ON COLUMN agenda_item.by_hand IS 'The number was written by the clerk and is not counted';

-- Papers (materiały) of a session or of one of its items. What is removed leaves its name and the reason.
CREATE TABLE council_paper (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id  bigint NOT NULL REFERENCES council_session ON DELETE CASCADE,
    item_id     bigint REFERENCES agenda_item ON DELETE SET NULL,
    position    integer NOT NULL,
    title       text NOT NULL CHECK (length(title) BETWEEN 1 AND 300),
    kind        text NOT NULL CHECK (kind IN ('resolution', 'justification', 'report', 'opinion', 'minutes', 'other')),
    audience    text NOT NULL CHECK (audience IN ('public', 'councillors')),
    public_from timestamptz,
    removed_at  timestamptz,
    removed_by  bigint REFERENCES account,
    removal_reason text NOT NULL DEFAULT '',
    rev         bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  bigint REFERENCES account,
    CHECK (audience = 'councillors' OR public_from IS NULL),
    CHECK ((removed_at IS NULL) = (removal_reason = ''))
);
CREATE INDEX council_paper_session ON council_paper (session_id, position, id);
CREATE INDEX council_paper_item ON council_paper (item_id);
CREATE INDEX council_paper_waiting ON council_paper (public_from) WHERE public_from IS NOT NULL;
COMMENT ON COLUMN council_paper.public_from IS 'For councillors only until then; empty: without end';

CREATE TABLE council_paper_version (
    paper_id bigint NOT NULL REFERENCES council_paper ON DELETE CASCADE,
    number   integer NOT NULL CHECK (number > 0),
    file_id  uuid REFERENCES file (id),
    name     text NOT NULL,
    type     text NOT NULL,
    bytes    bigint NOT NULL,
    sha256   text NOT NULL,
    note     text NOT NULL DEFAULT '',
    added_at timestamptz NOT NULL DEFAULT now(),
    added_by bigint REFERENCES account,
    PRIMARY KEY (paper_id, number)
);
CREATE INDEX council_paper_version_file ON council_paper_version (file_id);
COMMENT ON COLUMN council_paper_version.file_id IS 'Empty: the paper was removed and the bytes are gone';
COMMENT ON COLUMN council_paper_version.note IS 'What changed since the version before';

-- Invitations (zawiadomienia) by mail. The state of sending stands in `mail` for a month, then here alone.
CREATE TABLE council_invitation (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id    bigint NOT NULL REFERENCES council_session ON DELETE CASCADE,
    councillor_id bigint REFERENCES councillor,
    name          text NOT NULL,
    address       text NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('invitation', 'update', 'cancellation')),
    sequence      integer NOT NULL,
    mail_id       uuid NOT NULL,
    queued_at     timestamptz NOT NULL DEFAULT now(),
    queued_by     bigint REFERENCES account
);
CREATE INDEX council_invitation_session ON council_invitation (session_id, councillor_id, id DESC);
