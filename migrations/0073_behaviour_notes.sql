-- Notes on behaviour (uwagi): written once, never changed; one that was wrong is withdrawn with its reason and stays.

CREATE TABLE behaviour_note (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    school_id        bigint NOT NULL REFERENCES school,
    year_id          bigint NOT NULL,
    pupil_id         bigint NOT NULL,
    on_date          date NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('praise', 'remark')),
    text             text NOT NULL CHECK (text <> ''),
    points           smallint NOT NULL DEFAULT 0 CHECK (points BETWEEN -500 AND 500),
    author_id        bigint,
    author           text NOT NULL,
    at               timestamptz NOT NULL DEFAULT now(),
    withdrawn_at     timestamptz,
    withdrawn_by     text NOT NULL DEFAULT '',
    withdrawn_reason text NOT NULL DEFAULT '',
    rev              integer NOT NULL DEFAULT 1,
    UNIQUE (school_id, id),
    CHECK (withdrawn_at IS NULL OR withdrawn_reason <> ''),
    FOREIGN KEY (school_id, year_id) REFERENCES school_year (school_id, id),
    FOREIGN KEY (school_id, pupil_id) REFERENCES pupil (school_id, id),
    FOREIGN KEY (school_id, author_id) REFERENCES staff (school_id, id)
);
CREATE INDEX behaviour_note_pupil ON behaviour_note (pupil_id, year_id);

SELECT school_tenant('behaviour_note');
REVOKE UPDATE, DELETE ON behaviour_note FROM gryf_schools;
GRANT UPDATE (withdrawn_at, withdrawn_by, withdrawn_reason, rev) ON behaviour_note TO gryf_schools;
