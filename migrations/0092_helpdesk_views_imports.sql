-- Searches that are saved, and tickets that come from another system.

CREATE TABLE helpdesk_view (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id   bigint REFERENCES account ON DELETE CASCADE,
    team_id    bigint REFERENCES helpdesk_team ON DELETE CASCADE,
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    question   jsonb NOT NULL CHECK (jsonb_typeof(question) = 'object'),
    place      smallint NOT NULL DEFAULT 100 CHECK (place BETWEEN 0 AND 999),
    removed_at timestamptz,
    before     jsonb,
    rev        integer NOT NULL DEFAULT 1,
    CHECK ((owner_id IS NULL) <> (team_id IS NULL))
);
COMMENT ON TABLE helpdesk_view IS 'A question by which somebody looks at tickets again and again: their own, or a team''s';
COMMENT ON COLUMN helpdesk_view.question IS 'The address''s query of the search';
COMMENT ON COLUMN helpdesk_view.before IS 'What the last change has changed: undoing puts it back while nobody has changed more';
CREATE INDEX helpdesk_view_owner ON helpdesk_view (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX helpdesk_view_team ON helpdesk_view (team_id) WHERE team_id IS NOT NULL;

CREATE TABLE helpdesk_view_default (
    account_id bigint PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    view_id    bigint NOT NULL REFERENCES helpdesk_view ON DELETE CASCADE
);
CREATE INDEX helpdesk_view_default_view ON helpdesk_view_default (view_id);

CREATE TABLE helpdesk_import (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system    text NOT NULL CHECK (length(system) BETWEEN 1 AND 40),
    file_name text NOT NULL,
    encoding  text NOT NULL DEFAULT '',
    state     text NOT NULL DEFAULT 'shown' CHECK (state IN ('shown', 'running', 'stopped', 'done')),
    lines     integer NOT NULL,
    faults    jsonb NOT NULL DEFAULT '[]',
    done      integer NOT NULL DEFAULT 0,
    made      integer NOT NULL DEFAULT 0,
    known     integer NOT NULL DEFAULT 0,
    made_by   bigint REFERENCES account ON DELETE SET NULL,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at  timestamptz,
    rev       integer NOT NULL DEFAULT 1,
    CHECK (done BETWEEN 0 AND lines AND made + known = done)
);
COMMENT ON COLUMN helpdesk_import.faults IS 'What is wrong with which line: Fault of app/tables.py; these lines are not taken';
CREATE INDEX helpdesk_import_running ON helpdesk_import (id) WHERE state = 'running';

-- Lines that wait, checked; each goes away in the transaction in which its ticket is made, so a restart takes up the rest.
CREATE TABLE helpdesk_import_line (
    import_id   bigint NOT NULL REFERENCES helpdesk_import ON DELETE CASCADE,
    line        integer NOT NULL,
    external_id text NOT NULL,
    ticket      jsonb NOT NULL,
    PRIMARY KEY (import_id, line)
);

CREATE TABLE ticket_external (
    system      text NOT NULL,
    external_id text NOT NULL CHECK (length(external_id) BETWEEN 1 AND 100),
    ticket_id   bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    import_id   bigint REFERENCES helpdesk_import ON DELETE SET NULL,
    PRIMARY KEY (system, external_id)
);
COMMENT ON TABLE ticket_external IS 'Which ticket is which of another system: a file that comes twice makes nothing twice';
CREATE INDEX ticket_external_ticket ON ticket_external (ticket_id);
