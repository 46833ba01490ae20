-- Projects of a participatory budget (budżet obywatelski): sent in by residents, checked by the office, voted on.

CREATE TABLE budget_project (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    block_id       bigint NOT NULL REFERENCES consultation_block ON DELETE CASCADE,
    participant_id bigint NOT NULL REFERENCES consultation_participant ON DELETE CASCADE,
    number         integer,
    state          text NOT NULL DEFAULT 'draft'
                   CHECK (state IN ('draft', 'submitted', 'correction', 'admitted', 'rejected', 'appealed', 'withdrawn')),
    title          text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    summary        text NOT NULL DEFAULT '' CHECK (length(summary) <= 300),
    description    text NOT NULL DEFAULT '' CHECK (length(description) <= 10000),
    district       text NOT NULL DEFAULT '' CHECK (length(district) <= 120),
    place          text NOT NULL DEFAULT '' CHECK (length(place) <= 300),
    lat            double precision CHECK (lat BETWEEN -90 AND 90),
    lng            double precision CHECK (lng BETWEEN -180 AND 180),
    supporters     integer NOT NULL DEFAULT 0 CHECK (supporters BETWEEN 0 AND 100000),
    items          jsonb NOT NULL DEFAULT '[]',
    cost_pln       integer NOT NULL DEFAULT 0 CHECK (cost_pln BETWEEN 0 AND 1000000000),
    checks         jsonb NOT NULL DEFAULT '{}',
    due_at         timestamptz,
    submitted_at   timestamptz,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    folded         text NOT NULL DEFAULT '',
    rev            bigint NOT NULL DEFAULT 1,
    UNIQUE (block_id, number),
    CHECK ((state IN ('draft', 'withdrawn')) OR number IS NOT NULL),
    CHECK ((lat IS NULL) = (lng IS NULL))
);
CREATE INDEX budget_project_of ON budget_project (block_id, number);
CREATE INDEX budget_project_author ON budget_project (participant_id);
COMMENT ON COLUMN budget_project.district IS 'Empty: for the whole city';
COMMENT ON COLUMN budget_project.supporters IS 'Names on the list of supporters; the list itself is a file for the office alone';
COMMENT ON COLUMN budget_project.due_at IS 'Until when the author may correct or appeal';

-- What has happened to a project, in order; what it says is public.
CREATE TABLE budget_step (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES budget_project ON DELETE CASCADE,
    state      text NOT NULL,
    words      text NOT NULL DEFAULT '' CHECK (length(words) <= 4000),
    account_id bigint REFERENCES account ON DELETE SET NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX budget_step_of ON budget_step (project_id, id);

CREATE TABLE budget_file (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES budget_project ON DELETE CASCADE,
    file_id    uuid NOT NULL UNIQUE REFERENCES file,
    what       text NOT NULL CHECK (what IN ('public', 'supporters')),
    title      text NOT NULL CHECK (length(title) BETWEEN 1 AND 200)
);
CREATE INDEX budget_file_of ON budget_file (project_id, id);
COMMENT ON COLUMN budget_file.what IS 'supporters: names and signatures, for the office and the author alone';
